"""How the parts of what rule 1 remembers are written down: each slot by its name, checked when read."""

from __future__ import annotations

import base64
import binascii
import math
from array import array
from typing import Any, ClassVar, Final

from actors.domain.model import Json, JsonObject
from rules.base.memory import DamagedState, Fields

# What JSON has no numbers for.
_STRANGE: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class Part:
    """Its slots hold numbers, flags, arrays of numbers, and tuples of such; a fresh one shows which where."""

    __slots__ = ()
    kept: ClassVar[tuple[str, ...]]
    """The slots that are written down."""

    def state(self) -> JsonObject:
        return {name.lstrip("_"): _written(getattr(self, name)) for name in self.kept}

    def restore(self, state: Fields) -> None:
        """Become what was written; raises :class:`DamagedState`."""
        for name in self.kept:
            fresh = getattr(self, name)
            read = _read(state.value(name.lstrip("_")), fresh)
            # What is as at the beginning is the same object in all parts that are.
            setattr(self, name, fresh if read == fresh else read)
        if not self.is_sound():
            raise DamagedState(f"{type(self).__name__}: parts that do not fit each other")

    def is_sound(self) -> bool:
        """Whether what was read could have been written."""
        return True


def one_for_equals(value: Json, known: dict[tuple[type, Json], Json]) -> Json:
    """The same, with equal numbers as one object: metrics that are told together have many in common."""
    if isinstance(value, dict):
        return {name: one_for_equals(each, known) for name, each in value.items()}
    if isinstance(value, list):
        return [one_for_equals(each, known) for each in value]
    return known.setdefault((type(value), value), value) if isinstance(value, int | float) else value


def are_numbers(values: tuple[Any, ...], count: int) -> bool:
    """Whether these are so many numbers, and nothing that holds others."""
    return len(values) == count and all(type(value) is float for value in values)


def _written(value: Any) -> Json:
    match value:
        case array():
            return base64.b64encode(value.tobytes()).decode()
        case tuple():
            return [_written(each) for each in value]
        case float() if not math.isfinite(value):
            return str(value)
    return value


def _read(value: Json, fresh: Any) -> Any:
    match fresh, value:
        case array(), str():
            return _read_array(fresh.typecode, value)
        case bool(), bool():
            return value
        case int(), int() if type(fresh) is int and type(value) is int:
            return value
        case float(), int() | float() | str() if type(value) is not bool:
            return _read_number(value)
        case tuple() | None, list():
            return tuple(_read(each, () if isinstance(each, list) else 0.0) for each in value)
        case None, None:
            return None
    raise DamagedState(f"{value!r:.40} where {fresh!r:.40} stood")


def _read_number(value: int | float | str) -> float:
    if not isinstance(value, str):
        return float(value)
    if value not in _STRANGE:
        raise DamagedState(f"{value!r:.40} is no number")
    return _STRANGE[value]


def _read_array(typecode: str, text: str) -> array[Any]:
    made = array(typecode)
    try:
        made.frombytes(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        raise DamagedState(f"{text!r:.40} is no array") from None
    # A copy is as long as it must be; what has grown takes up to a quarter more.
    return made[:]
