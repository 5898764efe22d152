"""Memory that is used up under Slurm: the kernel's word on it is in the run's message."""
from slurm_study import LAUNCHER, OnCluster, repeated, slurm

USES_ALL = "python3 -c 'bytearray(400 << 20)'"


class Memory(OnCluster):
    def uses_up(self, work, launcher):
        if "proctrack/cgroup" not in slurm("scontrol", "show", "config"):
            self.skipTest("SKIPPED: no cgroup here by which Slurm limits memory")
        study = self.study(work=f"test $1 != 1 || {work}", jobs=1, launcher=launcher, count=2)
        self.wait_for_job(study.submit("exec {run}", "--mem=200"))
        manifest = study.manifest()
        self.assertEqual((manifest["completed"], manifest["failed"]), (1, 1), study.out())
        failed = next(e for e in manifest["experiments"] if e["status"] == "failed")
        self.assertIn("the kernel has ended a process here for lack of memory", failed["error_message"])
        self.assertEqual(study.processes(), [])

    @repeated
    def test_in_a_step(self):
        self.uses_up("exec " + USES_ALL, [*LAUNCHER, "--mem=100"])

    @repeated
    def test_in_a_step_by_what_a_script_runs(self):
        self.uses_up(f"{USES_ALL} || exit $?", [*LAUNCHER, "--mem=100"])

    @repeated
    def test_in_the_batch_step(self):
        self.uses_up("exec " + USES_ALL, None)
