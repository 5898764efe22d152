"""Ray Tune's trials, recorded; the driver killed, and gone on with by Tuner.restore."""

from __future__ import annotations

import json
import pickle
import tempfile
from pathlib import Path
from typing import Any, Iterator

import harness
import marks
import pytest
from harness import ALL_STORES, Program, knows, only_study, python

from study_checkpoint import read

pytest.importorskip("ray.tune", reason="ray[tune] is not installed")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    programs: list[Program] = []
    # Ray's sockets lie there, whose paths can't be long.
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as short:

        def start(*command: object) -> Program:
            every_step = {"TUNE_GLOBAL_CHECKPOINT_S": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
            programs.append(Program([*command, short], tmp_path, **every_step))
            return programs[-1]

        yield start
        for program in programs:
            program.sweep_up()


def tune_knows(folder: Path, *ended: str) -> bool:
    """Whether Tune's own snapshot says so: what it doesn't know of, it runs again."""
    found = sorted(folder.glob("tune/r/experiment_state-*.json"))
    text = found[-1].read_text() if found else ""
    return all(text.count(f'\\"status\\": \\"{state}\\"') >= 1 for state in ended)


def test_a_killed_experiment_goes_on(start: Any, tmp_path: Path) -> None:
    results_dir = tmp_path / "results"
    command = python("ray_study.py", json.dumps(ALL_STORES))
    first = start(*command)
    first.wait_until(lambda: knows(results_dir, ALL_STORES, completed=1, failed=1, running=1), "two")
    first.wait_until(lambda: tune_knows(tmp_path, "TERMINATED", "ERROR"), "Tune's snapshot")
    first.kill()
    first.sweep_up()
    directory = only_study(results_dir)
    assert harness.states(directory, ALL_STORES) == ["completed", "failed", "running", "pending"]

    marks.open_gate(tmp_path)
    second = start(*command)
    assert second.end() == 0, second.text()
    assert harness.states(directory, ALL_STORES) == ["completed", "failed", "completed", "completed"]
    runs = read(directory)["experiments"]
    assert (runs[1]["error_type"], runs[1]["error_message"]) == ("ValueError", "boom")
    harness.check_nothing_was_done_twice(tmp_path, in_flight={"2"}, lost=frozenset())


class Trial:
    PENDING, RUNNING, TERMINATED, ERROR = "PENDING", "RUNNING", "TERMINATED", "ERROR"

    def __init__(self, number: int, status: str) -> None:
        self.trial_id = f"trial_{number}"
        self.config = {"n": number}
        self.status = status
        self.last_result = {"loss": float("nan"), "config": {}}
        self.error_file = "error.txt"

    def is_finished(self) -> bool:
        return self.status in (self.TERMINATED, self.ERROR)


def test_events_may_come_twice_or_not_at_all(results_dir: Path, observers: harness.Observers) -> None:
    from study_checkpoint.ray_tune import StudyCallback

    trials: list[Any] = [Trial(0, "TERMINATED"), Trial(1, "ERROR"), Trial(2, "PENDING")]
    trials += [Trial(3, "RUNNING"), Trial(4, "RUNNING")]
    callback = StudyCallback("r", results_dir=results_dir, observers=observers)
    for _ in range(2):
        callback.setup()
        callback.on_step_begin(iteration=0, trials=trials)  # of which the first two fire nothing
        callback.on_trial_start(iteration=1, trials=trials, trial=trials[2])
        callback.on_trial_complete(iteration=1, trials=trials, trial=trials[3])
        callback.on_trial_error(iteration=1, trials=trials, trial=trials[4])
    callback.on_trial_start(iteration=2, trials=trials, trial=trials[0])  # restored, and run again
    directory = only_study(results_dir)
    assert harness.states(directory, observers) == [
        *("completed", "failed", "running"),
        *("completed", "failed"),
    ]

    callback.on_trial_start(iteration=3, trials=trials, trial=trials[4])  # max_failures
    restored = pickle.loads(pickle.dumps(callback))
    callback.on_experiment_end(trials=trials)
    callback.on_trial_complete(iteration=4, trials=trials, trial=trials[4])  # after the end
    assert harness.states(directory, observers)[2:] == ["pending", "completed", "pending"]

    restored.setup()
    for trial in trials:
        restored.on_trial_start(iteration=5, trials=trials, trial=trial)
        trial.status = "TERMINATED"
    restored.on_step_begin(iteration=6, trials=trials)
    restored.on_experiment_end(trials=trials)
    assert only_study(results_dir) == directory
    assert harness.states(directory, observers) == ["completed"] * 5
    assert read(directory)["status"] == "completed"
