"""Results that are in a resumed study's directory, whole, without the checkpoint telling of them.

The library counts those of runs that were running when the process was killed. A worker may have
finished later still: after Ctrl-C, when its run was pending again, or as a batch system's job whose
driver had ended. Files get their names here by a rename only, so that what is there is whole.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Optional, Set

from . import _library as native
from ._session import LogEntry

if TYPE_CHECKING:
    from .study import Study

EXTENSIONS = (".json", ".txt", ".bin")


def found_result(directory: str, stem: str, names: Optional[Set[str]] = None) -> Optional[str]:
    """The extension of the result that is there and whole."""
    for extension in EXTENSIONS:
        name = stem + extension
        if names is not None and name not in names:
            continue
        if _is_whole(os.path.join(directory, name)):
            return extension
    return None


def _is_whole(path: str) -> bool:
    if not path.endswith(".json"):
        return os.path.isfile(path)
    try:
        with open(path, "rb") as file:
            json.load(file)
    except (OSError, ValueError):  # damaged since: that is why its run is pending
        return False
    return True


def adopt(study: "Study") -> int:
    """How many there were."""
    names = {name for name in os.listdir(study.directory) if name.endswith(EXTENSIONS)}
    names.discard("manifest.json")
    if names:
        names -= {entry["result_file"] for entry in study.manifest()["experiments"]}
    count = 0
    for number in study._session.pending() if names else ():
        facts = study._facts(number)
        extension = found_result(str(study.directory), facts.stem, names)
        if extension is not None and facts.state == native.PENDING:
            study._run(number, facts).complete_in_place(extension)
            count += 1
    return count


def is_superseded(line: LogEntry) -> bool:
    """The library says of these results that they don't count, which they do now."""
    return "valid result that the checkpoint doesn't tell of" in line[2]
