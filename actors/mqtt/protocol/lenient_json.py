"""JSON that is wrong in nothing but its numbers: they are left out, and the rest is read.

``printf`` writes ``nan`` for a sensor that has come loose, and ``inf`` or ``ovf`` for one that is beyond its
range. It takes some fifty times as long as reading sound JSON, so only what could not be read comes here:
the worst of 64 KiB, 32,000 numbers of one digit, 45 ms.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

Path: TypeAlias = tuple[str, ...]

# SQLite's integers, and the longest way to write one: "-9223372036854775808".
MIN_INTEGER: Final = -(2**63)
MAX_INTEGER: Final = 2**63 - 1
_INTEGER_CHARS: Final = 20

# A text, whole or cut off, so that nothing in it is taken for a number; or what stands between signs.
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[^\s,:\[\]{}"]+', re.DOTALL)
_SOUND: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
# ``-nan(ind)`` and ``1.#QNAN`` are Microsoft's, ``ovf`` is Arduino's.
_NO_NUMBER: Final = re.compile(r"[+-]?(?:\.?[0-9].*|(?:nan|inf|infinity|ovf)(?:\(.*\))?)", re.IGNORECASE)

_INVALID: Final = object()


class NotJson(ValueError):
    """It is wrong in something else than its numbers. The text says in what, in Spanish."""


def read(payload: bytes, deep: Sequence[str], levels: int) -> tuple[dict[str, Any], list[Path]]:
    """The object in ``payload`` without its numbers that are none, and the paths of those.

    Only the members named ``deep`` are looked into, to ``levels`` levels of objects and lists within each.
    In a list ``None`` stands in such a number's place, and its path is the list's. Raises :class:`NotJson`.
    """
    try:
        text = _TOKEN.sub(_marked, payload.decode())
        fields = json.loads(text, parse_constant=_none, parse_int=_integer, parse_float=_real)
    except UnicodeDecodeError as error:
        raise NotJson(f"no es UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} (carácter {error.pos})") from None
    except RecursionError:
        raise NotJson("tiene demasiados niveles") from None
    if not isinstance(fields, dict):
        raise NotJson("no es un objeto")
    invalid: list[Path] = [(name,) for name, value in fields.items() if value is _INVALID]
    kept = {name: value for name, value in fields.items() if value is not _INVALID}
    for name in deep:
        if isinstance(kept.get(name), dict | list):
            kept[name] = _without_invalid(kept[name], (name,), levels, invalid)
    return kept, invalid


def _marked(token: re.Match[str]) -> str:
    text = token[0]
    if text[0] == '"' or _SOUND.fullmatch(text) or not _NO_NUMBER.fullmatch(text):
        return text
    return "NaN"


def _none(name: str) -> object:  # noqa: ARG001
    return _INVALID


def _integer(digits: str) -> object:
    if len(digits) > _INTEGER_CHARS:
        return _INVALID
    value = int(digits)
    return value if MIN_INTEGER <= value <= MAX_INTEGER else _INVALID


def _real(digits: str) -> object:
    value = float(digits)
    return value if math.isfinite(value) else _INVALID


def _without_invalid(value: Any, path: Path, levels: int, invalid: list[Path]) -> Any:
    if isinstance(value, dict | list) and levels < 0:
        raise NotJson("tiene demasiados niveles")
    if isinstance(value, dict):
        found = {}
        for name, member in value.items():
            if member is _INVALID:
                invalid.append((*path, name))
            else:
                found[name] = _without_invalid(member, (*path, name), levels - 1, invalid)
        return found
    if isinstance(value, list):
        if any(member is _INVALID for member in value):
            invalid.append(path)
        return [
            None if member is _INVALID else _without_invalid(member, path, levels - 1, invalid)
            for member in value
        ]
    return value
