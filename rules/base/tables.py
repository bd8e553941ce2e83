"""The data tables: what is normal for a kind of device, by the first four characters of its serial.

The readers take a file's bytes and raise :class:`BadTable`; opening the file, and going on with the last good
table, is the caller's part.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from actors.domain.model import Json
from actors.domain.table_flaws import TableFlaw

PREFIX_LENGTH: Final = 4

T = TypeVar("T")


class BadTable(ValueError):
    """A table that cannot be used: why, and where in it or, of what is no JSON, how the reader puts it."""

    def __init__(self, flaw: TableFlaw, where: str) -> None:
        super().__init__(f"{flaw.name.lower()} {where}")
        self.flaw = flaw
        self.where = where


@dataclass(frozen=True, slots=True)
class Limit:
    """The readings that a metric may have; ``None`` where there is no bound."""

    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Standard:
    """How a kind of device should be configured; ``None`` where anything goes."""

    mode: str | None = None
    send_interval: Limit | None = None
    """Seconds between reports."""


Limits: TypeAlias = Mapping[str, Mapping[str, Limit]]
"""Serial prefix → metric → limit."""

Standards: TypeAlias = Mapping[str, Standard]
"""Serial prefix → standard."""


def read_limits(data: bytes) -> Limits:
    """``{"TMP0": {"temperatura": {"min": 10, "max": 80}}}``"""
    return {
        prefix: {metric: _limit(limit, f"{prefix}.{metric}") for metric, limit in _object(of, prefix).items()}
        for prefix, of in _object(_decoded(data), "").items()
    }


def read_standards(data: bytes) -> Standards:
    """``{"RGD0": {"modo": "horario", "intervalo_envio": {"min": 1, "max": 3600}}}``"""
    return {prefix: _standard(of, prefix) for prefix, of in _object(_decoded(data), "").items()}


def of_device(table: Mapping[str, T], serial: str, absent: T) -> T:
    """What ``table`` has for the device of this serial number."""
    return table.get(serial[:PREFIX_LENGTH].upper(), absent)


def _decoded(data: bytes) -> Json:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadTable(TableFlaw.NOT_JSON, str(error)) from None


def _object(value: Json, where: str) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise BadTable(TableFlaw.NO_OBJECT, where)
    return value


def _standard(value: Json, where: str) -> Standard:
    known = _object(value, where)
    if strange := sorted(known.keys() - {"modo", "intervalo_envio"}):
        raise BadTable(TableFlaw.UNKNOWN_NAME, f"{where}.{strange[0]}")
    mode = known.get("modo")
    if mode is not None and mode not in ("manual", "horario"):
        raise BadTable(TableFlaw.NO_MODE, f"{where}.modo")
    interval = known.get("intervalo_envio")
    return Standard(mode, None if interval is None else _limit(interval, f"{where}.intervalo_envio"))


def _limit(value: Json, where: str) -> Limit:
    known = _object(value, where)
    if not known or known.keys() - {"min", "max"}:
        raise BadTable(TableFlaw.NO_BOUNDS, where)
    low, high = (_number(known.get(name), f"{where}.{name}") for name in ("min", "max"))
    if low is not None and high is not None and low > high:
        raise BadTable(TableFlaw.BOUNDS_CROSSED, where)
    return Limit(low, high)


def _number(value: Json, where: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadTable(TableFlaw.NO_NUMBER, where)
    return value
