"""A study, from its opening to its end."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, NoReturn, Optional

from . import _library as native
from . import _live, _opening, _report, executors, notebook
from ._interrupts import ErrorType, SignalGuard, SignalName, Traceback, is_interrupt
from ._opening import Observer
from ._runs import Counts, Runs
from ._session import PathText, Session
from .canonical import Encode
from .errors import BadOptions
from .looking import latest, read, report
from .run import Time, microseconds

__all__ = ["Counts", "Study", "latest", "read", "report"]

_OUTCOMES = {
    None: native.OUTCOME_BY_STATE,
    "completed": native.OUTCOME_COMPLETED,
    "interrupted": native.OUTCOME_INTERRUPTED,
    "failed": native.OUTCOME_FAILED,
}


class Study(Runs):
    """One study: its runs, and a checkpoint of them that outlives the process.

    Made by `Study.open`. Any thread may use it. In a forked process, or sent to another, it is an
    error: one process writes, workers hand their results back to it (`map`).
    """

    def __init__(
        self, session: Session, opening: "_opening.Opening", guard: SignalGuard
    ) -> None:
        super().__init__(session, opening)
        self._guard = guard
        self._depth = 0  # of `with` blocks
        self._is_closed = False
        self._thread = threading.get_ident()
        self._pid = os.getpid()
        self.directory: Path = session.info().directory

    @classmethod
    def open(
        cls,
        name: str,
        experiments: Iterable[Any] = (),
        *,
        results_dir: PathText = "results",
        observers: Optional[Iterable[Observer]] = None,
        host_config: Optional[PathText] = None,
        resume: PathText = "latest",
        failed: str = "again",
        n_cycles: int = 1,
        max_failures: Optional[int] = None,
        signals: Iterable[SignalName] = (),
        encode: Optional[Encode] = None,
        reraise: bool = False,
        progress: bool = False,
        force: bool = False,
        rebuild: bool = False,
        durability: Optional[str] = None,
        framework_version: str = "0",
    ) -> "Study":
        """Begins a study, or goes on with one that is there.

        Args:
            name: of the study; its directory is `{results_dir}/{name}_{time}`.
            experiments: configurations: dicts, dataclasses, attrs and pydantic objects, Namespaces,
                OmegaConf's. None at all: an open-ended study, whose experiments are found as it
                goes on (`add`), and which ends as its host says (`end`).
            results_dir: where studies are kept, relative to the working directory.
            observers: who keep the checkpoint: names of plugins such as "journal_writer" or
                "sqlite_writer", or {"plugin": name, "options": {...}}. None: manifest_writer.
            host_config: a config file of study-host's, whose observers, results_dir and durability
                count where they are not given here.
            resume: "latest" goes on with the latest study of this name and begins one where there
                is none; "never" begins one; a directory goes on with the study there.
            failed: what becomes of failed runs when a study is resumed: "again", or "kept".
            n_cycles: how often each experiment is run.
            max_failures: after so many failures nothing more is started, and the study has failed;
                what was not started stays pending.
            signals: such as ("SIGTERM", "SIGUSR1"): they interrupt the main thread as Ctrl-C does,
                with a StudyInterrupt, until the study ends. No other is touched.
            encode: called with each value in a configuration or result that has no form in JSON of
                its own; gives one that has, or NotImplemented.
            reraise: an exception in a run's block goes through, after it is told.
            progress: a line on standard error after each run: how many are done, and what is left.
            force: accepts experiments other than the study's: what is in both keeps its state.
            rebuild: from the result files alone: a run whose result is there has completed.
            durability: of results: "process" (if nothing is said) survives the process being
                killed, "power" a power loss, for a sync of each.
            framework_version: the caller's own, for the record.

        Raises:
            ConfigError: a configuration has no form of its own in JSON.
            BadOptions: an argument is wrong.
            DesignChanged: the study in the directory has experiments that are not in the list;
                there may be more of them than it has.
            StudyError: somebody else writes to the study, its checkpoint can't be read, or an
                observer can't be loaded.
        """
        opening = _opening.Opening(
            name=name,
            experiments=list(experiments),
            results_dir=results_dir,
            observers=observers,
            host_config=host_config,
            resume=resume,
            failed=failed,
            n_cycles=n_cycles,
            max_failures=max_failures,
            signals=tuple(signals),
            encode=encode,
            reraise=reraise,
            progress=progress,
            force=force,
            rebuild=rebuild,
            durability=durability,
            framework_version=framework_version,
        )
        guard = SignalGuard(opening.signals)
        study = cls(_opening.open_session(opening), opening, guard)
        _live.remember(study)
        guard.begin()
        _opening.settle(study)
        return study

    def map(
        self,
        function: Callable[[Any], Any],
        executor: Any = None,
        in_flight: Optional[int] = None,
    ) -> Counts:
        """Runs `function(run.config)` for each pending run, and saves what it returns.

        Args:
            function: of a module, so that a worker can import it. What it raises is a failure of
                its run.
            executor: what has `submit`: of threads, processes, joblib's loky, dask
                (`client.get_executor(pure=False)`), submitit. None: here, one after the other.
            in_flight: how many are submitted at once. None: as many as the executor has workers,
                or all, where it doesn't say how many it has.

        Returns:
            How many of the study's runs have completed and failed, and how many are left.

        Raises:
            StudyError: the function or the executor is one that can't work (before anything is
                started), or its workers were killed: what they had in hand is pending again.
        """
        executors.map_runs(self, function, executor, in_flight)
        return self.counts

    # The study as a whole

    @property
    def is_resumed(self) -> bool:
        return self._session.info().is_resumed

    @property
    def has_ended(self) -> bool:
        """Or nothing was left of it."""
        return self._session.info().has_ended

    @property
    def is_open_ended(self) -> bool:
        return not self._opening.experiments

    def manifest(self) -> Dict[str, Any]:
        """The study's present state: a dict in the form of manifest.json, schema 2.0."""
        manifest: Dict[str, Any] = json.loads(self._session.manifest())
        return manifest

    def report(self, output: Optional[PathText] = None) -> Path:
        """Makes one HTML file of the study as it is now, to be opened in a browser, and gives where
        it is: `report.html` in the study's directory, or `output`. See `study_checkpoint.report`."""
        return _report.make(
            self.directory, output, self._opening.observers, self._opening.host_config
        )

    def end(self, outcome: Optional[str] = None, time: Time = None) -> None:
        """Ends the study: "completed", "interrupted" or "failed". Once; later calls do nothing.

        Without an outcome it is completed if nothing is left; an open-ended one is then interrupted,
        since only its host knows that there is nothing to come. What is running is pending again.
        """
        if outcome not in _OUTCOMES:
            raise BadOptions(f'outcome must be "completed", "interrupted" or "failed": {outcome!r}')
        if self._is_closed:
            return
        if outcome is None and self.has_failed:
            outcome = "failed"
        elif outcome is None and self.is_open_ended:
            outcome = "interrupted"
        self._guard.hold()
        try:
            self._session.end(_OUTCOMES[outcome], microseconds(time))
        finally:
            self._pass_on_logs()
            self._guard.end()

    def _interrupt(self) -> None:
        if not self.has_ended:
            self.end("failed" if self.has_failed else "interrupted")

    def close(self) -> None:
        """Ends the study, where nobody has, and gives back its memory: no use of it after that."""
        if self._pid != os.getpid():
            return
        _live.forget(self)
        if self._is_closed:
            return
        try:
            self.end()
        finally:
            self._is_closed = True
            self._session.close()

    def __enter__(self) -> "Study":
        self._depth += 1
        return self

    def __exit__(self, kind: ErrorType, error: Optional[BaseException], trace: Traceback) -> None:
        self._depth -= 1
        if error is None:
            self.end()
        else:
            self.end("interrupted" if is_interrupt(error) else "failed")

    async def __aenter__(self) -> "Study":
        return self.__enter__()

    async def __aexit__(
        self, kind: ErrorType, error: Optional[BaseException], trace: Traceback
    ) -> None:
        self.__exit__(kind, error, trace)

    def __del__(self) -> None:
        session = getattr(self, "_session", None)
        if session is not None and getattr(self, "_pid", 0) == os.getpid():
            try:
                self._guard.end()
                session.close()
            except TypeError:  # the interpreter is half gone; the library ends the study by itself
                pass

    def __repr__(self) -> str:
        return notebook.text(self)

    def _repr_html_(self) -> str:
        return notebook.html(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"the study {self.name} belongs to the process that opened it and can't be sent to "
            "another: send run.config to workers, as study.map does"
        )
