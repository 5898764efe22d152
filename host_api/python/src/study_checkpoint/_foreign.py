"""Values of other packages, known without importing any: what isn't loaded has made no value."""

from __future__ import annotations

import argparse
import collections
import dataclasses
import sys
import types
from typing import Any, Dict, List, Optional

from .errors import ConfigError


def is_numpy(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, (numpy.generic, numpy.ndarray))


def plain_numpy(value: Any) -> Any:
    """Numbers, texts, times and lists of such.

    Raises:
        TypeError: with what to write instead.
    """
    kind = value.dtype.kind
    if kind == "O" or (kind in "biuSU" and value.ndim == 0):
        return value.tolist() if value.ndim else value.item()
    if kind in "biuU":
        return value.tolist()
    if kind == "f":
        return _by(_plain_float, value)
    if kind == "m":
        return _by(_seconds, value)
    if kind == "M":
        return _by(_iso, value)
    if kind == "c":
        raise TypeError("JSON has no complex numbers: write [re, im], or two keys")
    raise TypeError(f"a numpy value of type {value.dtype} has no form in JSON: write value.tolist()")


def _by(form: Any, value: Any) -> Any:
    if value.ndim == 0:
        return form(value[()])
    return [_by(form, element) for element in value]


def _plain_float(number: Any) -> float:
    # float32(0.1) is 0.1, as it says of itself, and not 0.10000000149011612.
    if number.dtype.itemsize < 8:
        return float(str(number))
    plain = float(number)
    if number != plain and number == number:
        raise TypeError(f"{number} has more digits than a float: write it as text, str(...)")
    return plain


def _seconds(duration: Any) -> float:
    numpy = sys.modules["numpy"]
    if numpy.isnat(duration):
        raise TypeError("JSON has no NaT: write None, or text")
    if numpy.datetime_data(duration.dtype)[0] in ("Y", "M", "generic"):
        raise TypeError(f"{duration} has no length in seconds: write a number")
    return float(duration / numpy.timedelta64(1, "s"))


def _iso(time: Any) -> str:
    if sys.modules["numpy"].isnat(time):
        raise TypeError("JSON has no NaT: write None, or text")
    return str(time)


def fields_of(value: Any, path: str) -> Optional[Dict[str, Any]]:
    """Of an object whose class says which fields it has; None of others."""
    kind = type(value)
    if isinstance(value, type):
        return None
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, (argparse.Namespace, types.SimpleNamespace)):
        return dict(vars(value))
    attributes = getattr(kind, "__attrs_attrs__", None)
    if attributes is not None:
        return {field.name: getattr(value, field.name) for field in attributes}
    if _is_of("pydantic", "BaseModel", value):
        names = getattr(kind, "model_fields", None) or getattr(kind, "__fields__", {})
        extra = getattr(value, "model_extra", None) or {}
        return {**{name: getattr(value, name) for name in names}, **extra}
    if _is_of("omegaconf", "DictConfig", value):
        return dict(_resolved(value, path))
    return None


def items_of(value: Any) -> Optional[List[Any]]:
    """Of a list that isn't one."""
    if isinstance(value, collections.deque):
        return list(value)
    if _is_of("omegaconf", "ListConfig", value):
        return list(_resolved(value, "config"))
    return None


def text_of(value: Any) -> Optional[str]:
    """Of a value that a package names by a text that is meant to last."""
    if _is_of("numpy", "dtype", value):
        return str(value)
    if _is_of("torch", "dtype", value) or _is_of("torch", "device", value):
        return str(value)
    return None


def _is_of(module: str, name: str, value: Any) -> bool:
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(value, kind)


def _resolved(value: Any, path: str) -> Any:
    omegaconf = sys.modules["omegaconf"]
    try:
        return omegaconf.OmegaConf.to_container(value, resolve=True)
    except Exception as error:  # an interpolation of something that isn't there
        raise ConfigError(path, f"can't be resolved: {error}".replace("\n", " ")) from error
