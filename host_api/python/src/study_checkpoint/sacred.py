"""Sacred: an observer that records runs, and can leave out what has completed.

    experiment.observers.append(StudyObserver("mnist"))

Only recorded: Sacred has no resume. A loop that goes through all of its configurations again leaves
    out those that have completed with `run`:

        for lr in (0.1, 0.01):
            observer.run(experiment, {"lr": lr})

Where: in the process of the run. One process writes to a study at a time: a second one is refused
    before its run has begun, as Sacred does for all that goes wrong in an observer at a start.
Identity: the config without `seed`, which is another each time, and the command.
Doubled and missing events: a run that was under way when its process was killed is pending when
    the study is opened again.
"""

from __future__ import annotations

import datetime
from typing import Any, Dict, Mapping, Optional, Tuple

from sacred.observers import RunObserver
from sacred.utils import SacredInterrupt

from ._mirror import Mirror
from .canonical import config_hash
from .errors import StudyError


class AlreadyCompleted(SacredInterrupt):
    """The run has completed in an earlier process."""

    STATUS = "ALREADY_COMPLETED"


class StudyObserver(RunObserver):
    """Records in a study of this name, from the first run to the end of the process."""

    def __init__(self, name: str, *, skip_completed: bool = False, **options: Any) -> None:
        """
        Args:
            skip_completed: a run that has completed is stopped before it begins, with
                AlreadyCompleted.
            options: those of Study.open.
        """
        self._name = name
        self._options = options
        self._skip_completed = skip_completed
        self._mirror: Optional[Mirror] = None
        self._current: Optional[Tuple[str, Dict[str, Any]]] = None

    def run(self, experiment: Any, config_updates: Mapping[str, Any] = {}, **more: Any) -> Any:
        """experiment.run(config_updates=...), or None if that has completed already."""
        before, self._skip_completed = self._skip_completed, True
        try:
            return experiment.run(config_updates=dict(config_updates), **more)
        except AlreadyCompleted:
            return None
        finally:
            self._skip_completed = before

    def started_event(
        self,
        ex_info: Any,
        command: str,
        host_info: Any,
        start_time: datetime.datetime,
        config: Mapping[str, Any],
        meta_info: Any,
        _id: Any,
    ) -> None:
        if self._mirror is None:
            self._mirror = Mirror(self._name, **self._options)
        known = {name: value for name, value in config.items() if name != "seed"}
        identity = {"command": command, "config": known}
        self._current = config_hash(identity), {"command": command, **known}
        if self._skip_completed and self._mirror.run(*self._current).state == "completed":
            self._current = None
            raise AlreadyCompleted()
        self._mirror.started(*self._current, time=_utc(start_time))

    def completed_event(self, stop_time: datetime.datetime, result: Any) -> None:
        self._tell("completed", time=_utc(stop_time), result=result)

    def interrupted_event(self, interrupt_time: datetime.datetime, status: str) -> None:
        self._tell("released", time=_utc(interrupt_time))

    def failed_event(self, fail_time: datetime.datetime, fail_trace: Any) -> None:
        name, _, message = "".join(fail_trace[-1:]).strip().partition(": ")
        self._tell("failed", name.rpartition(".")[2], message, time=_utc(fail_time))

    def _tell(self, event: str, *said: Any, **more: Any) -> None:
        if self._mirror is None or self._current is None:
            return
        current, self._current = self._current, None
        getattr(self._mirror, event)(*current, *said, **more)

    def end(self, outcome: str = "completed") -> None:
        """Ends the study, where the loop knows that nothing is to come. Else it is interrupted when
        the process ends, and the next one goes on with it."""
        if self._mirror is not None:
            self._mirror.end(is_over=outcome == "completed")
            self._mirror = None


def _utc(moment: datetime.datetime) -> datetime.datetime:
    """Sacred's are UTC without saying so."""
    return moment.replace(tzinfo=datetime.timezone.utc)
