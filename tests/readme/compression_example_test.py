#!/usr/bin/env python3
"""The compression example's measure.py: its results are measured, and its failures readable."""

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

MEASURE = Path(sys.argv.pop(1)) / "sample_host/examples/compression/measure.py"
spec = importlib.util.spec_from_file_location("measure", MEASURE)
measure = importlib.util.module_from_spec(spec)
spec.loader.exec_module(measure)


class Measurement(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        measure.DATA_DIR = self.folder / "data"

    def test_a_result_has_what_was_measured(self):
        result = measure.measure("text", ["gzip", "-1"])
        self.assertEqual(result["input_bytes"], measure.DATASET_BYTES)
        self.assertGreater(result["ratio"], 2)
        self.assertGreater(result["seconds"], 0)
        self.assertGreater(result["cpu_seconds"], 0)

    def test_the_data_set_is_made_once_and_left_alone_then(self):
        path = measure.dataset("machine_code")
        self.assertTrue(path.read_bytes().startswith(b"\x7fELF"))
        path.write_bytes(b"another")
        self.assertEqual(measure.dataset("machine_code").read_bytes(), b"another")
        self.assertEqual([file.name for file in measure.DATA_DIR.iterdir()], ["machine_code.bin"])

    def test_a_compressor_that_loses_data_is_found_out(self):
        liar = self.folder / "liar"
        liar.write_text("#!/bin/sh\nhead -c 1000\n")
        liar.chmod(0o755)
        with self.assertRaisesRegex(measure.MeasurementError, "does not give back"):
            measure.measure("text", [str(liar)])

    def test_a_refused_option_is_reported_as_the_last_line_on_stderr(self):
        script = shutil.copy(MEASURE, self.folder)  # with its data beside it
        run = subprocess.run([sys.executable, script, "text", "gzip", "-0"], capture_output=True, text=True)
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        error = json.loads(run.stderr.splitlines()[-1])
        self.assertEqual(error["error_type"], "MeasurementError")
        self.assertIn("gzip -0", error["error_message"])


class Energy(unittest.TestCase):
    def counters(self, **microjoules):
        with tempfile.TemporaryDirectory() as folder:
            for zone, value in microjoules.items():
                path = Path(folder) / zone.replace("_", ":").replace("rapl", "intel-rapl")
                path.mkdir()
                (path / "energy_uj").write_text(f"{value}\n")
                (path / "max_energy_range_uj").write_text("10000000\n")
            return measure.energy_counters(Path(folder))

    def test_packages_are_added_up_and_their_parts_are_not(self):
        before = self.counters(rapl_0=1_000_000, rapl_0_0=0, rapl_1=0)
        after = self.counters(rapl_0=3_000_000, rapl_0_0=2_000_000, rapl_1=500_000)
        self.assertAlmostEqual(measure.energy_joules(before, after), 2.5)

    def test_a_counter_may_wrap_around(self):
        self.assertAlmostEqual(
            measure.energy_joules(self.counters(rapl_0=9_000_000), self.counters(rapl_0=500_000)), 1.5)

    def test_without_readable_counters_there_is_no_energy(self):
        self.assertIsNone(measure.energy_joules(self.counters(), self.counters()))
        self.assertIsNone(measure.energy_joules(self.counters(rapl_0=1), self.counters()))


if __name__ == "__main__":
    unittest.main()
