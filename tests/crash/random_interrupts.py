#!/usr/bin/env python3
"""Interrupts study-host at random until so many interrupts are done, and looks at what is left each time.

    random_interrupts.py STUDY_HOST [INTERRUPTS] [SEED]

The experiments start workers of every kind: in their process group, with a session of their own, twice forked, with an
empty environment, deaf to SIGTERM, without the pipes, stopped. The interrupts are SIGINT and SIGTERM to the host, SIGTERM
to everybody in random order, SIGKILL to the host, and a time limit that an experiment runs into. Then holds:

    no process is left when a host has ended, or when one that resumes a killed host's study has
    no result is lost: what an experiment has written whole is in the study directory, as a result or kept aside
    none is booked wrongly: failed is what ran into its time limit, and nothing else
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WORKERS = [
    "sleep {0} &",
    "setsid sleep {0} &",
    "(setsid sleep {0} &) &",
    "env -i setsid /bin/sleep {0} &",
    "(env -i setsid /bin/sleep {0} &) &",
    "setsid sh -c 'trap \"\" TERM; sleep {0}; sleep {0}' &",
    "setsid sh -c 'exec sleep {0} >&- 2>&- <&-' &",
    "setsid sh -c 'kill -STOP $$; sleep {0}' &",
]
LATE = len(WORKERS)  # the experiment that never ends
DEADLINE = 60


def fail(text):
    sys.exit(f"random_interrupts: {text}")


class Study:
    def __init__(self, host, folder, rng):
        self.host, self.folder, self.rng = host, folder, rng
        self.kind, self.code = "nothing", None
        self.token = str(random.SystemRandom().randrange(10**8, 10**9))  # not that of a study before
        cases = "".join(f"{n}) {worker.format(self.token)};; " for n, worker in enumerate(WORKERS))
        # Some tidy up when they are told to end, and some have written everything by then.
        script = (f"trap 'exit 0' TERM; case $1 in {cases}{LATE}) sleep {self.token} & wait;; esac; "
                  "sleep 0.0$2 & wait $!; "
                  "printf '{\"n\": %s, \"attempt\": %s}' $1 {attempt} > {result_file}; "
                  f"echo $1 {{attempt}} >> {folder}/ledger; sleep 0.0$2 & wait $!")
        runner = {"command": ["sh", "-c", script, "sh", "{n}", "{pause}"], "timeout_seconds": 2, "grace_seconds": 0.3}
        experiments = [{"n": n, "pause": rng.randrange(10, 99)} for n in range(LATE + 1)]
        (folder / "study.json").write_text(json.dumps(
            {"name": "random", "experiments": experiments, "runners": {"default": runner}}))
        (folder / "study_host.json").write_text(json.dumps(
            {"results_dir": "results", "observers": [{"plugin": "manifest_writer"}]}))

    def directory(self):
        found = list((self.folder / "results").glob("random_*")) if (self.folder / "results").exists() else []
        return found[0] if found and (found[0] / "manifest.json").exists() else None

    def start(self):
        jobs = ["--jobs", str(self.rng.choice([1, 4]))]
        directory = self.directory()
        if directory is None:
            shutil.rmtree(self.folder / "results", ignore_errors=True)
            arguments = [str(self.folder / "study.json")]
        else:
            arguments = ["--resume", str(directory)]
        self.errors = open(self.folder / "errors", "a+")
        return subprocess.Popen([self.host, "run", *arguments, *jobs], stdout=subprocess.DEVNULL, stderr=self.errors)

    def entries(self):
        directory = self.directory()
        return json.loads((directory / "manifest.json").read_text())["experiments"] if directory else []

    def left_over(self):
        """Workers and shells of this study that still live."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                line = (process / "cmdline").read_bytes()
                state = (process / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if self.token.encode() in line and state != "Z":
                found.append(line.replace(b"\0", b" ").decode(errors="replace")[:100])
        return found

    def complain(self, text):
        fail(f"{text}\nin {self.folder}; the host said:\n" + (self.folder / "errors").read_text()[-3000:])

    def check(self):
        # One that was killed, or interrupted before it had begun, leaves it to the next.
        if self.code >= 0 and (left := self.left_over()):
            self.complain(f"still alive after {self.kind}, exit code {self.code}: {left}")
        directory = self.directory()
        if directory is None:
            return
        kept = "".join(p.read_text() for p in directory.iterdir()
                       if p.is_file() and (p.suffix == ".result" or (p.suffix == ".json" and "_" in p.name)))
        ledger = self.folder / "ledger"
        for line in ledger.read_text().splitlines() if ledger.exists() else []:
            n, attempt = line.split()
            if f'{{"n": {n}, "attempt": {attempt}}}' not in kept:
                self.complain(f"the result of attempt {attempt} at experiment {n} is lost")
        for n, entry in enumerate(self.entries()):
            if entry["status"] == "failed" and (n != LATE or entry["error_type"] != "TimeoutError"):
                self.complain(f"experiment {n} is booked as failed: {entry['error_type']}: {entry['error_message']}")
            if entry["status"] == "completed" and n == LATE:
                self.complain("the experiment that never ends is booked as completed")


def tree(pid):
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:
                pass
    return found


def send(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def interrupt(host, rng):
    """Does one thing to the host. Gives what it was."""
    kind = rng.choice(["int", "term", "everybody", "kill", "usr1"])
    if kind == "everybody":
        everybody = tree(host.pid)
        rng.shuffle(everybody)
        for pid in everybody:
            send(pid, signal.SIGTERM)
            time.sleep(rng.choice([0, 0, 0.001, 0.01]))
        send(host.pid, signal.SIGTERM)
    else:
        host.send_signal({"int": signal.SIGINT, "term": signal.SIGTERM, "kill": signal.SIGKILL,
                          "usr1": signal.SIGUSR1}[kind])
    return kind


def run_study(host_program, rng, left):
    """One study to its end. Gives how many interrupts that took, at most `left`."""
    folder = Path(tempfile.mkdtemp(prefix="random_interrupts_"))
    study = Study(host_program, folder, rng)
    done = 0
    for _ in range(rng.randrange(2, 12)):
        host = study.start()
        try:
            host.wait(rng.uniform(0, 1.2))
            break  # nothing is left to be interrupted
        except subprocess.TimeoutExpired:
            study.kind = interrupt(host, rng)
        try:
            host.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            study.complain("the host does not end")
        study.code = host.returncode
        done += 1
        study.check()
        if done == left:
            break
    host = study.start()
    study.kind, study.code = "nothing", host.wait(DEADLINE)
    study.check()
    states = [entry["status"] for entry in study.entries()]
    if states != ["completed"] * LATE + ["failed"]:
        study.complain(f"in the end the states are {states}")
    shutil.rmtree(folder)
    return done + 1  # the time limit


def main():
    host = sys.argv[1]
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(10**9)
    print(f"seed {seed}", flush=True)
    rng = random.Random(seed)
    done = 0
    while done < wanted:
        done += run_study(host, rng, wanted - done)
    print(f"{done} interrupts: no process left, no result lost, none booked wrongly")


if __name__ == "__main__":
    main()
