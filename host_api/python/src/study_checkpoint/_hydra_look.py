"""Looks, while a Hydra sweep is under way, for what its jobs have left in the study directory."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import Iterator, List

from ._hydra_job import Notes
from ._logs import logger
from .errors import StudyError
from .run import Run


@contextlib.contextmanager
def looking(
    directory: Path, token: str, runs: List[Run], interval_seconds: float
) -> Iterator[None]:
    """Now and then, in a thread: joblib's launcher comes back when all is over. Once more at the
    end, however that is."""
    look = _Look(directory, token, runs)
    is_over = threading.Event()

    def keep_looking() -> None:
        while not is_over.wait(interval_seconds):
            look()

    thread = threading.Thread(target=keep_looking, daemon=True, name="study_checkpoint")
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        look()


class _Look:
    def __init__(self, directory: Path, token: str, runs: List[Run]) -> None:
        self._directory = directory
        self._notes = Notes(directory, token)
        self._left = {run.stem: run for run in runs}

    def __call__(self) -> None:
        try:
            names = set(os.listdir(self._directory))
            for stem in list(self._left):
                if self._is_settled(self._left[stem], f"{stem}.json" in names):
                    del self._left[stem]
        except (OSError, StudyError) as error:  # what is missed now is seen the next time
            logger.warning("%s: %s", self._directory, error)

    def _is_settled(self, run: Run, has_result: bool) -> bool:
        started = self._notes.read(run.stem, "started")
        if started is not None:
            run.start(time=started["time"])
        if has_result:
            run.complete_in_place(".json", time=self._time_of_result(run))
            return True
        failed = self._notes.read(run.stem, "failed")
        if failed is not None:
            run.fail(failed["type"], failed["message"], time=failed["time"])
        return failed is not None

    def _time_of_result(self, run: Run) -> float:
        return (self._directory / f"{run.stem}.json").stat().st_mtime
