"""What a template may call: filters, tests, functions and methods, each bounded in time and size.

They mean what they mean in Home Assistant, which changes some of jinja2's. A call that cannot be answered
raises :class:`TemplateFailed`, ``TypeError``, ``ValueError``, ``LookupError`` or ``ArithmeticError``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import orjson

Word: TypeAlias = Callable[..., Any]

MAX_TEXT: Final = 4_096
"""Characters of a text that is made, and of one that is worked on."""
MAX_NODES: Final = 4_096
"""Values in a list or mapping that is made, those of what it holds counted."""
_MAX_WHOLE: Final = 2**63


class TemplateFailed(Exception):
    """A template that gives no value for this message: something is missing, or is not what it should be."""


class NotThere(TemplateFailed):
    """It asks for what this message does not have: many say only what is new."""


class Undefined:
    """What stands where there is nothing: it prints as nothing, and nothing is in it."""

    __slots__ = ()

    def __str__(self) -> str:
        return ""

    def __bool__(self) -> bool:
        return False

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Any:
        return iter(())


UNDEFINED: Final = Undefined()


def text(value: object) -> str:
    """``value`` as a text that is short enough to be worked on."""
    made = value if type(value) is str else str(value)
    if len(made) > MAX_TEXT:
        raise TemplateFailed("texto demasiado largo")
    return made


def number(value: object) -> int | float:
    """``value`` if it is a number that can be counted with, a truth value being 1 or 0."""
    if value is UNDEFINED:
        raise NotThere("no está definido")
    if isinstance(value, float):
        if not math.isfinite(value):
            raise TemplateFailed("no es un número finito")
        return value
    if isinstance(value, int) and -_MAX_WHOLE < value < _MAX_WHOLE:
        return value
    raise TypeError("no es un número")


def weigh(value: object, left: int = MAX_NODES) -> int:
    """What is left of ``left`` when every value in it is counted. Lists that hold a list twice grow fast."""
    if type(value) in (list, tuple):
        for each in value:  # type: ignore[attr-defined]
            left = weigh(each, left)
    elif type(value) is dict:
        for key, each in value.items():
            left = weigh(key, weigh(each, left))
    if left <= 0:
        raise TemplateFailed("valor demasiado grande")
    return left - 1


def _known(value: object) -> object:
    if value is UNDEFINED:
        raise NotThere("no está definido")
    return value


# -- filters and functions -----------------------------------------------------------------------

_NO_DEFAULT: Final = object()


def to_float(value: object, default: object = _NO_DEFAULT) -> object:
    """The number that it is, also as a text; else the default."""
    try:
        return float(_known(value))  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return _or_raise(default)


def to_int(value: object, default: object = _NO_DEFAULT, base: int = 10) -> object:
    """The whole number that it is, cut off after the point; else the default."""
    _known(value)
    try:
        return int(text(value), base) if isinstance(value, str) else int(value)  # type: ignore[call-overload]
    except (ValueError, TypeError):
        pass
    try:
        return int(float(value))  # type: ignore[arg-type]
    except (ValueError, TypeError, OverflowError):
        return _or_raise(default)


def _or_raise(default: object) -> object:
    if default is _NO_DEFAULT:
        raise ValueError("no es un número")
    return default


def rounded(
    value: object, precision: int = 0, method: str = "common", default: object = _NO_DEFAULT
) -> object:
    """Rounded to so many places: a whole number where they are none."""
    places = int(precision)
    if not -300 < places < 300:
        raise ValueError("precisión imposible")
    try:
        told = float(_known(value))  # type: ignore[arg-type]
        if method == "half":
            told = round(told * 2) / 2
        elif method in ("ceil", "floor"):
            by = 10.0**places
            told = (math.ceil if method == "ceil" else math.floor)(told * by) / by
        else:
            told = round(told, places)
        return told if places else int(told)
    except (ValueError, TypeError):
        return _or_raise(default)


def multiplied(value: object, amount: object, default: object = _NO_DEFAULT) -> object:
    """The product of two numbers, the first also as a text."""
    try:
        return float(_known(value)) * number(amount)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return _or_raise(default)


def added(value: object, amount: object, default: object = _NO_DEFAULT) -> object:
    """The sum of two numbers, the first also as a text."""
    try:
        return float(_known(value)) + number(amount)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return _or_raise(default)


def defaulted(value: object, default: object = "", boolean: object = False) -> object:
    """``value`` where there is one."""
    return default if value is UNDEFINED or (boolean and not value) else value


def is_number(value: object) -> bool:
    """Whether it is a finite number, also as a text."""
    try:
        return math.isfinite(float(value))  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return False


def truth(value: object, default: object = _NO_DEFAULT) -> object:
    """Yes or no, of the words and numbers that mean it."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return bool(value)
    word = text(_known(value)).lower().strip()
    if word in ("1", "true", "yes", "on", "enable"):
        return True
    return False if word in ("0", "false", "no", "off", "disable") else _or_raise(default)


def _compact_json(value: object, ensure_ascii: object = False, pretty_print: object = False) -> str:
    if ensure_ascii or pretty_print:
        raise TypeError("to_json no admite opciones")
    weigh(_known(value))
    return text(orjson.dumps(value).decode())


def _jinja_json(value: object) -> str:
    """With spaces and in the order of the names, and with what HTML would take for its own escaped."""
    weigh(_known(value))
    made = json.dumps(value, sort_keys=True, allow_nan=False)
    for sign, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("'", "\\u0027")):
        made = made.replace(sign, escaped)
    return text(made)


def _from_json(value: object) -> object:
    made = orjson.loads(text(value))
    weigh(made)
    return made


def _joined(value: Sequence[object], d: object = "") -> str:
    between = text(d)
    parts = [text(each) for each in value]
    if sum(map(len, parts)) + len(between) * len(parts) > MAX_TEXT:
        raise TemplateFailed("texto demasiado largo")
    return between.join(parts)


def replaced(value: object, old: object, new: object, count: object = None) -> str:
    """``value`` with every ``old``, or the first ``count``, changed for ``new``."""
    told, before, after = text(value), text(old), text(new)
    if len(told) + told.count(before) * len(after) > MAX_TEXT:
        raise TemplateFailed("texto demasiado largo")
    return told.replace(before, after, -1 if count is None else int(number(count)))


def _truncated(
    value: object, length: int = 255, killwords: object = False, end: str = "...", leeway: int = 5
) -> str:
    told = value if type(value) is str else text(value)
    if not 0 <= len(end) <= length or leeway < 0:
        raise ValueError("longitud imposible")
    if len(told) <= length + leeway:
        return told
    cut = told[: length - len(end)]
    return (cut if killwords else cut.rsplit(" ", 1)[0]) + end


def _listed(value: Any) -> list[object]:
    made = list(_sized(value))
    weigh(made)
    return made


def _sized(value: Any) -> Any:
    if len(value) > MAX_NODES:
        raise TemplateFailed("valor demasiado grande")
    return value


def _first(value: Any) -> object:
    return next(iter(value), UNDEFINED)


def _last(value: Any) -> object:
    return next(reversed(value), UNDEFINED)


def _largest(value: Any) -> object:
    return max(_sized(value), default=UNDEFINED)


def _smallest(value: Any) -> object:
    return min(_sized(value), default=UNDEFINED)


def _max_of(*values: Any) -> object:
    return max(*values) if len(values) > 1 else max(_sized(values[0]))


def _min_of(*values: Any) -> object:
    return min(*values) if len(values) > 1 else min(_sized(values[0]))


def _total(value: Any) -> object:
    return number(sum(number(each) for each in _sized(value)))


def _iif(
    value: object, if_true: object = True, if_false: object = False, if_none: object = _NO_DEFAULT
) -> object:
    if value is None and if_none is not _NO_DEFAULT:
        return if_none
    return if_true if value else if_false


def _defined(value: object) -> object:
    return _known(value)


def _instant(value: object) -> str:
    """The moment, in universal time: which zone a house is in is not known here."""
    return datetime.fromtimestamp(number(to_float(value)), UTC).isoformat()


def _root(value: object, default: object = _NO_DEFAULT) -> object:
    try:
        return math.sqrt(float(_known(value)))  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return _or_raise(default)


def _stripped(value: object, chars: str | None = None) -> str:
    return text(value).strip(chars)


FILTERS: Final[Mapping[str, Word]] = {
    "abs": lambda value: abs(number(value)),
    "add": added,
    "bool": truth,
    "capitalize": lambda value: text(value).capitalize(),
    "contains": lambda value, each: each in value,
    "count": lambda value: len(value),
    "d": defaulted,
    "default": defaulted,
    "first": _first,
    "float": to_float,
    "from_json": _from_json,
    "iif": _iif,
    "int": to_int,
    "is_defined": _defined,
    "is_number": is_number,
    "join": _joined,
    "last": _last,
    "length": lambda value: len(value),
    "list": _listed,
    "lower": lambda value: text(value).lower(),
    "max": _largest,
    "min": _smallest,
    "multiply": multiplied,
    "replace": replaced,
    "round": rounded,
    "sqrt": _root,
    "string": text,
    "sum": _total,
    "timestamp_local": _instant,
    "timestamp_utc": _instant,
    "title": lambda value: text(value).title(),
    "to_json": _compact_json,
    "tojson": _jinja_json,
    "trim": _stripped,
    "truncate": _truncated,
    "upper": lambda value: text(value).upper(),
}

FUNCTIONS: Final[Mapping[str, Word]] = {
    "bool": truth,
    "float": to_float,
    "iif": _iif,
    "int": to_int,
    "is_number": is_number,
    "max": _max_of,
    "min": _min_of,
    "sqrt": _root,
}

TESTS: Final[Mapping[str, Word]] = {
    "boolean": lambda value: value is True or value is False,
    "contains": lambda value, each: each in value,
    "defined": lambda value: value is not UNDEFINED,
    "divisibleby": lambda value, by: number(value) % number(by) == 0,
    "even": lambda value: number(value) % 2 == 0,
    "false": lambda value: value is False,
    "float": lambda value: isinstance(value, float),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "is_number": is_number,
    "iterable": lambda value: isinstance(value, (str, list, tuple, dict, Undefined)),
    "mapping": lambda value: isinstance(value, dict),
    "none": lambda value: value is None,
    "number": lambda value: isinstance(value, (int, float)),
    "odd": lambda value: number(value) % 2 == 1,
    "sequence": lambda value: isinstance(value, (str, list, tuple, dict, Undefined)),
    "string": lambda value: isinstance(value, str),
    "true": lambda value: value is True,
    "undefined": lambda value: value is UNDEFINED,
}

# -- methods -------------------------------------------------------------------------------------

METHODS: Final[Mapping[type, Mapping[str, Word]]] = {
    str: {
        "capitalize": lambda of: text(of).capitalize(),
        "count": lambda of, part: text(of).count(part),
        "endswith": lambda of, end: of.endswith(end),
        "find": lambda of, part: text(of).find(part),
        "isdigit": lambda of: text(of).isdigit(),
        "lower": lambda of: text(of).lower(),
        "lstrip": lambda of, chars=None: text(of).lstrip(chars),
        "replace": replaced,
        "rstrip": lambda of, chars=None: text(of).rstrip(chars),
        "split": lambda of, sep=None, maxsplit=-1: text(of).split(sep, maxsplit),
        "startswith": lambda of, start: of.startswith(start),
        "strip": _stripped,
        "title": lambda of: text(of).title(),
        "upper": lambda of: text(of).upper(),
    },
    dict: {
        "get": lambda of, key, default=None: of.get(key, default),
        "items": lambda of: _listed(of.items()),
        "keys": lambda of: _listed(of),
        "values": lambda of: _listed(of.values()),
    },
}
METHOD_NAMES: Final = frozenset(name for methods in METHODS.values() for name in methods)
