"""Six trials of an Optuna study, in a database or a journal, followed."""

from __future__ import annotations

import json
import sys
import time

import marks
import optuna
from optuna.storages import JournalStorage, RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from study_checkpoint.optuna import follow


def storage(kind: str) -> optuna.storages.BaseStorage:
    if kind == "journal":
        return JournalStorage(JournalFileBackend("optuna.journal"))
    return RDBStorage(
        "sqlite:///optuna.db",
        heartbeat_interval=1,
        grace_period=1,
        heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
    )


def objective(trial: optuna.Trial) -> float:
    frozen = trial.study.get_trials(deepcopy=False)[trial.number]
    first = RetryHeartbeatStaleTrialCallback.retried_trial_number(frozen)
    x = trial.suggest_float("x", 0, 1)
    marks.experiment(trial.number if first is None else first, waits_from=3)
    if trial.number == 1:
        raise optuna.TrialPruned()
    if trial.number == 2:
        raise ValueError("boom")
    return x


def main(kind: str, observers: str, trials: str, stale_after: str) -> None:
    study = optuna.create_study(study_name="o", storage=storage(kind), load_if_exists=True)
    while kind == "database" and study.get_trials(states=[TrialState.RUNNING]):
        optuna.storages.fail_stale_trials(study)  # as `optimize` does, but only once per trial
        time.sleep(0.05)
    said = {"interval_seconds": 0.05, "observers": json.loads(observers)}
    with follow(study, stale_after=float(stale_after), **said):
        while len(study.trials) < int(trials) or study.get_trials(states=[TrialState.WAITING]):
            study.optimize(objective, n_trials=1, catch=(ValueError,))


if __name__ == "__main__":
    main(*sys.argv[1:])
