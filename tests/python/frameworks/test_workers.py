"""joblib, dask and submitit by way of Study.map, their driver killed."""

from __future__ import annotations

import json
from pathlib import Path

import harness
import marks
import pytest
from harness import ALL_STORES, Program, knows, only_study, python

MODULES = {"joblib": "joblib", "dask": "distributed", "submitit": "submitit"}


@pytest.mark.parametrize("kind", MODULES)
def test_a_killed_driver_goes_on(kind: str, tmp_path: Path) -> None:
    pytest.importorskip(MODULES[kind], reason=f"{kind} is not installed")
    results_dir = tmp_path / "results"
    command = python("workers_study.py", kind, json.dumps(ALL_STORES))
    first = Program(command, tmp_path)
    try:
        first.wait_until(lambda: knows(results_dir, ALL_STORES, completed=3, running=2), "three runs")
        first.wait_until(lambda: marks.read(tmp_path, "begun").total() == 5, "two in flight")
        first.kill()
        directory = only_study(results_dir)
        assert sorted(harness.states(directory, ALL_STORES)) == [
            *(["completed"] * 3),
            *("pending", "running", "running"),
        ]
        in_flight = set(marks.read(tmp_path, "begun") - marks.read(tmp_path, "ended"))
        marks.open_gate(tmp_path)
        if kind == "submitit":  # a job outlives its driver, and is not done again
            harness.wait_until(lambda: harness.results(directory) == 5, "results of both jobs")
            in_flight = set()
    finally:
        first.sweep_up()

    second = Program(command, tmp_path)
    try:
        assert second.end() == 0, second.text()
    finally:
        second.sweep_up()
    assert harness.states(directory, ALL_STORES) == ["completed"] * 6
    harness.check_nothing_was_done_twice(tmp_path, in_flight)
