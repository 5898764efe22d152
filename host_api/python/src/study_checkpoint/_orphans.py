"""Ends a pool's worker whose parent is gone: nobody would, it waits for work for ever.

Only a worker that multiprocessing has started for that very parent: a batch system's job and a
cluster's worker outlive theirs.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import select
import threading
import time
from typing import Iterator

_POLL_SECONDS = 1.0

_lock = threading.Lock()
_busy = 0
_is_orphan = False
_watched = 0


def _begin_anew() -> None:
    """In a forked process: what the parent's threads have under way is not its own."""
    global _lock, _busy
    _lock, _busy = threading.Lock(), 0


os.register_at_fork(after_in_child=_begin_anew)


@contextlib.contextmanager
def busy(parent: int) -> Iterator[None]:
    """While work is under way the worker stays: its result counts."""
    global _busy
    watch(parent)
    with _lock:
        _busy += 1
    try:
        yield
    finally:
        with _lock:
            _busy -= 1
            if _is_orphan and _busy == 0:
                _leave()


def watch(parent: int) -> None:
    """From now on; once per process."""
    global _watched
    own = os.getpid()
    creator = multiprocessing.parent_process()
    if own == parent or creator is None or creator.pid != parent:
        return
    with _lock:
        if _watched == own:
            return
        _watched = own
    threading.Thread(target=_wait, args=(parent,), daemon=True, name="study_checkpoint").start()


def _wait(parent: int) -> None:
    global _is_orphan
    _wait_for_end(parent)
    with _lock:
        _is_orphan = True
        if _busy == 0:
            _leave()


def _wait_for_end(pid: int) -> None:
    """Not by multiprocessing's sentinel: siblings that were forked hold its other end."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    except (AttributeError, OSError):  # before Linux 5.3
        while _is_alive(pid):
            time.sleep(_POLL_SECONDS)
        return
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        poll.poll()
    finally:
        os.close(handle)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _leave() -> None:
    os._exit(1)  # exit handlers would wait for the pool's queues
