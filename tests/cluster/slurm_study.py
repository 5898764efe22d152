"""A Slurm of three nodes on this machine (slurm_cluster.sh), and studies under it: what the cases share."""
import contextlib
import functools
import json
import os
import re
import shutil
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

    @property
    def nodes(self):
        return (self.folder / "nodes").read_text().split()

    def restore(self):
        """What a case has taken away comes back."""
        if not self.answers():
            self.do("ctld", "start")
        wait_for("the controller", self.answers)
        for node in self.nodes:
            pid = self.folder / f"{node}.pid"
            if not pid.exists() or not is_alive(int(pid.read_text())):
                self.do("node", "start", node)
            slurm("scontrol", "update", f"nodename={node}", "state=resume", check=False)
        slurm("scancel", "--quiet", "--user=root", check=False)
        wait_for("no job", lambda: slurm("squeue", "-h") == "", 60)
        wait_for("idle nodes", lambda: self.states() == ["idle"] * 3, 60)

    def states(self):
        return slurm("sinfo", "-h", "-N", "-p", "p", "-o", "%t").split()

    @staticmethod
    def answers():
        ping = subprocess.run(["scontrol", "ping"], capture_output=True, text=True, timeout=60, check=False)
        return " is UP" in ping.stdout


cluster = Cluster()
study_host = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""


def repeated(case):
    """As often as is asked for, each time on a cluster as it was."""

    @functools.wraps(case)
    def repeat(self):
        for times in range(REPEATS):
            if times > 0:
                self.clean()
            case(self)

    return repeat


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
# As an experiment's work. It ends with the study's folder at the latest.
UNTIL_FAST = "until test -e {folder}/fast || ! test -d {folder}; do sleep 0.1; done"


class OnCluster(unittest.TestCase):
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
        self.studies = []

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
