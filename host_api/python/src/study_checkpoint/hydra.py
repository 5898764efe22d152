"""Hydra: a sweep that leaves out the jobs which have completed.

    python train.py -m lr=0.1,0.01 hydra/launcher=study_checkpoint
    python train.py -m lr=0.1,0.01 hydra/launcher=study_checkpoint \\
        hydra/launcher@hydra.launcher.wrapped=joblib hydra.launcher.wrapped.n_jobs=4

Resumes: Hydra has no resume of its own. The same command again runs what has not completed; what a
    completed job returned is read from its result, so that a sweeper that looks at values
    (Optuna's, Nevergrad's) gets it as before. A job that failed is run again.
Where: the launcher is in the process of the sweep, which alone writes to the study. A job runs
    where the wrapped launcher puts it: in this process, joblib's workers, Slurm. There its result
    is put in place, and a note of when it began or what it failed with; the launcher looks for
    them. It is a launcher because only a launcher can leave a job out; callbacks run pickled in
    the workers, and their errors become warnings.
Identity: the resolved config without `hydra`. Equal jobs run once. What is another each time, such
    as `${now:...}`, makes a job another one: keep it out of the config.
Doubled and missing events: what counts is the result in place, also one that a worker finished
    after the sweep had died.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus, setup_globals
from hydra.experimental.callback import Callback
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from ._hydra_job import Job, Place, result_text
from ._hydra_look import looking
from .run import Run
from .study import Study


class _Planned(NamedTuple):
    """A job of the sweep."""

    overrides: List[str]
    config: DictConfig  #: with `hydra`
    number: int
    identity: Any  #: the resolved config, without
    subdir: str


class _EndOfSweep(Callback):
    """Tells that the sweeper is through: it may have launched several batches."""

    def __init__(self, sweep: "Sweep") -> None:
        self._sweep = sweep

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        self._sweep.end("completed")

    def __reduce__(self) -> Any:
        return Callback, ()  # goes to the workers with Hydra's context, and is nothing there


class Sweep:
    """A study of the jobs that a sweeper launches, batch by batch."""

    def __init__(
        self,
        study_name: str,
        results_dir: str = "results",
        observers: Optional[Sequence[Any]] = None,
        interval_seconds: float = 0.5,
    ) -> None:
        self._name = study_name
        self._results_dir = results_dir
        self._observers = observers
        self._interval_seconds = interval_seconds
        self._study: Optional[Study] = None

    def setup(self, context: HydraContext, task: TaskFunction, config: DictConfig) -> None:
        self._context, self._task, self._config = context, task, config
        context.callbacks.callbacks.append(_EndOfSweep(self))

    def launch(self, job_overrides: Sequence[Sequence[str]], first: int) -> List[JobReturn]:
        setup_globals()
        study = self._open()
        jobs = [self._plan(overrides, first + i) for i, overrides in enumerate(job_overrides)]
        runs = study.add([job.identity for job in jobs])
        left: Dict[int, Tuple[Run, _Planned]] = {}
        for job, run in zip(jobs, runs):
            if run.state != "completed":
                left.setdefault(run.number, (run, job))
        try:
            made = self._launch_left(study, list(left.values()), first) if left else {}
        except BaseException:
            self.end("interrupted")
            raise
        returns = [
            made[run.number] if run.number in made else _left_out(job, run, study.directory)
            for job, run in zip(jobs, runs)
        ]
        if any(one.status != JobStatus.COMPLETED for one in returns):
            self.end("failed")  # the sweeper raises when it looks at the first of them
        return returns

    def end(self, outcome: str) -> None:
        study, self._study = self._study, None
        if study is None:
            return
        if outcome == "completed" and study.counts.pending + study.counts.failed > 0:
            outcome = "interrupted"  # another sweep has left some
        study.end(outcome)

    def _open(self) -> Study:
        if self._study is None:
            observers: Any = self._observers
            if OmegaConf.is_config(observers):
                observers = OmegaConf.to_container(observers, resolve=True)
            results_dir = os.path.join(self._config.hydra.runtime.cwd, self._results_dir)
            self._study = Study.open(self._name, results_dir=results_dir, observers=observers)
        return self._study

    def _plan(self, overrides: Sequence[str], number: int) -> _Planned:
        config = self._context.config_loader.load_sweep_config(self._config, list(overrides))
        with open_dict(config):
            config.hydra.job.id = config.hydra.job.num = number
        with _as_current(config):
            subdir = config.hydra.sweep.subdir
        return _Planned(list(overrides), config, number, _identity(config), subdir)

    def _launch_left(
        self, study: Study, left: List[Tuple[Run, _Planned]], first: int
    ) -> Dict[int, JobReturn]:
        places = {
            tuple(job.config.hydra.overrides.task): Place(job.number, run.stem) for run, job in left
        }
        task = Job(self._task, study.directory, places)
        batch = [
            job.overrides if job.number == first + i else [*job.overrides, _subdir_override(job)]
            for i, (_, job) in enumerate(left)
        ]
        with looking(study.directory, task.token, [run for run, _ in left], self._interval_seconds):
            returns = self._wrapped(task).launch(batch, first)
        for (run, _), one in zip(left, returns):
            _settle(run, one)
        return {run.number: one for (run, _), one in zip(left, returns)}

    def _wrapped(self, task: Job) -> Launcher:
        config = copy.deepcopy(self._config)
        with open_dict(config):
            config.hydra.launcher = config.hydra.launcher.wrapped
        return Plugins.instance().instantiate_launcher(
            hydra_context=self._context, task_function=task, config=config
        )


@contextlib.contextmanager
def _as_current(config: DictConfig) -> Iterator[None]:
    """For ${hydra:...}."""
    before = HydraConfig.instance().cfg
    HydraConfig.instance().set_config(config)
    try:
        yield
    finally:
        HydraConfig.instance().cfg = before


def _identity(config: DictConfig) -> Any:
    """Where the job's files go, which is elsewhere each time, is no part of it, also where the
    config names it."""
    config = copy.deepcopy(config)
    with read_write(config.hydra), open_dict(config.hydra):
        config.hydra.runtime.output_dir = config.hydra.sweep.dir = "."
    with _as_current(config):
        return OmegaConf.to_container(_without_hydra(config), resolve=True, throw_on_missing=True)


def _without_hydra(config: DictConfig) -> DictConfig:
    task_config = copy.deepcopy(config)
    with open_dict(task_config):
        del task_config["hydra"]
    return task_config


def _subdir_override(job: _Planned) -> str:
    """Launchers number what they are given: without this, a job whose forerunners are left out
    would write where one of those has."""
    quoted = job.subdir.replace("\\", "\\\\").replace("'", "\\'")
    return f"hydra.sweep.subdir='{quoted}'"


def _settle(run: Run, made: JobReturn) -> None:
    """Where the launcher knows more than the files, as of a job whose folder is on another disk."""
    if run.state in ("completed", "failed"):
        return
    if made.status == JobStatus.COMPLETED:
        run.save(json.loads(result_text(made.return_value)), ".json")
        run.complete()
    else:
        run.start()
        run.fail(made._return_value)


def _left_out(job: _Planned, run: Run, directory: Path) -> JobReturn:
    """What the launcher would have given."""
    left_out = JobReturn(
        overrides=list(job.config.hydra.overrides.task),
        cfg=_without_hydra(job.config),
        hydra_cfg=copy.deepcopy(job.config),
        working_dir=os.getcwd(),
        task_name=job.config.hydra.job.name,
        status=JobStatus.COMPLETED,
    )
    left_out.return_value = json.loads((directory / f"{run.stem}.json").read_bytes())
    return left_out
