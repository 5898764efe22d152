"""libstudy_session.so: where it is, and session.h's structs and functions as ctypes has them.

tests/python/test_layout.py compares sizes and offsets with what a C compiler makes of the header.
"""

from __future__ import annotations

import ctypes as c
import os
import sys
from pathlib import Path
from threading import Lock
from typing import List, Optional

from .errors import StudyError

OK, FAILED, BAD_OPTIONS, IGNORED, DESIGN_CHANGED, NOT_FOUND = 0, 1, 2, 7, 64, 65
PENDING, RUNNING, COMPLETED, EXPERIMENT_FAILED = 0, 1, 2, 3
OUTCOME_BY_STATE, OUTCOME_COMPLETED, OUTCOME_INTERRUPTED, OUTCOME_FAILED = -1, 0, 1, 2
VERSION_MAJOR = 1
MAX_ATTRIBUTES_BYTES = 65536
MESSAGE_BYTES = 16384


class String(c.Structure):
    """A text for the library. Borrowed: the bytes object must outlive the call."""

    _fields_ = [("data", c.c_char_p), ("size", c.c_size_t)]


class GivenString(c.Structure):
    """A text of the library's. Not ended by a zero: `c_char_p` would read on behind its end."""

    _fields_ = [("data", c.c_void_p), ("size", c.c_size_t)]

    def raw(self) -> bytes:
        return c.string_at(self.data, self.size) if self.size else b""

    def text(self) -> str:
        return self.raw().decode("utf-8", "replace")


class Error(c.Structure):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("data", c.c_void_p),
        ("capacity", c.c_size_t),
        ("size", c.c_size_t),
    ]


class Summary(c.Structure):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("is_resumed", c.c_int32),
        ("has_ended", c.c_int32),
        ("runs", c.c_uint64),
        ("completed", c.c_uint64),
        ("failed", c.c_uint64),
        ("pending", c.c_uint64),
        ("directory", GivenString),
        ("memory", c.c_void_p),
    ]


class RunInfo(c.Structure):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("state", c.c_int32),
        ("cycle", c.c_int32),
        ("experiment", c.c_int64),
        ("config_hash", GivenString),
        ("config_summary", GivenString),
        ("result_stem", GivenString),
        ("config", GivenString),
        ("memory", c.c_void_p),
    ]


class RunEvent(c.Structure):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("state", c.c_int32),
        ("run", c.c_uint64),
        ("time_us", c.c_int64),
        ("attributes", String),
        ("result", String),
        ("result_file", String),
        ("result_extension", String),
        ("is_in_place", c.c_int32),
        ("error_type", String),
        ("error_message", String),
    ]


class LogLine(c.Structure):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("severity", c.c_int32),
        ("channel", GivenString),
        ("text", GivenString),
        ("memory", c.c_void_p),
    ]


# Structs go by address, as a number: a third of the time that byref takes.
_SIGNATURES = {
    "study_session_open": [String, String, c.c_void_p, c.c_void_p],
    "study_session_info": [c.c_uint64, c.c_void_p, c.c_void_p],
    "study_session_pending": [c.c_uint64, c.c_void_p, c.c_size_t, c.c_void_p, c.c_void_p],
    "study_session_run": [c.c_uint64, c.c_uint64, c.c_void_p, c.c_void_p],
    "study_session_find": [c.c_uint64, String, c.c_int32, c.c_void_p, c.c_void_p],
    "study_session_mark": [c.c_uint64, c.c_uint64, c.c_int32, c.c_int64, c.c_void_p],
    "study_session_event": [c.c_uint64, c.c_void_p, c.c_void_p],
    "study_session_add": [c.c_uint64, String, c.c_void_p, c.c_size_t, c.c_void_p, c.c_void_p],
    "study_session_manifest": [c.c_uint64, c.c_void_p, c.c_void_p],
    "study_session_end": [c.c_uint64, c.c_int32, c.c_int64, c.c_void_p],
    "study_session_next_log": [c.c_uint64, c.c_void_p, c.c_void_p],
    "study_session_latest": [String, String, c.c_void_p, c.c_void_p],
    "study_session_read": [String, String, c.c_void_p, c.c_void_p],
}


def string(raw: bytes) -> String:
    return String(raw, len(raw))


def native_folder() -> Path:
    """What a wheel carries: lib/libstudy_session.so, lib/study_observers/, bin/study-host.

    `pip install --editable` leaves the modules in the clone, and puts what is compiled elsewhere
    in the package's path.
    """
    folders = [Path(folder) / "_native" for folder in sys.modules[__package__].__path__]
    return next(filter(Path.is_dir, folders), folders[0])


def library_path() -> Path:
    """The environment's STUDY_SESSION_LIBRARY, else the installed package's own."""
    given = os.environ.get("STUDY_SESSION_LIBRARY")
    return Path(given) if given else native_folder() / "lib" / "libstudy_session.so"


def _declare(lib: c.CDLL) -> c.CDLL:
    version = lib.study_session_version
    version.argtypes, version.restype = [], c.c_uint32
    if version() >> 16 != VERSION_MAJOR:
        raise StudyError(
            f"{lib._name} is version {version() >> 16} of the session library; this package needs "
            f"version {VERSION_MAJOR}: install the two from one release"
        )
    for name, arguments in _SIGNATURES.items():
        function = getattr(lib, name)
        function.argtypes, function.restype = arguments, c.c_int32
    lib.study_session_close.argtypes, lib.study_session_close.restype = [c.c_uint64], None
    lib.study_session_free.argtypes, lib.study_session_free.restype = [c.c_void_p], None
    return lib


_lock = Lock()
_loaded: List[c.CDLL] = []


def load() -> c.CDLL:
    """The library, once per process.

    Raises:
        StudyError: it is not there, can't be loaded, or is of another version.
    """
    if _loaded:
        return _loaded[0]
    with _lock:
        if not _loaded:
            _loaded.append(_declare(_open(library_path())))
    return _loaded[0]


def _open(path: Path) -> c.CDLL:
    problem: Optional[str] = None
    if not path.exists():
        problem = "there is no such file"
    else:
        try:
            return c.CDLL(str(path.absolute()))
        except OSError as error:
            problem = str(error)
    raise StudyError(
        f"the session library can't be loaded from {path}: {problem}. Install the package's wheel "
        "(pip install ./host_api/python), or set STUDY_SESSION_LIBRARY to the libstudy_session.so "
        "of a build"
    )
