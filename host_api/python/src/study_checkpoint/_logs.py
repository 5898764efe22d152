"""The library's log lines, to `logging`: the logger study_checkpoint, and one below it per plugin.

They are fetched after each call rather than called back: a KeyboardInterrupt that comes while C
calls Python is swallowed there.
"""

from __future__ import annotations

import logging
from typing import List

from ._session import LogEntry, next_log

logger = logging.getLogger("study_checkpoint")

_LEVELS = (5, logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)


def pass_on(handle: int) -> None:
    """0: those of the session that could not be opened."""
    entry = next_log(handle)
    while entry is not None:
        log(entry)
        entry = next_log(handle)


def log(entry: LogEntry) -> None:
    severity, channel, text = entry
    level = _LEVELS[severity] if 0 <= severity < len(_LEVELS) else logging.INFO
    (logger.getChild(channel) if channel else logger).log(level, "%s", text)


def fetch(handle: int) -> List[LogEntry]:
    entries = []
    entry = next_log(handle)
    while entry is not None:
        entries.append(entry)
        entry = next_log(handle)
    return entries
