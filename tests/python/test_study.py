"""A study in a loop: what each way out of a run's block makes of it, and what the next open finds."""

from __future__ import annotations

import asyncio
import concurrent.futures
import datetime
import json
import logging
import pickle
import sys

import pytest
from study_checkpoint import BadOptions, ConfigError, DesignChanged, EventIgnored, Study, StudyError, latest, read, sweep

CONFIGS = sweep(lr=[0.1, 0.01], bs=[8, 16])


def states(study):
    return [run.state for run in study.runs()]


def entry(study, number=0):
    return study.manifest()["experiments"][number]


def test_a_sweep_is_the_product_and_its_first_dimension_varies_slowest():
    assert CONFIGS == [{"lr": 0.1, "bs": 8}, {"lr": 0.1, "bs": 16}, {"lr": 0.01, "bs": 8}, {"lr": 0.01, "bs": 16}]
    assert sweep(model="gpt2", n=range(2)) == [{"model": "gpt2", "n": 0}, {"model": "gpt2", "n": 1}]


def test_five_lines_run_a_sweep(results_dir, observers):
    with Study.open("five", CONFIGS, results_dir=results_dir, observers=observers) as study:
        for run in study.pending():
            with run:
                run.save({"lr": run.config["lr"]})
    assert study.counts == (4, 0, 0)
    manifest = read(study.directory)
    assert manifest["status"] == "completed"
    assert [json.loads((study.directory / one["result_file"]).read_text()) for one in manifest["experiments"]] == [
        {"lr": config["lr"]} for config in CONFIGS
    ]


def test_what_was_given_is_what_a_run_gets(results_dir):
    class Config(dict):
        pass

    given = [Config(a=1), Config(a=2)]
    with Study.open("same", iter(given), results_dir=results_dir, n_cycles=2) as study:
        assert [run.config for run in study.pending()] == [given[0], given[0], given[1], given[1]]
        assert all(run.config is given[run.config["a"] - 1] for run in study.pending())
        assert [run.cycle for run in study.pending()] == [1, 2, 1, 2]


def test_an_exception_is_a_failure_and_the_loop_goes_on(results_dir, caplog):
    with Study.open("failing", CONFIGS, results_dir=results_dir) as study:
        for run in study.pending():
            with run:
                if run.config["bs"] == 16:
                    raise ValueError("too large")
    assert states(study) == ["completed", "failed", "completed", "failed"]
    assert entry(study, 1)["error_type"] == "ValueError"
    assert entry(study, 1)["error_message"] == "too large"
    assert "ValueError: too large" in caplog.text


def test_an_exception_goes_through_where_it_is_asked_for(results_dir):
    with pytest.raises(ValueError):
        with Study.open("raised", CONFIGS, results_dir=results_dir, reraise=True) as study:
            for run in study.pending():
                with run:
                    raise ValueError("no")
    assert states(study) == ["failed", "pending", "pending", "pending"]
    assert study.manifest()["status"] == "failed"


def group(*errors):
    if sys.version_info < (3, 11):
        pytest.skip("groups of exceptions are new in 3.11")
    return BaseExceptionGroup("several", [ValueError("x"), *errors])


@pytest.mark.parametrize(
    "error",
    [
        lambda: KeyboardInterrupt(),
        lambda: SystemExit(3),
        lambda: asyncio.CancelledError(),
        lambda: concurrent.futures.CancelledError(),
        lambda: group(KeyboardInterrupt()),
        lambda: group(group(asyncio.CancelledError())),
    ],
)
def test_an_interrupt_makes_its_run_pending_and_the_study_interrupted(results_dir, error):
    error = error()
    with pytest.raises(type(error)):
        with Study.open("interrupted", CONFIGS, results_dir=results_dir) as study:
            for run in study.pending():
                with run:
                    raise error
    assert states(study) == ["pending"] * 4
    assert study.manifest()["status"] == "interrupted"


def test_a_group_of_errors_is_a_failure(results_dir):
    with Study.open("group", CONFIGS, results_dir=results_dir) as study:
        with next(study.pending()) as run:
            raise group()
    assert run.state == "failed"


def test_the_next_open_goes_on_with_what_is_left(results_dir, observers):
    done = []
    for _ in range(3):
        with Study.open("on", CONFIGS, results_dir=results_dir, observers=observers, n_cycles=2) as study:
            for run in study.pending():
                with run:
                    run.save(run.cycle)
                done.append((run.hash, run.cycle))
                if len(done) % 3 == 0:
                    break
    assert len(done) == len(set(done)) == 8
    assert len(list(results_dir.glob("on_*"))) == 1


def test_a_completed_study_says_in_one_line_that_nothing_is_left(results_dir, caplog):
    for _ in range(2):
        caplog.clear()
        with Study.open("done", CONFIGS, results_dir=results_dir) as study:
            study.map(len)
    said = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(said) == 1
    assert "has been completed: nothing is left" in said[0].getMessage()
    assert study.counts == (4, 0, 0)
    assert list(study.pending()) == []


def test_never_begins_a_study_and_a_directory_goes_on_with_it(results_dir):
    with Study.open("one", CONFIGS, results_dir=results_dir) as first:
        pass
    with Study.open("one", CONFIGS, results_dir=results_dir, resume="never") as second:
        assert second.directory != first.directory
    with Study.open("one", CONFIGS, results_dir=results_dir, resume=first.directory) as third:
        assert third.directory == first.directory
        assert third.is_resumed


def test_failed_runs_are_run_again_or_kept(results_dir):
    def fail(config):
        raise ValueError("no")

    with Study.open("failed", CONFIGS, results_dir=results_dir) as study:
        study.map(fail)
    with Study.open("failed", CONFIGS, results_dir=results_dir, failed="kept") as study:
        assert study.counts == (0, 4, 0)
    with Study.open("failed", CONFIGS, results_dir=results_dir) as study:
        assert study.counts == (0, 0, 4)


def test_a_list_that_grew_is_accepted(results_dir):
    with Study.open("grown", CONFIGS[:2], results_dir=results_dir) as study:
        study.map(dict)
    with Study.open("grown", CONFIGS, results_dir=results_dir) as study:
        assert study.counts == (2, 0, 2)
        assert [run.config for run in study.pending()] == CONFIGS[2:]
        study.map(dict)
    assert study.manifest()["status"] == "completed"


def test_a_list_that_changed_is_refused_with_an_account_and_a_way_on(results_dir):
    with Study.open("changed", CONFIGS, results_dir=results_dir) as study:
        pass
    changed = [*CONFIGS[:3], {"lr": 0.5, "bs": 16}]
    with pytest.raises(DesignChanged) as refusal:
        Study.open("changed", changed, results_dir=results_dir)
    assert any("0.5" in line for line in refusal.value.account)
    assert 'resume="never"' in str(refusal.value)
    with pytest.raises(DesignChanged):
        Study.open("changed", CONFIGS[:2], results_dir=results_dir)
    with Study.open("changed", changed, results_dir=results_dir, force=True) as study:
        assert len(study.runs()) == 4


def test_the_hash_is_that_of_the_time_of_opening(results_dir):
    configs = [{"a": [1]}]
    with Study.open("mutated", configs, results_dir=results_dir) as study:
        for run in study.pending():
            with run:
                run.config["a"].append(2)
    with Study.open("mutated", [{"a": [1]}], results_dir=results_dir) as study:
        assert study.counts == (1, 0, 0)


def test_pending_looks_again_after_add(results_dir):
    seen = []
    with Study.open("growing", [{"a": 0}], results_dir=results_dir) as study:
        for run in study.pending():
            with run:
                seen.append(run.config["a"])
                if run.config["a"] < 3:
                    (added,) = study.add([{"a": run.config["a"] + 1}])
                    assert added.state == "pending"
    assert seen == [0, 1, 2, 3]
    assert study.manifest()["status"] == "completed"


def test_an_open_ended_study_keeps_what_it_had_and_ends_as_its_host_says(results_dir, observers):
    with Study.open("open", results_dir=results_dir, observers=observers) as study:
        (first,) = study.add([{"trial": 1}])
        with first:
            first.save(1)
        (second,) = study.add([{"trial": 2}])
    assert study.manifest()["status"] == "interrupted"  # that nothing is pending says nothing
    with Study.open("open", results_dir=results_dir, observers=observers) as study:
        assert [run.config for run in study.runs()] == [{"trial": 1}, {"trial": 2}]
        assert states(study) == ["completed", "pending"]
        study.add([{"trial": 3}])
        study.map(dict)
        study.end("completed")
    assert read(study.directory)["status"] == "completed"
    with Study.open("open", results_dir=results_dir, observers=observers) as study:
        assert states(study) == ["completed"] * 3
        assert [run.state for run in study.add([{"trial": 4}])] == ["pending"]


def test_a_key_is_the_hosts_own_identity(results_dir):
    with Study.open("keys", results_dir=results_dir) as study:
        (run,) = study.add([{"when": 1}], key="trial-7")
        assert run.hash == "trial-7"
        again = study.add([{"when": 2}, {"when": 3}], key=["trial-7", "trial-7"])
        assert [one.number for one in again] == [run.number] * 2
        assert len(study.runs()) == 1
        odd = study.add([{"n": 1}, {"n": 2}], key=lambda config: f"rule {config['n']}/x=ä")
        assert len({run.hash for run in odd}) == 2
        assert study.find(key="rule 1/x=ä").number == odd[0].number
        assert study.find(key="trial-8") is None
        for keys in (["a"], "a"):
            with pytest.raises(BadOptions, match="1 for 2"):
                study.add([{"n": 3}, {"n": 4}], key=keys)
    with Study.open("keys", results_dir=results_dir) as study:
        assert study.find(key="trial-7") is not None


def test_added_runs_are_found_by_their_configuration_and_come_in_cycles(results_dir):
    with Study.open("found", CONFIGS, results_dir=results_dir, n_cycles=2) as study:
        runs = study.add([{"lr": 1, "bs": 1}, CONFIGS[0]])
        assert [(run.config["lr"], run.cycle) for run in runs] == [(1, 1), (1, 2), (0.1, 1), (0.1, 2)]
        assert study.find({"bs": 1, "lr": 1}, cycle=2).number == runs[1].number
        assert study.find({"bs": 2}) is None


def test_results_are_json_text_bytes_or_a_file(results_dir, tmp_path):
    (tmp_path / "model.pt").write_bytes(b"weights")
    with Study.open("results", CONFIGS, results_dir=results_dir) as study:
        runs = study.runs()
        with runs[0]:
            runs[0].save({"loss": float("nan"), "seen": {2, 1}, 3: (1,)})
        with runs[1]:
            runs[1].save("text")
        with runs[2]:
            runs[2].save(b"bytes")
        with runs[3]:
            runs[3].adopt(tmp_path / "model.pt")
    names = [one["result_file"] for one in study.manifest()["experiments"]]
    assert [name[-4:] for name in names[:3]] == ["json", ".txt", ".bin"]
    contents = [(study.directory / name).read_bytes() for name in names]
    assert json.loads(contents[0]) == {"loss": None, "seen": [1, 2], "3": [1]}
    assert contents[1:] == [b"text", b"bytes", b"weights"]
    assert not (tmp_path / "model.pt").exists()


def test_no_result_is_fine_and_counts(results_dir):
    for _ in range(2):
        with Study.open("none", CONFIGS, results_dir=results_dir) as study:
            for run in study.pending():
                with run:
                    pass
    assert study.counts == (4, 0, 0)


def test_a_result_that_can_not_be_had_fails_its_run_alone(results_dir, tmp_path):
    with Study.open("bad", CONFIGS, results_dir=results_dir) as study:
        runs = study.runs()
        with runs[0]:
            runs[0].save({"model": object()})
        with runs[1]:
            runs[1].adopt(tmp_path / "nowhere")
    assert entry(study, 0)["error_type"] == "ConfigError"
    assert "result.model" in entry(study, 0)["error_message"]
    assert entry(study, 1)["error_type"] == "FileNotFoundError"


def test_a_result_that_is_saved_before_the_failure_is_not_the_runs(results_dir):
    with Study.open("early", CONFIGS, results_dir=results_dir) as study:
        with next(study.pending()) as run:
            run.save(1)
            raise ValueError("late")
    assert entry(study)["result_file"] is None
    assert not list(study.directory.glob(run.stem + "*"))


def test_attributes_are_told_with_the_event(results_dir):
    with Study.open("attributes", CONFIGS, results_dir=results_dir, observers=["journal_writer"]) as study:
        with next(study.pending()) as run:
            run.attributes["energy_joules"] = 12.5
        with next(study.pending()) as run:
            run.attributes["huge"] = "x" * 70_000
    journal = (study.directory / "journal.jsonl").read_text()
    assert '"energy_joules":12.5' in journal.replace(" ", "")
    assert study.counts.completed == 2
    assert "xxx" not in journal


def test_max_failures_stops_the_study_and_leaves_the_rest_pending(results_dir):
    with Study.open("stopped", CONFIGS, results_dir=results_dir, max_failures=2) as study:
        for run in study.pending():
            with run:
                raise ValueError("no")
    assert states(study) == ["failed", "failed", "pending", "pending"]
    assert study.manifest()["status"] == "failed"
    with Study.open("stopped", CONFIGS, results_dir=results_dir, failed="kept") as study:
        assert study.counts == (0, 2, 2)


def test_every_transition_may_be_repeated(results_dir):
    with Study.open("repeated", CONFIGS, results_dir=results_dir) as study:
        one, two, three, _ = study.runs()
        one.start()
        one.start()
        one.complete()
        one.complete()
        two.fail("OutOfMemory", "no")
        two.fail(ValueError("again"))
        three.start()
        three.release()
        three.release()
        assert states(study) == ["completed", "failed", "pending", "pending"]
        for event in (one.start, one.release, lambda: one.fail("Late", "no"), two.complete):
            with pytest.raises(EventIgnored):
                event()
        assert entry(study, 1)["error_type"] == "OutOfMemory"
        with pytest.raises(EventIgnored):
            with one:
                pass


def test_events_have_times_of_their_own(results_dir):
    begun = datetime.datetime(2026, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc)
    with Study.open("times", CONFIGS, results_dir=results_dir) as study:
        run = study.runs()[0]
        run.start(time=begun)
        run.complete(time=begun.timestamp() + 60.5)
        with pytest.raises(BadOptions, match="time zone"):
            run.start(time=datetime.datetime(2026, 1, 1))
    assert entry(study)["started_at"] == "2026-02-03T04:05:06Z"
    assert entry(study)["completed_at"] == "2026-02-03T04:06:06.500000Z"


def test_latest_and_read_only_look(results_dir):
    assert latest(results_dir, "looked") is None
    with pytest.raises(StudyError):
        read(results_dir / "nowhere")
    with Study.open("looked", CONFIGS, results_dir=results_dir, observers=["sqlite_writer"]) as study:
        with next(study.pending()):
            pass
        assert latest(results_dir, "looked") == study.directory
        assert read(study.directory)["completed"] == 1
        assert read(study.directory, ["sqlite_writer"]) == study.manifest()


def test_a_hosts_config_says_who_observes_and_where(tmp_path):
    config = tmp_path / "study_host.json"
    config.write_text('{"results_dir": "here", "observers": [{"plugin": "journal_writer"}]}')
    with Study.open("configured", CONFIGS, host_config=config) as study:
        study.map(dict)
    assert study.directory.parent == tmp_path / "here"
    assert (study.directory / "journal.jsonl").exists()
    assert read(study.directory, host_config=config)["completed"] == 4


def test_wrong_arguments_are_told_of_and_nothing_is_made(results_dir):
    for arguments in ({"failed": "maybe"}, {"observers": ["nobody"]}, {"n_cycles": 0}, {"durability": "none"},
                      {"signals": ["SIGNOTHING"]}):
        with pytest.raises(StudyError):
            Study.open("wrong", CONFIGS, results_dir=results_dir, **arguments)
    with pytest.raises(StudyError):
        Study.open("a/b", CONFIGS, results_dir=results_dir)
    with pytest.raises(ConfigError, match=r"experiments\[1\]\.a"):
        Study.open("wrong", [{"a": 1}, {"a": {2}}], results_dir=results_dir)
    assert not results_dir.exists()


def test_two_studies_may_be_open_at_once(results_dir):
    with Study.open("a", CONFIGS, results_dir=results_dir) as a, Study.open("b", CONFIGS, results_dir=results_dir) as b:
        for one, other in zip(a.pending(), b.pending()):
            with one, other:
                one.save(1)
    assert a.counts == b.counts == (4, 0, 0)


def test_a_loop_may_be_gone_before_its_run_has_ended(results_dir):
    with Study.open("ahead", CONFIGS, results_dir=results_dir) as study:
        loop = study.pending()
        with next(loop) as one, next(loop) as other:
            assert states(study)[:2] == ["running", "running"]
            other.save(2)
            one.save(1)
        run = next(loop)
        loop.close()
        with run:
            assert run.state == "running"
    assert states(study) == ["completed"] * 3 + ["pending"]


def test_neither_a_run_nor_a_study_can_be_sent_elsewhere(results_dir):
    with Study.open("sent", CONFIGS, results_dir=results_dir) as study:
        with pytest.raises(TypeError, match="send run.config"):
            pickle.dumps(study.runs()[0])
        with pytest.raises(TypeError, match="send run.config"):
            pickle.dumps(study)


def test_a_study_that_is_closed_says_so(results_dir):
    study = Study.open("closed", CONFIGS, results_dir=results_dir)
    run = study.runs()[0]
    study.close()
    study.close()
    with pytest.raises(StudyError, match="closed"):
        run.start()
    assert "closed" in repr(study)
    assert read(study.directory)["status"] == "interrupted"


def test_a_study_may_be_closed_in_its_block(results_dir):
    with Study.open("early", CONFIGS, results_dir=results_dir) as study:
        study.close()
    assert read(study.directory)["status"] == "interrupted"


def test_a_study_that_nobody_holds_any_more_is_interrupted(results_dir):
    study = Study.open("dropped", CONFIGS, results_dir=results_dir)
    directory = study.directory
    del study
    assert read(directory)["status"] == "interrupted"


def test_an_async_study_is_ended_by_a_cancelled_task(results_dir):
    async def main(is_cancelled):
        async with Study.open("async", CONFIGS, results_dir=results_dir) as study:

            async def work(run):
                with run:
                    await asyncio.sleep(0)
                    if is_cancelled:
                        asyncio.current_task().cancel()
                        await asyncio.sleep(1)
                    run.save(run.config)

            await asyncio.gather(*(work(run) for run in study.runs()))
        return study

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main(True))
    assert read(latest(results_dir, "async"))["status"] == "interrupted"
    assert read(latest(results_dir, "async"))["pending"] == 4
    assert asyncio.run(main(False)).counts == (4, 0, 0)


def test_log_lines_go_to_logging(results_dir, caplog):
    caplog.set_level(logging.INFO)
    with Study.open("logged", CONFIGS, results_dir=results_dir):
        pass
    assert "study_checkpoint.manifest_writer" in {record.name for record in caplog.records}
