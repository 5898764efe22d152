"""Configurations have one text, and so one hash, in every process; what has none is refused with its place."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import attrs
import canonical_cases
import numpy as np
import omegaconf
import pydantic
import pytest
from study_checkpoint import ConfigError, Study, canonical_json, config_hash

DATA = Path(__file__).parents[1] / "data"


@pytest.mark.parametrize(
    "vector", json.loads((DATA / "config_hash.json").read_text()), ids=lambda vector: vector["config_hash"]
)
def test_the_hash_is_that_of_the_vectors(vector):
    assert canonical_json(vector["config"]) == vector["canonical"]
    assert config_hash(vector["config"]) == vector["config_hash"]


@pytest.mark.parametrize("config, expected", canonical_cases.CASES, ids=lambda value: str(value)[:40])
def test_a_value_has_its_one_text(config, expected):
    assert canonical_json(config) == expected


def test_the_library_makes_the_same_hash(results_dir):
    configs = [config for config, _ in canonical_cases.CASES]
    with Study.open("same", configs, results_dir=results_dir) as study:
        assert [run.hash for run in study.runs()] == [config_hash(config) for config in configs]


@pytest.mark.parametrize("value, advice", canonical_cases.REFUSED, ids=lambda value: ascii(value)[:40])
def test_what_has_no_one_text_is_refused_with_its_path_and_advice(value, advice):
    with pytest.raises(ConfigError) as refusal:
        canonical_json({"a": [{"b": value}]})
    assert refusal.value.path.startswith("config.a[0].b")
    assert str(refusal.value).startswith("config.a[0].b")
    assert advice in str(refusal.value)


def numpy_cases():
    yield np.float64(0.1), "0.1"
    yield np.float32(0.1), "0.1"
    yield np.float16(0.1), "0.1"
    yield np.float32(1e20), "1e+20"
    yield np.int8(-3), "-3"
    yield np.uint64(2**64 - 1), "18446744073709551615"
    yield np.bool_(True), "true"
    yield np.str_("a"), '"a"'
    yield np.array(3), "3"
    yield np.array([[1, 2], [3, 4]]), "[[1, 2], [3, 4]]"
    yield np.array([0.1, 0.2], dtype=np.float32), "[0.1, 0.2]"
    yield np.array(["a", "b"]), '["a", "b"]'
    yield np.array([1, None, "a"], dtype=object), '[1, null, "a"]'
    yield np.datetime64("2026-02-03T04:05"), '"2026-02-03T04:05"'
    yield np.timedelta64(1500, "ms"), "1.5"
    yield np.longdouble(0.5), "0.5"
    yield np.dtype("float32"), '"float32"'
    yield np.float32, '"numpy.float32"'


@pytest.mark.parametrize("value, expected", list(numpy_cases()), ids=lambda value: repr(value)[:40])
def test_numpy_goes_by_value(value, expected):
    assert canonical_json({"a": value}) == f'{{"a": {expected}}}'


@pytest.mark.parametrize(
    "value",
    [np.float32("nan"), np.array([np.inf]), np.complex64(1), np.zeros(10_001), np.bytes_(b"a"), np.void(b"a"),
     np.datetime64("NaT"), np.timedelta64(1, "M"), np.longdouble("0.1")],
    ids=repr,
)
def test_numpy_values_that_json_has_not_are_refused(value):
    with pytest.raises(ConfigError) as refusal:
        canonical_json({"a": value})
    assert refusal.value.path.startswith("config.a")


@attrs.define
class Attrs:
    lr: float
    nested: dict = attrs.Factory(dict)


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    lr: float
    path: Path = Path("a/b")


def test_objects_of_attrs_pydantic_and_omegaconf_are_their_fields():
    assert canonical_json(Attrs(0.1)) == '{"lr": 0.1, "nested": {}}'
    assert canonical_json(Model(lr=1, more=2)) == '{"lr": 1.0, "more": 2, "path": "a/b"}'
    config = omegaconf.OmegaConf.create({"a": 1, "b": "${a}", "c": [1, "${a}"], "d": {"e": "${a}"}})
    assert canonical_json(config) == '{"a": 1, "b": 1, "c": [1, 1], "d": {"e": 1}}'
    assert canonical_json({"c": config.c}) == '{"c": [1, 1]}'


def test_a_value_that_is_missing_in_omegaconf_is_refused():
    config = omegaconf.OmegaConf.create({"a": {"b": "???"}})
    with pytest.raises(ConfigError, match=r"config\.a\.b"):
        canonical_json(config)
    with pytest.raises(ConfigError, match="resolved"):
        canonical_json(omegaconf.OmegaConf.create({"a": "${nothing}"}))


def test_what_holds_itself_is_refused():
    config: dict = {"a": {}}
    config["a"]["back"] = config
    with pytest.raises(ConfigError, match=r"config\.a\.back: this is config again"):
        canonical_json(config)
    shared = [1]
    assert canonical_json({"a": shared, "b": shared}) == '{"a": [1], "b": [1]}'


def test_what_is_nested_too_deep_is_refused():
    config: dict = {}
    for _ in range(200):
        config = {"a": config}
    with pytest.raises(ConfigError, match="deeper than 100"):
        canonical_json(config)


def test_encode_is_asked_for_what_has_no_form():
    def encode(value):
        return sorted(value) if isinstance(value, set) else NotImplemented

    assert canonical_json({"a": {2, 1}}, encode=encode) == '{"a": [1, 2]}'
    with pytest.raises(ConfigError, match=r"config\.a"):
        canonical_json({"a": 1j}, encode=encode)
    with pytest.raises(ConfigError, match="address"):
        canonical_json({"a": object()}, encode=repr)
    assert canonical_json({"a": float("nan")}, encode=str) == '{"a": "nan"}'


def test_a_configuration_needs_names():
    for config in (1, "a", [1], None):
        with pytest.raises(ConfigError, match="names and values"):
            config_hash(config)


def test_a_function_within_a_function_is_refused():
    def inner():
        pass

    for value in (inner, functools.partial(print, 1)):
        with pytest.raises(ConfigError):
            canonical_json({"a": value})


def test_two_equal_configurations_of_different_kinds_have_one_hash():
    @dataclasses.dataclass
    class Config:
        lr: float
        sizes: tuple

    assert config_hash(Config(0.1, (1, 2))) == config_hash({"sizes": [1, 2], "lr": np.float32(0.1)})


def interpreters():
    """This one, and each other version that is there."""
    found = [sys.executable]
    for minor in range(9, 14):
        name = f"python3.{minor}"
        choices = [shutil.which(name), *sorted(Path("~/.pyenv/versions").expanduser().glob(f"3.{minor}.*/bin/python"))]
        for choice in choices:
            if choice and sys.version_info[1] != minor and _runs(choice):
                found.append(str(choice))
                break
    return found


def _runs(program):
    return subprocess.run([program, "-c", ""], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("interpreter", interpreters())
def test_the_hash_is_the_same_in_every_process_and_version(interpreter):
    texts = set()
    for seed in ("0", "1", "random"):
        done = subprocess.run(
            [interpreter, canonical_cases.__file__],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        texts.add(done.stdout)
    assert len(texts) == 1
    lines = texts.pop().splitlines()
    for line, (config, expected) in zip(lines, canonical_cases.CASES):
        assert line == f"{config_hash(config)} {expected}"
    refused = lines[len(canonical_cases.CASES):]
    assert len(refused) == len(canonical_cases.REFUSED)
    assert all(line.startswith("refused at config.a") for line in refused)
