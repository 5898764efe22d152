"""Checkpoint and resume for any sweep in Python.

    from study_checkpoint import Study, sweep

    with Study.open("batch-size", sweep(lr=[0.1, 0.01], bs=[8, 16])) as study:
        for run in study.pending():
            with run:
                run.save(train(**run.config))

Killed at any moment and started again, it goes on: nothing that has completed is done twice.
"""

from __future__ import annotations

from .canonical import canonical_json, config_hash
from .errors import (
    BadOptions,
    ConfigError,
    DesignChanged,
    EventIgnored,
    StudyError,
    StudyInterrupt,
)
from .run import Run
from .study import Study, latest, read, report
from .sweeps import sweep

__all__ = [
    "BadOptions",
    "ConfigError",
    "DesignChanged",
    "EventIgnored",
    "Run",
    "Study",
    "StudyError",
    "StudyInterrupt",
    "canonical_json",
    "config_hash",
    "latest",
    "read",
    "report",
    "sweep",
]
