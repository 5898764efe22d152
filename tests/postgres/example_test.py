"""sample_host/examples/postgres shows what its README says, and leaves nothing behind."""

import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

STUDY_HOST, SOURCE = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))
SCRIPT = SOURCE / "sample_host/examples/postgres/three_hosts.sh"


def run(*arguments, **variables):
    return subprocess.run(
        ["bash", SCRIPT, *arguments], env={**os.environ, "STUDY_HOST": STUDY_HOST, **variables},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=600, check=False)


def processes_in(folder):
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            command = pathlib.Path(path).read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in command:
            found.append(command)
    return found


class Example(unittest.TestCase):
    def setUp(self):
        self.parent = tempfile.mkdtemp(prefix="study_test_")
        os.chmod(self.parent, 0o755)
        self.addCleanup(shutil.rmtree, self.parent, ignore_errors=True)

    def test_three_hosts_keep_their_studies_in_one_database(self):
        folder = self.parent + "/shown"
        done = run(folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        listed = re.findall(
            r"^\d\S+Z +(\w+) +(\d+) +(\d+) +(\d+)  sorting +(?:host-\d +)?/.*/(host-\d)/results/\S+$",
            done.stdout, re.MULTILINE)
        self.assertEqual(len(listed), 6, done.stdout)
        self.assertEqual([row[0] for row in listed[:3] if row[4] == "host-3"], ["interrupted"], done.stdout)
        self.assertEqual(sorted(listed[3:]), [("completed", "10", "0", "0", f"host-{i}") for i in (1, 2, 3)],
                         done.stdout)
        if os.geteuid() == 0 and subprocess.run(["unshare", "--uts", "true"], check=False).returncode == 0:
            self.assertRegex(done.stdout, r"\n  on host-\d in /")
        self.assertIn("== the third is killed\n", done.stdout)
        self.assertIn(" mean_ms", done.stdout)
        self.assertIn("\n  10 completed, 0 failed, 0 pending of 10\n", done.stdout)
        self.assertEqual(processes_in(folder), [])
        self.assertTrue(glob.glob(folder + "/host-3/results/sorting_*/*.json"))

    def test_a_folder_that_is_there_is_left_alone(self):
        done = run(self.parent)
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("give a folder that is not there yet", done.stderr)
        self.assertEqual(os.listdir(self.parent), [])

    def test_what_is_missing_is_named(self):
        done = run(STUDY_HOST="/nowhere/study-host")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("/nowhere/study-host is not there: build it", done.stderr)


if __name__ == "__main__":
    if not glob.glob("/usr/lib/postgresql/*/bin/initdb") and not shutil.which("initdb"):
        print("SKIPPED: no PostgreSQL server is installed here")
        sys.exit(0)
    unittest.main(verbosity=2)
