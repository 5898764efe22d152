#!/usr/bin/env python3
"""Transitions a second of 1, 5 and 20 hosts that write to one PostgreSQL, and their round trips.

    python3 tests/bench/postgres_bench.py build/release/bin/study-host [--runs 200] [--hosts 1 5 20]

Each host is a study-host of its own with one study, whose experiments are `sh -c 'echo {}'`, one at
a time: all complete, and each is two transitions. The same is run with manifest_writer, which shows
what experiments and hosts cost by themselves. The server is a new one in a temporary folder, on a
socket, with PostgreSQL's defaults but for max_connections. On a quiet machine, once.
"""

import argparse
import contextlib
import glob
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time


def server_programs() -> pathlib.Path:
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda f: float(f.split("/")[-2]), reverse=True)
    on_path = shutil.which("initdb")
    folders += [os.path.dirname(on_path)] if on_path else []
    if not folders:
        raise SystemExit("no PostgreSQL server is installed here")
    return pathlib.Path(folders[0])


class Server:
    """Doesn't run as root: root's runs as the user postgres, or else nobody."""

    def __init__(self, folder: pathlib.Path, connections: int, *settings: str):
        self.folder = folder
        self.user = None
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            self.user = "postgres" if "postgres" in names else "nobody"
            shutil.chown(folder, self.user)
        programs = server_programs()
        subprocess.run(
            [programs / "initdb", "-D", folder / "data", "-U", "study", "--auth=trust", "--encoding=UTF8", "--locale=C"],
            user=self.user, cwd="/", check=True, stdout=subprocess.DEVNULL)
        options = ["listen_addresses=", f"max_connections={connections}", *settings]
        self.log = open(folder / "log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", "-k", folder, *(f"--{option}" for option in options)],
            user=self.user, cwd="/", stdout=self.log, stderr=self.log)
        ready = [programs / "pg_isready", "-q", "-t", "1", "-h", folder, "-U", "study", "-d", "postgres"]
        deadline = time.monotonic() + 60
        while subprocess.run(ready, check=False).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit((folder / "log").read_text(encoding="utf-8"))

    def options(self) -> dict:
        return {"connection": f"host={self.folder} user=study dbname=postgres"}

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        self.log.close()


@contextlib.contextmanager
def server(*settings: str):
    with tempfile.TemporaryDirectory(prefix="postgres_bench_", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        instance = Server(pathlib.Path(folder), 60, *settings)
        try:
            yield instance
        finally:
            instance.stop()


def write_study(folder: pathlib.Path, name: str, observer: dict, runs: int) -> list:
    folder.mkdir()
    (folder / "study_host.json").write_text(json.dumps({"observers": [observer]}))
    (folder / "study.json").write_text(json.dumps({
        "name": name,
        "sweep": {"n": {"from": 1, "to": runs, "step": 1}},
        "runners": {"default": {"command": ["sh", "-c", "echo {}"]}}}))
    return ["run", str(folder / "study.json")]


def measure(study_host: str, hosts: int, runs: int, observer: dict) -> float:
    """Seconds, from the start of the first to the end of the last; each has to end with 0."""
    with tempfile.TemporaryDirectory(prefix="postgres_bench_") as folder:
        commands = [
            [study_host, *write_study(pathlib.Path(folder) / str(i), f"bench-{i}", observer, runs)] for i in range(hosts)]
        begin = time.monotonic()
        running = [subprocess.Popen(c, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for c in commands]
        for process in running:
            _, errors = process.communicate()
            if process.returncode != 0:
                raise SystemExit(f"study-host ended with {process.returncode}: {errors.decode()}")
        return time.monotonic() - begin


class Counter:
    """Stands between hosts and server, and counts what the hosts wait for: each Query or Sync is a round trip."""

    def __init__(self, server_folder: pathlib.Path, folder: pathlib.Path):
        self.round_trips = 0
        self.target = str(server_folder / ".s.PGSQL.5432")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / ".s.PGSQL.5432"))
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            upstream = socket.socket(socket.AF_UNIX)
            upstream.connect(self.target)
            threading.Thread(target=self.count, args=(client, upstream), daemon=True).start()
            threading.Thread(target=self.forward, args=(upstream, client), daemon=True).start()

    def count(self, source: socket.socket, sink: socket.socket):
        pending = b""
        header = 0  # the first message has no type before its length
        while data := source.recv(1 << 16):
            pending += data
            while len(pending) >= header + 4:
                size = header + int.from_bytes(pending[header:header + 4], "big")
                if len(pending) < size:
                    break
                if header == 0 or pending[:1] in b"QS":
                    self.round_trips += 1
                pending, header = pending[size:], 1
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)

    @staticmethod
    def forward(source: socket.socket, sink: socket.socket):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)


def count_round_trips(study_host: str) -> None:
    """Of one host beyond its transitions: at the first start, which makes the tables, at a later one,
    and where a study is resumed of which a run is left."""
    runs = 10
    with server() as instance, tempfile.TemporaryDirectory(prefix="postgres_bench_") as name:
        folder = pathlib.Path(name)
        counter = Counter(instance.folder, folder)
        observer = {"plugin": "postgres_writer", "options": {"connection": f"host={folder} user=study dbname=postgres"}}

        def asked(command: list, transitions: int) -> tuple:
            before = counter.round_trips
            done = subprocess.run([study_host, *command], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            return counter.round_trips - before - transitions, done.stdout.decode().strip()

        first, _ = asked(write_study(folder / "a", "first", observer, runs), 2 * runs)
        later, study_dir = asked(write_study(folder / "b", "later", observer, runs), 2 * runs)
        next(path for path in pathlib.Path(study_dir).glob("*.json") if not path.name.startswith("study")).unlink()
        resumed, _ = asked(["run", "--resume", study_dir], 2)
    print(f"round trips beside one for each transition: {first} at first, {later} later, {resumed} when resumed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study_host")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--hosts", type=int, nargs="+", default=[1, 5, 20])
    arguments = parser.parse_args()
    count_round_trips(arguments.study_host)
    print(f"{'hosts':>5}  {'postgres_writer':>16}  {'manifest_writer':>16}   transitions a second, all hosts together")
    with server() as instance:
        observer = {"plugin": "postgres_writer", "options": instance.options()}
        measure(arguments.study_host, 1, 10, observer)  # makes the tables
        for hosts in arguments.hosts:
            transitions = 2 * arguments.runs * hosts
            rates = [
                transitions / measure(arguments.study_host, hosts, arguments.runs, each)
                for each in (observer, {"plugin": "manifest_writer"})]
            print(f"{hosts:>5}  {rates[0]:>16.0f}  {rates[1]:>16.0f}", flush=True)


if __name__ == "__main__":
    main()
