"""A job of a Hydra sweep, where it runs: it leaves its result, and notes, for the sweep's launcher.

In the study directory: `{stem}.json` is the result, and `hydra_jobs/` has `{stem}.started` and
`{stem}.failed`. Each is there whole, or not at all.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from pathlib import Path
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Tuple

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, open_dict, read_write

from . import _orphans
from .canonical import result_json
from .errors import ConfigError
from .worker import put_in_place


class Place(NamedTuple):
    """Which run a job is."""

    number: int  #: that of the job in its sweep, as if nothing had been left out
    stem: str  #: of the run's files


class Job:
    """The task function as the wrapped launcher gets it, which may pickle it."""

    def __init__(
        self,
        task: Callable[[DictConfig], Any],
        directory: Path,
        places: Mapping[Tuple[str, ...], Place],
    ) -> None:
        self._task = task
        self._directory = directory
        self._places = dict(places)  # by the job's overrides
        self._parent = os.getpid()
        self.token = uuid.uuid4().hex

    def __call__(self, config: DictConfig) -> Any:
        place = self._places[tuple(HydraConfig.get().overrides.task)]
        job: Any = HydraConfig.get().job
        with read_write(job), open_dict(job):
            job.num = place.number  # launchers number what they are given
        with _orphans.busy(self._parent):
            return self._run(config, place.stem)

    def _run(self, config: DictConfig, stem: str) -> Any:
        notes = Notes(self._directory, self.token)
        notes.write(stem, "started")
        try:
            value = self._task(config)
        except Exception as error:
            notes.write(stem, "failed", type=type(error).__name__, message=str(error))
            raise
        put_in_place(str(self._directory / f"{stem}.json"), result_text(value))
        return value


def result_text(value: Any) -> bytes:
    """A job may return anything: that it has no form in JSON must not cost what it has done."""
    try:
        return result_json(value)[0]
    except ConfigError:
        return json.dumps(repr(value)).encode()


class Notes:
    """What jobs say before they have a result. A worker that outlives its sweep may still say
    something: each sweep hears its own only."""

    def __init__(self, directory: Path, token: str) -> None:
        self._folder = directory / "hydra_jobs"
        self._token = token

    def write(self, stem: str, event: str, **content: Any) -> None:
        self._folder.mkdir(exist_ok=True)
        text = json.dumps({"time": time.time(), "sweep": self._token, **content})
        put_in_place(str(self._folder / f"{stem}.{event}"), text.encode())

    def read(self, stem: str, event: str) -> Optional[Dict[str, Any]]:
        try:
            note: Dict[str, Any] = json.loads((self._folder / f"{stem}.{event}").read_bytes())
        except FileNotFoundError:
            return None
        return note if note["sweep"] == self._token else None
