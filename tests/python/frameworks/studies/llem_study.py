"""Six experiments as LLenergyMeasure's runner goes through them, with its own models, directories
and resume, but without its engines: DIRECTORY of a study to be resumed, or nothing."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import marks
from llenergymeasure.config.models import ExecutionConfig, ExperimentConfig, StudyConfig
from llenergymeasure.domain.experiment import compute_declared_config_hash
from llenergymeasure.study import manifest
from llenergymeasure.study.resume import load_resume_state, prepare_resume_manifest

from study_checkpoint import llenergymeasure

EXPERIMENTS = [
    ExperimentConfig(task={"model": f"m-{n}"}, engine="transformers", serving_mode="offline")
    for n in range(6)
]


def study() -> StudyConfig:
    return StudyConfig(
        study_name="llem",
        experiments=EXPERIMENTS,
        study_execution=ExecutionConfig(n_cycles=1),
        study_design_hash="0123456789abcdef",
    )


def run(writer: Any, directory: Path, skipped: set[tuple[str, int]]) -> None:
    for n, experiment in enumerate(EXPERIMENTS):
        config_hash = compute_declared_config_hash(experiment)
        if (config_hash, 1) in skipped:
            continue
        writer.mark_running(config_hash, 1)
        marks.experiment(n, waits_from=3)
        if n == 1 and not skipped:
            writer.mark_failed(config_hash, 1, "RuntimeError", "CUDA out of memory")
            continue
        bundle = directory / f"{n:03}_c1_m-{n}"
        bundle.mkdir(exist_ok=True)
        (bundle / "result.json").write_text(json.dumps({"n": n}))
        writer.mark_completed(config_hash, 1, f"{bundle.name}/result.json", elapsed_seconds=1.5)
    writer.mark_study_completed()


def main(observers: str, directory: str = "") -> None:
    llenergymeasure.install(json.loads(observers))
    if directory:
        found, _ = load_resume_state(Path(directory))
        prepare_resume_manifest(Path(directory), found)
        found, skipped = load_resume_state(Path(directory))
        run(manifest.ManifestWriter.from_existing(Path(directory), found), Path(directory), skipped)
    else:
        new = manifest.create_study_dir("llem", Path(os.environ["STUDY_MARKS"]) / "results")
        run(manifest.ManifestWriter(study(), new), new, set())


if __name__ == "__main__":
    main(*sys.argv[1:])
