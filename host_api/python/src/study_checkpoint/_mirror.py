"""A study that follows what a framework says has happened to its runs.

Frameworks say things twice, late, for runs that nobody has heard of, and not at all where they are
killed. So an event here says what a run has come to, whatever was said of it before. A completed
run stays so, and nothing that goes wrong in recording harms what is recorded.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional

from ._logs import logger
from .errors import BadOptions, ConfigError, StudyError
from .run import Run, Time
from .study import Study

Attributes = Optional[Mapping[str, Any]]


class Mirror:
    """An open-ended study, whose runs are known by the framework's own keys."""

    def __init__(self, name: str, **options: Any) -> None:
        """options: those of Study.open.

        Raises:
            StudyError: as Study.open; nothing has been started then.
        """
        # What has failed stays so until the framework begins it again.
        self.study = Study.open(name, failed="kept", **options)
        self._runs: Dict[str, Run] = {}

    def run(self, key: str, config: Any) -> Run:
        """Adds it, where it isn't known. `config` is what is known when it begins."""
        if key not in self._runs:
            try:
                self._runs[key] = self.study.add([config], key=key)[0]
            except ConfigError as error:  # the key tells who it is; the config is for people
                logger.warning("%s: its config is left out: %s", key, error)
                self._runs[key] = self.study.add([{"key": key}], key=key)[0]
        return self._runs[key]

    def added(self, key: str, config: Any) -> None:
        self._try(key, config, lambda run, is_whole: None)

    def started(self, key: str, config: Any, time: Time = None) -> None:
        def tell(run: Run, is_whole: bool) -> None:
            if run.state != "completed":
                run.start(time)

        self._try(key, config, tell)

    def completed(
        self,
        key: str,
        config: Any,
        time: Time = None,
        *,
        began: Time = None,
        result: Any = None,
        attributes: Attributes = None,
    ) -> None:
        def tell(run: Run, is_whole: bool) -> None:
            if run.state == "completed":
                return
            if run.state != "running":
                run.start(began if began is not None else time)
            if is_whole:
                run.attributes.update(attributes or {})
                if result is not None:
                    run.save(result, ".json")
            run.complete(time)

        self._try(key, config, tell)

    def failed(
        self,
        key: str,
        config: Any,
        error_type: str,
        message: str,
        time: Time = None,
        *,
        began: Time = None,
        attributes: Attributes = None,
    ) -> None:
        def tell(run: Run, is_whole: bool) -> None:
            if run.state in ("completed", "failed"):
                return
            if run.state != "running" and began is not None:
                run.start(began)
            if is_whole:
                run.attributes.update(attributes or {})
            run.fail(error_type, message, time)

        self._try(key, config, tell)

    def released(self, key: str, config: Any, time: Time = None) -> None:
        """It has not ended, and is pending again."""

        def tell(run: Run, is_whole: bool) -> None:
            if run.state == "running":
                run.release(time)

        self._try(key, config, tell)

    def _try(self, key: str, config: Any, tell: Callable[[Run, bool], None]) -> None:
        try:
            run = self.run(key, config)
            try:
                tell(run, True)
            except (BadOptions, ConfigError) as error:  # what has no form in JSON costs no event
                logger.warning("%s: %s: left out", key, error)
                run.attributes.clear()
                tell(run, False)
        except StudyError as error:
            logger.warning("%s: not recorded: %s", key, error)

    def end(self, is_over: bool) -> None:
        """is_over: the framework says that there is nothing more to come. While something is
        running or waiting, the study is interrupted all the same."""
        try:
            is_done = is_over and self.study.counts.pending == 0
            self.study.end("completed" if is_done else "interrupted")
        except StudyError as error:
            logger.warning("%s: %s", self.study.name, error)
