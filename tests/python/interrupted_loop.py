"""A loop as in a notebook, interrupted again and again and started anew: interrupted_loop.py RESULTS_DIR SEED

Prints how often it was.
"""

import os
import random
import signal
import subprocess
import sys
import time

from study_checkpoint import Study, sweep


def interrupt(pid, seed):
    """With pauses of every length from 1 ms to 1 s, the short ones most often: a run that takes 6 ms,
    or 60 on a busy machine, must get through now and then."""
    chance = random.Random(seed)
    print("ready", flush=True)
    try:
        while True:
            time.sleep(0.001 / max(chance.random(), 0.001))
            os.kill(pid, signal.SIGINT)
    except ProcessLookupError:
        pass


def go_on(study, done):
    """Whether there was anything to do."""
    is_left = False
    for run in study.pending():
        is_left = True
        with run:
            for step in range(50):
                run.save({"n": run.config["n"], "step": step})
            time.sleep(0.005)  # so that the storm comes to its turn on a busy machine, too
        done.append(run.number)
    return is_left


class Interrupts:
    """Where they are wanted: never between two tries of the script's own."""

    def __init__(self):
        self.are_wanted = False
        signal.signal(signal.SIGINT, self._handle)

    def _handle(self, number, frame):
        if self.are_wanted:
            raise KeyboardInterrupt


def go_on_while_interrupted(study, done, interrupts):
    """How often it was."""
    count, is_left = 0, True
    while is_left:
        try:
            interrupts.are_wanted = True
            is_left = go_on(study, done)
            interrupts.are_wanted = False
        except KeyboardInterrupt:
            interrupts.are_wanted = False
            count += 1
    return count


def main(results_dir, seed):
    configs = sweep(n=range(60))
    study = Study.open("storm", configs, results_dir=results_dir)
    done = []
    command = [sys.executable, __file__, "storm", str(os.getpid()), seed]
    interrupts = Interrupts()
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as storm:
        storm.stdout.readline()
        count = go_on_while_interrupted(study, done, interrupts)
        storm.kill()
    assert len(done) == len(set(done)), "done twice"
    running = [run for run in study.runs() if run.state == "running"]
    assert not running, running
    study.end()
    with Study.open("storm", configs, results_dir=results_dir) as study:
        go_on(study, done)
    assert study.counts.completed == len(configs)
    print(count)


if __name__ == "__main__":
    if sys.argv[1] == "storm":
        interrupt(int(sys.argv[2]), int(sys.argv[3]))
    else:
        main(*sys.argv[1:])
