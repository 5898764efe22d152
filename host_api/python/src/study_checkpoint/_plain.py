"""Values of any kind, to dicts, lists, texts, numbers, booleans and None."""

from __future__ import annotations

import collections.abc
import datetime
import enum
import math
from decimal import Decimal
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType
from typing import Any, Callable, Dict, List, Optional
from uuid import UUID

from . import _foreign
from ._names import ADDRESS, advice, found_name, is_class, time_text
from .errors import ConfigError

Encode = Callable[[Any], Any]

MAX_ELEMENTS = 10_000
MAX_DEPTH = 100
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1
_SCALARS = (str, int, float, bool, type(None))
_HINT = "or give Study.open(encode=...), a function that makes something of it that JSON has"


class Plain:
    """Configurations: strict."""

    def __init__(self, encode: Optional[Encode]) -> None:
        self._encode = encode
        self._inside: Dict[int, str] = {}  # containers around the value at hand, and their places

    def value(self, value: Any, path: str) -> Any:
        kind = type(value)
        if kind is str:
            return self._text(value, path)
        if kind is bool or value is None:
            return value
        if kind is int:
            return self._integer(value, path)
        if kind is float:
            return self._number(value, path)
        if kind is dict:
            return self._nested(value, path, self._object)
        if kind is list or kind is tuple:
            return self._nested(value, path, self._array)
        return self._other(value, path)

    # Scalars

    def _text(self, text: str, path: str) -> Any:
        text = str.__str__(text)
        if text.isascii():
            if text == "???":
                return self._refuse(text, path, "??? stands for a value that is missing: give one")
            if "at 0x" in text and ADDRESS.search(text):
                return self._refuse(
                    text,
                    path,
                    f"{text[:80]!r} has an address in it, which is another one in each process: "
                    "give a name",
                )
        elif any("\ud800" <= character <= "\udfff" for character in text):
            return self._refuse(
                text, path, "this text has a lone surrogate, so it is no UTF-8: decode it anew"
            )
        return text

    def _integer(self, number: int, path: str) -> Any:
        if _SMALLEST <= number <= _LARGEST:
            return int(number)
        return self._refuse(
            number, path, f"{number} has more than 64 bits: write it as text, str(...), or a float"
        )

    def _number(self, number: float, path: str) -> Any:
        if math.isfinite(number):
            return float(number)
        return self._refuse(number, path, f"JSON has no {number}: write None, or text")

    # Containers

    def _nested(self, value: Any, path: str, form: Callable[[Any, str], Any]) -> Any:
        if id(value) in self._inside:
            raise ConfigError(
                path, f"this is {self._inside[id(value)]} again, which has no end: leave it out"
            )
        if len(self._inside) >= MAX_DEPTH:
            raise ConfigError(path, f"nested deeper than {MAX_DEPTH} levels")
        self._inside[id(value)] = path
        try:
            return form(value, path)
        finally:
            del self._inside[id(value)]

    def _object(self, mapping: Any, path: str) -> Dict[str, Any]:
        return {
            self._key(key, path): self.value(value, f"{path}.{key}")
            for key, value in mapping.items()
        }

    def _key(self, key: Any, path: str) -> str:
        if isinstance(key, enum.Enum) and isinstance(key.value, str):
            key = key.value
        if isinstance(key, str):
            return str(self._text(key, f"{path}, the key {key!a}"))
        raise ConfigError(path, f"the key {key!r:.60} is no text: write {str(key)!r:.60}")

    def _array(self, values: Any, path: str) -> List[Any]:
        return [self.value(value, f"{path}[{index}]") for index, value in enumerate(values)]

    def _elements(self, count: int, path: str) -> None:
        if count > MAX_ELEMENTS:
            raise ConfigError(
                path,
                f"{count:,} elements are more than {MAX_ELEMENTS:,}: give the name of a file, or "
                "how they are made",
            )

    # Everything else

    def _other(self, value: Any, path: str) -> Any:
        if isinstance(value, enum.Enum):
            scalar = value.value if isinstance(value.value, _SCALARS) else value.name
            return self.value(scalar, path)
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, int):
            return self._integer(value, path)
        if isinstance(value, float) and not _foreign.is_numpy(value):
            return self._number(float(value), path)
        if _foreign.is_numpy(value):
            return self._numpy(value, path)
        if isinstance(value, (tuple, list)):
            return self._nested(value, path, self._array)
        if isinstance(value, range):
            self._elements(len(value), path)
            return self._array(value, path)
        fields = _foreign.fields_of(value, path)
        if fields is not None:
            return self._nested(value, path, lambda _, place: self._object(fields, place))
        items = _foreign.items_of(value)
        if items is not None:
            return self._nested(value, path, lambda _, place: self._array(items, place))
        if isinstance(value, collections.abc.Mapping):
            return self._nested(value, path, self._object)
        return self._named(value, path)

    def _numpy(self, value: Any, path: str) -> Any:
        if getattr(value, "ndim", 0):
            self._elements(value.size, path)
        try:
            plain = _foreign.plain_numpy(value)
        except TypeError as error:
            return self._refuse(value, path, str(error))
        return self.value(plain, path)

    def _named(self, value: Any, path: str) -> Any:
        """What has a text of its own."""
        text: Optional[str] = None
        if isinstance(value, (PurePath, UUID)):
            text = str(value)
        elif isinstance(value, Decimal) and value.is_finite():
            text = str(value)
        elif isinstance(value, datetime.timedelta) and value == value:
            return self._number(value.total_seconds(), path)
        elif isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
            text = time_text(value)
        elif isinstance(value, (FunctionType, BuiltinFunctionType)) or is_class(value):
            text = found_name(value)
        else:
            text = _foreign.text_of(value)
        return self._refuse(value, path, advice(value)) if text is None else self._text(text, path)

    def _refuse(self, value: Any, path: str, problem: str) -> Any:
        """The host's own form of it, if there is one."""
        encode = self._encode
        if encode is None:
            raise ConfigError(path, f"{problem}; {_HINT}")
        self._encode = None  # what it gives must be plain, or it would be asked for ever
        try:
            encoded = encode(value)
            if encoded is NotImplemented:
                raise ConfigError(path, problem)
            return self.value(encoded, path)
        finally:
            self._encode = encode


class PlainResult(Plain):
    """Results: what has a sensible form is given it."""

    def __init__(self, encode: Optional[Encode]) -> None:
        super().__init__(encode)
        self.not_finite: List[str] = []

    def _text(self, text: str, path: str) -> Any:
        return str.__str__(text).encode("utf-8", "replace").decode("utf-8")

    def _integer(self, number: int, path: str) -> Any:
        return int(number)

    def _number(self, number: float, path: str) -> Any:
        if math.isfinite(number):
            return float(number)
        self.not_finite.append(path)
        return None

    def _key(self, key: Any, path: str) -> str:
        if isinstance(key, str) or (isinstance(key, enum.Enum) and isinstance(key.value, str)):
            return super()._key(key, path)
        return str(self._text(str(key), path))

    def _elements(self, count: int, path: str) -> None:
        pass

    def _named(self, value: Any, path: str) -> Any:
        if isinstance(value, (set, frozenset)):
            return self._array(sorted(value, key=lambda item: (str(type(item)), repr(item))), path)
        return super()._named(value, path)
