"""What a rule remembers, as JSON that shows damage: versioned, checksummed, checked field by field."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping

from actors.domain.model import Json, JsonObject


class DamagedState(ValueError):
    """A stored state that cannot be trusted or was made under other settings: learn from the log again."""


def seal(kind: str, version: int, body: JsonObject) -> JsonObject:
    """``body`` with what it takes to recognise it, and any damage to it, later."""
    return {"kind": kind, "version": version, "crc": _crc(body), "body": body}


def unseal(kind: str, version: int, state: Json) -> Fields:
    """The body of a sealed state; raises :class:`DamagedState` unless it is whole and of this version."""
    if not isinstance(state, Mapping) or set(state) != {"kind", "version", "crc", "body"}:
        raise DamagedState(f"{kind}: not a sealed state")
    if (state["kind"], state["version"]) != (kind, version):
        raise DamagedState(f"{kind}: state of {state['kind']!r:.40} version {state['version']!r:.40}")
    if not isinstance(state["body"], Mapping) or _crc(state["body"]) != state["crc"]:
        raise DamagedState(f"{kind}: checksum does not match")
    return Fields(kind, state["body"])


def _crc(body: JsonObject) -> int:
    """Stands for what is said, not for how: the same after any JSON encoder has written and read it."""
    try:
        return zlib.crc32(json.dumps(body, sort_keys=True, allow_nan=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise DamagedState(f"not JSON: {error}") from None


class Fields:
    """Typed reading of a JSON object; every method raises :class:`DamagedState` for what does not fit."""

    def __init__(self, kind: str, values: Json) -> None:
        if not isinstance(values, Mapping):
            raise DamagedState(f"{kind}: {values!r:.40} is no object")
        self._kind = kind
        self._values = values

    def _get(self, name: str) -> Json:
        try:
            return self._values[name]
        except KeyError:
            raise DamagedState(f"{self._kind}: no {name}") from None

    def _damaged(self, name: str) -> DamagedState:
        return DamagedState(f"{self._kind}: {name} cannot be {self._values[name]!r:.60}")

    @property
    def values(self) -> JsonObject:
        """All of it, unchecked."""
        return self._values

    def value(self, name: str) -> Json:
        """As it is, unchecked."""
        return self._get(name)

    def is_null(self, name: str) -> bool:
        return self._get(name) is None

    def number(self, name: str, low: float = -math.inf, high: float = math.inf) -> float:
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self._damaged(name)
        return float(value)

    def optional_number(self, name: str) -> float | None:
        return None if self._get(name) is None else self.number(name)

    def whole(self, name: str, low: int, high: int) -> int:
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self._damaged(name)
        return value

    def flag(self, name: str) -> bool:
        value = self._get(name)
        if not isinstance(value, bool):
            raise self._damaged(name)
        return value

    def optional_flag(self, name: str) -> bool | None:
        return None if self._get(name) is None else self.flag(name)

    def text(self, name: str) -> str:
        value = self._get(name)
        if not isinstance(value, str):
            raise self._damaged(name)
        return value

    def array(self, name: str) -> list[Json]:
        value = self._get(name)
        if not isinstance(value, list):
            raise self._damaged(name)
        return value

    def wholes(self, name: str, low: int, high: int) -> list[int]:
        values = self.array(name)
        if not all(type(value) is int and low <= value <= high for value in values):
            raise self._damaged(name)
        return values

    def numbers(self, name: str, low: float, high: float) -> list[float]:
        values = self.array(name)
        if not all(type(value) in (int, float) and low <= value <= high for value in values):
            raise self._damaged(name)
        return [float(value) for value in values]

    def pairs(self, name: str, low: int, high: int) -> list[tuple[int, int]]:
        pairs = self.array(name)
        for pair in pairs:
            if not isinstance(pair, list) or len(pair) != 2:
                raise self._damaged(name)
            if not all(type(value) is int and low <= value <= high for value in pair):
                raise self._damaged(name)
        return [(one, other) for one, other in pairs]

    def bits(self, name: str, length: int) -> bytes:
        """``length`` bytes, each 0 or 1, written in hexadecimal; or none."""
        try:
            bits = bytes.fromhex(self.text(name))
        except ValueError:
            raise self._damaged(name) from None
        if len(bits) not in (0, length) or not set(bits) <= {0, 1}:
            raise self._damaged(name)
        return bits

    def optional_pair(self, name: str) -> tuple[float, float] | None:
        if self._get(name) is None:
            return None
        pair = self.numbers(name, -math.inf, math.inf)
        if len(pair) != 2:
            raise self._damaged(name)
        return pair[0], pair[1]

    def fields(self, name: str) -> Fields:
        return Fields(self._kind, self._get(name))

    def json_object(self, name: str) -> JsonObject:
        value = self._get(name)
        if not isinstance(value, dict):
            raise self._damaged(name)
        return value

    def objects(self, name: str) -> list[Fields]:
        return [Fields(self._kind, value) for value in self.array(name)]

    def items(self) -> list[tuple[str, Fields]]:
        """The object's own values, each of which is an object."""
        return [(str(name), Fields(self._kind, value)) for name, value in self._values.items()]
