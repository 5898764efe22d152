"""A Hydra program: a job per n."""

from __future__ import annotations

import dataclasses
import os
from typing import Any, List

import hydra
import marks
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobStatus

from study_checkpoint.hydra import Sweep


@dataclasses.dataclass
class Config:
    n: int = 0
    waits_from: int = 1000
    out: str = "${hydra:runtime.output_dir}"  # as many have it; another one in each sweep


ConfigStore.instance().store(name="config", node=Config)


_launch = Sweep.launch


def launch(self: Sweep, job_overrides: Any, first: int) -> List[JobReturn]:
    """What a sweeper gets to see."""
    jobs = _launch(self, job_overrides, first)
    if all(job.status == JobStatus.COMPLETED for job in jobs):
        values = ",".join(str(job.return_value) for job in jobs)
        marks.leave(os.environ["STUDY_MARKS"], "returned", values)
    return jobs


Sweep.launch = launch  # type: ignore[method-assign]


@hydra.main(config_path=None, config_name="config", version_base="1.3")
def main(config: Config) -> int:
    marks.leave(os.environ["STUDY_MARKS"], "numbers", f"{config.n}:{HydraConfig.get().job.num}")
    marks.experiment(config.n, config.waits_from)
    if config.n in (2, 4) and os.path.exists(os.path.join(os.environ["STUDY_MARKS"], "broken")):
        raise ValueError("broken")
    assert config.out == HydraConfig.get().runtime.output_dir
    marks.leave(config.out, "made", config.n)
    return config.n * 10


if __name__ == "__main__":
    main()
