"""The texts of values, and what to write in the place of those that have none."""

from __future__ import annotations

import collections.abc
import datetime
import re
import sys
from decimal import Decimal
from types import FunctionType
from typing import Any, Optional

ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{4,}")


def kind_name(value: Any) -> str:
    kind = type(value)
    if kind.__module__ in ("builtins", "__main__"):
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def public_name(value: Any) -> Optional[str]:
    """`module.qualname` of a class or a function of a module; None where nothing is found there.

    Some versions keep a public class in a private module (pathlib.Path is in pathlib._local in
    3.13): then the name is the one by which everybody imports it.
    """
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or "<" in name:
        return None
    if module == "__mp_main__":  # what multiprocessing calls a main script in a child
        module = "__main__"
    parts = module.split(".")
    for count in range(1, len(parts)):
        outer = ".".join(parts[:count])
        is_private = parts[count].startswith("_") and not parts[count].startswith("__")
        if is_private and getattr(sys.modules.get(outer), name, None) is value:
            return f"{outer}.{name}"
    return f"{module}.{name}"


def is_class(value: Any) -> bool:
    # isinstance(list[int], type) is true in 3.9 and 3.10, and false from 3.11 on.
    return isinstance(value, type) and not hasattr(value, "__origin__")


def found_name(value: Any) -> Optional[str]:
    if getattr(value, "__self__", None) is not None and not _is_module(value.__self__):
        return None  # a method of an object of C's
    return public_name(value)


def _is_module(value: Any) -> bool:
    return isinstance(value, type(sys))


def time_text(value: Any) -> Optional[str]:
    """ISO form, in UTC where it has a time zone."""
    if value != value:  # pandas' NaT calls itself a datetime
        return None
    if isinstance(value, datetime.datetime) and value.utcoffset() is not None:
        value = value.astimezone(datetime.timezone.utc)
    elif isinstance(value, datetime.time) and value.utcoffset() is not None:
        day = datetime.datetime.combine(datetime.date(2000, 1, 2), value)
        value = day.astimezone(datetime.timezone.utc).timetz()
    return str(value.isoformat())


def advice(value: Any) -> str:
    kind = kind_name(value)
    if isinstance(value, complex):
        return "JSON has no complex numbers: write [re, im], or two keys"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"JSON has no {kind}: write text, such as value.hex() or value.decode()"
    if isinstance(value, (set, frozenset)):
        return f"a {kind} has no order: write sorted(value)"
    if isinstance(value, (Decimal, datetime.datetime, datetime.timedelta)):
        return f"JSON has no {value}: write None, or text"
    if isinstance(value, FunctionType) and value.__name__ == "<lambda>":
        return "a lambda has no name to be known by: write a function of a module, or a text"
    if isinstance(value, FunctionType):
        return (
            f"{value.__qualname__} is made anew in each call of the function around it: write a "
            "function of a module, or a text"
        )
    if hasattr(value, "__self__") and hasattr(value, "__func__"):
        return f"{value.__qualname__} is bound to an object: write the object's values, or a text"
    if isinstance(value, collections.abc.Iterator):
        return f"a {kind} can be read once only: write list(value)"
    if ADDRESS.search(repr(value)):
        return f"{kind} has nothing but an address to be known by: write a dict of what matters"
    return f"{kind} has no form in JSON: write a dict, or text"
