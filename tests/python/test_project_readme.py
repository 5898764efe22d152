"""The five lines of the project's own README."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text()


def run(program, folder):
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )


def test_the_five_lines_run_a_sweep_once(tmp_path):
    (code,) = re.findall(r"^```python\n(.*?)^```$", README, re.M | re.S)
    program = "def benchmark(lr, bs):\n    print('measured')\n    return {'loss': lr * bs}\n" + code
    assert run(program, tmp_path).stdout.count("measured") == 4
    assert run(program, tmp_path).stdout.count("measured") == 0
    (manifest,) = tmp_path.glob("results/*/manifest.json")
    assert '"status": "completed"' in manifest.read_text()


def test_each_adapter_has_what_its_line_names():
    named = set(re.findall(r"study_checkpoint\.(\w+)\.?(\w*)", README))
    assert {module for module, _ in named} == {"optuna", "ray_tune", "sacred", "llenergymeasure"}
    for module, name in named:
        source = (PROJECT / f"host_api/python/src/study_checkpoint/{module}.py").read_text()
        assert re.search(rf"^(class|def) {name}\b" if name else "__main__", source, re.M), f"{module}.{name}"
