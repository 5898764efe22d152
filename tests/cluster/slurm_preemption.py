"""Nodes that are taken from a study: for a job of a higher partition, or to be repaired."""
import subprocess

from slurm_study import ALLOCATED, LAUNCHER, UNTIL_FAST, OnCluster, cluster, repeated, slurm, wait_for



def take_all():
    """A job that needs all of all nodes, and waits until it has them."""
    slurm("srun", "--quiet", "--partition=p", "-N3", "-n12", "true")


class FromOutside(OnCluster):
    """study-host on a login node: each run is a job of its own."""

    def run_outside(self, study):
        with (study.folder / "out").open("a") as out:
            host = subprocess.Popen(study.command().split(), cwd=study.folder, stdout=out, stderr=out)
        self.addCleanup(host.wait)
        self.addCleanup(host.kill)
        return host

    def finish(self, host, study):
        self.assertEqual(host.wait(timeout=240), 0, study.out())
        wait_for("no job", lambda: slurm("squeue", "-h") == "")
        self.check(study)
        self.check_nothing_failed(study)


class Preemption(FromOutside):
    def preempted(self, body="exec {run}", launcher=LAUNCHER):
        study = self.study(work="test -e {folder}/fast || sleep 1000", launcher=launcher)
        job = study.submit(body, "--partition=requeued")
        study.wait_until_begun(2)
        (study.folder / "fast").touch()
        take_all()
        self.wait_for_job(job)
        self.check_nothing_failed(study)
        self.check(study)

    @repeated
    def test_a_job_that_is_requeued_goes_on(self):
        self.preempted()

    @repeated
    def test_a_job_that_is_requeued_goes_on_without_a_launcher(self):
        self.preempted(launcher=None)

    @repeated
    def test_a_job_with_a_step_that_is_requeued_goes_on(self):
        self.preempted(ALLOCATED)

    @repeated
    def test_a_plain_script_that_is_requeued_goes_on(self):
        self.preempted("{run}\nexit $?")

    @repeated
    def test_a_job_that_is_cancelled_is_gone_on_with(self):
        study = self.study(work="test -e {folder}/fast || sleep 1000")
        job = study.submit("exec {run}", "--partition=cancelled")
        study.wait_until_begun(2)
        take_all()  # steps are told at once, the batch script at the end of its grace time
        self.wait_for_job(job)
        self.check_nothing_failed(study)
        self.assertEqual(study.manifest()["status"], "interrupted", study.out())
        (study.folder / "fast").touch()
        self.complete(study)

    def run_is_preempted(self, partition):
        study = self.study(work="test -e {folder}/fast || sleep 1000", jobs=3,
                           launcher=["srun", f"--partition={partition}", "-N1", "-n1", "--exclusive"])
        host = self.run_outside(study)
        study.wait_until_begun(3)
        (study.folder / "fast").touch()
        take_all()
        self.finish(host, study)
        self.assertIn("is run again", study.out())

    @repeated
    def test_runs_that_are_jobs_of_their_own_are_run_again(self):
        self.run_is_preempted("cancelled")

    @repeated
    def test_runs_that_are_jobs_without_grace_are_run_again(self):
        self.run_is_preempted("requeued")


class Drain(FromOutside):
    def drain(self, *nodes):
        slurm("scontrol", "update", f"nodename={','.join(nodes)}", "state=drain", "reason=test")

    def resume(self, *nodes):
        slurm("scontrol", "update", f"nodename={','.join(nodes)}", "state=resume")

    @repeated
    def test_a_node_that_is_drained_keeps_its_steps_and_the_study_its_nodes(self):
        study = self.study(work=UNTIL_FAST, jobs=6, count=12)
        job = study.submit("exec {run}")
        study.wait_until_begun(6)
        victim = cluster.nodes[1]
        self.drain(victim)
        (study.folder / "fast").touch()
        self.wait_for_job(job)
        self.check(study)
        self.check_nothing_failed(study)
        wait_for("a drained node", lambda: "drain" in cluster.states())
        self.resume(victim)
        wait_for("its return", lambda: cluster.states() == ["idle"] * 3)

    @repeated
    def test_runs_wait_for_nodes_that_are_drained(self):
        study = self.study(work=UNTIL_FAST, jobs=5, launcher=["srun", "-N1", "-n1", "--exclusive"])
        host = self.run_outside(study)
        study.wait_until_begun(3)
        wait_for("two that wait", lambda: slurm("squeue", "-h", "-o", "%t").split().count("PD") == 2)
        self.drain(*cluster.nodes)
        (study.folder / "fast").touch()
        wait_for("no node", lambda: cluster.states() == ["drain"] * 3)
        self.assertIsNone(host.poll(), study.out())
        self.assertEqual(len(study.lines("begun")), 3)
        self.resume(cluster.nodes[2])  # the others are not needed
        self.finish(host, study)
        self.resume(*cluster.nodes[:2])
