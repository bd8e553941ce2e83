"""Windows of a week: how they are compared, and how they go out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from actors.domain.model import Json, JsonObject
from actors.domain.schedule import DAYS

DAY: Final = 1440
WEEK: Final = 7 * DAY


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """On from minute ``start`` of the week (Monday 00:00 is 0) for ``length`` minutes, at most a day.

    ``seen`` of the last ``of`` days on which it could be seen, it was.
    """

    start: int
    length: int
    seen: int = 0
    of: int = 0

    @property
    def weekday(self) -> int:
        return self.start // DAY

    @property
    def confidence(self) -> float:
        """Chance that it is seen the next time too, by the rule of succession."""
        return (self.seen + 1) / (self.of + 2)


Timetable: TypeAlias = Sequence[Window]


def minutes(windows: Iterable[tuple[int, int]]) -> int:
    """A set of minutes of the week, a bit each, from ``(start, length)`` that may run past its end."""
    bits = 0
    for start, length in windows:
        bits |= ((1 << min(length, WEEK)) - 1) << (start % WEEK)
    return (bits | bits >> WEEK) & ((1 << WEEK) - 1)


def difference(one: int, other: int) -> float:
    """0 for the same minutes, 1 for none in common: one less intersection over union."""
    union = (one | other).bit_count()
    return 1 - (one & other).bit_count() / union if union else 0.0


def suggested(timetable: Timetable) -> JsonObject:
    """``suggested_horarios``: day → windows, each with its confidence and the evidence for it."""
    by_day: dict[str, list[Json]] = {}
    for window in sorted(timetable):
        by_day.setdefault(DAYS[window.weekday], []).append(
            {
                "inicio": _clock(window.start),
                "fin": _clock(window.start + window.length),
                "confianza": round(window.confidence, 2),
                "visto": window.seen,
                "de": window.of,
            }
        )
    return by_day


def as_horarios(timetable: Timetable) -> list[Json]:
    """The same as a device's ``horarios``: one entry for each window, with all the days that have it."""
    days_of: dict[tuple[str, str], list[Json]] = {}
    for window in sorted(timetable):
        times = _clock(window.start), _clock(window.start + window.length)
        days_of.setdefault(times, []).append(DAYS[window.weekday])
    return [{"dias": days, "inicio": start, "fin": end} for (start, end), days in days_of.items()]


def read_suggested(suggested_horarios: JsonObject) -> Iterator[tuple[int, int]]:
    """``(start, length)`` in minutes of the week, from what :func:`suggested` made."""
    for day, windows in suggested_horarios.items():
        for window in windows:
            start, end = _minute(window["inicio"]), _minute(window["fin"])
            yield DAYS.index(day) * DAY + start, (end - start) % DAY or DAY


def _clock(minute: int) -> str:
    return f"{minute % DAY // 60:02}:{minute % 60:02}"


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])
