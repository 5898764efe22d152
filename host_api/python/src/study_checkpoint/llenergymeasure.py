"""LLenergyMeasure: a drop-in for its ManifestWriter.

    python -m study_checkpoint.llenergymeasure run study.yaml   # `llem run study.yaml`, with it
    study_checkpoint.llenergymeasure.install()                  # in a program of one's own

Resumes with us: `llem run --resume` reads manifest.json, which our manifest_writer keeps while the
    study is under way; other observers keep theirs beside it.
Where: in the process that runs the study, which starts another for each experiment.
Identity: LLenergyMeasure's own config hash and cycle.
Doubled and missing events: what its manifest says counts; what has changed in it is told.

A transition doesn't write all experiments anew. When the study has ended, its manifest is written
in LLenergyMeasure's own words: it has states that we don't have (`skipped`, `timed_out`), metrics,
and `resolved_config_hash`. That of a study which was killed has none of these; the metrics are
attributes of the runs, in a journal or a database. Where the study can't be opened, its own writer
goes on with a warning.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any, Dict, Optional, Tuple

import llenergymeasure.study.manifest as reference

from . import _library as native
from . import _logs
from ._opening import _observer_list
from ._session import Details, Result, Session
from .errors import BadOptions, EventIgnored, StudyError

_NOT_ENDED = "running"
_OUTCOMES = {"completed": native.OUTCOME_COMPLETED, "failed": native.OUTCOME_FAILED}
_KNOWN_FIELDS = {  # what an event says without attributes
    *("config_hash", "config_summary", "cycle", "status", "result_file"),
    *("error_type", "error_message", "started_at", "completed_at"),
}
_open: Dict[str, Session] = {}  # by directory: a study that is resumed has a writer after a writer


class ManifestWriter(reference.ManifestWriter):
    """Tells a study of ours what has changed, in the place of writing a file."""

    observers: Any = None  #: as in Study.open; None: manifest_writer

    _configs: Optional[Dict[str, Any]] = None
    _session: Optional[Session] = None
    _is_left_to_reference = False

    def __init__(self, study: Any, study_dir: Path) -> None:
        self._configs = _configs_by_hash(study)
        super().__init__(study, study_dir)

    def _write(self) -> None:
        if not self._is_left_to_reference:
            try:
                self._tell_changes()
                self._is_left_to_reference = self.manifest.status != _NOT_ENDED
            except StudyError as error:
                reference.logger.warning("Failed to write manifest to %s: %s", self.path, error)
                self._is_left_to_reference = True
        if self._is_left_to_reference:
            super()._write()

    def _tell_changes(self) -> None:
        if self._session is None:
            self._session = self._open_session()
            self._told: Dict[Tuple[str, int], str] = {}
        for entry in self.manifest.experiments:
            run = entry.config_hash, entry.cycle
            if self._told.get(run, "pending") != entry.status:
                self._tell(self._session, entry)
                self._told[run] = entry.status
        if self.manifest.status != _NOT_ENDED:
            outcome = _OUTCOMES.get(self.manifest.status, native.OUTCOME_INTERRUPTED)
            self._session.end(outcome, _microseconds(self.manifest.completed_at))
        _logs.pass_on(self._session.handle)
        if self.manifest.status != _NOT_ENDED:
            self._session.close()

    def _open_session(self) -> Session:
        directory = os.path.realpath(self._study_dir)
        if directory in _open:
            _open.pop(directory).close()
        options = {
            "study_name": self.manifest.study_name,
            "study_design_hash": self.manifest.study_design_hash,
            "framework_version": self.manifest.llenergymeasure_version,
            "open_ended": True,  # LLenergyMeasure itself looks whether the design has changed
            "resume": "directory",
            "study_dir": directory,
            "results": "none",
            "host_name": "llenergymeasure",
        }
        if self.observers is not None:
            options["observers"] = _observer_list(self.observers)
        native.load()
        try:
            _open[directory] = Session(options, self._experiments())
        finally:
            _logs.pass_on(0)
        return _open[directory]

    def _experiments(self) -> bytes:
        """Of a new study; one that is resumed has its own."""
        if self._configs is None:
            return b""
        experiments: Dict[str, Dict[str, Any]] = {}
        for entry in self.manifest.experiments:
            one = experiments.setdefault(
                entry.config_hash,
                {
                    "config": self._configs.get(entry.config_hash, {}),
                    "config_hash": entry.config_hash,
                    "config_summary": entry.config_summary,
                },
            )
            one["n_cycles"] = max(entry.cycle, one.get("n_cycles", 1))
        return json.dumps(list(experiments.values())).encode()

    def _tell(self, session: Session, entry: Any) -> None:
        number = session.find(entry.config_hash, entry.cycle)
        if number is None:
            raise StudyError(f"{entry.config_hash}, cycle {entry.cycle}: there is no such run")
        try:
            _tell(session, number, entry)
        except EventIgnored as error:
            reference.logger.warning("%s: %s", self.path, error)


_STATES = {
    "running": native.RUNNING,
    "completed": native.COMPLETED,
    "failed": native.EXPERIMENT_FAILED,
}


def _tell(session: Session, number: int, entry: Any) -> None:
    before, now = session.run(number).state, _STATES.get(entry.status, native.PENDING)
    if before == now:
        return
    if now == native.PENDING:  # skipped, interrupted, or to be run again
        if before == native.RUNNING:
            session.mark(number, native.PENDING)
        return
    if before != native.RUNNING:
        session.mark(number, native.RUNNING, _microseconds(entry.started_at))
    if now == native.COMPLETED:
        _complete(session, number, entry)
    elif now == native.EXPERIMENT_FAILED:
        error = {"error_type": entry.error_type, "error_message": entry.error_message or ""}
        details = Details(_attributes(entry), **error)
        session.event(number, now, details, _microseconds(entry.completed_at))


def _complete(session: Session, number: int, entry: Any) -> None:
    time = _microseconds(entry.completed_at)
    result = Result(file=os.fsencode(entry.result_file or ""), is_in_place=True)
    try:
        details = Details(_attributes(entry), result if entry.result_file else None)
        session.event(number, native.COMPLETED, details, time)
    except BadOptions as error:  # a result outside of the study's directory
        reference.logger.warning("%s", error)
        session.event(number, native.COMPLETED, Details(_attributes(entry)), time)


def _attributes(entry: Any) -> bytes:
    more = entry.model_dump(mode="json", exclude=_KNOWN_FIELDS, exclude_none=True)
    return json.dumps(more).encode() if more else b""


def _configs_by_hash(study: Any) -> Dict[str, Any]:
    from llenergymeasure.domain.experiment import compute_declared_config_hash

    configs = {}
    for experiment in study.experiments:
        config_hash = compute_declared_config_hash(experiment)
        if config_hash not in configs:
            configs[config_hash] = experiment.model_dump(mode="json")
    return configs


def _microseconds(moment: Optional[datetime]) -> int:
    return 0 if moment is None else round(moment.timestamp() * 1_000_000)


def install(observers: Any = None) -> None:
    """In the place of LLenergyMeasure's own, in this process.

    Args:
        observers: as in Study.open.
    """
    import llenergymeasure.study

    ManifestWriter.observers = observers
    for module in (reference, llenergymeasure.study):
        module.ManifestWriter = ManifestWriter  # type: ignore[attr-defined]


if __name__ == "__main__":
    from llenergymeasure.cli import app

    from study_checkpoint import llenergymeasure as drop_in  # this one, but for its name

    drop_in.install()
    app()
