"""Sweeps whose processes are killed at any moment: nothing is lost, and nothing completed is done twice.

STUDY_KILLS says how often the loop is killed (20; a campaign is 1,000), STUDY_POOL_KILLS how often the parent of each
kind of pool (2). STUDY_SEED repeats one.
"""

from __future__ import annotations

import os
import random
import subprocess

import killing
import pools
import pytest

KILLS = int(os.environ.get("STUDY_KILLS", "20"))
POOL_KILLS = int(os.environ.get("STUDY_POOL_KILLS", "2"))
SEED = int(os.environ.get("STUDY_SEED", random.randrange(2**32)))


@pytest.fixture(autouse=True)
def no_leftovers():
    yield
    killing.clear()


@pytest.fixture
def chance():
    print("STUDY_SEED =", SEED)  # shown where the test fails
    return random.Random(SEED)


@pytest.mark.timeout(120 + 3 * KILLS)
def test_a_loop_that_is_killed_at_random_loses_nothing(tmp_path, chance):
    kills = sweeps = 0
    while kills < KILLS:
        observer = ("manifest_writer", "journal_writer", "sqlite_writer")[sweeps % 3]
        sweep = killing.Sweep(tmp_path / str(sweeps), "loop", observer, seconds=0.004)
        sweeps += 1
        while len(sweep.completed) < sweep.runs and kills < KILLS:
            process = sweep.start()
            target = len(sweep.lines()) + chance.randrange(25)
            sweep.wait_for(lambda: len(sweep.lines()) >= target, process)
            try:
                process.wait(chance.random() * 0.02)  # anywhere in a run, or between two
            except subprocess.TimeoutExpired:
                pass
            if process.poll() is None:
                killing.kill(process)
                kills += 1
            else:
                assert process.returncode == 0, sweep.output()
            sweep.check()
        sweep.finish()
    print(f"{kills} kills in {sweeps} sweeps")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", pools.KINDS)
def test_a_pool_whose_parent_is_killed_loses_nothing(kind, tmp_path, chance):
    sweep = killing.Sweep(tmp_path, kind, runs=8 if kind == "submitit" else 16, seconds=0.05)
    for _ in range(POOL_KILLS if kind in pools.OF_PROCESSES else max(1, POOL_KILLS // 2)):
        earlier = len(sweep.lines())
        process = sweep.start()
        target = earlier + 2 + chance.randrange(6)
        sweep.wait_for(lambda: len(sweep.lines()) >= target, process)
        if kind in pools.OF_PROCESSES:
            # One that has never had a run waits for its first in the pool's own code, which no parent's death ends.
            sweep.wait_for(lambda: len(sweep.workers(earlier)) == pools.WORKERS, process)
        killing.kill(process)
        before = {line.split()[1] for line in sweep.lines() if line.startswith("end")}
        sweep.wait_for_the_end_of(process.pid)
        sweep.check()
        if kind not in ("threads", "dask"):
            # What a worker ended, also after the parent's death, counts. A worker of dask's is ended with its cluster,
            # maybe between the log's line and the result.
            sweep.completed |= {int(number) for number in before}
    sweep.finish()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", [kind for kind in pools.KINDS if kind != "threads"])
def test_a_pool_whose_worker_is_killed_loses_nothing(kind, tmp_path):
    sweep = killing.Sweep(tmp_path, kind, runs=6, function="kill_oneself_once")
    process = sweep.start()
    code = process.wait(killing.PATIENCE_SECONDS)
    assert (code != 0) == (kind in pools.OF_PROCESSES), sweep.output()
    sweep.wait_for_the_end_of(process.pid)
    if code != 0:
        assert "takes no more work" in sweep.output()
        assert len(sweep.check()) < 6
    elif len(sweep.check()) == 6:
        return  # dask has given the run to another worker
    sweep.finish()


@pytest.mark.parametrize("kind", ["fork", "spawn", "forkserver", "loky"])
def test_a_worker_whose_parent_is_gone_finishes_what_it_has_and_ends(kind, tmp_path):
    sweep = killing.Sweep(tmp_path, kind, runs=8, seconds=30)
    process = sweep.start()
    sweep.wait_for(lambda: len(sweep.lines()) >= 2, process)
    killing.kill(process)
    assert killing.processes_of(process.pid), "the workers ended in the middle of a run"
    sweep.check()
    (tmp_path / "go").touch()
    sweep.wait_for_the_end_of(process.pid)
    ended = {int(line.split()[1]) for line in sweep.lines() if line.startswith("end")}
    assert len(ended) == 2
    sweep.completed |= ended
    sweep.finish()
