"""The report of a study: one HTML file, which study-host makes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional

from . import _logs, _opening
from ._library import library_path
from ._opening import Observer
from ._session import PathText
from .errors import StudyError

_PREFIX = "study-host: "
_WARNING = "warning: "


def program() -> Path:
    """study-host: the package's own or that of a build, beside the library; else the PATH's."""
    own = library_path().absolute().parent.parent / "bin" / "study-host"
    found = None if own.exists() else shutil.which("study-host")
    return Path(found) if found else own


@contextlib.contextmanager
def _config(directory: Path, options: Dict[str, Any]) -> Iterator[List[str]]:
    """What tells study-host whom to ask: nobody, a host's config, or one of these observers."""
    observers = options.get("observers")
    if observers is None:
        config = options.get("host_config")
        yield ["--config", config] if config else []
        return
    for observer in observers:
        if os.sep in observer["plugin"]:  # relative to the working directory, and not to the file
            observer["plugin"] = os.path.abspath(observer["plugin"])
    host = {"results_dir": str(directory.parent), "observers": observers}
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(host, file)
        file.flush()
        yield ["--config", file.name]


def make(
    directory: PathText,
    output: Optional[PathText],
    observers: Optional[Iterable[Observer]],
    host_config: Optional[PathText],
) -> Path:
    place = Path(os.path.abspath(os.fspath(directory)))
    more = [] if output is None else ["--output", os.path.abspath(os.fspath(output))]
    options = _opening.reader_options(place, observers, host_config)
    with _config(place, options) as config:
        command = [str(program()), "report", str(place), *more, *config]
        try:
            run = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL)
        except OSError as error:
            raise StudyError(
                f"study-host, which makes reports, can't be run: {error}; install the package's "
                "wheel, or put a build's study-host on the PATH"
            ) from None
    told = [
        line[len(_PREFIX) :] if line.startswith(_PREFIX) else line
        for line in run.stderr.decode("utf-8", "replace").splitlines()
    ]
    for line in told:
        if line.startswith(_WARNING):
            _logs.logger.warning("%s", line[len(_WARNING) :])
    if run.returncode != 0:
        problems = [line for line in told if not line.startswith(_WARNING)]
        raise StudyError("; ".join(problems) or f"study-host ended with {run.returncode}")
    return Path(os.fsdecode(run.stdout.rstrip(b"\n")))
