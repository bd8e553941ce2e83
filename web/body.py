"""From the bytes of a request to a JSON object within the limits that reports have too.

The limits are the same because it ends up in the same places: SQLite, MQTT, and other clients' JSON.
Everything that is wrong raises :class:`web.errors.Problem`.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, NoReturn, TypeAlias

import orjson

from actors.model import MAX_NAMES, Json
from web.errors import Problem

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
        raise Problem(400, "El cuerpo está vacío; envía un objeto JSON.")
    try:
        # Not orjson, which takes a name that stands there twice and the number 1e999.
        value = json.loads(
            body.decode(), object_pairs_hook=_unique, parse_constant=_not_a_number, parse_float=_finite
        )
        orjson.dumps(value)
    except UnicodeDecodeError as error:
        raise Problem(400, f"El cuerpo no es UTF-8 (byte {error.start}); envía JSON en UTF-8.") from None
    except json.JSONDecodeError as error:
        where = f"línea {error.lineno}, columna {error.colno}"
        raise Problem(400, f"El cuerpo no es JSON válido ({where}); corrígelo.") from None
    except (RecursionError, ValueError, TypeError):
        detail = "El cuerpo tiene un número o un texto que no cabe en JSON de 64 bits, o demasiados niveles."
        raise Problem(400, f"{detail} Simplifícalo.") from None
    if not isinstance(value, dict):
        raise Problem(400, 'El cuerpo no es un objeto JSON; envía algo como {"nombre":"Lámpara"}.')
    return value


def check_configuration(value: Json) -> Object:
    if not isinstance(value, dict):
        raise Problem(400, 'configuracion no es un objeto; envía algo como {"modo":"manual"}.')
    if len(value) > MAX_NAMES:
        raise Problem(400, f"configuracion tiene más de {MAX_NAMES} campos; quita algunos.")
    for name, member in value.items():
        _check_member(member, f"configuracion.{name:.80}", MAX_LEVELS)
    return value


def _check_member(value: Json, path: str, levels: int) -> None:
    if isinstance(value, int) and value not in _INT64:
        raise Problem(400, f"{path}: el entero no cabe en 64 bits con signo; envía uno menor.")
    if isinstance(value, dict | list):
        if levels == 0:
            raise Problem(400, f"{path}: tiene más de {MAX_LEVELS} niveles; simplifícalo.")
        members: Iterable[Any] = value.values() if isinstance(value, dict) else value
        for member in members:
            _check_member(member, path, levels - 1)


def _unique(pairs: list[tuple[str, Json]]) -> Object:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise Problem(400, f"El campo {twice!a:.80} está repetido; envíalo una sola vez.")
    return found


def _not_a_number(name: str) -> NoReturn:
    raise Problem(400, f"{name} no existe en JSON; envía un número finito o null.")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise Problem(400, f"{digits:.40} no cabe en un número de 64 bits; envía uno menor.")
    return value
