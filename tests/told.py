"""What rule 1 tells of a series, episode by episode, and how right that is."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

from actors.domain.model import Device, Json, Report
from rules.extremes.rule import ExtremesRule

WEEK_S: Final = 7 * 86_400.0
# What is told until so long after an anomaly is told of it: an hour is judged when it is over.
LATE_S: Final = 2 * 3_600.0

Span: TypeAlias = tuple[float, float]
"""From and until, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Told:
    """An episode as it was last told; one that goes on has no end yet."""

    motive: str
    since: float
    until: float
    peak: Json

    def is_of(self, span: Span) -> bool:
        return self.since <= span[1] and self.until >= span[0]


def told(
    rule: ExtremesRule, device: Device, metric: str, readings: Iterable[tuple[float, Json]]
) -> list[Told]:
    """All episodes, in the order in which they began."""
    by_key: dict[str, Told] = {}
    at = 0.0
    for at, value in readings:
        for finding in rule.observe(device, Report(device.serial, at, parameters={metric: value}), at):
            episode = finding.episode
            assert episode is not None
            until = at if episode.until is None else episode.until
            by_key[episode.key] = Told(str(finding.details["motivo"]), episode.since, until, episode.peak)
    going_on = set(rule.lasting)
    return [
        Told(each.motive, each.since, at, each.peak) if key in going_on else each
        for key, each in by_key.items()
    ]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How right that was: how many findings each anomaly got, and which were of none."""

    findings: tuple[int, ...]
    false: tuple[Told, ...]

    @property
    def found(self) -> int:
        return sum(1 for each in self.findings if each)


def verdict(episodes: Sequence[Told], anomalies: Sequence[Span]) -> Verdict:
    return Verdict(
        tuple(sum(each.is_of(span) for each in episodes) for span in anomalies),
        tuple(each for each in episodes if not any(each.is_of(span) for span in anomalies)),
    )


# -- public series -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PublicSeries:
    """A series of the Numenta Anomaly Benchmark, and the stretches in which something is to be told."""

    name: str
    readings: tuple[tuple[float, float], ...]
    anomalies: tuple[Span, ...]

    @property
    def weeks(self) -> float:
        return (self.readings[-1][0] - self.readings[0][0]) / WEEK_S


def public_series(folder: Path) -> Iterator[PublicSeries]:
    """All that lie in ``folder``: ``*.csv`` (``timestamp,value``) beside ``windows.json``."""
    labels: Mapping[str, Sequence[Sequence[str]]] = json.loads((folder / "windows.json").read_text("utf-8"))
    for name, windows in sorted(labels.items()):
        with (folder / name).open(encoding="utf-8", newline="") as file:
            rows = [(_seconds(row["timestamp"]), float(row["value"])) for row in csv.DictReader(file)]
        spans = tuple((_seconds(begins), _seconds(ends)) for begins, ends in windows)
        yield PublicSeries(name.removesuffix(".csv"), tuple(rows), spans)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
