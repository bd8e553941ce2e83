"""What devices have used, and what people have said of it, in the form that it is stored in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeAlias

import orjson

from actors.domain.energy import Meter, Register, Reported, Spare, Used
from actors.domain.model import Json, JsonObject
from actors.domain.tariffs import Band, EnergyPlan, Tariff
from persistence.forms.local_time import SLOT, LocalTime
from persistence.forms.rows import json_object
from persistence.forms.summaries import readings

MeteredRow: TypeAlias = tuple[int, float, bytes, bytes, str | None, int | None]
"""Of the log: number, timestamp, state and parameters, the last two as bytes, boot and number in it."""


class Metering:
    """Rows of one device's log, added up to hours."""

    def __init__(self, meter: Meter, after: int, replaced_after: int, local: LocalTime) -> None:
        """Of rows after ``after``; those after ``replaced_after`` are other hardware's than those before."""
        self.meter = meter
        self.hours: dict[int, float] = {}
        """kWh by when the hour begins, seconds since the epoch."""
        self._last = after
        self._replaced_after = replaced_after
        self._local = local

    def take(self, row: MeteredRow) -> None:
        n, at, state, parameters, boot, seq = row
        if self._last <= self._replaced_after < n:
            self.meter = Meter()
        self._last = n
        if not self._local.knows(at):
            return
        told = Reported(at, readings(state, json_object(parameters) or {}), boot, seq)
        self.meter, used = self.meter.after(told)
        for each in used:
            self._share(each)

    def _share(self, used: Used) -> None:
        """Over the hours on the wall that it was used in, by how much of each it took."""
        if used.until <= used.since:
            self._add(self._local.hour(used.until), used.kwh)
            return
        per_second = used.kwh / (used.until - used.since)
        at = used.since
        while at < used.until:
            end = min(used.until, (at // SLOT + 1) * SLOT)
            self._add(self._local.hour(at), per_second * (end - at))
            at = end

    def _add(self, hour: int, kwh: float) -> None:
        self.hours[hour] = self.hours.get(hour, 0.0) + kwh


def meter_text(meter: Meter) -> str:
    """As it is stored."""
    registers = {name: (known.value, known.at) for name, known in meter.registers.items()}
    told = {
        "nombres": sorted(meter.names),
        "lecturas": registers,
        "boot": meter.boot,
        "seq": meter.seq,
        "idos": sorted(meter.gone),
        "otros": {
            name: (spare.since, spare.kwh, spare.register.value, spare.register.at)
            for name, spare in meter.spares.items()
        },
    }
    return orjson.dumps(told).decode()


def meter_of(text: bytes) -> Meter:
    """Of one that is damaged, a new one; of an earlier version's, one whose counters are all there."""
    try:
        return _meter_in({"idos": [], "otros": {}, **(json_object(text) or {})})
    except (TypeError, ValueError):
        return Meter()


def _meter_in(told: JsonObject) -> Meter:
    """Raises ``TypeError`` or ``ValueError`` for what is none in part."""
    match told:
        case {
            "nombres": list(names),
            "lecturas": dict(registers),
            "boot": boot,
            "seq": int(seq),
            "idos": list(gone),
            "otros": dict(spares),
        }:
            return Meter(
                names=frozenset(names),
                registers={name: Register(*map(float, each)) for name, each in registers.items()},
                gone=frozenset(gone),
                spares={
                    name: Spare(float(since), float(kwh), Register(*map(float, last)))
                    for name, (since, kwh, *last) in spares.items()
                },
                boot=boot,
                seq=seq,
            )
    return Meter()


def plan_text(plan: EnergyPlan) -> str:
    """As it is stored."""
    tariffs = [
        {
            "desde": None if tariff.since is None else tariff.since.isoformat(),
            "precio": tariff.price,
            "franjas": [
                [band.name, sorted(band.days), band.begin, band.end, band.price] for band in tariff.bands
            ],
        }
        for tariff in plan.tariffs
    ]
    told = {
        "moneda": plan.currency,
        "tarifas": tariffs,
        "generales": sorted(plan.mains),
        "aparte": sorted(plan.apart),
    }
    return orjson.dumps(told).decode()


def plan_of(text: str) -> EnergyPlan:
    """Of what is no such object, one of which nothing is known."""
    match orjson.loads(text):
        case {
            "moneda": str(currency),
            "tarifas": list(tariffs),
            "generales": list(mains),
            "aparte": list(apart),
        }:
            return EnergyPlan(currency, _tariffs(tariffs), frozenset(mains), frozenset(apart))
    return EnergyPlan()


def _tariffs(told: Iterable[Json]) -> tuple[Tariff, ...]:
    found = []
    for each in told:
        match each:
            case {"desde": since, "precio": float(price) | int(price), "franjas": list(bands)}:
                begins = None if since is None else date.fromisoformat(str(since))
                known = (Band(name, frozenset(days), *rest) for name, days, *rest in bands)
                found.append(Tariff(begins, float(price), tuple(known)))
    return tuple(found)
