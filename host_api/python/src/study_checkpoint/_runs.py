"""The runs of a study: which are left, which are added, and what is told of them."""

from __future__ import annotations

import sys
import threading
import weakref
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Union,
)

from . import _library as native
from . import _logs, _opening, notebook
from ._session import Details, RunFacts, Session
from .canonical import config_hash
from .run import Run, parsed_config

Key = Union[None, str, Sequence[str], Callable[[Any], str]]


class Counts(NamedTuple):
    """Of a study's runs."""

    completed: int
    failed: int
    pending: int  #: and running


class _Claim:
    """A loop over `pending` has a run in hand."""


class Runs:
    """What a study is to its runs. `Study` has the rest."""

    def __init__(self, session: Session, opening: "_opening.Opening") -> None:
        self._session = session
        self._opening = opening
        self._added: Dict[int, Any] = {}  # configs of runs that were not given to open
        self._claims: "weakref.WeakValueDictionary[int, _Claim]" = weakref.WeakValueDictionary()
        self._lock = threading.Lock()
        self._failures = 0
        self.name = opening.name
        self.encode = opening.encode
        self.reraise = opening.reraise
        self.max_failures = opening.max_failures
        self.is_durable = opening.is_durable

    def pending(self, *, reraise: Optional[bool] = None) -> Iterator[Run]:
        """The runs that are left, in order; when they are through, those that were added meanwhile.

        Loops of several threads share them: none gets a run that another one has in hand. A run
        that was released is not given again by the same loop. After `max_failures` there are none.
        """
        newest = -1
        while True:
            numbers = [number for number in self._session.pending() if number > newest]
            if not numbers:
                return
            for number in numbers:
                newest = number
                if self.has_failed:
                    return
                claim = self._claim(number)
                facts = self._facts(number) if claim else None
                if facts is None or facts.state != native.PENDING:
                    continue
                run = self._run(number, facts)
                if reraise is not None:
                    run.reraise = reraise
                loop = id(sys._getframe(1))
                try:
                    yield run
                except GeneratorExit:
                    run._leave_with(loop)
                    raise

    def _claim(self, number: int) -> "Optional[_Claim]":
        """Of the loop that has a run in hand: it ends with the loop, however that ends."""
        with self._lock:
            if number in self._claims:
                return None
            claim = self._claims[number] = _Claim()
            return claim

    def runs(self) -> List[Run]:
        """All of them, whatever their state."""
        return [self._run(number) for number in range(self._session.info().runs)]

    def find(self, config: Any = None, *, key: Optional[str] = None, cycle: int = 1) -> Optional[Run]:
        """The run of a configuration, or of a key that was given to `add`; None: there is none."""
        if key is not None:
            identity = _opening.identity(key)
        else:
            identity = config_hash(config, encode=self.encode)
        number = self._session.find(identity, cycle)
        return None if number is None else self._run(number)

    def add(self, experiments: Iterable[Any], key: Key = None) -> List[Run]:
        """Adds what the study doesn't have of `experiments`, and gives the runs of all of them: for
        each its cycles, one after the other.

        Args:
            experiments: as in `open`.
            key: the host's own identity, which counts in the place of the configuration's hash: a
                text for the one experiment, a list of texts, or a function that makes one of a
                configuration. What has a known key is known, whatever its configuration. Texts
                other than 1 to 128 letters, digits and `._:-` are hashed.

        Raises:
            ConfigError, BadOptions: nothing was added.
        """
        given = list(experiments)
        keys = _opening.keys_of(given, key)
        if keys is not None:
            return self._add_by_key(given, keys)
        text = _opening.experiments_json(given, self.encode)
        numbers = self._add(text, len(given))
        for place, number in enumerate(numbers):
            self._added[number] = given[place // self._opening.n_cycles]
        return [self._run(number) for number in numbers]

    def _add(self, experiments: bytes, count: int) -> List[int]:
        try:
            return self._session.add(experiments, count * self._opening.n_cycles)
        finally:
            self._pass_on_logs()

    def _add_by_key(self, given: List[Any], keys: List[str]) -> List[Run]:
        """What a key stands for counts, also where the configuration has changed since."""
        new: Dict[str, Any] = {}
        for experiment, key in zip(given, keys):
            if self._session.find(key, 1) is None:
                new.setdefault(key, experiment)
        text = _opening.experiments_json(list(new.values()), self.encode, list(new))
        if new:
            self._add(text, len(new))
        runs = []
        for experiment, key in zip(given, keys):
            for cycle in range(1, self._opening.n_cycles + 1):
                number = self._session.find(key, cycle)
                if number is not None:
                    self._added[number] = new.get(key, experiment)
                    runs.append(self._run(number))
        return runs

    def _run(self, number: int, facts: Optional[RunFacts] = None) -> Run:
        facts = facts or self._facts(number)
        return Run(self, number, facts, self._config(number, facts))

    def _config(self, number: int, facts: RunFacts) -> Any:
        if facts.experiment >= 0:
            return self._opening.experiments[facts.experiment]
        if number not in self._added:
            self._added[number] = parsed_config(facts)
        return self._added[number]

    def _facts(self, number: int) -> RunFacts:
        return self._session.run(number)

    def _tell(self, number: int, state: int, details: Optional[Details], time_us: int) -> None:
        session = self._session
        try:
            if details is None:
                session.mark(number, state, time_us)
            else:
                session.event(number, state, details, time_us)
        finally:
            _logs.pass_on(session.handle)
        if self._opening.progress and state in (native.COMPLETED, native.EXPERIMENT_FAILED):
            notebook.show_progress(self)

    def _pass_on_logs(self) -> None:
        _logs.pass_on(self._session.handle)

    def _count_failure(self) -> None:
        with self._lock:
            self._failures += 1
            is_last = self._failures == self.max_failures
        if is_last:
            _logs.logger.error(
                "%s: %d runs have failed, which is max_failures: nothing more is started",
                self.name,
                self._failures,
            )

    @property
    def has_failed(self) -> bool:
        """`max_failures` runs have."""
        return self.max_failures is not None and self._failures >= self.max_failures

    @property
    def counts(self) -> Counts:
        """How many runs have completed, have failed, and are left."""
        info = self._session.info()
        return Counts(info.completed, info.failed, info.pending)
