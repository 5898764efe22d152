"""Six runs over a framework's workers, two at a time: joblib's loky, dask, or submitit."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any, Dict, Iterator

import marks

from study_checkpoint import Study, sweep


def experiment(config: Dict[str, Any]) -> Dict[str, Any]:
    marks.experiment(config["n"], waits_from=3)
    return {"n": config["n"]}


@contextlib.contextmanager
def joblib() -> Iterator[Any]:
    from joblib.externals.loky import get_reusable_executor

    yield get_reusable_executor(max_workers=2)


@contextlib.contextmanager
def dask() -> Iterator[Any]:
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            yield client.get_executor(pure=False)


@contextlib.contextmanager
def submitit() -> Iterator[Any]:
    from submitit import AutoExecutor

    executor = AutoExecutor("jobs", cluster="local")  # without a cluster: Slurm, where there is one
    executor.update_parameters(timeout_min=5)
    yield executor


if __name__ == "__main__":
    with {"joblib": joblib, "dask": dask, "submitit": submitit}[sys.argv[1]]() as executor:
        with Study.open("w", sweep(n=range(6)), observers=json.loads(sys.argv[2])) as study:
            study.map(experiment, executor=executor, in_flight=2)
