"""What this package raises. Each message names the thing and says what to do."""

from __future__ import annotations


class StudyError(Exception):
    """A study can't be opened, or gone on with; the base of all below."""


class BadOptions(StudyError, ValueError):
    """What the caller said is wrong: a name, an option, an attribute, a key."""


class ConfigError(StudyError, ValueError):
    """A configuration, or a result, holds what has no form of its own in JSON.

    Attributes:
        path: where, as in ``experiments[3].optimizer.lr``.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


class DesignChanged(StudyError):
    """The experiments have lost or changed some that the study began with.

    Attributes:
        account: how they differ, in lines for a person.
    """

    def __init__(self, message: str, how_to_go_on: str = "") -> None:
        super().__init__(f"{message}\n{how_to_go_on}" if how_to_go_on else message)
        self.account = message.split("\n")[1:]


class EventIgnored(StudyError):
    """The run's state doesn't allow the event: nothing has changed. A completed run stays so."""


class StudyInterrupt(KeyboardInterrupt):
    """One of ``Study.open(signals=...)`` has arrived.

    Attributes:
        signum: the signal's number.
    """

    def __init__(self, signum: int, name: str) -> None:
        super().__init__(name)
        self.signum = signum
