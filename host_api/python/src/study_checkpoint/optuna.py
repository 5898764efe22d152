"""Optuna: a study of ours that mirrors one of Optuna's, whoever optimises it.

    with follow(study):
        study.optimize(objective, n_trials=100)

Only recorded: Optuna resumes by its own storage (`create_study(..., load_if_exists=True)`), from
    which all that is recorded comes, also what happened while nobody followed.
Where: a thread of the process that follows looks at the storage (RDB, Journal, in memory) now and
    then; trials may be run by any number of other processes. No callback of `optimize`: those are
    not called for trials that fail, and only in the process that runs the trial.
Identity: the number of the trial, or for one that Optuna has enqueued again in the place of a
    failed one (`RetryHeartbeatStaleTrialCallback`) the number of the first of them.
Doubled and missing events: there are none, only states that are looked at.

A pruned trial has failed, with type `TrialPruned`. Values, parameters, user attributes go to the
attributes, times are the trial's own. In a Journal, in an RDB without heartbeat, and where it was
killed before its first, a trial is RUNNING for ever: `stale_after` seconds make it failed, type
`TrialStale`.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Any, Dict, Optional, Type

import optuna
from optuna.trial import FrozenTrial, TrialState

from ._logs import logger
from ._mirror import Mirror


class follow:
    """Follows an Optuna study from the beginning of the block to its end, and once more then."""

    def __init__(
        self,
        study: optuna.Study,
        name: Optional[str] = None,
        *,
        interval_seconds: float = 1.0,
        stale_after: Optional[float] = None,
        **options: Any,
    ) -> None:
        """
        Args:
            name: of our study; None: that of Optuna's.
            interval_seconds: between two looks at the storage.
            stale_after: seconds after which a trial that is still running has failed. More than
                any trial takes.
            options: those of Study.open.

        Raises:
            StudyError: our study can't be opened.
        """
        self._followed = study
        self._interval_seconds = interval_seconds
        self._stale_after = stale_after
        self._mirror = Mirror(name or study.study_name, **options)
        self._told: Dict[int, TrialState] = {}
        self._is_over = threading.Event()
        self._thread = threading.Thread(
            target=self._keep_looking, daemon=True, name="study_checkpoint"
        )

    @property
    def directory(self) -> Any:
        return self._mirror.study.directory

    def look(self) -> None:
        """At all trials; tells what has changed."""
        newest: Dict[int, FrozenTrial] = {}
        for trial in self._followed.get_trials(deepcopy=False):
            if trial.state != TrialState.WAITING or _identity(trial) not in newest:
                newest[_identity(trial)] = trial
        for identity, trial in newest.items():
            if self._told.get(identity) != trial.state or trial.state == TrialState.RUNNING:
                self._tell(identity, trial)
                self._told[identity] = trial.state

    def _tell(self, identity: int, trial: FrozenTrial) -> None:
        config = {"study": self._followed.study_name, "trial": identity}
        key = f"trial-{identity}"
        began, ended = _seconds(trial.datetime_start), _seconds(trial.datetime_complete)
        said: Dict[str, Any] = {"began": began, "attributes": _attributes(trial)}
        if trial.state == TrialState.WAITING:
            self._mirror.added(key, config)
        elif trial.state == TrialState.COMPLETE:
            self._mirror.completed(key, config, ended, **said)
        elif trial.state == TrialState.PRUNED:
            self._mirror.failed(key, config, "TrialPruned", _pruned(trial), ended, **said)
        elif trial.state == TrialState.FAIL:
            message = f"trial {trial.number} failed; Optuna keeps no reason"
            self._mirror.failed(key, config, "TrialFailed", message, ended, **said)
        elif not self._is_stale(trial):
            self._mirror.started(key, config, began)
        else:
            message = f"trial {trial.number} is running for more than {self._stale_after} s"
            self._mirror.failed(key, config, "TrialStale", message, **said)

    def _is_stale(self, trial: FrozenTrial) -> bool:
        began = _seconds(trial.datetime_start)
        if self._stale_after is None or began is None:
            return False
        return time.time() - began > self._stale_after

    def _keep_looking(self) -> None:
        while not self._is_over.wait(self._interval_seconds):
            self._look_safely()

    def _look_safely(self) -> None:
        try:
            self.look()
        except Exception as error:  # a storage that is locked or away; the next look sees it all
            logger.warning("%s: can't be looked at: %s", self._followed.study_name, error)

    def __enter__(self) -> "follow":
        self._look_safely()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self._is_over.set()
        self._thread.join()
        self._look_safely()
        self._mirror.end(is_over=error is None)


def _identity(trial: FrozenTrial) -> int:
    return int(trial.system_attrs.get("failed_trial", trial.number))


def _attributes(trial: FrozenTrial) -> Dict[str, Any]:
    return {
        "trial": trial.number,
        "values": trial.values,
        "params": trial.params,
        "user_attrs": trial.user_attrs,
    }


def _pruned(trial: FrozenTrial) -> str:
    step = trial.last_step
    return "pruned" if step is None else f"pruned at step {step}"


def _seconds(moment: Any) -> Optional[float]:
    """Optuna's datetimes are of the local zone, without saying so."""
    return None if moment is None else float(moment.timestamp())
