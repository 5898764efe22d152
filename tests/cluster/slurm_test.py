#!/usr/bin/env python3
"""study-host under a real Slurm of three nodes on this machine (slurm_cluster.sh).

    slurm_test.py STUDY_HOST [unittest's arguments]      each case once, or $STUDY_CLUSTER_REPEATS times

Whatever is done to a study, it goes on until it has completed, and then: no result is lost, none is booked wrongly, no
experiment is at work twice at once, and nothing is left of it on any node.
"""
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
CLUSTER = HERE / "slurm_cluster.sh"
REPEATS = int(os.environ.get("STUDY_CLUSTER_REPEATS", "1"))
DEADLINE = 240
TO_BE_CONTINUED = 75
LAUNCHER = ["srun", "-N1", "-n1", "--exact"]
# Each notes its begin and its end; `name` is the experiment's own, by which what is left of it is found.
EXPERIMENT = r"""
exec 9>{folder}/at_work-$1; flock -n 9 || echo "$1 twice" >> {folder}/twice
echo $1 >> {folder}/begun
{work}
echo $1 >> {folder}/ended
echo "{{\"n\": $1, \"text\": \"$(printf '%200s')\"}}"
"""


class Cluster:
    """One for all cases: to bring it up takes some seconds."""

    def start(self):
        out = subprocess.run(["bash", CLUSTER, "start", "3"], capture_output=True, text=True, timeout=120, check=False)
        if out.returncode != 0:
            return (out.stderr.strip().splitlines() or ["slurm_cluster.sh has failed"])[0]
        self.folder = Path(out.stdout.strip().splitlines()[-1])
        os.environ["SLURM_CONF"] = str(self.folder / "slurm.conf")
        return None

    def stop(self):
        subprocess.run(["bash", CLUSTER, "stop", self.folder], timeout=120, check=False)

    def do(self, *words):
        subprocess.run(["bash", CLUSTER, words[0], self.folder, *words[1:]], timeout=120, check=True)

    def restore(self):
        """What a case has taken away comes back."""
        if not self.answers():
            self.do("ctld", "start")
        wait_for("the controller", self.answers)
        for node in ("n1", "n2", "n3"):
            pid = self.folder / f"{node}.pid"
            if not pid.exists() or not is_alive(int(pid.read_text())):
                self.do("node", "start", node)
            slurm("scontrol", "update", f"nodename={node}", "state=resume", check=False)
        slurm("scancel", "--quiet", "--user=root", check=False)
        wait_for("no job", lambda: slurm("squeue", "-h") == "", 60)
        wait_for("idle nodes", lambda: slurm("sinfo", "-h", "-N", "-o", "%t").split() == ["idle"] * 3, 60)

    @staticmethod
    def answers():
        ping = subprocess.run(["scontrol", "ping"], capture_output=True, text=True, timeout=60, check=False)
        return " is UP" in ping.stdout


cluster = Cluster()
study_host = None


def slurm(*command, check=True):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"{command}: {done.stderr}")
    return done.stdout.strip()


def is_alive(pid):
    try:
        return not re.search(r"^State:\s+[ZX]", Path(f"/proc/{pid}/status").read_text(), re.M)
    except OSError:
        return False


def wait_for(what, condition, deadline=DEADLINE):
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"in vain: {what}")
        time.sleep(0.05)


class Study:
    """Six experiments in a folder of its own, and jobs that run them."""

    def __init__(self, work="sleep 0.3", launcher=LAUNCHER, jobs=2, count=6, runner=None):
        self.folder = Path(tempfile.mkdtemp(prefix="slurm_study_"))
        self.count, self.jobs = count, jobs
        script = EXPERIMENT.format(folder=self.folder, work=work.format(folder=self.folder))
        spec = {"command": ["bash", "-c", script, str(self.folder), "{n}"], "grace_seconds": 1, **(runner or {})}
        if launcher:
            spec["launcher"] = launcher
        study = {"name": "s", "experiments": [{"n": n} for n in range(count)], "runners": {"default": spec}}
        (self.folder / "study.json").write_text(json.dumps(study))

    def command(self):
        return f"{study_host} run {self.folder}/study.json --resume latest --jobs {self.jobs}"

    def submit(self, body, *options):
        script = self.folder / "job.sh"
        script.write_text("#!/bin/bash\n" + body.format(run=self.command()) + "\n")
        out = slurm("sbatch", "--parsable", "-N3", "-n6", "--requeue", "--open-mode=append", "-D", str(self.folder),
                    f"--output={self.folder}/out", *options, str(script))
        return out.split(";")[0]

    def lines(self, name):
        path = self.folder / name
        return path.read_text().split() if path.exists() else []

    def wait_until_begun(self, count=1):
        wait_for(f"{count} begun: {self.out()}", lambda: len(self.lines("begun")) >= count)

    def out(self):
        path = self.folder / "out"
        return path.read_text() if path.exists() else ""

    def manifest(self):
        found = sorted((self.folder / "results").glob("s_*/manifest.json"))
        return json.loads(found[-1].read_text())

    def processes(self):
        """Experiments and leaves that are still there, on whatever node: all of them are this machine's."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                words = path.read_bytes().split(b"\0")
                if str(self.folder).encode() in words[3:4] or words[1:2] == [b"leaf"] and str(self.folder).encode() in path.read_bytes():
                    if is_alive(int(path.parent.name)):
                        found.append(int(path.parent.name))
        return found

    def remove(self):
        shutil.rmtree(self.folder)


ALLOCATED = "srun -N1 -n1 --overlap {run}"


class Slurm(unittest.TestCase):
    def setUp(self):
        self.studies = []
        self.addCleanup(self.clean)

    def clean(self):
        try:
            cluster.restore()
        except AssertionError:  # Slurm itself has lost its way; the next case gets another
            cluster.stop()
            cluster.start()
        for study in self.studies:
            study.remove()

    def study(self, **how):
        self.studies.append(Study(**how))
        return self.studies[-1]

    def wait_for_job(self, job):
        wait_for(f"the end of job {job}", lambda: slurm("squeue", "-h", "-j", job, check=False) == "")

    def complete(self, study):
        """Goes on with it, and looks at what there is in the end."""
        cluster.restore()
        wait_for("nothing is at work", lambda: not study.processes())
        job = study.submit("exec {run}")
        self.wait_for_job(job)
        self.check(study)

    def check(self, study):
        manifest = study.manifest()
        said = study.out()
        self.assertEqual(manifest["completed"], study.count, said)
        self.assertEqual(manifest["status"], "completed", said)
        self.assertEqual(study.lines("twice"), [], said)
        for entry in manifest["experiments"]:
            result = json.loads((study.folder / "results").glob(f"s_*/{entry['result_file']}").__next__().read_text())
            self.assertEqual(len(result["text"]), 200)
        self.assertEqual(study.processes(), [])
        self.assertEqual(slurm("squeue", "-h", "--steps"), "")

    def check_nothing_failed(self, study):
        self.assertEqual(study.manifest()["failed"], 0, study.out())

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

    def test_scancel_of_a_job_that_execs(self):
        for _ in range(REPEATS):
            self.job_is_told("exec {run}", "--full")

    def test_scancel_of_a_step(self):
        for _ in range(REPEATS):
            self.job_is_told(ALLOCATED, "--full")

    def test_usr1_to_a_step(self):
        for _ in range(REPEATS):
            self.job_is_told(ALLOCATED, "-s", "USR1")

    def test_usr1_to_the_batch_script_that_execs(self):
        for _ in range(REPEATS):
            self.job_is_told("exec {run}", "-s", "USR1", "-b")

    def test_a_signal_before_the_time_limit(self):
        for _ in range(REPEATS):
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

    def test_a_node_that_dies_with_half_a_result_printed(self):
        for _ in range(REPEATS):
            study = self.study(work="test -e {folder}/died || {{ printf '{{\"half\":'; test $SLURMD_NODENAME = n1 || "
                                    ": > {folder}/half-$SLURMD_NODENAME; sleep 1000; }}", jobs=6, count=6)
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

    def test_a_step_that_is_lost_is_run_again(self):
        for _ in range(REPEATS):
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

    def test_a_step_that_is_cancelled_is_run_again(self):
        for _ in range(REPEATS):  # scancel(1) kills a step at once, leaf and all, as the death of its node does
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

    def test_a_slurmd_that_dies_alone(self):
        for _ in range(REPEATS):
            study = self.study(work="sleep 0.5", jobs=3)
            job = study.submit("exec {run}")
            study.wait_until_begun()
            os.kill(int((cluster.folder / "n2.pid").read_text()), signal.SIGKILL)
            time.sleep(1)
            cluster.do("node", "start", "n2")
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

    def test_a_controller_that_is_away(self):
        for _ in range(REPEATS):
            self.controller_goes("stop")

    def test_a_controller_that_is_killed(self):
        for _ in range(REPEATS):
            self.controller_goes("kill")

    # The host dies.

    def test_a_host_that_is_killed_leaves_nothing_at_work(self):
        for _ in range(REPEATS):
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

    def test_memory_that_is_used_up_is_named(self):
        if "cgroup" not in slurm("scontrol", "show", "config"):
            self.skipTest("this Slurm limits no memory")
        study = self.study(work="test $1 != 1 || tail -c 400M /dev/zero > /dev/null || kill -KILL $$", jobs=1,
                           launcher=[*LAUNCHER, "--mem=100"], count=2)
        self.wait_for_job(study.submit("exec {run}", "--mem=200"))
        manifest = study.manifest()
        if manifest["failed"] == 0:
            self.skipTest("this Slurm limits no memory")
        failed = next(e for e in manifest["experiments"] if e["status"] == "failed")
        self.assertIn("lack of memory", failed["error_message"])


def main():
    global study_host
    study_host = os.path.abspath(sys.argv[1])
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
