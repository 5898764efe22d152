"""What it costs a Python program to keep track of one run: its begin and its end, in the microseconds of this machine.

    STUDY_SESSION_LIBRARY=build/release/lib/libstudy_session.so PYTHONPATH=host_api/python/src \\
        python3 tests/bench/python_bench.py [--runs 1000] [--dir DIR] [--rounds 3]

Beside study_checkpoint stand the writers of other frameworks, each used as the framework itself does; those that aren't
installed are left out with a line. LLenergyMeasure's, where it isn't, is what it does: all entries as JSON in a temporary
file, renamed. The rounds go through all contestants in turn, so that each meets the same machine. Never run by the tests.
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import json
import logging
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

Begin = Callable[[int], None]
End = Callable[[int], None]
Contestant = Callable[[Path, int], Tuple[Begin, End, Callable[[], None]]]


def of_study_checkpoint(observers: List[str]) -> Contestant:
    def prepare(folder: Path, runs: int) -> Tuple[Begin, End, Callable[[], None]]:
        from study_checkpoint import Study, sweep

        study = Study.open("bench", sweep(n=range(runs)), results_dir=folder, observers=observers)
        all_runs = study.runs()
        return (lambda i: all_runs[i].start()), (lambda i: all_runs[i].complete()), study.close

    return prepare


def llenergymeasure(folder: Path, runs: int) -> Tuple[Begin, End, Callable[[], None]]:
    reference = importlib.import_module("llenergymeasure.study.manifest")
    entries = [
        reference.ExperimentManifestEntry(config_hash=f"{i:016x}", config_summary=f"n={i}", cycle=1, status="pending")
        for i in range(runs)
    ]
    manifest = reference.StudyManifest(
        study_name="bench",
        study_design_hash="",
        llenergymeasure_version="0",
        started_at=datetime.datetime.now(datetime.timezone.utc),
        total_experiments=runs,
        pending=runs,
        experiments=entries,
    )
    writer = reference.ManifestWriter.from_existing(folder, manifest)
    return (
        lambda i: writer.mark_running(f"{i:016x}", 1),
        lambda i: writer.mark_completed(f"{i:016x}", 1, "result.json"),
        lambda: None,
    )


def json_and_rename(folder: Path, runs: int) -> Tuple[Begin, End, Callable[[], None]]:
    entries = [
        {"config_hash": f"{i:016x}", "config_summary": f"n={i}", "cycle": 1, "status": "pending", "result_file": None,
         "error_type": None, "error_message": None, "started_at": None, "completed_at": None}
        for i in range(runs)
    ]

    def write(i: int, status: str) -> None:
        entries[i]["status"] = status
        entries[i]["started_at"] = datetime.datetime.now(datetime.timezone.utc).isoformat()
        handle, draft = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "w") as file:
            file.write(json.dumps({"schema_version": "2.0", "experiments": entries}, indent=2))
        os.replace(draft, folder / "manifest.json")

    return (lambda i: write(i, "running")), (lambda i: write(i, "completed")), lambda: None


def of_optuna(kind: str) -> Contestant:
    def prepare(folder: Path, runs: int) -> Tuple[Begin, End, Callable[[], None]]:
        optuna = importlib.import_module("optuna")
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        if kind == "RDB":
            storage = optuna.storages.RDBStorage(f"sqlite:///{folder}/optuna.db")
        else:
            backend = optuna.storages.journal.JournalFileBackend(str(folder / "optuna.log"))
            storage = optuna.storages.JournalStorage(backend)
        study = storage.create_new_study([optuna.study.StudyDirection.MINIMIZE], "bench")
        trials: Dict[int, int] = {}

        def begin(i: int) -> None:  # what ask and tell do to a storage, without a sampler's thoughts
            trials[i] = storage.create_new_trial(study)

        def end(i: int) -> None:
            storage.set_trial_state_values(trials[i], optuna.trial.TrialState.COMPLETE, [float(i)])

        return begin, end, lambda: None

    return prepare


def sacred(folder: Path, runs: int) -> Tuple[Begin, End, Callable[[], None]]:
    observers = importlib.import_module("sacred.observers")
    now = datetime.datetime.now(datetime.timezone.utc)
    current: Dict[int, Any] = {}

    def begin(i: int) -> None:
        current[i] = observers.FileStorageObserver(folder / "sacred")
        experiment = {"name": "bench", "sources": [], "base_dir": str(folder), "dependencies": []}
        current[i].started_event(experiment, "main", {}, now, {"n": i}, {}, str(i))

    return begin, (lambda i: current.pop(i).completed_event(now, i)), lambda: None


CONTESTANTS: Dict[str, Contestant] = {
    "study_checkpoint, manifest_writer": of_study_checkpoint(["manifest_writer"]),
    "study_checkpoint, journal_writer": of_study_checkpoint(["journal_writer"]),
    "study_checkpoint, sqlite_writer": of_study_checkpoint(["sqlite_writer"]),
    "study_checkpoint without an observer": of_study_checkpoint([]),
    "LLenergyMeasure's ManifestWriter": llenergymeasure,
    "all entries as JSON, renamed": json_and_rename,
    "Optuna, JournalStorage": of_optuna("Journal"),
    "Optuna, RDBStorage (SQLite)": of_optuna("RDB"),
    "Sacred, FileStorageObserver": sacred,
}


def microseconds_per_run(contestant: Contestant, parent: Optional[str], runs: int, seconds: float) -> float:
    """Of as many of the runs as fit into the time."""
    folder = Path(tempfile.mkdtemp(dir=parent))
    try:
        begin, end, close = contestant(folder, runs)
        started = time.perf_counter()
        done = 0
        while done < runs and (done == 0 or time.perf_counter() - started < seconds):
            begin(done)
            end(done)
            done += 1
        elapsed = time.perf_counter() - started
        close()
        return elapsed / done * 1e6
    finally:
        shutil.rmtree(folder)


def measured(arguments: argparse.Namespace) -> Iterator[Tuple[str, float]]:
    times: Dict[str, List[float]] = {}
    for _ in range(arguments.rounds):
        for name, contestant in CONTESTANTS.items():
            try:
                time_us = microseconds_per_run(contestant, arguments.dir, arguments.runs, arguments.seconds)
            except ImportError as error:
                times[name] = []
                print(f"left out: {name}: {error}")
                continue
            times.setdefault(name, []).append(time_us)
    for name, values in times.items():
        if values:
            yield name, statistics.median(values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000, help="of the study")
    parser.add_argument("--rounds", type=int, default=3, help="the median counts")
    parser.add_argument("--seconds", type=float, default=3.0, help="at most, for each contestant and round")
    parser.add_argument("--dir", help="where files are written: a disk, or /dev/shm")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    rows = list(measured(arguments))
    ours = dict(rows)["study_checkpoint, manifest_writer"]
    print(f"\n| a run's begin and end, at {arguments.runs:,} runs | us | ratio |\n|---|---:|---:|")
    for name, time_us in rows:
        print(f"| {name} | {time_us:,.0f} | {time_us / ours:,.1f} |")
    bare = dict(rows)["study_checkpoint without an observer"] / 2
    print(f"\nA transition through Python and the session, over the observer's own: {bare:.1f} us")


if __name__ == "__main__":
    main()
