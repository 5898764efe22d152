"""Ray Tune: a callback that records trials.

    tune.Tuner(train, ..., run_config=tune.RunConfig(callbacks=[StudyCallback("mnist")]))

Only recorded: Tune resumes by its own snapshot of the experiment (`Tuner.restore`), which it takes
    every ten seconds or so. What has ended since the latest one it runs again, and the record keeps
    it as completed; with TUNE_GLOBAL_CHECKPOINT_S=0 in the environment Tune takes one at each step.
Where: in the driver, which is the process that calls `fit`.
Identity: `trial_id`, which survives `Tuner.restore`. So does the callback, pickled as it was
    before `fit`: it goes on with the latest study of its name.
Doubled and missing events: trials that had ended before a restore fire nothing: their states are
    looked at when a step begins.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from ray import cloudpickle, tune
from ray.tune.experiment import Trial

from ._logs import logger
from ._mirror import Mirror


class StudyCallback(tune.Callback):
    """Records in a study of this name. options: those of Study.open; results_dir is relative to
    the working directory of the driver."""

    def __init__(self, name: str, **options: Any) -> None:
        self._name = name
        self._options = options
        self._mirror: Optional[Mirror] = None
        self._settled: Dict[str, str] = {}

    def setup(self, *args: Any, **info: Any) -> None:
        """
        Raises:
            StudyError: the study can't be opened; no trial has been started then.
        """
        if self._mirror is None:
            self._mirror = Mirror(self._name, **self._options)

    def on_step_begin(self, iteration: int, trials: List[Trial], **info: Any) -> None:
        for trial in trials:
            if self._settled.get(trial.trial_id) == trial.status:
                continue
            if trial.status == Trial.TERMINATED:
                self._completed(trial)
            elif trial.status == Trial.ERROR:
                self._failed(trial)
            elif trial.status == Trial.PENDING:
                self._told("added", trial)
            self._settled[trial.trial_id] = trial.status

    def on_trial_start(self, iteration: int, trials: List[Trial], trial: Trial, **info: Any) -> None:
        self._told("started", trial)

    def on_trial_complete(
        self, iteration: int, trials: List[Trial], trial: Trial, **info: Any
    ) -> None:
        self._completed(trial)

    def on_trial_error(self, iteration: int, trials: List[Trial], trial: Trial, **info: Any) -> None:
        self._failed(trial)

    def on_trial_recover(
        self, iteration: int, trials: List[Trial], trial: Trial, **info: Any
    ) -> None:
        self._failed(trial)  # and Tune begins it again

    def on_experiment_end(self, trials: List[Trial], **info: Any) -> None:
        if self._mirror is not None:
            ended = (Trial.TERMINATED, Trial.ERROR)
            self._mirror.end(is_over=all(trial.status in ended for trial in trials))
            self._mirror = None

    def _completed(self, trial: Trial) -> None:
        result = dict(trial.last_result or {})
        result.pop("config", None)
        self._told("completed", trial, result=result)

    def _failed(self, trial: Trial) -> None:
        self._told("failed", trial, *_error_of(trial))

    def _told(self, event: str, trial: Trial, *said: Any, **more: Any) -> None:
        """A callback that raises would end the whole experiment."""
        try:
            if self._mirror is not None:
                getattr(self._mirror, event)(trial.trial_id, dict(trial.config), *said, **more)
        except Exception as error:
            logger.warning("%s: %s: not recorded: %s", self._name, trial.trial_id, error)

    def __getstate__(self) -> Dict[str, Any]:
        return {"_name": self._name, "_options": self._options, "_mirror": None, "_settled": {}}


def _error_of(trial: Trial) -> Tuple[str, str]:
    """Class and text of what the trial raised: Tune has written it down before it tells."""
    try:
        with open(trial.pickled_error_file, "rb") as file:
            error = cloudpickle.load(file)
    except Exception:  # there is none, or its class can't be had here
        return "TrialError", f"see {trial.error_file}"
    error = getattr(error, "cause", None) or error
    return type(error).__name__, str(error)
