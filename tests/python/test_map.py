"""`study.map` over each kind of worker."""

from __future__ import annotations

import concurrent.futures
import functools
import json
import multiprocessing
import multiprocessing.pool
import os
import subprocess
import sys
import textwrap
import threading

import map_functions
import pools
import pytest
from study_checkpoint import BadOptions, Study, StudyError, read, sweep

NUMBERS = sweep(n=range(6))


def results(study):
    return [
        json.loads((study.directory / one["result_file"]).read_text()) for one in study.manifest()["experiments"]
    ]


@pytest.mark.parametrize("kind", pools.KINDS)
def test_each_kind_of_worker_runs_what_is_left_and_puts_its_result_in_place(kind, results_dir):
    with Study.open("map", NUMBERS, results_dir=results_dir, n_cycles=2) as study:
        with pools.pool(kind) as executor:
            assert study.map(map_functions.square, executor, in_flight=4) == (12, 0, 0)
    assert [one["square"] for one in results(study)] == [n * n for n in range(6) for _ in range(2)]
    others = {one["pid"] for one in results(study)} - {os.getpid()}
    assert bool(others) == (kind != "threads")
    assert read(study.directory)["status"] == "completed"


def test_without_an_executor_it_runs_here(results_dir):
    with Study.open("here", NUMBERS, results_dir=results_dir) as study:
        assert study.map(map_functions.square) == (6, 0, 0)
    assert {one["pid"] for one in results(study)} == {os.getpid()}


@pytest.mark.parametrize("kind", ["threads", "fork", "spawn", "loky"])
def test_what_a_worker_raises_is_data(kind, results_dir, caplog):
    with Study.open("errors", sweep(n=range(5)), results_dir=results_dir) as study:
        with pools.pool(kind) as executor:
            assert study.map(map_functions.fail_variously, executor) == (1, 3, 1)
    entries = study.manifest()["experiments"]
    assert [one["status"] for one in entries] == ["failed", "failed", "pending", "failed", "completed"]
    assert [one["error_type"] for one in entries[:4]] == ["Unpicklable", "SystemExit", None, "ConfigError"]
    assert entries[0]["error_message"] == "this and that"
    assert "map_functions.py" in caplog.text  # the worker's traceback, which no manifest has
    assert "NaN" in caplog.text
    assert study.manifest()["status"] == "interrupted"


def test_a_worker_has_any_kind_of_result(results_dir):
    with Study.open("kinds", sweep(n=range(4)), results_dir=results_dir) as study:
        with pools.pool("fork") as executor:
            study.map(map_functions.kinds_of_results, executor)
    names = [one["result_file"] for one in study.manifest()["experiments"]]
    assert names[0] is None
    assert [(study.directory / name).read_bytes() for name in names[1:]] == [b"text", b"bytes", b'{"a": 1}']
    assert not list(study.directory.glob(".*.part"))


def test_a_result_that_its_worker_can_not_write_is_written_by_the_parent(results_dir, tmp_path):
    study = Study.open("far", sweep(n=[1]), results_dir=results_dir)
    here, there = study.directory, tmp_path / "far"

    class FarAway:  # on another machine, which hasn't got this folder
        def submit(self, function, *arguments):
            future = concurrent.futures.Future()
            here.rename(there)
            try:
                future.set_result(function(*arguments))
            finally:
                there.rename(here)
            return future

    with study:
        assert study.map(map_functions.square, FarAway()) == (1, 0, 0)
    assert results(study)[0]["square"] == 1


class JobsWithoutCallbacks:
    """As submitit's: they have done() and result() alone."""

    class Job:
        def __init__(self, work):
            self._thread = threading.Thread(target=self._run, args=(work,))
            self._thread.start()

        def _run(self, work):
            self._result = work()

        def done(self):
            return not self._thread.is_alive()

        def result(self):
            return self._result

    def submit(self, function, *arguments):
        return self.Job(lambda: function(*arguments))


def test_all_that_has_done_and_result_will_do(results_dir):
    with Study.open("polled", NUMBERS, results_dir=results_dir) as study:
        assert study.map(map_functions.square, JobsWithoutCallbacks()) == (6, 0, 0)


def test_no_more_than_asked_for_is_in_flight(results_dir):
    most = 0

    class Counting(concurrent.futures.ThreadPoolExecutor):
        def submit(self, *arguments):
            nonlocal most
            running = [one for one in study.manifest()["experiments"] if one["status"] == "running"]
            most = max(most, len(running))
            return super().submit(*arguments)

    with Study.open("flight", NUMBERS, results_dir=results_dir) as study, Counting(4) as executor:
        study.map(map_functions.square, executor, in_flight=2)
        assert most == 2
        with pytest.raises(BadOptions, match="at least 1"):
            study.map(map_functions.square, executor, in_flight=0)


def method_of_something():
    return threading.Lock().acquire


def refused():
    def within(config):
        return config

    process_pool = concurrent.futures.ProcessPoolExecutor(1)
    yield lambda config: config, process_pool, "lambda"
    yield functools.partial(lambda config: config), process_pool, "lambda"
    yield within, process_pool, "top level of a module"
    yield method_of_something(), process_pool, "can't be sent"
    yield map_functions.square, 3, "no submit"
    yield map_functions.square, multiprocessing.pool.ThreadPool, "waits for ever"
    yield map_functions.square, multiprocessing.Pool, "waits for ever"


@pytest.mark.parametrize("function, executor, reason", list(refused()), ids=str)
def test_what_can_not_work_is_refused_before_anything_starts(function, executor, reason, results_dir):
    with Study.open("refused", NUMBERS, results_dir=results_dir) as study:
        if callable(executor):
            with executor(1) as pool, pytest.raises(BadOptions, match=reason):
                study.map(function, pool)
        else:
            with pytest.raises(BadOptions, match=reason):
                study.map(function, executor)
        assert study.counts == (0, 0, 6)


def test_threads_take_a_lambda(results_dir):
    with Study.open("threads", NUMBERS, results_dir=results_dir) as study, pools.pool("threads") as executor:
        assert study.map(lambda config: config["n"], executor).completed == 6


def test_a_lambda_to_encode_with_is_refused_where_workers_would_need_it(results_dir):
    with Study.open("encode", NUMBERS, results_dir=results_dir, encode=lambda value: str(value)) as study:
        with pools.pool("fork") as executor, pytest.raises(BadOptions, match="encode= is a lambda"):
            study.map(map_functions.square, executor)


def test_workers_encode_as_the_study_does(results_dir):
    with Study.open("encoded", [{"s": {2, 1}}], results_dir=results_dir, encode=map_functions.encode_set) as study:
        with pools.pool("spawn") as executor:
            study.map(dict, executor)
    assert results(study) == [{"s": [1, 2]}]


def test_a_dask_client_and_a_pure_executor_are_refused(results_dir):
    import distributed

    cluster = distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=None)
    with cluster, distributed.Client(cluster) as client:
        with Study.open("dask", NUMBERS, results_dir=results_dir) as study:
            for executor in (client, client.get_executor(), client.get_executor(pure=True)):
                with pytest.raises(BadOptions, match=r"get_executor\(pure=False\)"):
                    study.map(map_functions.square, executor)


def test_submitits_debug_executor_will_do(results_dir, tmp_path):
    import submitit

    with Study.open("debug", NUMBERS, results_dir=results_dir) as study:
        executor = submitit.AutoExecutor(tmp_path / "jobs", cluster="debug")
        assert study.map(map_functions.square, executor).completed == 6


@pytest.mark.parametrize("kind", ["fork", "spawn", "forkserver", "loky"])
def test_a_pool_whose_worker_ended_itself_is_told_of_and_its_runs_are_pending(kind, results_dir):
    with pytest.raises(StudyError, match="in_flight=1"):
        with Study.open("broken", NUMBERS, results_dir=results_dir) as study, pools.pool(kind) as executor:
            study.map(map_functions.leave_at_three, executor)
    assert study.counts.failed == 0
    assert study.counts.pending >= 1
    # With one in flight it is known which it is, and the rest goes on.
    with pytest.raises(StudyError):
        with Study.open("broken", NUMBERS, results_dir=results_dir) as study, pools.pool(kind) as executor:
            study.map(map_functions.leave_at_three, executor, in_flight=1)
    with Study.open("broken", NUMBERS, results_dir=results_dir, failed="kept") as study, pools.pool(kind) as executor:
        study.map(map_functions.leave_at_three, executor)
    assert study.counts == (5, 1, 0)
    failed = study.find({"n": 3})
    assert study.manifest()["experiments"][failed.number]["error_type"] in ("BrokenProcessPool", "TerminatedWorkerError")


def test_a_spawn_without_a_main_guard_is_recognised_and_named(results_dir, tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import concurrent.futures, multiprocessing
            from study_checkpoint import Study, sweep
            def work(config):
                return config
            pool = concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
            with Study.open("unguarded", sweep(n=[1, 2]), results_dir={str(results_dir)!r}) as study:
                study.map(work, pool)
            """
        )
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert 'open the study below `if __name__ == "__main__":`' in done.stderr  # the worker
    assert "does the main script do its work below" in done.stderr.splitlines()[-1]  # the parent
    (study,) = results_dir.iterdir()
    assert read(study)["pending"] == 2


def test_reraise_stops_at_the_first_failure(results_dir):
    with pytest.raises(StudyError, match="Unpicklable: this and that"):
        with Study.open("first", NUMBERS, results_dir=results_dir, reraise=True) as study, pools.pool("fork") as executor:
            study.map(map_functions.fail_variously, executor, in_flight=1)
    assert study.counts == (0, 1, 5)


def test_max_failures_stops_submitting(results_dir):
    with Study.open("most", sweep(n=[0, 5, 10, 15]), results_dir=results_dir, max_failures=1) as study:
        with pools.pool("threads") as executor:
            study.map(map_functions.fail_variously, executor, in_flight=1)
    assert study.counts == (0, 1, 3)
    assert read(study.directory)["status"] == "failed"


def test_what_was_sent_off_and_not_waited_for_counts_when_it_is_there(results_dir, caplog):
    """A batch system's job goes on when its driver was interrupted."""
    late = []

    class Interrupted:
        def submit(self, function, *arguments):
            late.append(functools.partial(function, *arguments))
            if len(late) == 3:
                raise KeyboardInterrupt
            return concurrent.futures.Future()

    with pytest.raises(KeyboardInterrupt):
        with Study.open("late", NUMBERS, results_dir=results_dir) as study:
            study.map(map_functions.square, Interrupted())
    assert read(study.directory)["pending"] == 6
    for job in late[:2]:
        job()
    with Study.open("late", NUMBERS, results_dir=results_dir) as study:
        assert study.counts == (2, 0, 4)
    assert "run again" not in caplog.text


def test_a_job_that_has_been_done_meanwhile_is_not_done_again(results_dir):
    waiting = []

    class Queue(concurrent.futures.ThreadPoolExecutor):
        def submit(self, function, *arguments):
            waiting.append(arguments)
            function(*arguments)  # by a job of a driver that has died
            return super().submit(function, *arguments)

    done = []

    def work(config):
        done.append(config["n"])
        return 1

    with Study.open("twice", NUMBERS, results_dir=results_dir) as study, Queue(1) as executor:
        assert study.map(work, executor).completed == 6
    assert done == list(range(6))
