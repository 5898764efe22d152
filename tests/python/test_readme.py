"""Every example of the package's page runs, and prints what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "host_api" / "python" / "README.md"
# An example, and what it prints if the page says so.
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.M | re.S)


def examples():
    return [(match.group(1), match.group(2)) for match in BLOCK.finditer(PAGE.read_text())]


def pattern(said):
    """An ellipsis stands for anything."""
    return ".*".join(re.escape(part) for part in said.split("…"))


@pytest.mark.timeout(300)
def test_the_examples_run_one_after_the_other(tmp_path):
    assert len(examples()) == 11
    for number, (code, said) in enumerate(examples()):
        script = tmp_path / f"example_{number}.py"  # workers import it
        script.write_text(code)
        done = subprocess.run(
            [sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, code + done.stderr
        if said is not None:
            assert re.fullmatch(pattern(said), done.stdout, flags=re.S), done.stdout


def test_the_page_fits_a_readers_patience():
    assert len(PAGE.read_text().splitlines()) < 350


def test_the_page_s_figures_can_be_measured():
    bench = PAGE.parents[2] / "tests" / "bench" / "python_bench.py"
    done = subprocess.run(
        [sys.executable, str(bench), "--runs", "5", "--rounds", "1"],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert re.search(r"\| study_checkpoint, manifest_writer \| [\d,]+ \| 1\.0 \|", done.stdout), done.stdout
    assert "A transition through Python and the session" in done.stdout
