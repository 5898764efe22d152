"""LLenergyMeasure with our ManifestWriter: killed and resumed, and its own tests."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import harness
import marks
import pytest
from harness import ALL_STORES, Program, knows, only_study, python

from study_checkpoint import read

VERSION = "0.7.0"

llenergymeasure = pytest.importorskip(
    "llenergymeasure", reason="llenergymeasure is not installed, which needs Python 3.10"
)


def with_manifest(observers: harness.Observers) -> harness.Observers:
    """Its resume reads manifest.json."""
    return observers if observers == ALL_STORES[:1] else [ALL_STORES[0], *observers]


def test_a_killed_study_is_resumed(tmp_path: Path, observers: harness.Observers) -> None:
    stores = with_manifest(observers)
    results_dir, command = tmp_path / "results", python("llem_study.py", json.dumps(stores))
    first = Program(command, tmp_path)
    try:
        first.wait_until(
            lambda: knows(results_dir, stores, completed=2, failed=1, running=1), "three experiments"
        )
        first.kill()
    finally:
        first.sweep_up()
    directory = only_study(results_dir)
    assert harness.states(directory, stores) == [
        *("completed", "failed", "completed"),
        *("running", "pending", "pending"),
    ]

    marks.open_gate(tmp_path)
    second = Program([*command, directory], tmp_path)
    assert second.end() == 0, second.text()
    assert harness.states(directory, stores) == ["completed"] * 6
    harness.check_nothing_was_done_twice(tmp_path, in_flight={"1", "3"})  # and what has failed
    manifest = json.loads((directory / "manifest.json").read_text())
    assert manifest["status"] == "completed"
    assert manifest["experiments"][3]["result_file"] == "003_c1_m-3/result.json"
    assert manifest["experiments"][3]["elapsed_seconds"] == 1.5, "in its own words, at the end"


def test_its_states_that_we_do_not_have_are_pending_with_us(
    tmp_path: Path, observers: harness.Observers
) -> None:
    sys.path.insert(0, str(harness.HERE / "studies"))
    import llem_study

    from study_checkpoint.llenergymeasure import ManifestWriter

    ManifestWriter.observers = stores = with_manifest(observers)
    writer = ManifestWriter(llem_study.study(), tmp_path)
    hashes = [entry.config_hash for entry in writer.manifest.experiments]
    for _ in range(2):
        writer.mark_running(hashes[0], 1)
        writer.mark_skipped(hashes[1], 1)
        writer.mark_completed(hashes[2], 1, "/elsewhere/result.json")  # has never begun
        writer.mark_running(hashes[3], 1)
        writer.mark_failed(hashes[3], 1, "E", "")
    assert harness.states(tmp_path, stores) == [
        *("running", "pending", "completed"),
        *("failed", "pending", "pending"),
    ]
    writer.mark_study_timed_out()
    writer.mark_study_timed_out()
    assert json.loads((tmp_path / "manifest.json").read_text())["status"] == "timed_out"
    if len(stores) > 1:
        assert read(tmp_path, stores[1:])["status"] == "interrupted"


def test_its_own_writer_goes_on_where_the_study_can_not_be_opened(tmp_path: Path) -> None:
    sys.path.insert(0, str(harness.HERE / "studies"))
    import llem_study

    from study_checkpoint.llenergymeasure import ManifestWriter

    ManifestWriter.observers = ["no_such_writer"]
    writer = ManifestWriter(llem_study.study(), tmp_path)
    writer.mark_running(writer.manifest.experiments[0].config_hash, 1)
    found = json.loads((tmp_path / "manifest.json").read_text())
    assert found["experiments"][0]["status"] == "running"


# Those of its tests that replace the function by which its own writer writes.
PATCH_THE_PRIVATE_FUNCTION = {
    "test_manifest_writer_uses_atomic_write",
    "test_manifest_writer_write_failure_logs_warning",
}
FILES = (
    *("study_manifest", "resume", "study_runner", "single"),
    *("server_bundles", "save_and_record", "orchestration"),
)


def own_tests() -> Path:
    """Its source archive, which has them, from the index; kept beside the environment."""
    place = Path(sys.prefix) / "archives"
    archive = place / f"llenergymeasure-{VERSION}.tar.gz"
    if not archive.exists():
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        download += ["--no-binary", "llenergymeasure", "--no-build-isolation", "--dest", str(place)]
        download += [f"llenergymeasure=={VERSION}"]
        done = subprocess.run(download, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode != 0:
            pytest.skip(f"its tests can't be had from the package index: {done.stderr[-300:]}")
    return archive


def test_its_own_unit_tests_of_study_and_manifest_pass(tmp_path: Path) -> None:
    with tarfile.open(own_tests()) as archive:
        archive.extractall(tmp_path)
    root = tmp_path / f"llenergymeasure-{VERSION}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "llem_drop_in"]
    command += [str(root / f"tests/unit/study/test_{name}.py") for name in FILES]
    paths = [str(harness.HERE / "studies"), os.environ["PYTHONPATH"]]
    done = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    # That these two fail shows also that ours was in use.
    failed = re.findall(r"^FAILED \S+::(\w+)", done.stdout, re.MULTILINE)
    assert set(failed) == PATCH_THE_PRIVATE_FUNCTION, done.stdout[-3000:]
    assert int(re.findall(r"(\d+) passed", done.stdout)[-1]) > 100, done.stdout[-300:]
