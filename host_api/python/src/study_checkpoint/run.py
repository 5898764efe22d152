"""One run of a study: an experiment in one cycle."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, NoReturn, Optional, Sequence, Union

from . import _library as native
from ._interrupts import ErrorType, Traceback, is_interrupt
from ._logs import logger
from ._session import Details, Result, RunFacts
from .canonical import result_json
from .errors import BadOptions, EventIgnored, StudyError

if TYPE_CHECKING:
    from ._runs import Runs

#: When something happened: seconds since 1970, or a datetime with its time zone. None is now.
Time = Union[None, int, float, datetime.datetime]

STATE_NAMES = ("pending", "running", "completed", "failed")


def microseconds(time: Time) -> int:
    """Since 1970; 0 for now."""
    if time is None:
        return 0
    if isinstance(time, datetime.datetime):
        if time.tzinfo is None:
            raise BadOptions(f"the time {time} has no time zone: give it one, such as UTC")
        time = time.timestamp()
    return max(1, round(time * 1_000_000))


class Run:
    """An experiment in one cycle.

        with run:                       # running
            run.save(train(run.config)) # then completed

    An exception in the block is a failure of the run, with its class's name and text; it is logged
    and the loop goes on, unless the study was opened with `reraise=True`. Ctrl-C, SystemExit and a
    cancelled task go through: the run is pending again, and the study interrupted.

    Any thread may use a run. A process that was forked, or that a run was sent to, may not: it gets
    `run.config`, and hands its result back.

    Attributes:
        config: the very object that was given to the study.
        cycle: 1, 2, ... up to the study's n_cycles.
        stem: of the files that the run leaves in the study's directory, without extension.
        hash: the identity of `config`, or the key that was given.
        summary: a line for people: what varies.
        attributes: what else is to be known of this attempt, told with its next event: JSON values
            by name, 64 KiB of it at most.
    """

    def __init__(self, study: "Runs", number: int, facts: RunFacts, config: Any) -> None:
        self._study = study
        self.number = number
        self.config = config
        self.cycle = facts.cycle
        self.stem = facts.stem
        self.hash = facts.config_hash
        self.summary = facts.summary
        self.attributes: Dict[str, Any] = {}
        self.reraise = study.reraise
        self._result: Optional[Result] = None
        self._told = b""
        self._block = 0  # the frame whose `with` block it is in

    @property
    def state(self) -> str:
        """`pending`, `running`, `completed` or `failed`, as the checkpoint has it now."""
        return STATE_NAMES[self._study._facts(self.number).state]

    # The result

    def save(self, result: Any, extension: Optional[str] = None) -> None:
        """The run's result, which is written when it completes: a text as `.txt`, bytes as `.bin`,
        all else as `.json`. What is saved again replaces what was.

        Raises:
            ConfigError: it holds what can't be had in JSON.
        """
        content, kind, not_finite = encoded_result(result, self._study.encode)
        self._warn_of(not_finite)
        self._result = Result(extension or kind, content)

    def _warn_of(self, not_finite: Sequence[str]) -> None:
        if not_finite:
            logger.warning(
                "%s, cycle %d: %s: JSON has neither NaN nor infinity: null is written",
                self.summary or self.hash,
                self.cycle,
                ", ".join(not_finite[:5]),
            )

    def adopt(self, path: "Union[str, os.PathLike[str]]", extension: Optional[str] = None) -> None:
        """A file that is the result: it is moved beside the manifest when the run completes, and
        keeps its extension.

        Raises:
            FileNotFoundError: it isn't there.
        """
        absolute = os.path.abspath(os.fspath(path))
        os.stat(absolute)
        kind = extension or Path(absolute).suffix or ".bin"
        self._result = Result(kind, file=os.fsencode(absolute))

    # Events

    def start(self, time: Time = None) -> None:
        """It is running. Said again, nothing changes.

        Raises:
            EventIgnored: it has completed.
        """
        self._tell(native.RUNNING, self._details(), time)

    def complete(self, time: Time = None) -> None:
        """It has completed, with what was saved or adopted. Said again, nothing changes.

        Raises:
            EventIgnored: it has failed, and was not started again.
            StudyError: the result can't be written; the run is what it was.
        """
        self._tell(native.COMPLETED, self._details(self._result), time)
        self._result = None

    def complete_in_place(self, extension: str, time: Time = None, *, path: str = "") -> None:
        """As `complete`; the result is there already, whole: `stem` and this extension, or `path`,
        relative to the study's directory."""
        result = Result(extension, file=os.fsencode(path), is_in_place=True)
        self._tell(native.COMPLETED, self._details(result), time)

    def fail(self, error: Union[BaseException, str], message: str = "", time: Time = None) -> None:
        """It has failed: with an exception, or a class-like name and a text. Said again, nothing
        changes.

        Raises:
            EventIgnored: it has completed.
        """
        if isinstance(error, BaseException):
            name, message = type(error).__name__, str(error) or message
        else:
            name = error
        details = Details(self._news(), error_type=name, error_message=message)
        if self._tell(native.EXPERIMENT_FAILED, details, time):
            self._study._count_failure()

    def release(self, time: Time = None) -> None:
        """It has not ended, and is pending again. Said again, nothing changes.

        Raises:
            EventIgnored: it has completed or failed.
        """
        self._tell(native.PENDING, self._details(), time)

    def _details(self, result: Optional[Result] = None) -> Optional[Details]:
        """None where there is nothing to say but the state: that takes a third of the time."""
        news = self._news() if self.attributes else b""
        return Details(news, result) if news or result else None

    def _tell(self, state: int, details: Optional[Details], time: Time) -> bool:
        """Whether anything has changed. An interrupt between the library's work and the caller's
        next line makes callers say things twice: that the run is so already is fine."""
        try:
            time_us = 0 if time is None else microseconds(time)
            self._study._tell(self.number, state, details, time_us)
        except EventIgnored:
            if self._study._facts(self.number).state != state:
                raise
            return False
        return True

    def _news(self) -> bytes:
        """The attributes, where they have changed since they were told."""
        if not self.attributes:
            return b""
        try:
            text, _ = result_json(self.attributes, self._study.encode)
        except ValueError as error:
            raise BadOptions(f"attributes: {error}") from error
        if text == self._told:
            return b""
        if len(text) > native.MAX_ATTRIBUTES_BYTES:
            logger.warning(
                "%s, cycle %d: its attributes are left out: %d bytes are more than %d",
                self.summary or self.hash,
                self.cycle,
                len(text),
                native.MAX_ATTRIBUTES_BYTES,
            )
            return b""
        self._told = text
        return text

    # The block

    def __enter__(self) -> "Run":
        self._block = id(sys._getframe(1))
        self._begin()
        return self

    def _begin(self) -> None:
        """As `start`, but an error where it is running: two threads that have the same run must not
        both think it theirs."""
        try:
            self._study._tell(self.number, native.RUNNING, self._details(), 0)
        except StudyError:
            self._block = 0
            raise
        except BaseException:  # the block is not entered, so that nobody else would
            self._release_surely()
            raise

    def __exit__(self, kind: ErrorType, error: Optional[BaseException], trace: Traceback) -> bool:
        try:
            is_handled = self._leave(error)
            self._block = 0
            return is_handled
        except BaseException:  # interrupted here, or its result can't be written
            try:
                self._release_surely()
            except KeyboardInterrupt:
                self._release_surely()
            raise

    def _leave_with(self, loop: int) -> None:
        """The loop of that frame is given up. An interrupt before the first instruction
        of __exit__ leaves a block without it."""
        if self._block == loop:
            with contextlib.suppress(StudyError):  # nor can anybody be told where it fails
                self._release_surely()

    def _release_surely(self) -> None:
        """Unless it has got through. People hit Ctrl-C more than once: one is on its way already."""
        while True:
            try:
                with contextlib.suppress(EventIgnored):
                    self.release()
                self._block = 0
                return
            except KeyboardInterrupt:
                continue

    def _leave(self, error: Optional[BaseException]) -> bool:
        """Whether the exception ends here."""
        if error is None:
            self.complete()
            return False
        if is_interrupt(error):
            self.release()
            return False
        self.fail(error)
        logger.warning(
            "%s, cycle %d: failed: %s: %s",
            self.summary or self.hash,
            self.cycle,
            type(error).__name__,
            error,
            exc_info=error,
        )
        return not self.reraise

    def __repr__(self) -> str:
        return f"<Run {self.summary or self.hash}, cycle {self.cycle}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{self!r} belongs to the process that opened its study and can't be sent to another: "
            "send run.config, and save what comes back; study.map does both"
        )


def encoded_result(result: Any, encode: Any) -> "tuple[bytes, str, list[str]]":
    """Its bytes, extension, and the places of numbers that JSON doesn't have."""
    if isinstance(result, str):
        return result.encode("utf-8", "replace"), ".txt", []
    if isinstance(result, (bytes, bytearray, memoryview)):
        return bytes(result), ".bin", []
    content, not_finite = result_json(result, encode)
    return content, ".json", not_finite


def parsed_config(facts: RunFacts) -> Any:
    """Of a run that was not among the experiments given: as the checkpoint has it."""
    return json.loads(facts.config) if facts.config else {}
