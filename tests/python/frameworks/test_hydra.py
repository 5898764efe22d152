"""Hydra's sweeps, killed and started again: one after the other, and in joblib's workers."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import harness
import marks
import pytest
from harness import Program, knows, only_study, python

pytest.importorskip("hydra", reason="hydra-core is not installed")

ALL = ["0", "1", "2", "3", "4", "5"]


@pytest.fixture
def sweep(tmp_path: Path, observers: harness.Observers) -> Iterator["Sweep"]:
    sweep = Sweep(tmp_path, observers)
    yield sweep
    for program in sweep.programs:
        program.sweep_up()


class Sweep:
    def __init__(self, folder: Path, observers: harness.Observers) -> None:
        self.folder, self.observers = folder, observers
        self.results_dir = folder / "results"
        self.programs: list[Program] = []

    def start(self, *more: str) -> Program:
        given = [
            "--multirun",
            "n=" + ",".join(ALL),
            "waits_from=3",
            "hydra/launcher=study_checkpoint",
            "hydra.launcher.interval_seconds=0.05",
            f"hydra.launcher.observers=[{','.join(harness.names_of(self.observers))}]",
            *more,
        ]
        self.programs.append(Program(python("hydra_app.py", *given), self.folder))
        return self.programs[-1]

    def wait_for(self, program: Program, **wanted: int) -> None:
        program.wait_until(lambda: knows(self.results_dir, self.observers, **wanted), str(wanted))

    def states(self) -> list[str]:
        return harness.states(only_study(self.results_dir), self.observers)


JOBLIB = ("hydra/launcher@hydra.launcher.wrapped=joblib", "hydra.launcher.wrapped.n_jobs=2")


def test_a_killed_sweep_leaves_out_what_has_completed(sweep: Sweep) -> None:
    first = sweep.start()
    sweep.wait_for(first, completed=3, running=1)
    first.kill()
    assert sweep.states() == ["completed"] * 3 + ["running", "pending", "pending"]

    marks.open_gate(sweep.folder)
    second = sweep.start()
    assert second.end() == 0, second.text()
    assert sweep.states() == ["completed"] * 6
    harness.check_nothing_was_done_twice(sweep.folder, in_flight={"3"})


@pytest.mark.parametrize("observers", [harness.ALL_STORES], ids=["all"])
def test_what_joblib_s_workers_finish_after_the_sweep_was_killed_counts(sweep: Sweep) -> None:
    first = sweep.start(*JOBLIB)
    sweep.wait_for(first, completed=3)
    first.wait_until(lambda: marks.read(sweep.folder, "begun").total() == 5, "two in flight")
    first.kill()
    marks.open_gate(sweep.folder)
    directory = only_study(sweep.results_dir)
    harness.wait_until(lambda: harness.results(directory) == 5, "orphans' results")

    second = sweep.start(*JOBLIB)
    assert second.end() == 0, second.text()
    assert sweep.states() == ["completed"] * 6
    harness.check_nothing_was_done_twice(sweep.folder, in_flight=set())


@pytest.mark.parametrize("observers", [harness.ALL_STORES], ids=["all"])
def test_a_failed_job_is_run_again_and_what_is_left_out_keeps_its_place(sweep: Sweep) -> None:
    """Its number, its folder, and what it returned to the sweeper."""
    marks.open_gate(sweep.folder)
    (sweep.folder / "broken").touch()
    first = sweep.start("hydra.sweep.dir=out")
    assert first.end() == 1, first.text()
    assert sweep.states().count("failed") == 2
    (sweep.folder / "broken").unlink()

    # Two batches, in the first of which a job comes twice.
    second = sweep.start("n=1,2,2,4,5", "hydra.sweep.dir=out", "hydra.sweeper.max_batch_size=3")
    assert second.end() == 0, second.text()
    assert sweep.states() == ["completed"] * 6
    assert marks.read(sweep.folder, "begun") == {name: 1 + (name in "24") for name in ALL}
    assert list(marks.read(sweep.folder, "returned")) == ["10,20,20", "40,50"]
    assert marks.read(sweep.folder / "out/3", "made") == {"3": 1, "4": 1}, "it is number 3 of these"
    assert marks.read(sweep.folder, "numbers") == {**{f"{n}:{n}": 1 for n in ALL}, "2:1": 1, "4:3": 1}


def test_what_the_launcher_finds_is_what_counts(tmp_path: Path, observers: harness.Observers) -> None:
    """By hand: notes that come twice, are missing, or another sweep's."""
    from study_checkpoint import Study
    from study_checkpoint._hydra_job import Notes
    from study_checkpoint._hydra_look import looking

    with Study.open("s", results_dir=tmp_path, observers=observers) as study:
        runs = study.add([{"n": n} for n in range(6)])
        mine, other = Notes(study.directory, "mine"), Notes(study.directory, "other")
        with looking(study.directory, "mine", runs, interval_seconds=0.01):
            for _ in range(2):
                mine.write(runs[0].stem, "started")
            mine.write(runs[1].stem, "started")
            for _ in range(2):
                mine.write(runs[1].stem, "failed", type="ValueError", message="of one")
            (study.directory / f"{runs[2].stem}.json").write_text("2")
            mine.write(runs[3].stem, "failed", type="E", message="without a beginning")
            other.write(runs[4].stem, "started")
            other.write(runs[4].stem, "failed", type="E", message="of another sweep")
        states = [run.state for run in runs]
        assert states == ["running", "failed", "completed", "failed", "pending", "pending"]
        assert study.manifest()["experiments"][1]["error_message"] == "of one"
