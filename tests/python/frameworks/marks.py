"""What the experiments of the framework studies do: leave a mark, and wait at a gate if told to.

Marks are lines appended to a file, so that they survive whatever is killed, and tell what has been
begun how often, whoever ran it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections import Counter
from pathlib import Path


def leave(folder: str | os.PathLike[str], kind: str, name: object) -> None:
    with open(Path(folder) / f"{kind}.marks", "a", encoding="utf-8") as file:
        file.write(f"{name}\n")


def read(folder: str | os.PathLike[str], kind: str) -> Counter[str]:
    try:
        return Counter((Path(folder) / f"{kind}.marks").read_text(encoding="utf-8").split())
    except FileNotFoundError:
        return Counter()


def experiment(name: object, waits_from: int) -> None:
    """Begins, waits at the gate if so many had begun before, ends. In the folder STUDY_MARKS."""
    folder = os.environ["STUDY_MARKS"]
    with open(Path(folder) / "begun.lock", "a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two workers at once must not both be the third
        waits = read(folder, "begun").total() >= waits_from
        leave(folder, "begun", name)
    give_up = time.monotonic() + 120
    while waits and not (Path(folder) / "gate").exists():
        if time.monotonic() > give_up:
            raise TimeoutError("nobody opened the gate")
        time.sleep(0.01)
    leave(folder, "ended", name)


def open_gate(folder: str | os.PathLike[str]) -> None:
    (Path(folder) / "gate").touch()
