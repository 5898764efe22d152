"""Lists of configurations."""

from __future__ import annotations

import itertools
from typing import Any, Dict, Iterable, List


def sweep(**dimensions: Any) -> List[Dict[str, Any]]:
    """All combinations, the first dimension varying slowest.

    `sweep(lr=[0.1, 0.01], bs=[8, 16], model="gpt2")` gives four dicts. What is no list, such as a
    text or a dict, is one value.
    """
    values = [_values(dimension) for dimension in dimensions.values()]
    return [dict(zip(dimensions, chosen)) for chosen in itertools.product(*values)]


def _values(dimension: Any) -> List[Any]:
    is_one = isinstance(dimension, (str, bytes, dict)) or not isinstance(dimension, Iterable)
    return [dimension] if is_one else list(dimension)
