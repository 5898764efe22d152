"""What ends a study early without being anybody's failure."""

from __future__ import annotations

import builtins
import concurrent.futures
import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Dict, Iterable, Optional, Type, Union

from .errors import BadOptions, StudyInterrupt

_GROUP: Any = getattr(builtins, "BaseExceptionGroup", None)


def is_interrupt(error: BaseException) -> bool:
    """Ctrl-C, an exit, a cancelled task or future, or a group that holds one."""
    if not isinstance(error, Exception) and not _is_group(error):
        return True
    if isinstance(error, concurrent.futures.CancelledError):
        return True
    return _is_group(error) and any(is_interrupt(inner) for inner in getattr(error, "exceptions"))


def _is_group(error: BaseException) -> bool:
    return _GROUP is not None and isinstance(error, _GROUP)


SignalName = Union[str, int, signal.Signals]


class SignalGuard:
    """Makes signals an interrupt of the main thread, and puts back what was there."""

    def __init__(self, signals: Iterable[SignalName]) -> None:
        """
        Raises:
            BadOptions: no such signal, or not in the main thread, the only one whose signals Python
                handles.
        """
        self._numbers = [_number(name) for name in signals]
        self._before: Dict[signal.Signals, Any] = {}
        self._is_ending = False
        if self._numbers and threading.current_thread() is not threading.main_thread():
            raise BadOptions("signals= can be asked for in the main thread only")

    def begin(self) -> None:
        for number in self._numbers:
            self._before[number] = signal.signal(number, self._interrupt)

    def hold(self) -> None:
        """From here on they change nothing: what they ask for is under way."""
        self._is_ending = True

    def end(self) -> None:
        """In the main thread; elsewhere Python can't, and the handler does nothing any more."""
        self._is_ending = True
        if threading.current_thread() is not threading.main_thread():
            return
        while self._before:
            number, before = self._before.popitem()
            if signal.getsignal(number) == self._interrupt:  # nobody has put theirs there since
                signal.signal(number, before if before is not None else signal.SIG_DFL)

    def _interrupt(self, number: int, frame: Optional[FrameType]) -> None:
        if not self._is_ending:
            raise StudyInterrupt(number, signal.Signals(number).name)


def _number(name: SignalName) -> signal.Signals:
    try:
        return signal.Signals[name] if isinstance(name, str) else signal.Signals(name)
    except (KeyError, ValueError):
        raise BadOptions(f"signals: there is no signal {name!r}: SIGTERM is one") from None


ErrorType = Optional[Type[BaseException]]
Traceback = Optional[TracebackType]
