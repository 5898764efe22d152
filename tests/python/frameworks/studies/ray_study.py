"""Four trials of Ray Tune, recorded."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Dict

import marks
import ray
from ray import tune

from study_checkpoint.ray_tune import StudyCallback


def train(config: Dict[str, Any]) -> Dict[str, Any]:
    marks.experiment(config["n"], waits_from=2)
    if config["n"] == 1:
        raise ValueError("boom")
    return {"loss": config["n"] / 2}


def main(observers: str) -> None:
    folder = Path(os.environ["STUDY_MARKS"])
    paths = {name: os.environ[name] for name in ("PYTHONPATH", "STUDY_MARKS")}
    ray.init(
        num_cpus=1,
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"env_vars": paths},
        _temp_dir=sys.argv[2],
    )
    experiment = folder / "tune" / "r"
    if tune.Tuner.can_restore(str(experiment)):
        tuner = tune.Tuner.restore(str(experiment), trainable=train)
    else:
        callback = StudyCallback("r", results_dir=folder / "results", observers=json.loads(observers))
        tuner = tune.Tuner(
            train,
            param_space={"n": tune.grid_search([0, 1, 2, 3])},
            run_config=tune.RunConfig(
                name="r", storage_path=str(folder / "tune"), callbacks=[callback], verbose=0
            ),
        )
    tuner.fit()


if __name__ == "__main__":
    main(sys.argv[1])
