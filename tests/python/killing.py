"""Starts sweep_script.py, kills it, and looks at what is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from study_checkpoint import latest, read

SCRIPT = Path(__file__).with_name("sweep_script.py")
PATIENCE_SECONDS = 60


_sessions: set[int] = set()  # whose processes may be there still


def clear():
    """Ends what a test has left."""
    while _sessions:
        for pid in processes_of(_sessions.pop()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class Sweep:
    """One sweep, over the processes that it takes."""

    def __init__(self, folder, kind, observer="manifest_writer", runs=120, seconds=0.0, function="log_and_wait"):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.kind = kind
        self.runs = runs
        self.arguments = [kind, observer, str(folder), str(runs), str(seconds), function]
        self.completed: set[int] = set()
        self._logged = 0
        (self.folder / "log").touch()

    def start(self):
        with open(self.folder / "output", "ab") as output:
            process = subprocess.Popen(
                [sys.executable, str(SCRIPT), *self.arguments], stdout=output, stderr=output, start_new_session=True
            )
        _sessions.add(process.pid)
        return process

    def lines(self):
        return (self.folder / "log").read_text().splitlines()

    def workers(self, since):
        """The processes that have begun something, by the lines from `since` on."""
        return {line.split()[2] for line in self.lines()[since:] if line.startswith("begin")}

    def wait_for(self, condition, process=None):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, "what is waited for doesn't happen\n" + self.output()
            if process is not None and process.poll() is not None:
                return
            time.sleep(0.005)

    def output(self):
        return (self.folder / "output").read_text()[-4000:]

    def wait_for_the_end_of(self, session):
        """Of all the processes of a session, which nobody waits for any more."""
        self.wait_for(lambda: not processes_of(session))

    def check(self):
        """What had completed hasn't been begun again, and has a whole result. Gives what has completed by now."""
        lines = self.lines()
        begun = {int(line.split()[1]) for line in lines[self._logged:] if line.startswith("begin")}
        self._logged = len(lines)
        assert not begun & self.completed, f"done twice: {begun & self.completed}"
        directory = latest(self.folder / "results", "sweep")
        if directory is None:
            assert not self.completed
            return self.completed
        before, self.completed = self.completed, self.read(directory)
        assert before <= self.completed, f"lost: {before - self.completed}"
        return self.completed

    def read(self, directory):
        manifest = read(directory)
        completed = set()
        for number, entry in enumerate(manifest["experiments"]):
            if entry["status"] == "completed":
                assert json.loads((directory / entry["result_file"]).read_text()) == number
                completed.add(number)
        return completed

    def finish(self):
        """Runs it to its end, once more."""
        process = self.start()
        assert process.wait(PATIENCE_SECONDS) == 0, self.output()
        assert self.check() == set(range(self.runs))
        assert read(latest(self.folder / "results", "sweep"))["status"] == "completed"
        assert len(list((self.folder / "results").glob("sweep_*"))) == 1


def processes_of(session):
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            fields = Path("/proc", name, "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(name))
    return found


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
