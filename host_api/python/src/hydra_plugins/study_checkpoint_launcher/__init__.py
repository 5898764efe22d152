"""`hydra/launcher=study_checkpoint`: what Hydra finds when it looks for plugins.

Hydra imports this in every program of the environment, so that it only says what there is; what the
launcher does, and what it promises, is in `study_checkpoint.hydra`. It also does so without an
entry in sys.modules, where annotations that are texts could be looked up: there are none here.
"""

from dataclasses import dataclass, field
from typing import Any, List, Optional, Sequence

from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


@dataclass
class StudyLauncherConf:
    """The launcher's settings, under `hydra.launcher`."""

    # The launcher that is wrapped: `hydra/launcher@hydra.launcher.wrapped=joblib`.
    defaults: List[Any] = field(
        default_factory=lambda: ["_self_", {"/hydra/launcher@wrapped": "basic"}]
    )
    _target_: str = "hydra_plugins.study_checkpoint_launcher.StudyLauncher"
    _recursive_: bool = False  # the wrapped launcher is made by Hydra, from its own config

    wrapped: Any = None
    study_name: str = "${hydra.job.name}"
    # Relative to the working directory; not below `hydra.sweep.dir`, which is another each time.
    results_dir: str = "results"
    observers: Optional[List[Any]] = None  # as in `Study.open`
    interval_seconds: float = 0.5  # between two looks at what the workers have done


ConfigStore.instance().store(
    group="hydra/launcher",
    name="study_checkpoint",
    node=StudyLauncherConf,
    provider="study_checkpoint",
)


class StudyLauncher(Launcher):
    """Launches what the study has not completed, through another launcher."""

    def __init__(self, **settings: Any) -> None:
        from study_checkpoint.hydra import Sweep

        settings.pop("wrapped", None)
        self._sweep = Sweep(**settings)

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self._sweep.setup(hydra_context, task_function, config)

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        return self._sweep.launch(job_overrides, initial_job_idx)
