"""Configurations of the standard library alone, and the one text that each has in any process and version of Python."""

import argparse
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import pathlib
import types
import typing
import uuid


class Colour(enum.Enum):
    RED = "red"
    ODD = (1, 2)


class Level(enum.IntEnum):
    LOW = 1


class Word(str, enum.Enum):
    YES = "yes"


@dataclasses.dataclass
class Optimizer:
    lr: float
    betas: typing.Tuple[float, float] = (0.9, 0.999)


Point = collections.namedtuple("Point", "x y")
IN_PARIS = datetime.timezone(datetime.timedelta(hours=2))


def train():
    pass


CASES = [
    ({"b": 1, "a": [1.0, 1e-05, 1e16, -0.0, 5e-324]}, '{"a": [1.0, 1e-05, 1e+16, -0.0, 5e-324], "b": 1}'),
    ({"t": (1, 2), "p": Point(1, 2), "r": range(3)}, '{"p": [1, 2], "r": [0, 1, 2], "t": [1, 2]}'),
    ({"q": collections.deque([1]), "o": collections.OrderedDict(z=1, a=2)}, '{"o": {"a": 2, "z": 1}, "q": [1]}'),
    ({"opt": Optimizer(0.1)}, '{"opt": {"betas": [0.9, 0.999], "lr": 0.1}}'),
    (Optimizer(0.5), '{"betas": [0.9, 0.999], "lr": 0.5}'),
    (argparse.Namespace(lr=0.1), '{"lr": 0.1}'),
    ({"n": types.SimpleNamespace(a=1)}, '{"n": {"a": 1}}'),
    ({"m": types.MappingProxyType({"a": 1})}, '{"m": {"a": 1}}'),
    ({"c": [Colour.RED, Colour.ODD, Level.LOW, Word.YES], Word.YES: 1}, '{"c": ["red", "ODD", 1, "yes"], "yes": 1}'),
    ({"p": pathlib.PurePosixPath("/a/b"), "u": uuid.UUID(int=1)},
     '{"p": "/a/b", "u": "00000000-0000-0000-0000-000000000001"}'),
    ({"d": decimal.Decimal("1.10")}, '{"d": "1.10"}'),
    ({"t": datetime.datetime(2026, 2, 3, 4, 5, 6, 7)}, '{"t": "2026-02-03T04:05:06.000007"}'),
    ({"t": datetime.datetime(2026, 2, 3, 1, tzinfo=IN_PARIS)}, '{"t": "2026-02-02T23:00:00+00:00"}'),
    ({"t": datetime.time(1, tzinfo=IN_PARIS), "d": datetime.date(2026, 2, 3)},
     '{"d": "2026-02-03", "t": "23:00:00+00:00"}'),
    ({"d": datetime.timedelta(minutes=1, microseconds=1)}, '{"d": 60.000001}'),
    ({"f": train, "c": Optimizer, "l": len, "p": pathlib.Path},
     '{"c": "canonical_cases.Optimizer", "f": "canonical_cases.train", "l": "builtins.len", "p": "pathlib.Path"}'),
    ({"i": [-2**63, 2**64 - 1], "n": None, "t": True}, '{"i": [-9223372036854775808, 18446744073709551615], '
     '"n": null, "t": true}'),
    ({"\U0001d11e": "é\n"}, '{"\\ud834\\udd1e": "\\u00e9\\n"}'),
]

REFUSED = [  # value, and what the message must say beside its path
    (float("nan"), "write None"),
    (float("-inf"), "write None"),
    (1j, "[re, im]"),
    (b"abc", ".hex()"),
    (bytearray(b"abc"), ".hex()"),
    ({1: 2}, "write '1'"),
    ({1, 2}, "sorted"),
    (frozenset("ab"), "sorted"),
    ("\ud800", "surrogate"),
    ({"\udc80": 1}, "surrogate"),
    (lambda: 1, "lambda"),
    ([].append, "write"),
    ("".join, "write"),
    (Optimizer(1).__repr__, "write"),
    (object(), "address"),
    (repr(object()), "address"),
    (2**64, "64 bits"),
    (-2**63 - 1, "64 bits"),
    ("???", "missing"),
    (iter([1]), "list(value)"),
    (decimal.Decimal("NaN"), "write None"),
    (fractions.Fraction(1, 3), "fractions.Fraction"),
    (typing.List[int], "write"),
    (range(20_000), "10,000"),
]

# isinstance(list[int], type) is true in 3.9 and 3.10.
REFUSED.append((list[int], "write"))

if __name__ == "__main__":
    import sys

    sys.modules["canonical_cases"] = sys.modules["__main__"]
    for known in (train, Optimizer):
        known.__module__ = "canonical_cases"
    from study_checkpoint import ConfigError, canonical_json, config_hash

    for config, expected in CASES:
        print(config_hash(config), canonical_json(config))
    for value, _ in REFUSED:
        try:
            print("taken:", canonical_json({"a": value}))
        except ConfigError as error:
            print("refused at", error.path)
