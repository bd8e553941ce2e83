"""What there is to tidy up: read beside the writer, and cut into steps that are small for it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

from actors.domain.energy import tells_energy
from actors.messages import ForgetUnheard, Removal
from persistence.database.energy_rows import ROWS_TO_METER, Metering, meter_of, meter_text
from persistence.database.local_time import DAY, LocalTime
from persistence.database.logbook_rows import TOO_MANY as TOO_MANY_DEEDS
from persistence.database.notice_rows import TOO_MANY
from persistence.database.rows import Row
from persistence.database.schema import sqlite3
from persistence.database.summaries import DAILY, HOURLY, MetricNames, raw_row
from persistence.database.timestamps import AHEAD_S
from persistence.maintenance.metering import AddUsed, DropUsed, DropUsedAhead
from persistence.maintenance.retention import (
    OVER,
    DropAhead,
    DropDays,
    DropDeeds,
    DropFindings,
    DropHours,
    DropRows,
    MarkAhead,
    Retention,
    Sweep,
    TrimDeeds,
    TrimNotices,
    last_aged,
)
from persistence.maintenance.roll_up import RollUp, roll_up
from persistence.readers.queries import Queries
from persistence.writer.store import Store

logger = logging.getLogger(__name__)

Step: TypeAlias = Callable[[Store], int]

# Of one step, so that the writer is done with it in a few milliseconds.
ROWS_ROLLED_UP: Final = 500
CELLS_ROLLED_UP: Final = 500
ROWS_METERED: Final = 500
ROWS_DROPPED: Final = 1_000
ROWS_MARKED: Final = 1_000

# A clock is believed when the house has spoken between so many days and one day before now.
SPOKEN_DAYS: Final = 8

_DEVICES: Final = """
    SELECT d.id, d.serial_number, d.registros, coalesce(r.n, 0), coalesce(c.n, 0)
    FROM dispositivos AS d LEFT JOIN resumidos AS r ON r.dispositivo_id = d.id
    LEFT JOIN contadores AS c ON c.dispositivo_id = d.id ORDER BY d.id
"""
_ALL_METRICS: Final = "SELECT dispositivo_id, nombre FROM metricas"
_METER: Final = """
    SELECT n, sustituido_tras, CAST(estado AS BLOB) FROM contadores WHERE dispositivo_id = ?
"""
_OLDEST_USED: Final = """
    SELECT inicio FROM energia_horas WHERE dispositivo_id = ? AND inicio < ? ORDER BY inicio LIMIT ?
"""
_USED_AHEAD: Final = "SELECT 1 FROM energia_horas WHERE dispositivo_id = ? AND inicio > ? LIMIT 1"
_NEXT_ROWS: Final = """
    SELECT n, timestamp, CAST(estado AS BLOB), CAST(parametros AS BLOB) FROM estado_log
    WHERE dispositivo_id = ? AND n > ? AND n <= ? AND NOT hora_dudosa ORDER BY n LIMIT ?
"""
_ROWS_AHEAD: Final = """
    SELECT n FROM estado_log
    WHERE dispositivo_id = ? AND n > ? AND n <= ? AND timestamp > ? AND NOT hora_dudosa ORDER BY n LIMIT ?
"""
_OLDEST_ROWS: Final = """
    SELECT n, timestamp FROM estado_log WHERE dispositivo_id = ? AND n <= ? ORDER BY n LIMIT ?
"""
_NEXT_BELIEVABLE: Final = """
    SELECT n, timestamp FROM estado_log
    WHERE dispositivo_id = ? AND n > ? AND n <= ? AND timestamp <= ? ORDER BY n LIMIT 1
"""
_OLDEST_FINDINGS: Final = f"SELECT id, creado_en FROM eventos_ia WHERE {OVER} ORDER BY id LIMIT ?"
_OLDEST_DEEDS: Final = "SELECT id, creado_en FROM diario ORDER BY id LIMIT ?"
_METRICS: Final = "SELECT nombre FROM metricas WHERE dispositivo_id = ?"
_OLDEST_SUMMARIES: Final = """
    SELECT inicio FROM {} WHERE inicio < ?
    AND metrica_id IN (SELECT id FROM metricas WHERE dispositivo_id = ?) ORDER BY inicio LIMIT ?
"""
_NEWEST_SUMMARIES: Final = """
    SELECT inicio FROM {} WHERE inicio >= ?
    AND metrica_id IN (SELECT id FROM metricas WHERE dispositivo_id = ?) ORDER BY inicio DESC LIMIT ?
"""
_SPOKEN: Final = """
    SELECT 1 FROM metricas AS m CROSS JOIN resumen_horas AS h
    ON h.metrica_id = m.id AND h.inicio >= ? AND h.inicio < ? LIMIT 1
"""
# Of rows that no summary tells of, since nothing was measured or their time is in doubt. The newest first.
_REPORTED: Final = """
    SELECT 1 FROM dispositivos AS d CROSS JOIN estado_log AS l
    ON l.dispositivo_id = d.id AND l.timestamp >= ? AND l.timestamp < ? AND NOT l.hora_dudosa
    ORDER BY d.id DESC, l.n DESC LIMIT 1
"""
_REPORTED_BEFORE: Final = """
    SELECT 1 FROM dispositivos AS d CROSS JOIN estado_log AS l
    ON l.dispositivo_id = d.id AND l.timestamp < ? LIMIT 1
"""
_REMOVED: Final = "SELECT dispositivo_id FROM olvidados ORDER BY dispositivo_id"
_LEFT_OF: Final = """
    SELECT EXISTS (SELECT 1 FROM estado_log WHERE dispositivo_id = :device)
        OR EXISTS (SELECT 1 FROM eventos_ia WHERE dispositivo_id = :device)
        OR EXISTS (SELECT 1 FROM diario WHERE dispositivo_id = :device)
        OR EXISTS (SELECT 1 FROM metricas WHERE dispositivo_id = :device)
        OR EXISTS (SELECT 1 FROM energia_horas WHERE dispositivo_id = :device)
        OR EXISTS (SELECT 1 FROM olvidados WHERE dispositivo_id = :device AND NOT en_broker)
"""
_UNHEARD: Final = """
    SELECT id, serial_number FROM dispositivos AS d
    WHERE NOT reclamado AND NOT en_linea AND coalesce(
        visto_en,
        (SELECT timestamp FROM estado_log WHERE dispositivo_id = d.id ORDER BY n DESC LIMIT 1),
        0
    ) < :since
"""
_LAST_SIGN: Final = "SELECT max(visto_en) FROM dispositivos"


@dataclass(frozen=True, slots=True)
class _Logged:
    """How far a device's log goes, how far it is rolled up, and how far its consumption is added up."""

    device_id: int
    serial: str
    newest: int
    rolled_up: int
    metered: int


class Upkeep:
    """Reads what is due, a step at a time; what a step needs is read when it is asked for.

    The methods raise ``sqlite3.Error`` where the file cannot be read at all; a device whose part of
    it is damaged is passed over, with a warning.
    """

    def __init__(self, queries: Queries, local: LocalTime, retention: Retention) -> None:
        self._queries = queries
        self._local = local
        self._retention = retention
        self._searched: dict[int, int] = {}
        """Up to which row each device's log was searched for what lies ahead."""
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All that is looked for meanwhile is read by one connection: the first query of each reads what
        tables there are, which takes longer than most of what is looked for.
        """
        with closing(self._queries.connect()) as self._connection:
            try:
                yield
            finally:
                self._connection = None

    def roll_ups(self, least: int) -> Iterator[Step]:
        """For the devices with at least ``least`` rows that are not rolled up."""
        for device in self._devices():
            if device.newest - device.rolled_up >= least:
                yield from self._guarded(device, self._roll_ups(device))

    def meterings(self, least: int) -> Iterator[Step]:
        """For the devices that tell what they use and have at least ``least`` rows that are not added up.

        Those that were logged before anybody added them up are added like any others, from the first one on.
        """
        metered = self._metered()
        for device in self._devices():
            if device.device_id in metered and device.newest - device.metered >= least:
                yield from self._guarded(device, self._meterings(device))

    def search_anew(self) -> None:
        """The clock went back: what was found to lie in the past may lie ahead now."""
        self._searched.clear()

    def marks(self, now: float) -> Iterator[Step]:
        """On rows from after ``now``, which is to be believed: the clock was ahead when they came."""
        for device in self._devices():
            yield from self._guarded(device, self._rows_ahead(device, now + AHEAD_S))

    def corrections(self, now: Callable[[], float | None]) -> Iterator[Step]:
        """Of what was summed up before the rows that it was made of were found to lie after ``now()``."""
        for device in self._devices():
            if (at := now()) is None:
                return
            yield from self._guarded(device, self._summaries_ahead(device, at + AHEAD_S))
            if self._fetch(_USED_AHEAD, (device.device_id, at + AHEAD_S)):
                yield DropUsedAhead(device.device_id, at + AHEAD_S)

    def deletions(self, now: Callable[[], float | None]) -> Iterator[Step]:
        """What has been kept long enough at ``now()``, which is asked before each look; ``None`` ends it."""
        metered = self._metered()
        for device in self._devices():
            if (at := now()) is None:
                return
            done = device.metered if device.device_id in metered else device.rolled_up
            yield from self._guarded(device, self._old_rows(device, min(done, device.rolled_up), at))
            yield from self._guarded(device, self._old_summaries(device, at))
            yield from self._guarded(device, self._old_consumption(device, at))
        if (at := now()) is not None:
            yield from self._old_findings(at)
            yield from self._old_deeds(at)

    def sweeps(self) -> Iterator[Step]:
        """Of what is left of devices that have gone."""
        for (device_id,) in self._fetch(_REMOVED, ()):
            while self._fetch(_LEFT_OF, {"device": device_id})[0][0]:
                yield Sweep(device_id)

    def trims(self) -> Iterator[Step]:
        """Of notices and of the logbook, by their number."""
        while self._fetch(TOO_MANY, (1,))[0][0]:
            yield TrimNotices(ROWS_DROPPED)
        while self._fetch(TOO_MANY_DEEDS, ())[0][0]:
            yield TrimDeeds(ROWS_DROPPED)

    def unheard(self, now: float) -> list[ForgetUnheard]:
        """Of the devices that nobody has claimed, those silent for so long that they are to go.

        One that was heard of only by what a broker retained has its reports to tell its age by.
        """
        days = self._retention.unclaimed
        if not days:
            return []
        since = now - days * DAY
        return [
            ForgetUnheard(Removal(device_id, serial), since)
            for device_id, serial in self._fetch(_UNHEARD, {"since": since})
        ]

    def last_sign(self) -> float | None:
        """When a device was last heard, seconds since the epoch."""
        found: float | None = self._fetch(_LAST_SIGN, ())[0][0]
        return found

    def speaks_for(self, now: float) -> bool:
        """Whether the house has been heard in the week before the last day, or has nothing from before that.

        Where the clock has been set ahead it has not: what is stored lies behind a gap. Rows that are in no
        summary count as well, or a house without one would have its log deleted by whatever clock it has.
        """
        until = now - DAY
        week = (until - (SPOKEN_DAYS - 1) * DAY, until)
        if self._fetch(_SPOKEN, week) or self._fetch(_REPORTED, week):
            return True
        return not (self._fetch(_SPOKEN, (0, until)) or self._fetch(_REPORTED_BEFORE, (until,)))

    # -- rolling up --------------------------------------------------------------------------

    def _roll_ups(self, device: _Logged) -> Iterator[RollUp]:
        names = MetricNames(name for (name,) in self._fetch(_METRICS, (device.device_id,)))
        after = device.rolled_up
        while after < device.newest:
            step = self._next_roll_up(device, after, names)
            yield step
            after = step.upto

    def _next_roll_up(self, device: _Logged, after: int, names: MetricNames) -> RollUp:
        found = self._fetch(_NEXT_ROWS, (device.device_id, after, device.newest, ROWS_ROLLED_UP))
        upto = found[-1][0] if len(found) == ROWS_ROLLED_UP else device.newest
        rows = (raw_row(row) for row in found)
        return roll_up(device.device_id, after, upto, rows, names, self._local, CELLS_ROLLED_UP)

    # -- consumption -------------------------------------------------------------------------

    def _metered(self) -> set[int]:
        return {device_id for device_id, name in self._fetch(_ALL_METRICS, ()) if tells_energy(name)}

    def _meterings(self, device: _Logged) -> Iterator[AddUsed]:
        after = device.metered
        while after < device.newest:
            step = self._next_metering(device, after)
            yield step
            after = step.upto

    def _next_metering(self, device: _Logged, after: int) -> AddUsed:
        _, replaced_after, state = next(iter(self._fetch(_METER, (device.device_id,))), (0, 0, b""))
        metering = Metering(meter_of(state), after, replaced_after, self._local)
        found = self._fetch(ROWS_TO_METER, (device.device_id, after, device.newest, ROWS_METERED))
        for row in found:
            metering.take(row)
        upto = found[-1][0] if len(found) == ROWS_METERED else device.newest
        return AddUsed(device.device_id, after, upto, metering.hours, meter_text(metering.meter))

    # -- what lies ahead ---------------------------------------------------------------------

    def _rows_ahead(self, device: _Logged, after: float) -> Iterator[MarkAhead]:
        searched = self._searched.get(device.device_id, 0)
        while found := self._fetch(
            _ROWS_AHEAD, (device.device_id, searched, device.newest, after, ROWS_MARKED)
        ):
            yield MarkAhead(device.device_id, found[0][0], found[-1][0], after)
            searched = found[-1][0]
        self._searched[device.device_id] = device.newest

    # -- deleting ----------------------------------------------------------------------------

    def _old_rows(self, device: _Logged, done: int, now: float) -> Iterator[DropRows]:
        """Of those up to ``done``, from which nothing is to be made any more."""
        kept = self._retention.rows_of(device.serial)
        while kept and (upto := self._last_old_row(device, done, now - kept * DAY, now)) is not None:
            yield DropRows(device.device_id, upto)

    def _last_old_row(self, device: _Logged, done: int, cutoff: float, now: float) -> int | None:
        key = device.device_id, done
        stamps = self._fetch(_OLDEST_ROWS, (*key, 1))
        if not stamps or cutoff <= stamps[0][1] <= now:
            return None
        stamps = self._fetch(_OLDEST_ROWS, (*key, ROWS_DROPPED))
        if all(at > now + AHEAD_S for _, at in stamps):
            # So many rows from the future that what came after them is not among these.
            last = stamps[-1][0]
            after = (device.device_id, last, done, now + AHEAD_S)
            return last if last_aged(self._fetch(_NEXT_BELIEVABLE, after), cutoff, now) else None
        return last_aged(stamps, cutoff, now)

    def _old_summaries(self, device: _Logged, now: float) -> Iterator[Step]:
        if kept := self._retention.hours_of(device.serial):
            # From a midnight on, so that no day is told of by its hours in part.
            before = self._local.day(now - kept * DAY)
            while (upto := self._last_old_summary(HOURLY, device, before)) is not None:
                yield DropHours(device.device_id, upto, before)
        if kept := self._retention.days_of(device.serial):
            before = self._local.day(now - kept * DAY)
            while (upto := self._last_old_summary(DAILY, device, before)) is not None:
                yield DropDays(device.device_id, upto)

    def _old_consumption(self, device: _Logged, now: float) -> Iterator[DropUsed]:
        """Kept by the hour for as long as other metrics are by the day: an hour is one number of a device."""
        if kept := self._retention.days_of(device.serial):
            given = (device.device_id, self._local.day(now - kept * DAY), ROWS_DROPPED)
            while found := self._fetch(_OLDEST_USED, given):
                yield DropUsed(device.device_id, found[-1][0])

    def _last_old_summary(self, table: str, device: _Logged, before: int) -> int | None:
        found = self._fetch(_OLDEST_SUMMARIES.format(table), (before, device.device_id, ROWS_DROPPED))
        return found[-1][0] if found else None

    def _summaries_ahead(self, device: _Logged, after: float) -> Iterator[DropAhead]:
        """The newest first, so that a day that is added up anew has none of them left."""
        for table in (HOURLY, DAILY):
            given = (after, device.device_id, ROWS_DROPPED)
            while found := self._fetch(_NEWEST_SUMMARIES.format(table), given):
                since = found[-1][0]
                yield DropAhead(device.device_id, since, self._local.day(since))

    def _old_findings(self, now: float) -> Iterator[DropFindings]:
        kept = self._retention.findings
        while kept:
            upto = last_aged(self._fetch(_OLDEST_FINDINGS, (ROWS_DROPPED,)), now - kept * DAY, now)
            if upto is None:
                return
            yield DropFindings(upto)

    def _old_deeds(self, now: float) -> Iterator[DropDeeds]:
        kept = self._retention.findings
        while kept:
            upto = last_aged(self._fetch(_OLDEST_DEEDS, (ROWS_DROPPED,)), now - kept * DAY, now)
            if upto is None:
                return
            yield DropDeeds(upto)

    # -- reading -----------------------------------------------------------------------------

    def _devices(self) -> list[_Logged]:
        return [_Logged(*row) for row in self._fetch(_DEVICES, ())]

    def _fetch(self, query: str, given: Sequence[object] | Mapping[str, object]) -> list[Row]:
        if self._connection is not None:
            return self._connection.execute(query, given).fetchall()
        with self.reading():
            return self._fetch(query, given)

    def _guarded(self, device: _Logged, steps: Iterator[Step]) -> Iterator[Step]:
        try:
            yield from steps
        except sqlite3.Error as error:
            logger.warning("upkeep_failed device=%d error=%r", device.device_id, error)
