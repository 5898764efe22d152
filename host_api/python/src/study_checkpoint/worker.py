"""What runs in a worker: the function, its errors as data, its result put in place.

An exception that can't be unpickled breaks a pool, and a SystemExit ends the process that waits for
it: so neither leaves the worker. The result is put in place here, so that it counts also where the
parent has died in the meantime; a worker whose parent has died then ends.
"""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import time
import traceback
from typing import Any, Callable, Dict, NamedTuple, Optional

from . import _leftovers, _orphans
from .canonical import Encode
from .run import encoded_result


class Task(NamedTuple):
    """What a worker needs to know of the run."""

    directory: str
    stem: str
    parent: int  #: its process id
    encode: Optional[Encode]
    is_durable: bool  #: results survive a power loss
    is_alone: bool  #: nothing else is in flight: where the pool breaks, this run has done it

    @property
    def begun(self) -> str:
        """A file that is there while a worker has a run that is alone in hand: a pool breaks, too,
        when no worker of it has come so far."""
        return os.path.join(self.directory, f".{self.stem[:240]}.begun")


Outcome = Dict[str, Any]  # plain values: any pool can carry them


def call(function: Callable[[Any], Any], config: Any, task: Task) -> Outcome:
    """`function(config)`, whose result is put in place.

    Returns: `state`, one of "completed", "failed", "interrupted"; of a completed one `extension` of
    the file that is in place, or `content` that the parent has to put there; of a failed one
    `error_type`, `error_message`, `traceback`; `not_finite`, `worker`, `seconds`.
    """
    with _orphans.busy(task.parent):
        begun = time.monotonic()
        try:
            outcome = _alone(function, config, task)
        except KeyboardInterrupt:  # a terminal sends it to all processes at once
            outcome = {"state": "interrupted"}
        except BaseException as error:
            outcome = _failed(error)
        outcome["seconds"] = round(time.monotonic() - begun, 6)
        outcome["worker"] = f"{socket.gethostname()}:{os.getpid()}"
        return outcome


def _alone(function: Callable[[Any], Any], config: Any, task: Task) -> Outcome:
    if not task.is_alone:
        return _completed(function, config, task)
    with contextlib.suppress(OSError):
        open(task.begun, "w").close()
    try:
        return _completed(function, config, task)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(task.begun)


def _completed(function: Callable[[Any], Any], config: Any, task: Task) -> Outcome:
    # A job that waited in a queue while the one that was submitted before it, by a driver that has
    # died, finished.
    there = _leftovers.found_result(task.directory, task.stem)
    if there is not None:
        return {"state": "completed", "extension": there}
    result = function(config)
    if result is None:
        return {"state": "completed", "extension": ""}
    content, extension, not_finite = encoded_result(result, task.encode)
    outcome: Outcome = {"state": "completed", "extension": extension, "not_finite": not_finite}
    try:
        put_in_place(os.path.join(task.directory, task.stem + extension), content, task.is_durable)
    except OSError as error:  # no such folder on this machine, no space: the parent tries
        outcome.update(content=content, problem=str(error))
    return outcome


def _failed(error: BaseException) -> Outcome:
    try:
        text = str(error)
    except Exception as inner:  # an exception that can't say what it is
        text = f"its text can't be had: {type(inner).__name__}"
    return {
        "state": "failed",
        "error_type": type(error).__name__,
        "error_message": text,
        "traceback": "".join(traceback.format_exception(type(error), error, error.__traceback__)),
    }


def put_in_place(path: str, content: bytes, is_durable: bool = False) -> None:
    """Writes a file that is there whole, or not at all."""
    directory, name = os.path.split(path)
    handle, draft = tempfile.mkstemp(prefix=f".{name[:200]}.", suffix=".part", dir=directory)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o666 & ~_umask())
            if is_durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
    if is_durable:
        folder = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _umask() -> int:
    """Without setting it, which another thread would notice."""
    try:
        with open("/proc/self/status", "rb") as status:
            for line in status:
                if line.startswith(b"Umask:"):
                    return int(line.split()[1], 8)
    except OSError:
        pass
    return 0o022
