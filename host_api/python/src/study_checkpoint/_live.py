"""What this process has open: for a notebook's cell that is run twice, and for the process's end."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from typing import TYPE_CHECKING, List

from . import _logs
from .errors import StudyError

if TYPE_CHECKING:
    from ._opening import Opening
    from .study import Study

_live: "weakref.WeakSet[Study]" = weakref.WeakSet()
_lock = threading.Lock()
_is_registered = False


def remember(study: "Study") -> None:
    global _is_registered
    with _lock:
        _live.add(study)
        if not _is_registered:
            atexit.register(_close_all)
            os.register_at_fork(after_in_child=_begin_anew)
            _is_registered = True


def _begin_anew() -> None:
    """In a forked process, where another thread may have held the lock. The studies are the
    parent's."""
    global _lock
    _lock = threading.Lock()


def forget(study: "Study") -> None:
    with _lock:
        _live.discard(study)


def _own() -> "List[Study]":
    """Not those of the process that this one was forked from."""
    with _lock:
        return [study for study in _live if study._pid == os.getpid()]


def _close_all() -> None:
    """The library does so itself, but nobody would fetch what it says then."""
    for study in _own():
        try:
            study._interrupt()
        except StudyError as error:
            _logs.logger.error("%s: %s", study.name, error)


def take_over(opening: "Opening") -> None:
    """A cell that is run twice opens a study that is open: the one before is of no use any more."""
    if opening.resume == "never":
        return
    for study in _own():
        if study.has_ended or not _is_same(study, opening):
            continue
        problem = _in_use(study)
        if problem:
            raise StudyError(
                f"the study in {study.directory} is open in this process: {problem}; end() ends it"
            )
        _logs.logger.info("%s: handed over from where it was open in this process", study.name)
        study._interrupt()
        study.close()


def _is_same(study: "Study", opening: "Opening") -> bool:
    if opening.resume != "latest":
        return os.path.realpath(opening.resume) == os.path.realpath(study.directory)
    is_there = os.path.realpath(opening.results_dir) == os.path.realpath(study.directory.parent)
    return is_there and study.name == opening.name


def _in_use(study: "Study") -> str:
    if study._depth > 0:
        return "this is within its `with` block"
    if study._thread != threading.get_ident():
        return "another thread has opened it"
    running = [run for run in study.manifest()["experiments"] if run["status"] == "running"]
    return f"{running[0]['config_summary']} is running" if running else ""
