#!/usr/bin/env python3
"""study-host under a real Slurm of three nodes on this machine (slurm_cluster.sh).

    slurm_test.py STUDY_HOST [unittest's arguments]      each case once, or $STUDY_CLUSTER_REPEATS times

Whatever is done to a study, it goes on until it has completed, and then: no result is lost, none is booked wrongly, no
experiment is at work twice at once, and nothing is left of it on any node.
"""
import contextlib
import os
import signal
import sys
import time
import unittest
from pathlib import Path

from slurm_memory import Memory
from slurm_preemption import Drain, Preemption
from slurm_sharing import Array, Submitit
from slurm_study import ALLOCATED, REPEATS, OnCluster, cluster, repeated, slurm, wait_for

__all__ = ["Array", "Drain", "Memory", "Preemption", "Slurm", "Submitit"]


class Slurm(OnCluster):
    # The whole job is told to end.

    def job_is_told(self, body, *signals, options=()):
        study = self.study(work="test -e {folder}/fast || sleep 100")
        job = study.submit(body, *options)
        study.wait_until_begun(2)
        if signals:
            slurm("scancel", *signals, job)
        self.wait_for_job(job)
        self.check_nothing_failed(study)
        self.assertEqual(study.manifest()["status"], "interrupted", study.out())
        (study.folder / "fast").touch()
        self.complete(study)

    @repeated
    def test_scancel_of_a_job_that_execs(self):
        self.job_is_told("exec {run}", "--full")

    @repeated
    def test_scancel_of_a_step(self):
        self.job_is_told(ALLOCATED, "--full")

    @repeated
    def test_usr1_to_a_step(self):
        self.job_is_told(ALLOCATED, "-s", "USR1")

    @repeated
    def test_usr1_to_the_batch_script_that_execs(self):
        self.job_is_told("exec {run}", "-s", "USR1", "-b")

    @repeated
    def test_a_signal_before_the_time_limit(self):
        self.job_is_told("exec {run}", options=("--time=1", "--signal=B:USR1@50"))

    def test_a_plain_script_is_warned_of(self):
        study = self.study(work=":")
        self.wait_for_job(study.submit("{run}\necho ended with $?"))
        self.assertIn("gets no signal from Slurm", study.out())
        self.check(study)

    # It goes on by itself.

    def test_a_job_requeues_itself_until_its_study_is_done(self):
        study = self.study(work="sleep 0.2", count=20, jobs=1)
        body = (ALLOCATED + "\n[ $? = 75 ] && echo requeued >> " + f"{study.folder}/requeues"
                " && scontrol requeue $SLURM_JOB_ID\n")
        job = study.submit(body)
        for times in range(1, 3 if REPEATS == 1 else 21):
            wait_for("a run", lambda: len(study.lines("ended")) >= times, 120)
            slurm("scancel", "-s", "USR1", job, check=False)
            wait_for("a requeue", lambda: len(study.lines("requeues")) >= times or self.is_over(job), 120)
        self.wait_for_job(job)
        self.check(study)

    @staticmethod
    def is_over(job):
        return slurm("squeue", "-h", "-j", job, check=False) == ""

    # What experiments run on goes away.

    @repeated
    def test_a_node_that_dies_with_half_a_result_printed(self):
        study = self.study(work="test -e {folder}/died || {{ printf '{{\"half\":'; test $SLURMD_NODENAME = "
                           f"{cluster.nodes[0]} || : > {{folder}}/half-$SLURMD_NODENAME; sleep 1000; }}}}",
                           jobs=6, count=6)
        job = study.submit("exec {run}")
        wait_for("half a result on another node", lambda: list(study.folder.glob("half-*")))
        victim = next(study.folder.glob("half-*")).name.removeprefix("half-")
        study.wait_until_begun(6)
        (study.folder / "died").touch()
        cluster.do("node", "kill", victim)
        slurm("scancel", job, "--full", check=False)
        self.wait_for_job(job)
        self.check_nothing_failed(study)
        self.complete(study)

    @repeated
    def test_a_step_that_is_lost_is_run_again(self):
        study = self.study(work="test -e {folder}/lost || sleep 1000", jobs=1, count=2)
        job = study.submit("exec {run}")
        study.wait_until_begun()
        (study.folder / "lost").touch()
        for pid in study.processes():  # leaf and experiment at once, as a node's death has it
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.wait_for_job(job)
        self.check(study)
        self.assertIn("is run again", study.out())

    @repeated
    def test_a_step_that_is_cancelled_is_run_again(self):
        # scancel(1) kills a step at once, leaf and all, as the death of its node does
        study = self.study(work="test -e {folder}/fast || sleep 1000", jobs=1, count=2)
        job = study.submit("exec {run}")
        study.wait_until_begun()
        step = next(line.split()[0] for line in slurm("squeue", "-h", "--steps", "--format=%i %j").splitlines()
                    if " study-" in line)
        (study.folder / "fast").touch()
        slurm("scancel", step)
        self.wait_for_job(job)
        self.check(study)
        self.assertIn("is run again", study.out())

    @repeated
    def test_a_slurmd_that_dies_alone(self):
        study = self.study(work="sleep 0.5", jobs=3)
        job = study.submit("exec {run}")
        study.wait_until_begun()
        node = cluster.nodes[1]
        os.kill(int((cluster.folder / f"{node}.pid").read_text()), signal.SIGKILL)
        time.sleep(1)
        cluster.do("node", "start", node)
        self.wait_for_job(job)
        self.check_nothing_failed(study)
        self.complete(study)

    # The controller is away.

    def controller_goes(self, how):
        study = self.study(work="sleep 3", jobs=1)
        job = study.submit("exec {run}")
        study.wait_until_begun()
        if how == "kill":
            time.sleep(8)  # it forgets what it has not saved yet, and then takes the job for another's
        cluster.do("ctld", how)
        time.sleep(12)
        cluster.do("ctld", "start")
        wait_for("the controller", cluster.answers)
        self.wait_for_job(job)
        self.check_nothing_failed(study)
        self.complete(study)

    @repeated
    def test_a_controller_that_is_away(self):
        self.controller_goes("stop")

    @repeated
    def test_a_controller_that_is_killed(self):
        self.controller_goes("kill")

    # The host dies.

    @repeated
    def test_a_host_that_is_killed_leaves_nothing_at_work(self):
        study = self.study(work="test -e {folder}/fast || sleep 1000", jobs=3)
        job = study.submit("{run}\nsleep 1000")  # the job goes on
        study.wait_until_begun(3)
        host = next(int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cmdline")
                    if f"run\0{study.folder}/study.json" in path.read_text(errors="replace"))
        os.kill(host, signal.SIGKILL)
        (study.folder / "fast").touch()
        wait_for("its experiments end", lambda: not study.processes(), 60)
        slurm("scancel", "--full", job)
        self.wait_for_job(job)
        self.complete(study)


def main():
    problem = "it needs root: slurmd starts jobs as their users" if os.geteuid() != 0 else cluster.start()
    if problem:
        print(f"SKIPPED: no Slurm can run here: {problem}")
        return
    try:
        unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
