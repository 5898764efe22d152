"""How a study is opened: from Python's arguments to the library's, and what a process has open."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from typing import (
    TYPE_CHECKING,
    Any,
    Dict,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from . import _leftovers, _live, _logs, canonical
from ._interrupts import SignalName
from ._library import load
from ._session import LogEntry, PathText, Session
from .canonical import Encode
from .errors import BadOptions, DesignChanged, StudyError

if TYPE_CHECKING:
    from ._runs import Key
    from .study import Study

Observer = Union[str, Mapping[str, Any]]

_KEY = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class Opening(NamedTuple):
    """The arguments of Study.open."""

    name: str
    experiments: List[Any]
    results_dir: PathText
    observers: Optional[Iterable[Observer]]
    host_config: Optional[PathText]
    resume: PathText
    failed: str
    n_cycles: int
    max_failures: Optional[int]
    signals: Tuple[SignalName, ...]
    encode: Optional[Encode]
    reraise: bool
    progress: bool
    force: bool
    rebuild: bool
    durability: Optional[str]
    framework_version: str

    @property
    def is_durable(self) -> bool:
        """Where the host's config may say so, too."""
        if self.durability is None:
            return self.host_config is not None
        return self.durability == "power"


def _observer_list(observers: Iterable[Observer]) -> List[Dict[str, Any]]:
    if isinstance(observers, (str, dict)):
        observers = [observers]
    return [{"plugin": one} if isinstance(one, str) else dict(one) for one in observers]


def identity(key: str) -> str:
    """A host's key, as the config_hash that it stands for."""
    if _KEY.fullmatch(key):
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def keys_of(experiments: Sequence[Any], key: "Key") -> Optional[List[str]]:
    if key is None:
        return None
    if callable(key):
        keys: Sequence[str] = [key(experiment) for experiment in experiments]
    else:
        keys = [key] if isinstance(key, str) else list(key)
    if len(keys) != len(experiments):
        raise BadOptions(
            f"key: {len(keys)} for {len(experiments)} experiments: each has one of its own"
        )
    for one in keys:
        if not isinstance(one, str) or not one:
            raise BadOptions(f"key: {one!r} is no text that an experiment could be known by")
    return [identity(one) for one in keys]


def experiments_json(
    experiments: Sequence[Any], encode: Optional[Encode], keys: Optional[Sequence[str]] = None
) -> bytes:
    items = []
    for index, experiment in enumerate(experiments):
        item = {"config": canonical.plain_config(experiment, f"experiments[{index}]", encode)}
        if keys is not None:
            item["config_hash"] = keys[index]  # type: ignore[assignment]
        items.append(item)
    return json.dumps(items, separators=(",", ":")).encode("ascii") if items else b""


def _observer_options(
    observers: Optional[Iterable[Observer]], host_config: Optional[PathText]
) -> Dict[str, Any]:
    """What isn't said has the library's default: manifest_writer, or what the host's config says."""
    options: Dict[str, Any] = {}
    if observers is not None:
        options["observers"] = _observer_list(observers)
    if host_config is not None:
        options["host_config"] = os.path.abspath(os.fspath(host_config))
    return options


# Those that are asked without being named: they keep what they know in the study's directory.
_IN_DIRECTORY = ("manifest_writer", "journal_writer", "sqlite_writer")


def reader_options(
    directory: PathText, observers: Optional[Iterable[Observer]], host_config: Optional[PathText]
) -> Dict[str, Any]:
    if observers is None and host_config is None:
        observers = [name for name in _IN_DIRECTORY if name in _writers(directory)] or None
    return _observer_options(observers, host_config)


def _writers(directory: PathText) -> List[str]:
    """The observers of the latest process that wrote to the study, as its list of experiments says
    in the first line."""
    try:
        with open(os.path.join(directory, "study_experiments.jsonl"), encoding="utf-8") as file:
            head = json.loads(file.readline())
        return list(head["observers"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _options(opening: Opening) -> Dict[str, Any]:
    options: Dict[str, Any] = {
        "study_name": opening.name,
        "failed": opening.failed,
        "n_cycles": opening.n_cycles,
        "open_ended": not opening.experiments,
        "force": opening.force,
        "rebuild": opening.rebuild,
        "framework_version": opening.framework_version,
        "host_name": "study_checkpoint",
        # A run may have no result, and one may be any file; those that are JSON must be whole.
        "results": "none",
    }
    options.update(_observer_options(opening.observers, opening.host_config))
    if opening.host_config is None or opening.results_dir != "results":
        options["results_dir"] = os.fspath(opening.results_dir)
    if opening.durability is not None:
        options["durability"] = opening.durability
    if opening.resume in ("latest", "never"):
        options["resume"] = opening.resume
    else:
        options.update(resume="directory", study_dir=os.fspath(opening.resume))
    return options


def open_session(opening: Opening) -> Session:
    _refuse_import_in_worker()
    load()
    experiments = experiments_json(opening.experiments, opening.encode)
    _live.take_over(opening)
    try:
        return Session(_options(opening), experiments)
    except DesignChanged as change:
        raise DesignChanged(str(change), _HOW_TO_GO_ON) from None
    finally:
        _logs.pass_on(0)


_HOW_TO_GO_ON = (
    'In Python: Study.open(..., resume="never") begins a new study; force=True goes on with this '
    "one, whose runs that are in no list any more are left out"
)


def _refuse_import_in_worker() -> None:
    """A pool that spawns its workers imports the main script in each of them, and what that does
    outside of `if __name__ == "__main__":` it does again there."""
    process = sys.modules.get("multiprocessing.process")
    if process is not None and getattr(process.current_process(), "_inheriting", False):
        raise StudyError(
            "this is a worker process, which a pool has spawned, and which imports the main script "
            'to find its functions: open the study below `if __name__ == "__main__":`, so that '
            "only the main process does"
        )


def settle(study: "Study") -> None:
    """Counts results that are there, and says what the library has said while it opened."""
    lines = _logs.fetch(study._session.handle)
    adopted = _leftovers.adopt(study) if study.is_resumed and not study.has_ended else 0
    for line in lines:
        if not (adopted and _leftovers.is_superseded(line)):
            _say(line)
    study._pass_on_logs()
    if adopted:
        _logs.logger.info(
            "%s: %d runs that workers had completed after the last process ended: their results "
            "are there",
            study.name,
            adopted,
        )


def _say(line: LogEntry) -> None:
    severity, channel, text = line
    if text.endswith("has been completed: nothing is left"):
        # Else a script that is started again would end at once without a word.
        severity = max(severity, 3)
    _logs.log((severity, channel, text))
