"""Six runs of a Sacred experiment, one after the other, recorded."""

from __future__ import annotations

import json
import sys

import marks
from sacred import Experiment

from study_checkpoint.sacred import StudyObserver

experiment = Experiment("s", save_git_info=False)


@experiment.config
def config() -> None:
    n = 0  # noqa: F841
    optimizer = {"name": "adam", "betas": (0.9, 0.999)}  # noqa: F841


@experiment.main
def main(n: int, optimizer: dict, _seed: int) -> dict:
    marks.experiment(n, waits_from=3)
    return {"n": n, "seed": _seed}


if __name__ == "__main__":
    observer = StudyObserver("s", observers=json.loads(sys.argv[1]))
    experiment.observers.append(observer)
    for n in range(6):
        observer.run(experiment, {"n": n})
    observer.end()
