"""The commands of the package's page, in its section on adapters."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from study_checkpoint import latest, read

PAGE = Path(__file__).parents[3] / "host_api" / "python" / "README.md"
TRAIN = """
import hydra

from hydra.core.config_store import ConfigStore
ConfigStore.instance().store(name="config", node={"lr": 1.0})

@hydra.main(config_path=None, config_name="config", version_base="1.3")
def main(config):
    return config.lr

if __name__ == "__main__":
    main()
"""
SNAKEFILE = """
rule all:
    output: "out.txt"
    shell: "touch {output}"
"""


def commands(word: str) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if line.startswith(word)]


def shell(command: str, folder: Path) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, command + done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_commands_for_hydra(tmp_path: Path) -> None:
    pytest.importorskip("hydra", reason="hydra-core is not installed")
    (tmp_path / "train.py").write_text(TRAIN)
    given = commands("python train.py")
    assert len(given) == 2
    shell(given[0], tmp_path)
    assert "is launching 1 jobs" in shell(given[1], tmp_path), "two of the three have completed"
    study = latest(tmp_path / "results", "train")
    assert study is not None and read(study)["completed"] == 3


def test_the_command_for_snakemake(tmp_path: Path) -> None:
    pytest.importorskip("snakemake", reason="snakemake is not installed")
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (command,) = commands("snakemake")
    shell(command, tmp_path)
    study = latest(tmp_path / "studies", "align")
    assert study is not None and read(study, ["sqlite_writer"])["status"] == "completed"
