"""The console script `study-host`: the program that the wheel carries, under its own name."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from ._library import native_folder


def main() -> NoReturn:
    """Becomes study-host, which finds the plugins at ../lib/study_observers.

    Signals and exit code are then its own.
    """
    program = native_folder() / "bin" / "study-host"
    try:
        os.execv(program, [str(program), *sys.argv[1:]])
    except OSError as error:
        sys.exit(
            f"study-host: {program} can't be run: {error.strerror}; install the package again, or "
            "use the program of a build, build/release/bin/study-host"
        )
