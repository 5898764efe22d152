"""session.h's functions with Python's types: texts, lists, exceptions. Holds no state but a number.

What the library knows is the truth: an interrupt can come between any two instructions of Python,
also after the library has done what it was told and before anybody here has heard of it.
"""

from __future__ import annotations

import ctypes as c
import json
import os
import threading
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

from . import _library as native
from .errors import BadOptions, DesignChanged, EventIgnored, StudyError

PathText = Union[str, "os.PathLike[str]"]


class Info(NamedTuple):
    is_resumed: bool
    has_ended: bool
    runs: int
    completed: int
    failed: int
    pending: int  #: and running
    directory: Path


class RunFacts(NamedTuple):
    state: int
    cycle: int
    experiment: int  #: its place among those given to open; -1: it is not among them
    config_hash: str
    summary: str
    stem: str
    config: bytes  #: JSON, where it is not among those


class Result(NamedTuple):
    """What a run has made: bytes, or a file that is moved, or a file that is in place."""

    extension: str = ""
    content: bytes = b""
    file: bytes = b""
    is_in_place: bool = False


class Details(NamedTuple):
    """What an event says beyond the run's state."""

    attributes: bytes = b""
    result: Optional[Result] = None
    error_type: str = ""
    error_message: str = ""


class _Scratch(threading.local):
    """What calls write into: each thread has its own, made once."""

    def __init__(self) -> None:
        self.message = c.create_string_buffer(native.MESSAGE_BYTES)
        self.error = native.Error(
            c.sizeof(native.Error), c.addressof(self.message), native.MESSAGE_BYTES, 0
        )
        self.error_at = c.addressof(self.error)
        self.line = native.LogLine(struct_size=c.sizeof(native.LogLine))
        self.line_at = c.addressof(self.line)
        self.run = native.RunInfo(struct_size=c.sizeof(native.RunInfo))
        self.run_at = c.addressof(self.run)
        self.number = c.c_uint64()
        self.number_at = c.addressof(self.number)


_scratch = _Scratch()


def _raise(status: int) -> None:
    message = _scratch.message.raw[: _scratch.error.size].decode("utf-8", "replace")
    if status == native.DESIGN_CHANGED:
        raise DesignChanged(message)
    if status == native.BAD_OPTIONS:
        raise BadOptions(message)
    if status == native.IGNORED:
        raise EventIgnored(message)
    raise StudyError(message)


def utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _take(given: native.GivenString) -> bytes:
    """The text, whose memory is given back."""
    try:
        return given.raw()
    finally:
        native.load().study_session_free(given.data)


def latest(results_dir: PathText, name: str) -> Optional[Path]:
    given = native.GivenString()
    status = native.load().study_session_latest(
        native.string(os.fsencode(results_dir)),
        native.string(utf8(name)),
        c.addressof(given),
        _scratch.error_at,
    )
    if status == native.NOT_FOUND:
        return None
    if status:
        _raise(status)
    return Path(os.fsdecode(_take(given)))


def read(options: Dict[str, Any], directory: PathText) -> Optional[bytes]:
    given = native.GivenString()
    status = native.load().study_session_read(
        native.string(json.dumps(options).encode()),
        native.string(os.fsencode(directory)),
        c.addressof(given),
        _scratch.error_at,
    )
    if status == native.NOT_FOUND:
        return None
    if status:
        _raise(status)
    return _take(given)


_EVENT_BYTES = c.sizeof(native.RunEvent)


class Session:
    """One open session, by its number."""

    def __init__(self, options: Dict[str, Any], experiments: bytes) -> None:
        self._lib = native.load()
        handle = c.c_uint64()
        status = self._lib.study_session_open(
            native.string(json.dumps(options).encode()),
            native.string(experiments),
            c.addressof(handle),
            _scratch.error_at,
        )
        if status:
            _raise(status)
        self.handle = handle.value

    def info(self) -> Info:
        out = native.Summary(struct_size=c.sizeof(native.Summary))
        status = self._lib.study_session_info(self.handle, c.addressof(out), _scratch.error_at)
        if status:
            _raise(status)
        try:
            directory = Path(os.fsdecode(out.directory.raw()))
        finally:
            self._lib.study_session_free(out.memory)
        flags = bool(out.is_resumed), bool(out.has_ended)
        return Info(*flags, out.runs, out.completed, out.failed, out.pending, directory)

    def pending(self) -> List[int]:
        capacity = self.info().pending
        while True:  # another thread may add some in between
            numbers = (c.c_uint64 * max(capacity, 1))()
            status = self._lib.study_session_pending(
                self.handle, c.addressof(numbers), capacity, _scratch.number_at, _scratch.error_at
            )
            if status:
                _raise(status)
            count = _scratch.number.value
            if count <= capacity:
                return list(numbers[:count])
            capacity = count

    def run(self, number: int) -> RunFacts:
        out = _scratch.run
        status = self._lib.study_session_run(
            self.handle, number, _scratch.run_at, _scratch.error_at
        )
        if status:
            _raise(status)
        try:
            return RunFacts(
                out.state,
                out.cycle,
                out.experiment,
                out.config_hash.text(),
                out.config_summary.text(),
                out.result_stem.text(),
                out.config.raw(),
            )
        finally:
            self._lib.study_session_free(out.memory)

    def find(self, config_hash: str, cycle: int) -> Optional[int]:
        text = native.string(utf8(config_hash))
        status = self._lib.study_session_find(
            self.handle, text, cycle, _scratch.number_at, _scratch.error_at
        )
        if status == native.NOT_FOUND:
            return None
        if status:
            _raise(status)
        return _scratch.number.value

    def mark(self, number: int, state: int, time_us: int = 0) -> None:
        status = self._lib.study_session_mark(
            self.handle, number, state, time_us, _scratch.error_at
        )
        if status:
            _raise(status)

    def event(self, number: int, state: int, details: Details, time_us: int = 0) -> None:
        event = native.RunEvent(_EVENT_BYTES, state, number, time_us)
        if details.attributes:
            event.attributes = native.string(details.attributes)
        result = details.result
        if result is not None:
            event.result = native.string(result.content)
            event.result_file = native.string(result.file)
            event.result_extension = native.string(utf8(result.extension))
            event.is_in_place = result.is_in_place
        if state == native.EXPERIMENT_FAILED:
            event.error_type = native.string(utf8(details.error_type))
            event.error_message = native.string(utf8(details.error_message))
        status = self._lib.study_session_event(self.handle, c.addressof(event), _scratch.error_at)
        if status:
            _raise(status)

    def add(self, experiments: bytes, runs: int) -> List[int]:
        """The numbers of the `runs` runs that `experiments` come to."""
        numbers = (c.c_uint64 * max(runs, 1))()
        status = self._lib.study_session_add(
            self.handle,
            native.string(experiments),
            c.addressof(numbers),
            runs,
            _scratch.number_at,
            _scratch.error_at,
        )
        if status:
            _raise(status)
        return list(numbers[: _scratch.number.value])

    def manifest(self) -> bytes:
        given = native.GivenString()
        status = self._lib.study_session_manifest(
            self.handle, c.addressof(given), _scratch.error_at
        )
        if status:
            _raise(status)
        return _take(given)

    def end(self, outcome: int, time_us: int = 0) -> None:
        status = self._lib.study_session_end(self.handle, outcome, time_us, _scratch.error_at)
        if status:
            _raise(status)

    def close(self) -> None:
        self._lib.study_session_close(self.handle)


LogEntry = Tuple[int, str, str]  # severity, channel, text


def next_log(handle: int) -> Optional[LogEntry]:
    """Each line once. 0: of the session that could not be opened, and of `read`."""
    scratch = _scratch
    lib = native.load()
    if lib.study_session_next_log(handle, scratch.line_at, scratch.error_at):
        return None  # or the session is gone
    line = scratch.line
    try:
        return (line.severity, line.channel.text(), line.text.text())
    finally:
        lib.study_session_free(line.memory)
