"""`study.map` over every kind of worker: whatever has `submit`."""

from __future__ import annotations

import concurrent.futures
import functools
import pickle
import sys
from typing import TYPE_CHECKING, Any, Optional

from ._dispatch import Dispatch, Function, is_spawned
from .errors import BadOptions

if TYPE_CHECKING:
    from .study import Study


def map_runs(study: "Study", function: Function, executor: Any, in_flight: Optional[int]) -> None:
    if executor is None:
        _map_here(study, function)
        return
    check(function, executor, study.encode)
    if in_flight is None:
        in_flight = getattr(executor, "_max_workers", None)
    if in_flight is not None and in_flight < 1:
        raise BadOptions(f"in_flight must be at least 1: {in_flight}")
    Dispatch(study, function, executor, in_flight).go()


def _map_here(study: "Study", function: Function) -> None:
    for run in study.pending():
        with run:
            result = function(run.config)
            if result is not None:
                run.save(result)


# What can't work is refused before anything is started.


def check(function: Function, executor: Any, encode: Any) -> None:
    """
    Raises:
        BadOptions: with the reason, and what to do.
    """
    _check_executor(executor)
    if isinstance(executor, concurrent.futures.ThreadPoolExecutor):
        return
    _check_function(function, executor, "the function")
    if encode is not None:
        _check_function(encode, executor, "encode=")


def _check_executor(executor: Any) -> None:
    kind = f"{type(executor).__module__}.{type(executor).__qualname__}"
    pools = sys.modules.get("multiprocessing.pool")
    if pools is not None and isinstance(executor, pools.Pool):
        raise BadOptions(
            f"{kind} waits for ever for what a worker that was killed had in hand: use "
            "concurrent.futures.ProcessPoolExecutor, or ThreadPoolExecutor for threads"
        )
    if kind.startswith("distributed.") and type(executor).__name__ == "Client":
        raise BadOptions(
            "a dask Client takes equal calls for one, and runs equal cycles once: give "
            "client.get_executor(pure=False)"
        )
    if kind.startswith("distributed.") and getattr(executor, "_kwargs", {}).get("pure") is not False:
        raise BadOptions(
            "a pure dask executor runs equal cycles once: give client.get_executor(pure=False)"
        )
    if not callable(getattr(executor, "submit", None)):
        raise BadOptions(f"{kind} has no submit: give an executor, such as ProcessPoolExecutor")


def _check_function(function: Any, executor: Any, what: str) -> None:
    inner = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    if getattr(inner, "__name__", "") == "<lambda>":
        raise BadOptions(
            f"{what} is a lambda, which has no name for a worker to import it by: write "
            "`def` at the top level of a module"
        )
    if not isinstance(executor, concurrent.futures.ProcessPoolExecutor):
        return  # they carry functions by their code
    try:
        pickle.dumps(function)
    except Exception as error:
        raise BadOptions(
            f"{what} can't be sent to a worker process: {error}. Write `def` at the top level of a "
            "module"
        ) from error
    main = sys.modules.get("__main__")
    is_interactive = getattr(main, "__file__", None) is None
    if getattr(inner, "__module__", "") == "__main__" and is_interactive and is_spawned(executor):
        raise BadOptions(
            f"{what} was typed in, and a worker that is spawned can't import it: put it in a "
            "module, or use joblib's loky"
        )
