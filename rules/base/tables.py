"""The data tables: what is normal for a kind of device, by the first four characters of its serial.

The readers take a file's bytes and raise :class:`BadTable`; opening the file, and going on with the last good
table, is the caller's part.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from actors.domain.findings import Severity
from actors.domain.kinds import PREFIXES
from actors.domain.model import Json, JsonObject
from actors.domain.table_flaws import TableFlaw
from actors.domain.weather import MEASURES

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

    def holds(self, value: float) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True, slots=True)
class Standard:
    """How a kind of device should be configured; ``None`` where anything goes."""

    mode: str | None = None
    send_interval: Limit | None = None
    """Seconds between reports."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What a kind of weather advises for a kind of device."""

    name: str
    """A word for it, as on the wire: ``lluvia``."""
    met: Mapping[str, Limit]
    """The weather for which it is meant: each of these measures within its limit."""
    proposes: JsonObject
    """The configuration that suits it; empty where people are only to know."""
    gives_back: frozenset[str] = frozenset()
    """What of that is set back as it was, once the weather is over."""
    severity: Severity = Severity.INFO

    def is_met(self, measured: Mapping[str, float]) -> bool:
        """What is not known fits nothing."""
        return all(name in measured and limit.holds(measured[name]) for name, limit in self.met.items())


Limits: TypeAlias = Mapping[str, Mapping[str, Limit]]
"""Serial prefix → metric → limit."""

Standards: TypeAlias = Mapping[str, Standard]
"""Serial prefix → standard."""

WeatherTable: TypeAlias = Mapping[str, Sequence[Advice]]
"""Kind → its advice, in order."""
NO_ADVICE: Final[WeatherTable] = {}


def read_limits(data: bytes) -> Limits:
    """``{"TMP0": {"temperatura": {"min": 10, "max": 80}}}``"""
    return {
        prefix: {metric: _limit(limit, f"{prefix}.{metric}") for metric, limit in _object(of, prefix).items()}
        for prefix, of in _object(_decoded(data), "").items()
    }


def read_standards(data: bytes) -> Standards:
    """``{"RGD0": {"modo": "horario", "intervalo_envio": {"min": 1, "max": 3600}}}``"""
    return {prefix: _standard(of, prefix) for prefix, of in _object(_decoded(data), "").items()}


def read_weather(data: bytes) -> WeatherTable:
    """``{"riego": [{"consejo": "lluvia", "si": {"lluvia_mm": {"min": 4}}, "propone": {…}}]}``"""
    table = _object(_decoded(data), "")
    if strange := sorted(table.keys() - set(PREFIXES.values())):
        raise BadTable(TableFlaw.NO_KIND, strange[0])
    return {kind: _advice_of_kind(of, kind) for kind, of in table.items()}


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


def _advice_of_kind(value: Json, kind: str) -> tuple[Advice, ...]:
    if not isinstance(value, list):
        raise BadTable(TableFlaw.NO_LIST, kind)
    found = tuple(_advice(each, f"{kind}[{n}]") for n, each in enumerate(value))
    if len({advice.name for advice in found}) < len(found):
        raise BadTable(TableFlaw.NAMED_TWICE, kind)
    return found


def _advice(value: Json, where: str) -> Advice:
    known = _object(value, where)
    if strange := sorted(known.keys() - {"consejo", "si", "propone", "devuelve", "gravedad"}):
        raise BadTable(TableFlaw.NO_PART_OF_ADVICE, f"{where}.{strange[0]}")
    name, conditions = known.get("consejo"), _object(known.get("si"), f"{where}.si")
    if not isinstance(name, str) or not 1 <= len(name) <= 40:
        raise BadTable(TableFlaw.NO_WORD, f"{where}.consejo")
    if not conditions or not conditions.keys() <= MEASURES.keys():
        raise BadTable(TableFlaw.NO_MEASURE, f"{where}.si")
    proposes = dict(_object(known.get("propone", {}), f"{where}.propone"))
    back = known.get("devuelve", [])
    if not isinstance(back, list) or not all(isinstance(name, str) and name in proposes for name in back):
        raise BadTable(TableFlaw.NOT_PROPOSED, f"{where}.devuelve")
    severity = known.get("gravedad", Severity.INFO.value)
    if severity not in [each.value for each in Severity]:
        raise BadTable(TableFlaw.NO_SEVERITY, f"{where}.gravedad")
    met = {measure: _limit(limit, f"{where}.si.{measure}") for measure, limit in conditions.items()}
    return Advice(name, met, proposes, frozenset(back), Severity(severity))


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
