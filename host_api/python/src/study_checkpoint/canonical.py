"""Configurations and results as people have them, to JSON.

A configuration's identity is a hash of its JSON: it has to come out the same in every process,
whatever PYTHONHASHSEED and the version of Python. So what has no one form is refused, with its
place and what to write instead, rather than given one that happens to be at hand.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, List, Optional, Tuple

from ._names import kind_name
from ._plain import Encode, Plain, PlainResult
from .errors import ConfigError

__all__ = ["Encode", "canonical_json", "config_hash", "plain_config", "result_json"]


def config_hash(config: Any, *, encode: Optional[Encode] = None) -> str:
    """The identity of a configuration: 16 hexadecimal digits.

    Raises:
        ConfigError: it holds what has no form of its own in JSON.
    """
    text = canonical_json(config, encode=encode)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def canonical_json(config: Any, *, encode: Optional[Encode] = None) -> str:
    """The text that `config_hash` is a hash of: keys sorted by code point, ASCII only."""
    return json.dumps(plain_config(config, "config", encode), sort_keys=True)


def plain_config(config: Any, where: str, encode: Optional[Encode] = None) -> Dict[str, Any]:
    """`config` out of dicts, lists, texts, numbers, booleans and None.

    Raises:
        ConfigError: with `where` and the keys down to what can't be had.
    """
    plain = Plain(encode).value(config, where)
    if isinstance(plain, dict):
        return plain
    raise ConfigError(
        where,
        f"a configuration has names and values, as a dict has; this is {kind_name(config)}. Write "
        f'{{"value": {plain!r:.40}}}, for instance',
    )


def result_json(result: Any, encode: Optional[Encode] = None) -> Tuple[bytes, List[str]]:
    """A result as JSON, and the places where a number was NaN or infinite, which are null there.

    More is taken than in a configuration, since no identity hangs on it, and a result may have
    taken hours: sets are sorted, keys become texts, arrays may be of any size.

    Raises:
        ConfigError: it holds what can't be had in JSON.
    """
    plain = PlainResult(encode)
    value = plain.value(result, "result")
    return json.dumps(value, ensure_ascii=False).encode("utf-8"), plain.not_finite
