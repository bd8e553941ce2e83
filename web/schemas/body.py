"""From the bytes of a request to a JSON object within the limits that reports have too.

The limits are the same because it ends up in the same places: SQLite, MQTT, and other clients' JSON.
Everything that is wrong raises :class:`web.texts.problem.Problem`.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, NoReturn, TypeAlias

import orjson

from actors.domain.model import MAX_NAMES, Json
from web.texts.faults import Fault
from web.texts.problem import Problem

Object: TypeAlias = dict[str, Json]

# With a configuration in it. The worst takes 60 ms to read and check, on a thread of its own.
MAX_BODY: Final = 64 * 1024
# With none: a password of 1,000 characters, each as two escapes, and its names. The worst takes 3 ms.
MAX_SMALL_BODY: Final = 16 * 1024
# How deep each value of a configuration may nest.
MAX_LEVELS: Final = 4

_INT64: Final = range(-(2**63), 2**63)


def read_object(body: bytes) -> Object:
    """The JSON object in ``body``: no name twice, all numbers finite, all text encodable."""
    if not body.strip():
        raise Problem(Fault.EMPTY_BODY)
    try:
        # Not orjson, which takes a name that stands there twice and the number 1e999.
        value = json.loads(
            body.decode(), object_pairs_hook=_unique, parse_constant=_not_a_number, parse_float=_finite
        )
        orjson.dumps(value)
    except UnicodeDecodeError as error:
        raise Problem(Fault.BODY_NOT_UTF8, byte=error.start) from None
    except json.JSONDecodeError as error:
        raise Problem(Fault.BODY_NOT_JSON, line=error.lineno, column=error.colno) from None
    except (RecursionError, ValueError, TypeError):
        raise Problem(Fault.BODY_TOO_COMPLEX) from None
    if not isinstance(value, dict):
        raise Problem(Fault.BODY_NO_OBJECT)
    return value


def check_configuration(value: Json) -> Object:
    if not isinstance(value, dict):
        raise Problem(Fault.NO_CONFIGURATION)
    if len(value) > MAX_NAMES:
        raise Problem(Fault.TOO_MANY_NAMES, most=MAX_NAMES)
    for name, member in value.items():
        _check_member(member, f"configuracion.{name:.80}", MAX_LEVELS)
    return value


def _check_member(value: Json, path: str, levels: int) -> None:
    if isinstance(value, int) and value not in _INT64:
        raise Problem(Fault.INTEGER_TOO_LARGE, path=path)
    if isinstance(value, dict | list):
        if levels == 0:
            raise Problem(Fault.TOO_DEEP, path=path, most=MAX_LEVELS)
        members: Iterable[Any] = value.values() if isinstance(value, dict) else value
        for member in members:
            _check_member(member, path, levels - 1)


def _unique(pairs: list[tuple[str, Json]]) -> Object:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise Problem(Fault.NAME_TWICE, name=twice)
    return found


def _not_a_number(name: str) -> NoReturn:
    raise Problem(Fault.NO_JSON_NUMBER, given=name)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise Problem(Fault.NUMBER_TOO_LARGE, given=digits)
    return value
