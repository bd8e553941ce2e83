"""What is added up of what devices use: once, whatever the steps; right on days on which a clock is set."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.domain.energy import MOST_AT_ONCE_KWH, MOST_KW, Meter
from actors.domain.energy_report import Amount, EnergyReport, Period, Span, report, report_of_sums, stretches
from actors.domain.model import LogEntry
from actors.domain.tariffs import Band, EnergyPlan, Tariff
from actors.messages import Removal
from persistence.forms.energy_rows import Metering
from persistence.forms.local_time import DAY, HOUR, LocalTime
from persistence.maintenance import upkeep
from persistence.maintenance.retention import Retention
from persistence.storage.batch import Batch
from tests.persistence.conformance.engines import Engine, House
from tests.persistence.meters import MADRID, STARTS, Meters, at


@pytest.fixture
def meters(house: House) -> Any:
    with Meters(house, Retention(rows=10, days=3_000, by_serial=(("LGT0", 12),))) as made:
        yield made


def plain(reports: list[tuple[float, float | None]]) -> dict[int, float]:
    """Second by second: what a counter has risen by, shared over the seconds since its last reading."""
    used: dict[int, float] = defaultdict(float)
    last: tuple[float, float] | None = None
    for when, value in reports:
        if value is None:
            continue
        if last is not None and value > last[1]:
            begin, before = last
            seconds = int(when - begin)
            if value - before <= MOST_AT_ONCE_KWH + MOST_KW * seconds / HOUR:
                if seconds == 0:
                    used[wall_hour(when)] += value - before
                for second in range(seconds):
                    used[wall_hour(begin + second)] += (value - before) / seconds
        last = when, value
    return used


def wall_hour(when: float) -> int:
    wall = datetime.fromtimestamp(when, MADRID)
    return int(when) - wall.minute * 60 - wall.second


@pytest.mark.parametrize("zone", ["Europe/Madrid", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_a_gap_is_shared_over_the_hours_on_the_wall(zone: str) -> None:
    """Of whatever zone, on days on which a clock is set by an hour, half an hour or not at all."""
    local = LocalTime(ZoneInfo(zone))
    for noon in (
        at("2026-03-28T12:00"),
        at("2026-04-04T12:00"),
        at("2026-10-03T12:00"),
        at("2026-10-24T12:00"),
    ):
        metering = Metering(Meter(), 0, 0, local)
        metering.take((1, noon, b"", b'{"energia_kwh":0}', None, None))
        metering.take((2, noon + DAY, b"", b'{"energia_kwh":24}', None, None))
        quarters = Counter(local.hour(noon + quarter * 900) for quarter in range(96))
        assert metering.hours == pytest.approx({hour: n / 4 for hour, n in quarters.items()})


# A rise, a fall to less, the same again (a duplicate), a report without it; after so many seconds.
CHANGES = st.one_of(
    st.integers(1, 20).map(lambda tenths: lambda value: value + tenths / 10),
    st.integers(1, 20).map(lambda tenths: lambda value: value + tenths / 10),
    st.sampled_from((0, 0.5, 0.99)).map(lambda share: lambda value: value * share),
    st.just(lambda value: value),
    st.none(),
)
REPORTS = st.lists(
    st.tuples(st.sampled_from((0, 1, 60, 1_799, 3_600, 7_000, 12_000)), CHANGES), min_size=5, max_size=12
)


# Of a house for each example.
@pytest.mark.timeout(600)
@given(
    start=st.sampled_from(STARTS),
    changes=REPORTS,
    cuts=st.lists(st.integers(1, 4), min_size=2, max_size=4),
)
@settings(max_examples=30, deadline=None)
def test_hours_are_those_of_a_plain_reference_whatever_the_steps(
    engine: Engine,
    start: float,
    changes: list[tuple[int, Callable[[float], float] | None]],
    cuts: list[int],
) -> None:
    """Counters with resets, gaps and repeats; a clock is set on the way; read before, while and after they
    are added up, all at once or a few rows at a time; and days and months are the sums of their hours."""
    reports: list[tuple[float, float | None]] = []
    when, value = start, 100.0
    for seconds, change in changes:
        when += seconds
        value = value if change is None else change(value)
        reports.append((when, None if change is None else value))
    expected = pytest.approx({hour: kwh for hour, kwh in plain(reports).items() if kwh}, abs=1e-9)
    rows: list[tuple[float, dict[str, Any]]] = [
        (when, {"t": 1} if told is None else {"energia_kwh": told}) for when, told in reports
    ]
    with engine.house() as house, Meters(house) as meters:
        done = 0
        for cut in cuts:
            with patch.object(upkeep, "ROWS_METERED", cut):
                meters.keep(*rows[done : done + cut])
                meters.add_up()
            done += cut
        meters.keep(*rows[done:])
        assert {hour: kwh for hour, kwh in meters.read().items() if kwh} == expected
        meters.add_up()
        assert meters.stored() == expected
        assert {hour: kwh for hour, kwh in meters.read().items() if kwh} == expected
        meters.house.execute("DELETE FROM energia_horas")
        meters.house.execute("DELETE FROM contadores")
        meters.add_up()
        assert meters.stored() == expected
        adds_up(meters, start)


PLAN = EnergyPlan(tariffs=(Tariff(None, 0.1, (Band("Noche", frozenset(range(7)), 22, 8, 0.05),)),))


def adds_up(meters: Meters, start: float) -> None:
    day = datetime.fromtimestamp(start, MADRID).date()
    year = Period.around(Span.YEAR, day, MADRID)
    ids = [meters.device.id]

    def told(period: Period) -> Any:
        used = meters.queries.consumption(ids, period.begin, period.end)
        return report(period, PLAN, used.hours, ids)

    whole = told(year)
    months = [Period.around(Span.MONTH, date(day.year, month, 1), MADRID) for month in range(1, 13)]
    for (_, amount), month in zip(whole.parts, months, strict=True):
        of_month = told(month)
        assert (of_month.total.kwh, of_month.total.cost) == pytest.approx((amount.kwh, amount.cost))
        for begin, of_day in of_month.parts:
            if of_day.kwh:
                alone = told(Period.around(Span.DAY, datetime.fromtimestamp(begin, MADRID).date(), MADRID))
                assert alone.total.kwh == pytest.approx(of_day.kwh)
                assert sum(each.kwh for _, each in alone.parts) == pytest.approx(of_day.kwh)
    assert whole.total.kwh == pytest.approx(sum(meters.stored().values()))


BANDS = st.builds(
    Band,
    st.just("Punta"),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 23),
    st.integers(0, 23),
    st.sampled_from((0.0, 0.21, 0.3333333333333333)),
)
TARIFFS = st.lists(
    st.builds(
        Tariff,
        st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2026, 12, 31))),
        st.sampled_from((0.1, 0.17)),
        st.lists(BANDS, max_size=3).map(tuple),
    ),
    max_size=4,
    unique_by=lambda tariff: tariff.since or date.min,
).map(lambda tariffs: tuple(sorted(tariffs, key=lambda tariff: tariff.since or date.min)))
EVERY_OTHER_HOUR = Tariff(
    None, 0.1, tuple(Band("Par", frozenset(range(7)), hour, hour + 1, 0.3) for hour in range(0, 24, 2))
)
ZONES = [ZoneInfo(name) for name in ("Europe/Madrid", "Asia/Kathmandu", "Australia/Lord_Howe")]
# When years begin and end, and when clocks are set in Madrid or on Lord Howe.
AROUND = [
    at(text)
    for text in (
        "2026-01-01",
        "2026-03-28T20:00",
        "2026-04-04T12:00",
        "2026-06-10",
        "2026-10-03T12:00",
        "2026-10-24T20:00",
        "2026-12-31T20:00",
    )
]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_a_year_that_the_database_adds_up_is_the_sum_of_its_hours(meters: Meters, zone: ZoneInfo) -> None:
    """To the cent: by hours of the week, tariffs from any day on, clocks that are set, main meters that are
    silent now and then, and a year that is looked at up to some moment."""
    local, period = LocalTime(zone), Period.around(Span.YEAR, date(2026, 5, 5), zone)
    queries = meters.house.queries(zone)
    ids = [meters.store.recall(f"PLG{n}").id for n in range(4)]
    house = ids[:3]
    devices = st.sampled_from(ids)

    @given(
        tariffs=TARIFFS,
        used=st.lists(
            st.tuples(
                devices, st.sampled_from(AROUND), st.integers(0, 30), st.sampled_from((0.0, 0.25, 1.1))
            ),
            min_size=1,
            max_size=60,
        ),
        mains=st.frozensets(devices, max_size=2),
        apart=st.frozensets(devices, max_size=1),
        until=st.none()
        | st.tuples(st.sampled_from(AROUND), st.floats(0, 1.5e5)).map(lambda at: min(sum(at), period.end)),
    )
    @example(
        tariffs=(EVERY_OTHER_HOUR,),
        used=[(ids[0], begin, n, 0.25 + n / 8) for begin in AROUND for n in range(31)],
        mains=frozenset(),
        apart=frozenset(),
        until=None,
    )
    @example(
        tariffs=(Tariff(date(2026, 7, 1), 0.1),),
        used=[(device, AROUND[3], 0, 0.25) for device in house[:2]],
        mains=frozenset(house[:1]),
        apart=frozenset(),
        until=None,
    )
    @settings(max_examples=60, deadline=None)
    def is_the_sum(
        tariffs: tuple[Tariff, ...],
        used: list[tuple[int, float, int, float]],
        mains: frozenset[int],
        apart: frozenset[int],
        until: float | None,
    ) -> None:
        meters.use({(device, local.hour(begin + n * HOUR)): kwh for device, begin, n, kwh in used})
        plan, end = EnergyPlan("€", tariffs, mains, apart), period.end if until is None else until
        parts = stretches(period, plan, period.end + HOUR if until is None else until)
        summed = queries.summed_consumption(ids, mains & {*house}, parts, period.begin, end)
        hours = queries.consumption(ids, period.begin, end).hours
        are_alike(
            report_of_sums(period, plan, summed, house, until), report(period, plan, hours, house, until)
        )

    is_the_sum()


def are_alike(told: EnergyReport, expected: EnergyReport) -> None:
    assert told.by_device.keys() == expected.by_device.keys()
    assert (told.rest is None) == (expected.rest is None)
    amounts = [(told.total, expected.total), (told.rest or Amount(), expected.rest or Amount())]
    amounts += [(told.by_device[n], known) for n, known in expected.by_device.items()]
    amounts += [(one, other) for (_, one), (_, other) in zip(told.parts, expected.parts, strict=True)]
    for one, other in amounts:
        assert (one.kwh, one.money) == pytest.approx((other.kwh, other.money), abs=1e-9)
        assert one.unpriced is other.unpriced


def test_rows_stay_until_they_are_added_up_and_hours_stay_when_they_are_gone(meters: Meters) -> None:
    start = STARTS[0]
    meters.keep(*((start + n * 600, {"energia_kwh": n / 10}) for n in range(20)))
    for step in meters.upkeep.roll_ups(1):
        meters.store.tidy(step)
    later = start + 100 * DAY
    assert sum(meters.store.tidy(step) for step in meters.upkeep.deletions(lambda: later)) == 0
    meters.add_up()
    assert sum(meters.store.tidy(step) for step in meters.upkeep.deletions(lambda: later)) == 20
    assert sum(meters.read().values()) == pytest.approx(1.9)
    assert sum(meters.store.tidy(step) for step in meters.upkeep.deletions(lambda: start + 3_002 * DAY)) > 0
    assert meters.stored() == {}


def test_a_device_that_tells_nothing_of_it_is_not_read(meters: Meters) -> None:
    meters.keep((STARTS[0], {"temp": 20}))
    for step in meters.upkeep.roll_ups(1):
        meters.store.tidy(step)
    assert list(meters.upkeep.meterings(1)) == []


def test_a_step_counts_once(meters: Meters) -> None:
    meters.keep((STARTS[0], {"energia_kwh": 1}), (STARTS[0] + 60, {"energia_kwh": 2}))
    for step in meters.upkeep.roll_ups(1):
        meters.store.tidy(step)
    [step] = meters.upkeep.meterings(1)
    assert [meters.store.tidy(step), meters.store.tidy(step)] == [2, 0]
    assert sum(meters.stored().values()) == pytest.approx(1)


def test_other_hardware_counts_from_its_own_first_reading(meters: Meters) -> None:
    """Whether what came before is added up by then or not."""
    start = STARTS[0]
    spare = meters.store.recall("PLG0BBBBBBBB")
    meters.keep((start, {"energia_kwh": 1}), (start + 60, {"energia_kwh": 1.5}))
    replaced = replace(meters.device, serial=spare.serial)
    removal = Removal(spare.id, spare.serial)
    meters.store.save(
        Batch(replacements=[(replaced, removal)], devices={replaced.id: replaced}, removals=[removal])
    )
    meters.device = replaced
    meters.keep((start + 5 * DAY, {"energia_kwh": 90}), (start + 5 * DAY + 60, {"energia_kwh": 90.25}))
    assert sum(meters.read().values()) == pytest.approx(0.75)
    meters.add_up()
    assert sum(meters.stored().values()) == pytest.approx(0.75)


@pytest.mark.parametrize(
    "told", [("energia_kwh", 90.0, 90.25), ("consumo_w", 250.0, 250.0)], ids=["counter", "power"]
)
def test_other_hardware_is_other_from_its_first_report_on(
    meters: Meters, told: tuple[str, float, float]
) -> None:
    """Also where what the former said last is kept in the same transaction, and where it tells otherwise."""
    name, *values = told
    spare = meters.store.recall("PLG0BBBBBBBB")
    entries = [
        LogEntry(meters.device.id, n, STARTS[0] + n, "activo", {"energia_kwh": 1.0 + n}) for n in (1, 2)
    ]
    replaced = replace(meters.device, serial=spare.serial, reports=2)
    removal = Removal(spare.id, spare.serial)
    meters.store.save(
        Batch(
            replacements=[(replaced, removal)],
            devices={replaced.id: replaced},
            removals=[removal],
            entries=entries,
        )
    )
    meters.device = replaced
    later = STARTS[0] + 5 * DAY
    meters.keep(*((later + n * HOUR, {name: value}) for n, value in enumerate(values)))
    assert sum(meters.read().values()) == pytest.approx(1.25)
    meters.add_up()
    assert sum(meters.stored().values()) == pytest.approx(1.25)


def test_of_a_removed_device_nothing_is_left(meters: Meters) -> None:
    meters.keep((STARTS[0], {"energia_kwh": 1}), (STARTS[0] + 60, {"energia_kwh": 2}))
    meters.add_up()
    removal = Removal(meters.device.id, meters.device.serial)
    meters.store.save(Batch(removals=[removal], forgotten=[removal.device_id]))
    for step in meters.upkeep.sweeps():
        meters.store.tidy(step)
    left = [
        meters.house.execute(f"SELECT count(*) FROM {table}")[0][0]
        for table in ("energia_horas", "contadores", "olvidados")
    ]
    assert left == [0, 0, 0]


def test_hours_that_a_clock_ahead_has_made_are_dropped(meters: Meters) -> None:
    start, ahead = STARTS[0], STARTS[0] + 40 * DAY
    meters.keep((start, {"energia_kwh": 1}), (start + 60, {"energia_kwh": 2}), (ahead, {"energia_kwh": 3}))
    meters.add_up()
    for step in meters.upkeep.corrections(lambda: start + HOUR):
        meters.store.tidy(step)
    assert max(meters.stored()) <= start + 2 * HOUR


def test_the_plan_is_kept(meters: Meters) -> None:
    plan = EnergyPlan(
        "kr",
        (Tariff(None, 0.1), Tariff(date(2026, 3, 1), 0.2, (Band("Punta", frozenset({0, 4}), 10, 14, 0.3),))),
        frozenset({1}),
        frozenset({2, 3}),
    )
    assert meters.queries.energy_plan() == EnergyPlan()
    meters.store.save(Batch(energy_plan=plan))
    assert meters.queries.energy_plan() == plan
