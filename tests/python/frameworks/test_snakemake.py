"""Snakemake's workflows, recorded; killed, and gone on with by its own --rerun-incomplete."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Iterator

import harness
import marks
import pytest
from harness import ALL_STORES, HERE, Program, knows, only_study

from study_checkpoint import read

pytest.importorskip("snakemake", reason="snakemake is not installed")
pytest.importorskip("snakemake_interface_logger_plugins")


class Workflow:
    def __init__(self, folder: Path) -> None:
        self.folder, self.results_dir = folder, folder / "studies"
        self.programs: list[Program] = []

    def start(self, *more: str) -> Program:
        given = ["-s", HERE / "studies/Snakefile", "-c1", "--nolock", "--logger", "study"]
        names = ",".join(harness.names_of(ALL_STORES))
        given += ["--logger-study-observers", names, *more]
        self.programs.append(Program([sys.executable, "-m", "snakemake", *given], self.folder))
        return self.programs[-1]


@pytest.fixture
def workflow(tmp_path: Path) -> Iterator[Workflow]:
    workflow = Workflow(tmp_path)
    yield workflow
    for program in workflow.programs:
        program.sweep_up()


def test_a_killed_workflow_goes_on(workflow: Workflow) -> None:
    first = workflow.start()
    first.wait_until(
        lambda: knows(workflow.results_dir, ALL_STORES, completed=3, running=1), "three jobs"
    )
    first.kill()
    first.sweep_up()
    directory = only_study(workflow.results_dir)
    assert sorted(harness.states(directory, ALL_STORES)) == ["completed"] * 3 + ["running"]
    in_flight = set(marks.read(workflow.folder, "begun") - marks.read(workflow.folder, "ended"))

    marks.open_gate(workflow.folder)
    second = workflow.start("--rerun-incomplete")
    assert second.end() == 0, second.text()
    assert harness.states(directory, ALL_STORES) == ["completed"] * 7  # with the rule `all`
    assert read(directory)["status"] == "completed"
    harness.check_nothing_was_done_twice(workflow.folder, in_flight)


@pytest.fixture
def handler(results_dir: Path, observers: harness.Observers) -> Any:
    return make_handler(results_dir, observers)


def make_handler(results_dir: Path, observers: harness.Observers, dryrun: bool = False) -> Any:
    from study_checkpoint.snakemake import LogHandler, LogHandlerSettings

    names = ",".join(harness.names_of(observers))
    settings = LogHandlerSettings(results_dir=str(results_dir), observers=names)
    return LogHandler(SimpleNamespace(dryrun=dryrun), settings)


def say(handler: Any, event: Any, message: str = "", **said: Any) -> None:
    handler.emit(logging.makeLogRecord({"event": event, "msg": message, **said}))


def job_info(handler: Any, number: int, n: str, output: "list[str] | None" = None) -> None:
    known = {"jobid": number, "rule_name": "make", "wildcards": {"n": n}, "output": output or []}
    say(handler, "job_info", **known)


def test_events_may_come_twice_or_not_at_all(
    handler: Any, results_dir: Path, observers: harness.Observers
) -> None:
    say(handler, "job_finished", job_id=9)  # of a job that nobody has heard of
    assert not results_dir.exists()
    for _ in range(2):
        job_info(handler, 1, "a")
        job_info(handler, 2, "b")
    for _ in range(2):
        say(handler, "job_finished", job_id=1)
        say(handler, "job_error", "Error in rule make, jobid: 2\nmore", jobid=2)
    job_info(handler, 3, "c")
    job_info(handler, 4, "d")
    say(handler, "group_error", job_error_info=[{"jobid": 4}])
    say(handler, "progress", said_nothing=True)  # what can't be understood harms nobody
    directory = only_study(results_dir)
    found = read(directory)["experiments"]
    assert [run["status"] for run in found] == ["completed", "failed", "running", "failed"]
    assert found[1]["error_message"] == "Error in rule make, jobid: 2"

    job_info(handler, 2, "b")  # --retries
    say(handler, "job_finished", job_id=2)
    handler.close()
    handler.close()
    assert harness.states(directory, observers) == ["completed", "completed", "pending", "failed"]


def test_a_job_whose_end_nobody_told_has_completed_when_nothing_is_left_to_do(
    handler: Any, results_dir: Path, observers: harness.Observers, tmp_path: Path
) -> None:
    (tmp_path / "there.txt").touch()
    job_info(handler, 1, "a", [str(tmp_path / "there.txt")])
    job_info(handler, 2, "b", [str(tmp_path / "not_there.txt")])
    handler.close()
    directory = only_study(results_dir)
    assert harness.states(directory, observers) == ["pending", "pending"]

    later = make_handler(results_dir, observers)
    say(later, None, "Nothing to be done (all requested files are present and up to date).")
    later.close()
    assert harness.states(directory, observers) == ["completed", "pending"]
    assert only_study(results_dir) == directory


def test_a_dry_run_leaves_nothing(results_dir: Path) -> None:
    handler = make_handler(results_dir, ALL_STORES, dryrun=True)
    job_info(handler, 1, "a")
    say(handler, None, "Nothing to be done")
    handler.close()
    assert not results_dir.exists()


def test_a_study_that_can_not_be_opened_is_told_of_once(
    results_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    handler = make_handler(results_dir, [{"plugin": "no_such_writer"}])
    for number in range(3):
        job_info(handler, number, str(number))
        say(handler, "job_finished", job_id=number)
    handler.close()
    assert caplog.text.count("not recorded") == 1
