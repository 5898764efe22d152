"""A study in its process: signals, threads, forks, a notebook's cells, exits of every kind."""

from __future__ import annotations

import concurrent.futures
import logging
import multiprocessing
import os
import random
import re
import signal
import subprocess
import sys
import textwrap
import threading

import interrupted_loop
import pytest
from study_checkpoint import BadOptions, Study, StudyError, StudyInterrupt, latest, read, sweep

CONFIGS = sweep(n=range(4))


def run_script(text, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


# Signals


def test_no_signal_is_touched_unless_asked_for(results_dir):
    before = [signal.getsignal(number) for number in range(1, signal.NSIG)]
    with Study.open("untouched", CONFIGS, results_dir=results_dir) as study:
        assert [signal.getsignal(number) for number in range(1, signal.NSIG)] == before
        study.map(dict)
    assert [signal.getsignal(number) for number in range(1, signal.NSIG)] == before


def test_a_signal_that_is_asked_for_interrupts_the_study_and_is_put_back(results_dir):
    def own(number, frame):
        pass

    before = signal.signal(signal.SIGUSR1, own)
    try:
        with pytest.raises(StudyInterrupt) as interrupt:
            with Study.open("signals", CONFIGS, results_dir=results_dir, signals=("SIGTERM", "SIGUSR1")) as study:
                with next(study.pending()) as run:
                    os.kill(os.getpid(), signal.SIGUSR1)
                    signal.sigtimedwait([], 1)
        assert interrupt.value.signum == signal.SIGUSR1
        assert isinstance(interrupt.value, KeyboardInterrupt)
        assert run.state == "pending"
        assert read(study.directory)["status"] == "interrupted"
        assert signal.getsignal(signal.SIGUSR1) is own
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_signals_can_be_asked_for_in_the_main_thread_only(results_dir):
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        refused = thread.submit(Study.open, "thread", CONFIGS, results_dir=results_dir, signals=["SIGTERM"])
    with pytest.raises(BadOptions, match="main thread"):
        refused.result()
    assert not results_dir.exists()


ENDS = {
    "sys.exit(3)": 3,
    "os._exit(4)": 4,
    "os.kill(os.getpid(), signal.SIGTERM)": -signal.SIGTERM,
    "os.kill(os.getpid(), signal.SIGKILL)": -signal.SIGKILL,
    "os.kill(os.getpid(), signal.SIGINT)": -signal.SIGINT,
    "ctypes.string_at(0)": -signal.SIGSEGV,
    "raise ValueError": 0,
    "pass": 0,
}


@pytest.mark.parametrize("end", ENDS)
def test_whatever_ends_a_process_leaves_a_study_that_goes_on(end, results_dir):
    """README.md says what each leaves: a free lock, and a run that counts as not done."""
    done = run_script(
        f"""
        import ctypes, os, signal, sys
        from study_checkpoint import Study, sweep
        with Study.open("ends", sweep(n=range(4)), results_dir=sys.argv[1]) as study:
            for run in study.pending():
                with run:
                    if run.config["n"] == 2:
                        {end}
                    run.save(1)
        """,
        results_dir,
    )
    assert done.returncode == ENDS[end], done.stderr
    is_ended = end in ("raise ValueError", "pass")
    with Study.open("ends", CONFIGS, results_dir=results_dir, failed="kept") as study:
        assert [run.config["n"] for run in study.pending()] == ([] if is_ended else [2, 3])


def test_a_study_without_a_with_is_interrupted_by_the_end_of_its_process(results_dir):
    done = run_script(
        """
        import sys
        from study_checkpoint import Study
        study = Study.open("left", [{"n": 1}], results_dir=sys.argv[1])
        next(study.pending()).start()
        """,
        results_dir,
    )
    assert done.returncode == 0, done.stderr
    manifest = read(latest(results_dir, "left"))
    assert (manifest["status"], manifest["pending"]) == ("interrupted", 1)


# Threads and forks


def test_eight_threads_share_the_runs_of_a_study(results_dir, observers):
    begun = []
    with Study.open("threads", sweep(n=range(200)), results_dir=results_dir, observers=observers) as study:

        def work():
            for run in study.pending():
                with run:
                    begun.append(run.config["n"])
                    run.save(run.config)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert study.counts == (200, 0, 0)
    assert sorted(begun) == list(range(200))


def test_a_run_is_begun_by_one_thread_alone(results_dir):
    outcomes = []
    barrier = threading.Barrier(8)
    with Study.open("one", [{"n": 1}], results_dir=results_dir) as study:
        run = study.runs()[0]

        def work():
            barrier.wait()
            try:
                with run:
                    barrier.wait()
                outcomes.append("done")
            except StudyError:
                outcomes.append("refused")
                barrier.wait()

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(outcomes) == ["done"] + ["refused"] * 7


def in_child(study, channel):
    try:
        study.runs()
        channel.put("taken")
    except StudyError as error:
        channel.put(str(error))


def test_a_forked_process_may_not_use_the_study_and_does_it_no_harm(results_dir):
    context = multiprocessing.get_context("fork")
    channel = context.SimpleQueue()
    with Study.open("forked", CONFIGS, results_dir=results_dir) as study:
        child = context.Process(target=in_child, args=(study, channel))
        child.start()
        assert "Workers that are forked hand their results back" in channel.get()
        child.join()
        pid = os.fork()
        if pid == 0:
            study.close()
            del study
            sys.exitfunc = None
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        assert study.counts == (0, 0, 4)
        study.map(dict)
    assert read(study.directory)["status"] == "completed"


def test_a_second_process_is_told_who_writes(results_dir):
    with Study.open("locked", CONFIGS, results_dir=results_dir):
        done = run_script(
            """
            import sys
            from study_checkpoint import Study
            Study.open("locked", [{"n": n} for n in range(4)], results_dir=sys.argv[1])
            """,
            results_dir,
        )
    assert f"pid {os.getpid()}" in done.stderr


# A notebook


def test_a_cell_that_is_run_twice_hands_its_study_over(results_dir, caplog):
    caplog.set_level(logging.INFO)

    def cell():
        return Study.open("notebook", CONFIGS, results_dir=results_dir)

    first = cell()
    for run in first.pending():
        with run:
            run.save(1)
        break
    second = cell()
    assert second.directory == first.directory
    assert second.counts == (1, 0, 3)
    assert "handed over" in caplog.text
    with pytest.raises(StudyError, match="closed"):
        next(first.pending())
    with pytest.raises(StudyError):
        run.start()
    second.map(dict)
    second.end()
    assert read(second.directory)["status"] == "completed"


def test_a_study_with_a_running_run_is_not_handed_over(results_dir):
    study = Study.open("busy", CONFIGS, results_dir=results_dir)
    with study.runs()[1]:
        with pytest.raises(StudyError, match="n=1 is running"):
            Study.open("busy", CONFIGS, results_dir=results_dir)
    with study:
        with pytest.raises(StudyError, match="`with` block"):
            Study.open("busy", CONFIGS, results_dir=results_dir)


def test_another_threads_study_is_not_handed_over(results_dir):
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        study = thread.submit(Study.open, "others", CONFIGS, results_dir=results_dir).result()
    with pytest.raises(StudyError, match="another thread"):
        Study.open("others", CONFIGS, results_dir=results_dir)
    with pytest.raises(StudyError, match="another thread"):
        Study.open("others", CONFIGS, results_dir=results_dir, resume=study.directory)
    study.close()


def test_a_kernel_that_is_interrupted_leaves_a_study_to_go_on_with(results_dir):
    study = Study.open("kernel", CONFIGS, results_dir=results_dir)
    for _ in range(2):
        try:
            for run in study.pending():
                with run:
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            pass
    study.map(dict)
    assert study.counts == (4, 0, 0)


def test_a_storm_of_interrupts_leaves_no_run_running_and_none_done_twice(results_dir):
    seed = random.randrange(2**32)
    done = subprocess.run(
        [sys.executable, interrupted_loop.__file__, str(results_dir), str(seed)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"seed {seed}: {done.stderr}"
    assert int(done.stdout) > 0


def test_a_notebook_shows_a_table_and_a_line(results_dir):
    with Study.open("shown<", CONFIGS, results_dir=results_dir) as study:
        with next(study.pending()):
            pass
        with next(study.pending()):
            raise ValueError
        shown = study._repr_html_()
        assert "shown&lt;" in shown and "shown<" not in shown
        assert "1 completed, 1 failed, 2 left" in shown
        assert re.findall(r"width:(\d+\.\d)%", shown) == ["25.0", "25.0", "50.0"]
        assert repr(study) == f"<Study shown<: 2/4 done, 1 failed, in {study.directory}>"
    study.close()
    assert "closed" in study._repr_html_()


def test_progress_is_a_line_on_standard_error_if_asked_for(results_dir, capfd):
    with Study.open("progress", CONFIGS, results_dir=results_dir, progress=True) as study:
        study.map(dict)
    assert capfd.readouterr().err.splitlines()[-2:] == ["progress: 3/4 done", "progress: 4/4 done"]


# Growth


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_neither_memory_nor_files_grow_with_what_is_done(results_dir):
    with Study.open("growth", [{"n": 0}], results_dir=results_dir, observers=[]) as study:
        run = study.runs()[0]

        def many():
            for _ in range(3000):
                run.start()
                run.attributes["text"] = "x" * 1000
                run.release()
                study.runs(), study.counts, study.find({"n": 0}), study.manifest()

        many()
        before, files = resident(), len(os.listdir("/proc/self/fd"))
        many()
        assert resident() - before < 2_000_000
        assert len(os.listdir("/proc/self/fd")) == files


def test_studies_that_are_gone_leave_nothing(results_dir):
    def one():
        with Study.open("gone", CONFIGS, results_dir=results_dir, resume="never", signals=["SIGUSR2"]) as study:
            study.map(dict)

    for _ in range(5):
        one()
    before, files, threads = resident(), len(os.listdir("/proc/self/fd")), threading.active_count()
    for _ in range(50):
        one()
    assert resident() - before < 4_000_000
    assert len(os.listdir("/proc/self/fd")) == files
    assert threading.active_count() == threads


# Several that begin at the same moment


def test_one_of_several_begins_the_study_and_the_others_are_refused(results_dir, tmp_path):
    script = textwrap.dedent(
        """
        import os, sys, time
        from study_checkpoint import Study, StudyError, sweep
        configs = list(sweep(n=range(20000)))  # to plan them takes as long as others need to look
        print("ready", flush=True)
        while not os.path.exists(sys.argv[2]):
            time.sleep(0.001)
        try:
            study = Study.open("s", configs, results_dir=sys.argv[1], resume="latest")
        except StudyError as error:
            sys.exit(f"refused: {error}")
        with study:
            sys.stdin.read()
        """
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(results_dir), str(tmp_path / "go")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    with concurrent.futures.ThreadPoolExecutor(len(processes)) as threads:
        try:
            assert [process.stdout.readline() for process in processes] == ["ready\n"] * len(processes)
            (tmp_path / "go").touch()
            ends = [threads.submit(process.stderr.read) for process in processes]
            done = concurrent.futures.as_completed(ends, 60)
            refused = [next(done).result() for _ in processes[1:]]
            for process in processes:
                process.stdin.close()
            codes = sorted(process.wait(60) for process in processes)
        finally:
            for process in processes:
                process.kill()
                process.wait()
    assert all("another host writes here: pid " in text for text in refused), refused
    assert codes == [0, 1, 1, 1, 1, 1]
    assert [path.name.startswith("s_") for path in results_dir.iterdir()] == [True]
    assert read(latest(results_dir, "s"))["status"] == "interrupted"
