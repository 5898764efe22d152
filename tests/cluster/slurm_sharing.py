"""Several jobs that work on one study: tasks of an array, which exclude each other, and submitit's, which share it."""
import json
import os
import re
import subprocess
from pathlib import Path

from slurm_study import ALLOCATED, HERE, UNTIL_FAST, OnCluster, cluster, repeated, study_host, wait_for

ROOT = HERE.parent.parent
SAYS_ITS_END = ALLOCATED + "{more}\necho task $SLURM_ARRAY_TASK_ID ended with $?"


class Array(OnCluster):
    def submit_array(self, study, more):
        return study.submit(SAYS_ITS_END.format(run="{run}", more=more), "-N1", "-n2", "--array=0-2")

    @staticmethod
    def ends(study):
        return sorted(re.findall(r"^task \d ended with (\d+)$", study.out(), re.M))

    @repeated
    def test_one_task_runs_the_study_and_the_others_are_refused_by_name(self):
        study = self.study(work=UNTIL_FAST)
        job = self.submit_array(study, "")
        wait_for(f"two that are refused: {study.out()}", lambda: len(self.ends(study)) >= 2)
        self.assertEqual(self.ends(study), ["3", "3"], study.out())
        (study.folder / "fast").touch()
        self.wait_for_job(job)
        self.assertEqual(self.ends(study), ["0", "3", "3"], study.out())
        self.assertEqual(len(list((study.folder / "results").glob("s_*"))), 1)
        self.check(study)
        self.check_nothing_failed(study)

    @repeated
    def test_tasks_that_wait_find_it_done(self):
        study = self.study(work="sleep 0.2")
        self.wait_for_job(self.submit_array(study, " --wait 300"))
        self.assertEqual(self.ends(study), ["0", "0", "0"], study.out())
        self.assertEqual(len(list((study.folder / "results").glob("s_*"))), 1, study.out())
        self.assertEqual(len(study.lines("begun")), study.count, study.out())
        self.check(study)


class Submitit(OnCluster):
    @repeated
    def test_its_example(self):
        build = Path(study_host).parent.parent
        python = build / "venv" / "bin" / "python"
        session = build / "lib" / "libstudy_session.so"
        for needed in (python, session):
            if not needed.exists():
                self.skipTest(f"SKIPPED: there is no {needed}")
        study = self.study()  # for its folder
        text = (ROOT / "host_api" / "python" / "README.md").read_text()
        example = re.search(r"`with_submitit\.py`:\n\n```python\n(.*?)```", text, re.S).group(1)
        self.assertIn('cluster="local"', example)
        (study.folder / "with_submitit.py").write_text(example.replace('cluster="local"', 'cluster="slurm"'))
        environment = {**os.environ, "STUDY_SESSION_LIBRARY": str(session),
                       "STUDY_OBSERVER_PATH": str(build / "lib" / "study_observers"),
                       "PYTHONPATH": str(ROOT / "host_api" / "python" / "src")}
        done = subprocess.run([python, "with_submitit.py"], cwd=study.folder, env=environment, capture_output=True,
                              text=True, timeout=240, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        folder, = (study.folder / "results").glob("slurm_*")
        manifest = json.loads((folder / "manifest.json").read_text())
        self.assertEqual((manifest["status"], manifest["completed"], manifest["failed"]), ("completed", 2, 0))
        losses = [json.loads((folder / entry["result_file"]).read_text())["loss"]
                  for entry in manifest["experiments"]]
        self.assertEqual(losses, [0.1 ** 2, 0.2 ** 2])
        jobs = {path.name.split("_")[0] for path in (study.folder / "jobs").glob("*_result.pkl")}
        self.assertEqual(len(jobs), 2)
        wait_for("both among Slurm's completed jobs", lambda: jobs <= self.completed_jobs())

    @staticmethod
    def completed_jobs():
        path = cluster.folder / "jobs.txt"
        text = path.read_text() if path.exists() else ""
        return set(re.findall(r"^JobId=(\d+) .*JobState=COMPLETED ", text, re.M))
