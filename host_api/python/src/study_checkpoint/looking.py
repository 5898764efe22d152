"""For who only looks at studies, also while another process writes to them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict, Iterable, Optional

from . import _logs, _opening, _report, _session
from ._opening import Observer
from ._session import PathText
from .errors import StudyError


def latest(results_dir: PathText, name: str) -> Optional[Path]:
    """The directory of the latest study of this name; None: there is none.

    Raises:
        StudyError: `results_dir` can't be read.
    """
    return _session.latest(results_dir, name)


def read(
    directory: PathText,
    observers: Optional[Iterable[Observer]] = None,
    *,
    host_config: Optional[PathText] = None,
) -> Dict[str, Any]:
    """The manifest of the study in `directory`, from what its observers know together: a dict in
    the form of manifest.json, schema 2.0. Takes no lock and changes nothing: the study may be under
    way.

    Args:
        observers: as in `Study.open`. None: those that have written the study there, but for
            databases elsewhere.

    Raises:
        StudyError: there is none, or it can't be read.
    """
    options = _opening.reader_options(directory, observers, host_config)
    try:
        text = _session.read(options, os.path.abspath(os.fspath(directory)))
    finally:
        _logs.pass_on(0)
    if text is None:
        raise StudyError(f"there is no study in {os.fspath(directory)}")
    manifest: Dict[str, Any] = json.loads(text)
    return manifest


def report(
    directory: PathText,
    output: Optional[PathText] = None,
    observers: Optional[Iterable[Observer]] = None,
    *,
    host_config: Optional[PathText] = None,
) -> Path:
    """Makes one HTML file of the study in `directory`, to be opened in a browser, and gives where
    it is: how far it is, what failed, results, durations, each run. It works offline. The study may
    be under way; nothing of it is changed.

    Args:
        output: the file. None: `report.html` in `directory`. One that is there is replaced if it is
            a report itself.
        observers: as in `read`.

    Raises:
        StudyError: there is no study, it can't be read, or the file can't be written.
    """
    return _report.make(directory, output, observers, host_config)
