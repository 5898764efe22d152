"""Hands the runs of a study to an executor, and makes of what comes back what became of them."""

from __future__ import annotations

import concurrent.futures
import os
import queue
import sys
import time
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional

from . import _leftovers, _orphans, worker
from ._logs import logger
from ._session import Result
from .errors import EventIgnored, StudyError
from .run import Run

if TYPE_CHECKING:
    from .study import Study

Function = Callable[[Any], Any]


def is_spawned(executor: Any) -> bool:
    context = getattr(executor, "_mp_context", None)
    return context is not None and context.get_start_method() in ("spawn", "forkserver")


class Dispatch:
    def __init__(
        self, study: "Study", function: Function, executor: Any, in_flight: Optional[int]
    ) -> None:
        self._study = study
        self._function = function
        self._executor = executor
        self._most = in_flight or sys.maxsize
        self._flying: Dict[Any, Run] = {}
        self._done: "queue.SimpleQueue[Any]" = queue.SimpleQueue()
        self._lost: List[Run] = []
        self._broken: Optional[BaseException] = None
        self._has_worked = False
        self._error = ""

    def go(self) -> None:
        self._watch_workers()
        runs = self._study.pending()
        try:
            self._submit_from(runs)
            while self._flying:
                for future in self._wait():
                    self._settle(self._flying.pop(future), future)
                if self._broken is None and not self._error:
                    self._submit_from(runs)
        except BaseException:
            self._abandon()
            raise
        self._tell_of_lost()
        if self._error:
            raise StudyError(self._error)

    def _watch_workers(self) -> None:
        """Also those that never get any work end with their parent."""
        pool = self._executor
        if not isinstance(pool, concurrent.futures.ProcessPoolExecutor):
            return
        if getattr(pool, "_initializer", 0) is None and not getattr(pool, "_processes", None):
            setattr(pool, "_initializer", _orphans.watch)
            setattr(pool, "_initargs", (os.getpid(),))

    def _submit_from(self, runs: Any) -> None:
        while len(self._flying) < self._most and self._broken is None:
            run = next(runs, None)
            if run is None:
                return
            run._begin()
            try:
                future = self._executor.submit(
                    worker.call, self._function, run.config, self._task(run)
                )
            except BaseException as error:
                run.release()
                if not isinstance(error, concurrent.futures.BrokenExecutor):
                    raise
                self._broken = error
                return
            self._flying[future] = run
            if hasattr(future, "add_done_callback"):
                future.add_done_callback(self._done.put)

    def _task(self, run: Run) -> worker.Task:
        study = self._study
        return worker.Task(
            str(study.directory),
            run.stem,
            os.getpid(),
            study.encode,
            study.is_durable,
            is_alone=self._most == 1,
        )

    def _wait(self) -> List[Any]:
        """Those that are done: at least one."""
        pause = 0.01
        polled = [future for future in self._flying if not hasattr(future, "add_done_callback")]
        if not polled:
            return [self._done.get()]
        while True:
            done = [future for future in polled if future.done()]
            while not self._done.empty():
                done.append(self._done.get())
            if done:
                return done
            time.sleep(pause)
            pause = min(1.0, pause * 1.5)

    def _settle(self, run: Run, future: Any) -> None:
        try:
            outcome = future.result()
        except concurrent.futures.BrokenExecutor as error:
            self._broken = error
            self._lost.append(run)
            return
        except concurrent.futures.CancelledError:
            outcome = {"state": "interrupted"}
        except Exception as error:  # the executor's own: a job that was killed, a config it can't send
            outcome = {
                "state": "failed",
                "error_type": type(error).__name__,
                "error_message": str(error),
            }
        else:
            self._has_worked = True
        try:
            self._tell(run, outcome)
        except EventIgnored as error:
            logger.warning("%s", error)

    def _tell(self, run: Run, outcome: "worker.Outcome") -> None:
        if "worker" in outcome:
            run.attributes.update(worker=outcome["worker"], seconds=outcome["seconds"])
        if outcome["state"] == "interrupted":
            run.release()
        elif outcome["state"] == "failed":
            self._tell_of_failure(run, outcome)
        else:
            self._complete(run, outcome)

    def _tell_of_failure(self, run: Run, outcome: "worker.Outcome") -> None:
        # A job may have put its result in place before it was killed.
        there = _leftovers.found_result(str(self._study.directory), run.stem)
        if "traceback" not in outcome and there is not None:
            run.complete_in_place(there)
            return
        run.fail(outcome["error_type"], outcome["error_message"])
        said = f"{run.summary or run.hash}, cycle {run.cycle}: failed: {outcome['error_type']}: "
        said += outcome["error_message"]
        logger.warning("%s", "\n".join((said, outcome.get("traceback", ""))).rstrip())
        if run.reraise:
            self._error = said

    def _complete(self, run: Run, outcome: "worker.Outcome") -> None:
        run._warn_of(outcome.get("not_finite", []))
        extension = outcome["extension"]
        if "content" in outcome:
            logger.info("%s: its worker could not write: %s", run.stem, outcome["problem"])
            run._result = Result(extension, outcome["content"])
            run.complete()
        elif extension:
            run.complete_in_place(extension)
        else:
            run.complete()

    def _tell_of_lost(self) -> None:
        """A worker was killed, and with it the pool: nobody knows by which run."""
        if self._broken is None:
            return
        left = []
        for run in self._lost:
            there = _leftovers.found_result(str(self._study.directory), run.stem)
            if there is not None:
                run.complete_in_place(there)
            elif self._has_begun(run):
                run.fail(self._broken)
            else:
                run.release()
                left.append(run.summary or run.hash)
        raise StudyError(self._account(left)) from self._broken

    def _has_begun(self, run: Run) -> bool:
        """And is the only one in hand."""
        try:
            os.unlink(self._task(run).begun)
        except OSError:
            return False
        return True

    def _account(self, left: List[str]) -> str:
        names = ", ".join(left[:3]) + (", ..." if len(left) > 3 else "")
        account = (
            f"a worker was killed, or ended itself, and its pool takes no more work: "
            f"{self._broken}"
        )
        if left:
            account += (
                f". {len(left)} of its runs are pending again ({names}): open the study again with "
                "a new pool. Where the same ones come again, in_flight=1 finds the one that does "
                "it, as failed"
            )
        if not self._has_worked and is_spawned(self._executor):
            account += (
                ". No worker has done anything: does the main script do its work below "
                '`if __name__ == "__main__":`? Each worker that is spawned imports it'
            )
        return account

    def _abandon(self) -> None:
        """Nobody waits any more: what is done counts, what isn't is pending again. A worker that
        still finishes puts its result in place, where the next `open` finds it."""
        flying, self._flying = self._flying, {}
        for future in flying:
            if isinstance(future, concurrent.futures.Future):
                future.cancel()  # of those that have not begun; a batch system's job goes on
        for future, run in flying.items():
            if future.done():
                self._settle(run, future)
            else:
                run.release()
        for run in self._lost:
            run.release()
