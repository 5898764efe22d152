"""Studies of the frameworks as processes that get killed, and what their checkpoints say then."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable

import marks

from study_checkpoint import read

HERE = Path(__file__).resolve().parent
WAIT_SECONDS = 250.0  # the slowest needs a tenth of it; pytest's own limits come before

Observers = "list[dict[str, object]]"
ALL_STORES = [{"plugin": f"{name}_writer"} for name in ("manifest", "journal", "sqlite")]


class Program:
    """A program in a session of its own, with all that it starts."""

    def __init__(self, command: list[object], folder: Path, **env: str) -> None:
        self.output = folder / f"output.{time.monotonic_ns()}.txt"
        paths = [str(HERE), os.environ.get("PYTHONPATH", "")]
        with open(self.output, "wb") as out:
            self.process = subprocess.Popen(
                [os.fspath(part) if isinstance(part, Path) else str(part) for part in command],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(filter(None, paths)),
                    "STUDY_MARKS": str(folder),
                    **env,
                },
            )

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """The program alone: what it has started finds out by itself."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def sweep_up(self) -> None:
        """Whatever is left of it, and of what it has started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def end(self) -> int:
        """Waits for it to end by itself."""
        try:
            return self.process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"has not ended: {self.text()}") from None

    def wait_until(self, condition: Callable[[], Any], what: str) -> None:
        give_up = time.monotonic() + WAIT_SECONDS
        while not condition():
            assert self.process.poll() is None, f"ended before {what}: {self.text()}"
            assert time.monotonic() < give_up, f"no {what}: {self.text()}"
            time.sleep(0.02)


def wait_until(condition: Callable[[], Any], what: str) -> None:
    give_up = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < give_up, f"no {what}"
        time.sleep(0.02)


def python(script: str, *arguments: object) -> list[object]:
    return [sys.executable, HERE / "studies" / script, *arguments]


def names_of(observers: Observers) -> list[str]:
    return [str(observer["plugin"]) for observer in observers]


def only_study(results_dir: Path) -> Path:
    studies = [path for path in results_dir.iterdir() if path.is_dir()]
    assert len(studies) == 1, studies
    return studies[0]


def results(directory: Path) -> int:
    """How many are in place."""
    return len(list(directory.glob("experiment_*.json")))


def states(directory: Path, observers: Observers) -> list[str]:
    """Of the runs in order, as each of the stores has them by itself."""
    found = []
    for observer in observers:
        manifest = read(directory, observers=[observer])
        found.append([run["status"] for run in manifest["experiments"]])
    assert all(one == found[0] for one in found), found
    return found[0]


def count(directory: Path, observers: Observers, state: str) -> int:
    return states(directory, observers).count(state)


def knows(results_dir: Path, observers: Observers, **wanted: int) -> bool:
    """Whether so many runs are in these states: how a test waits for what is told in time."""
    if not results_dir.is_dir() or not any(results_dir.iterdir()):
        return False
    try:
        found = states(only_study(results_dir), observers)
    except Exception:  # it is being made
        return False
    return all(found.count(state) == number for state, number in wanted.items())


def check_nothing_was_done_twice(
    folder: Path, in_flight: set[str], lost: frozenset[str] = frozenset()
) -> None:
    """No completed run was begun again, only those in flight; and each but the lost has ended."""
    begun, ended = marks.read(folder, "begun"), marks.read(folder, "ended")
    twice = {name for name, number in begun.items() if number > 1}
    assert twice <= in_flight, f"begun again: {begun}"
    assert set(ended) == set(begun) - lost

