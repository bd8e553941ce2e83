"""JSON as the decoder gives it; checked once at the edge and trusted from there on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Json: TypeAlias = Any
JsonObject: TypeAlias = Mapping[str, Json]


def same(a: Json, b: Json) -> bool:
    """Whether two JSON values are equal: 1 and 1.0 are, since many write one for the other; true is not."""
    match a, b:
        case (dict(), dict()):
            return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
        case (list(), list()):
            return len(a) == len(b) and all(map(same, a, b))
        case _:
            return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)
