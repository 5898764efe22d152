"""Sacred's runs, recorded; their process killed in a loop, which then leaves out what is done."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import harness
import marks
import pytest
from harness import Program, knows, only_study, python

from study_checkpoint import StudyError, read

sacred = pytest.importorskip("sacred", reason="sacred is not installed")


def test_a_killed_loop_goes_on(tmp_path: Path, observers: harness.Observers) -> None:
    results_dir, command = tmp_path / "results", python("sacred_study.py", json.dumps(observers))
    first = Program(command, tmp_path)
    try:
        first.wait_until(lambda: knows(results_dir, observers, completed=3, running=1), "three runs")
        first.kill()
    finally:
        first.sweep_up()
    directory = only_study(results_dir)
    assert harness.states(directory, observers) == ["completed"] * 3 + ["running"]

    marks.open_gate(tmp_path)
    second = Program(command, tmp_path)
    assert second.end() == 0, second.text()
    assert harness.states(directory, observers) == ["completed"] * 6
    assert read(directory, observers)["status"] == "completed"
    harness.check_nothing_was_done_twice(tmp_path, in_flight={"3"})
    result = read(directory, observers)["experiments"][4]["result_file"]
    assert json.loads((directory / result).read_text())["n"] == 4


@pytest.fixture
def experiment() -> Any:
    experiment = sacred.Experiment("by-hand", save_git_info=False)

    @experiment.config
    def config() -> None:
        n = 0  # noqa: F841

    @experiment.main
    def main(n: int) -> int:
        if n == 1:
            raise ValueError("one: is too many")
        if n == 2:
            raise KeyboardInterrupt
        return n

    return experiment


def test_a_run_that_failed_or_was_interrupted_is_told_as_such(
    experiment: Any, results_dir: Path, observers: harness.Observers
) -> None:
    from study_checkpoint.sacred import StudyObserver

    observer = StudyObserver("s", results_dir=results_dir, observers=observers)
    experiment.observers.append(observer)
    for n, error in ((0, None), (1, ValueError), (2, KeyboardInterrupt), (0, None)):
        if error is None:
            experiment.run(config_updates={"n": n, "seed": n + 7})
        else:
            with pytest.raises(error):
                experiment.run(config_updates={"n": n})
    directory = only_study(results_dir)
    found = read(directory, observers)["experiments"]
    assert [run["status"] for run in found] == ["completed", "failed", "pending"]
    assert (found[1]["error_type"], found[1]["error_message"]) == ("ValueError", "one: is too many")
    assert observer.run(experiment, {"n": 0, "seed": 5}) is None, "the seed makes no other run"
    observer.end()
    assert read(directory, observers)["status"] == "interrupted", "one is left"


def test_events_may_come_twice_or_not_at_all(results_dir: Path, observers: harness.Observers) -> None:
    from study_checkpoint.sacred import StudyObserver

    observer = StudyObserver("s", results_dir=results_dir, observers=observers)
    now = datetime.datetime(2026, 11, 28, 12)
    observer.completed_event(stop_time=now, result=1)  # of nothing that has begun
    observer.end()
    assert not results_dir.exists()

    def start(n: int) -> None:
        observer.started_event({}, "main", {}, now, {"n": n, "seed": 1}, {}, None)

    for _ in range(2):
        start(0)
    start(1)  # and nobody has said how the one before ended
    for _ in range(2):
        observer.completed_event(stop_time=now, result=1)
    observer.failed_event(fail_time=now, fail_trace=["ValueError: late"])
    observer.interrupted_event(interrupt_time=now, status="LATE")
    observer.heartbeat_event(info={}, captured_out="", beat_time=now, result=None)
    directory = only_study(results_dir)
    assert harness.states(directory, observers) == ["running", "completed"]
    observer.end()
    assert harness.states(directory, observers) == ["pending", "completed"]


def test_a_result_that_is_no_json_costs_no_run(results_dir: Path, observers: harness.Observers) -> None:
    from study_checkpoint.sacred import StudyObserver

    now = datetime.datetime(2026, 11, 28, 12)
    observer = StudyObserver("s", results_dir=results_dir, observers=observers)
    observer.started_event({}, "main", {}, now, {"n": 0}, {}, None)
    observer.completed_event(stop_time=now, result=object())
    assert harness.states(only_study(results_dir), observers) == ["completed"]


def test_a_second_process_is_refused_before_its_run_begins(experiment: Any, results_dir: Path) -> None:
    from study_checkpoint import Study
    from study_checkpoint.sacred import StudyObserver

    with Study.open("s", results_dir=results_dir):
        experiment.observers.append(StudyObserver("s", results_dir=results_dir))
        with pytest.raises(StudyError):
            experiment.run(config_updates={"n": 1})
