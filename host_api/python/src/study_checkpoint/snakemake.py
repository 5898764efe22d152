"""Snakemake 9: a logger plugin that records jobs.

    snakemake --cores 4 --logger study

Only recorded: Snakemake resumes by the files that are there (`--rerun-incomplete` after a kill).
Where: a thread of the main process, which takes the log records one by one; the processes that
    Snakemake starts for jobs load no logger plugins.
Identity: rule and wildcards. Job ids are numbered anew each time.
Doubled and missing events: a job is known from JOB_INFO on (JOB_STARTED comes before it, and has
    ids that nobody has heard of yet). A job that had finished without its event, because Snakemake
    was killed in between, is found completed when a run ends with nothing left to do: by its
    output, which is there. The study is opened at the first JOB_INFO: a dry run, `--summary` and
    their like leave none.
"""

import json
import os
from dataclasses import dataclass, field
from logging import LogRecord
from typing import Any, Dict, Optional, Tuple

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

from ._logs import logger


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """`--logger-study-name` and so on."""

    name: str = field(default="snakemake", metadata={"help": "Name of the study."})
    results_dir: str = field(
        default="studies",
        metadata={"help": "Where studies are kept, relative to the workflow's directory."},
    )
    observers: Optional[str] = field(
        default=None,
        metadata={"help": "Who keeps the checkpoint, with commas. Default: manifest_writer."},
    )


_Job = Tuple[str, Dict[str, Any]]  # key and config


class LogHandler(LogHandlerBase):
    """Records the jobs that Snakemake logs."""

    writes_to_stream = False
    writes_to_file = False
    has_filter = True  # else --quiet would hide jobs
    has_formatter = True
    needs_rulegraph = False

    settings: Any  # LogHandlerSettings

    def __post_init__(self) -> None:
        self._mirror: Any = None
        self._jobs: Dict[int, _Job] = {}
        self._is_all_done = self._is_given_up = False
        self._workdir = ""

    def emit(self, record: LogRecord) -> None:
        """What is raised here would end the thread that all loggers share."""
        if self.common_settings.dryrun or self._is_given_up:
            return
        try:
            self._take(record)
        except Exception as error:
            logger.warning("%s: not recorded: %s", getattr(record, "event", "a record"), error)
            self._is_given_up = self._mirror is None  # it can't be opened the next time, either

    def _take(self, record: LogRecord) -> None:
        said = vars(record)
        event = said.get("event")
        if event == LogEvent.JOB_INFO:
            self._begin(said)
        elif event == LogEvent.JOB_FINISHED and said["job_id"] in self._jobs:
            self._mirror.completed(*self._jobs[said["job_id"]], record.created)
        elif event == LogEvent.JOB_ERROR:
            self._fail(said["jobid"], record)
        elif event == LogEvent.GROUP_ERROR:
            for job in said.get("job_error_info") or ():
                self._fail(job["jobid"], record)
        elif event == LogEvent.PROGRESS:
            self._is_all_done = said["done"] == said["total"]
        elif event is None and record.getMessage().startswith("Nothing to be done"):
            self._is_all_done = True

    def _begin(self, said: Dict[str, Any]) -> None:
        wildcards = dict(said["wildcards"] or {})
        identity = {"rule": said["rule_name"], "wildcards": wildcards}
        config = {**identity, "output": [str(path) for path in said["output"] or ()]}
        job = json.dumps(identity, sort_keys=True), config
        self._jobs[said["jobid"]] = job
        self._open()
        self._mirror.started(*job, said["created"])

    def _open(self) -> None:
        from ._mirror import Mirror

        if self._mirror is None:
            self._workdir = os.getcwd()
            names = self.settings.observers
            self._mirror = Mirror(
                self.settings.name,
                results_dir=self.settings.results_dir,
                observers=names.split(",") if names else None,
            )

    def _fail(self, job_id: int, record: LogRecord) -> None:
        if job_id in self._jobs:
            message = record.getMessage().split("\n")[0]
            self._mirror.failed(*self._jobs[job_id], "JobError", message, record.created)

    def close(self) -> None:
        """Snakemake calls it twice."""
        try:
            if self._is_all_done and self._has_study():
                self._open()
                self._complete_what_is_there()
            if self._mirror is not None:
                self._mirror.end(is_over=self._is_all_done)
        except Exception as error:
            logger.warning("%s: %s", self.settings.name, error)
        self._mirror, self._is_all_done = None, False
        super().close()

    def _has_study(self) -> bool:
        from .study import latest

        if self._mirror is not None or self.common_settings.dryrun:
            return self._mirror is not None
        return latest(self.settings.results_dir, self.settings.name) is not None

    def _complete_what_is_there(self) -> None:
        """Snakemake has nothing left to do: so what has all of its output is done."""
        for run in self._mirror.study.runs():
            output = run.config.get("output")
            if run.state in ("completed", "failed") or not output:
                continue
            if all(os.path.exists(os.path.join(self._workdir, path)) for path in output):
                run.complete()
