"""What workers are given, which import it from here."""

import os
import signal
import sys
import time
from pathlib import Path


def square(config):
    return {"square": config["n"] ** 2, "pid": os.getpid()}


class Unpicklable(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def fail_variously(config):
    kind = config["n"] % 5
    if kind == 0:
        raise Unpicklable("this", "that")
    if kind == 1:
        sys.exit(3)
    if kind == 2:
        raise KeyboardInterrupt
    if kind == 3:
        return object()
    return float("nan")


def kinds_of_results(config):
    return [None, "text", b"bytes", {"a": 1}][config["n"] % 4]


def encode_set(value):
    return sorted(value) if isinstance(value, set) else NotImplemented


def a_lambda(config):
    return {"function": lambda: 1}


def leave_at_three(config):
    if config["n"] == 3:
        os._exit(7)
    return config["n"]


def log_and_wait(config):
    """A line for each beginning and each end; a while in between, unless `go` is there."""
    folder = Path(config["folder"])
    note(folder, f"begin {config['n']} {os.getpid()}")
    deadline = time.monotonic() + config.get("seconds", 0)
    while time.monotonic() < deadline and not (folder / "go").exists():
        time.sleep(0.002)
    note(folder, f"end {config['n']} {os.getpid()}")
    return config["n"]


def note(folder, line):
    with open(folder / "log", "a") as file:  # lines below PIPE_BUF are whole
        file.write(line + "\n")


def kill_oneself_once(config):
    """The worker that has number 5 is killed, the first time."""
    folder = Path(config["folder"])
    note(folder, f"begin {config['n']} {os.getpid()}")
    if config["n"] == 5 and not (folder / "killed").exists():
        (folder / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    note(folder, f"end {config['n']} {os.getpid()}")
    return config["n"]
