"""Optuna's studies, mirrored; their process killed, and gone on with from Optuna's own storage."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any, Iterator

import harness
import marks
import pytest
from harness import Program, knows, only_study, python

optuna = pytest.importorskip("optuna", reason="optuna is not installed")

from optuna.trial import TrialState, create_trial  # noqa: E402


@pytest.fixture
def programs() -> Iterator[list[Program]]:
    programs: list[Program] = []
    yield programs
    for program in programs:
        program.sweep_up()


# In a database Optuna notices by the heartbeat that the trial's process is gone, and enqueues it
# again, as trial 6; of a journal nobody but us can tell.
STORAGES = {
    "database": ["completed", "failed", "failed", "completed", "completed", "completed"],
    "journal": ["completed", "failed", "failed", "failed", "completed", "completed"],
}


@pytest.mark.parametrize("storage", STORAGES)
def test_a_killed_study_goes_on(
    storage: str, observers: harness.Observers, tmp_path: Path, programs: list[Program]
) -> None:
    given = storage, json.dumps(observers)
    results_dir = tmp_path / "results"
    programs.append(first := Program(python("optuna_study.py", *given, 6, 100), tmp_path))
    first.wait_until(lambda: knows(results_dir, observers, failed=2, running=1), "three trials")
    if storage == "database":  # a trial that has never given a sign is never missed
        first.wait_until(lambda: _has_heartbeat(tmp_path / "optuna.db", trial=3), "heartbeat")
    first.kill()
    directory = only_study(results_dir)
    assert harness.states(directory, observers) == ["completed", "failed", "failed", "running"]

    marks.open_gate(tmp_path)
    more = 7 if storage == "database" else 6
    programs.append(second := Program(python("optuna_study.py", *given, more, 0.2), tmp_path))
    assert second.end() == 0, second.text()
    assert harness.states(directory, observers) == STORAGES[storage]
    lost = frozenset("3" if storage == "journal" else "")
    harness.check_nothing_was_done_twice(tmp_path, in_flight={"3"}, lost=lost)


def _has_heartbeat(database: Path, trial: int) -> bool:
    query = "SELECT * FROM trial_heartbeats NATURAL JOIN trials WHERE number = ?"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute(query, (trial,)).fetchone() is not None


@pytest.fixture
def study() -> Any:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(study_name="by-hand")


def _entries(directory: Path) -> list[dict[str, Any]]:
    from study_checkpoint import read

    entries: list[dict[str, Any]] = read(directory)["experiments"]
    return entries


def _settle(study: Any, number: int, state: TrialState, values: Any = None) -> None:
    study._storage.set_trial_state_values(study.trials[number]._trial_id, state, values)


def test_each_state_is_told_once_however_often_it_is_looked_at(
    study: Any, results_dir: Path, observers: harness.Observers
) -> None:
    from study_checkpoint.optuna import follow

    study.enqueue_trial({"x": 0.5})
    for state in (TrialState.PRUNED, TrialState.FAIL, TrialState.COMPLETE):
        value = 1.5 if state == TrialState.COMPLETE else None
        study.add_trial(create_trial(state=state, value=value, user_attrs={"a": {"b": float("nan")}}))
    study.ask()  # is running
    with follow(study, results_dir=results_dir, observers=observers) as following:
        for _ in range(3):
            following.look()
        found = _entries(following.directory)
    assert [run["status"] for run in found] == ["running", "failed", "failed", "completed"]
    assert [run["error_type"] for run in found] == [None, "TrialPruned", "TrialFailed", None]
    assert harness.states(following.directory, observers)[0] == "pending", "nobody has said how it ended"


def test_a_trial_that_is_enqueued_again_is_the_one_that_failed(study: Any, results_dir: Path) -> None:
    from study_checkpoint.optuna import follow

    retry = optuna.storages.RetryHeartbeatStaleTrialCallback()
    with follow(study, results_dir=results_dir) as following:
        study.ask()
        following.look()
        _settle(study, 0, TrialState.FAIL)
        following.look()
        retry(study, study.trials[0])
        following.look()
        assert [run["status"] for run in _entries(following.directory)] == ["failed"]
        study.ask()
        following.look()
        assert [run["status"] for run in _entries(following.directory)] == ["running"]
        _settle(study, 1, TrialState.COMPLETE, [1.0])
    assert [run["status"] for run in _entries(following.directory)] == ["completed"]


def test_what_has_happened_before_anybody_followed_is_told_once(study: Any, results_dir: Path) -> None:
    from study_checkpoint.optuna import follow

    study.optimize(_fails_at_one, n_trials=3, catch=(ValueError,))
    told = []
    for _ in range(2):
        with follow(study, results_dir=results_dir, observers=["journal_writer"]) as following:
            pass
        told.append((following.directory / "journal.jsonl").read_text().count('"event":"state"'))
        runs = _entries(following.directory)
        assert [run["status"] for run in runs] == ["completed", "failed", "completed"]
    assert told[0] == told[1], "the second time nothing has happened"
    assert datetime.fromisoformat(runs[2]["started_at"].replace("Z", "+00:00")).timestamp() == (
        study.trials[2].datetime_start.timestamp()
    )
    assert only_study(results_dir) == following.directory


def _fails_at_one(trial: Any) -> float:
    if trial.number == 1:
        raise ValueError("boom")
    return 1.0


def test_a_trial_that_nobody_runs_any_more_is_stale(study: Any, results_dir: Path) -> None:
    from study_checkpoint.optuna import follow

    study.ask()
    with follow(study, results_dir=results_dir, stale_after=0.0) as following:
        following.look()
        assert _entries(following.directory)[0]["error_type"] == "TrialStale"
        _settle(study, 0, TrialState.COMPLETE, [1.0])  # it was only slow
    assert _entries(following.directory)[0]["status"] == "completed"
