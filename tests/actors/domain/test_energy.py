"""Which readings tell what a device uses, and what that comes to."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.energy import (
    LONGEST_HOLD_S,
    LONGEST_SHARED_S,
    EnergySource,
    Meter,
    Reported,
    Used,
    selection_of,
    tells_energy,
)
from actors.domain.energy_report import HOUR, Period, Span, report
from actors.domain.tariffs import Band, EnergyPlan, Tariff
from persistence.forms.energy_rows import meter_of, meter_text

MADRID = ZoneInfo("Europe/Madrid")


def used(*rows: Reported, meter: Meter | None = None) -> list[Used]:
    meter = meter or Meter()
    found: list[Used] = []
    for row in rows:
        meter, more = meter.after(row)
        found += more
    return found


def kwh(*values: float, every: float = 600, name: str = "energia_kwh") -> float:
    return sum(each.kwh for each in used(*(Reported(n * every, {name: v}) for n, v in enumerate(values))))


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ("energia_kwh consumo_w", "energia_kwh"),
        ("consumo_w tension_v", "consumo_w"),
        ("energia_kwh energia_hoy_kwh energia_ayer_kwh energia_devuelta_kwh", "energia_kwh"),
        ("energia_hoy_kwh consumo_w", "energia_hoy_kwh"),
        ("energia_importada_kwh energia_exportada_kwh", "energia_importada_kwh"),
        # The total of three phases, and of channels; a first channel without a number, and channels alone.
        ("energia_kwh energia_kwh_a energia_kwh_b energia_kwh_c", "energia_kwh"),
        ("energia_kwh energia_kwh_1 energia_kwh_2", "energia_kwh"),
        ("energia_kwh energia_kwh_2", "energia_kwh energia_kwh_2"),
        ("energia_kwh_1 energia_kwh_2 consumo_w_1 consumo_w_2", "energia_kwh_1 energia_kwh_2"),
        ("energia_1_kwh energia_2_kwh", "energia_1_kwh energia_2_kwh"),
        ("energia_l1_kwh energia_l2_kwh energia_kwh", "energia_kwh"),
        ("0.energia_kwh 1.energia_kwh", "0.energia_kwh 1.energia_kwh"),
        ("energy.total_wh energy.power_w", "energy.total_wh"),
        ("potencia_va potencia_var factor_potencia energia temperatura", ""),
    ],
)
def test_what_a_device_uses_is_told_by_some_of_its_readings(names: str, chosen: str) -> None:
    selection = selection_of(frozenset(filter(tells_energy, names.split())))
    assert " ".join(() if selection is None else sorted(selection.factors)) == chosen


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("energia_kwh", 1),
        ("total_wh", 0.001),
        ("totalKwh", 1),
        ("e_mwh", 1000),
        ("power_kw", 1),
        ("consumo_w", 0.001),
    ],
)
def test_units_are_told_by_names(name: str, factor: float) -> None:
    selection = selection_of(frozenset({name}))
    assert selection is not None
    assert selection.factors == {name: factor}


def test_a_counter_counts_what_it_rises_by() -> None:
    """After a reset, what rises from then on; what stands still is nothing."""
    assert kwh(10, 10.5, 10.5, 11) == pytest.approx(1)
    assert kwh(10, 11, 0.2, 0.5) == pytest.approx(1.3)
    assert kwh(10_000, 10_500, name="total_wh") == pytest.approx(0.5)


def test_a_board_that_says_0_until_it_knows_better_has_used_nothing() -> None:
    assert kwh(1234.5, 0, 1234.6, 1234.8) == pytest.approx(0.2)


def test_a_late_report_is_no_reset() -> None:
    """A board's own numbers tell; one that begins to count anew has been started."""
    rows = [(1, 10.0), (3, 10.3), (2, 10.2), (4, 10.4)]
    found = used(*(Reported(n * 60, {"energia_kwh": v}, "a", seq) for n, (seq, v) in enumerate(rows)))
    assert sum(each.kwh for each in found) == pytest.approx(0.4)
    again = [(7, 10.0), (1, 0.1), (2, 0.3)]
    found = used(*(Reported(n * 60, {"energia_kwh": v}, "a", seq) for n, (seq, v) in enumerate(again)))
    assert sum(each.kwh for each in found) == pytest.approx(0.2)


def test_a_gap_is_shared_over_its_time() -> None:
    """However long, up to two months; what is longer is of the moment when it was told."""
    day = 86_400.0
    [gap] = used(Reported(0, {"energia_kwh": 1}), Reported(day, {"energia_kwh": 25}))
    assert gap == Used(0, day, 24)
    late = LONGEST_SHARED_S + 1
    [gap] = used(Reported(0, {"energia_kwh": 1}), Reported(late, {"energia_kwh": 25}))
    assert gap == Used(late, late, 24)


def test_power_is_integrated_where_nothing_counts() -> None:
    """By the trapezoidal rule; over a longer silence nothing is known, and what flows back is not used."""
    assert kwh(100, 300, every=1_800, name="consumo_w") == pytest.approx(0.1)
    assert kwh(100, 100, every=LONGEST_HOLD_S + 1, name="consumo_w") == 0
    assert kwh(-500, -100, every=600, name="consumo_w") == 0
    # No house draws that: a board that has misread its chip.
    assert kwh(100, 4_294_967_295, 100, 100, every=600, name="consumo_w") == pytest.approx(100 / 6 / 1_000)


def test_a_device_that_comes_to_count_is_not_counted_twice() -> None:
    rows = [{"consumo_w": 1000.0}, {"consumo_w": 1000.0, "energia_kwh": 5.0}, {"energia_kwh": 5.5}]
    found = used(*(Reported(n * 1_800, row) for n, row in enumerate(rows)))
    assert [each.kwh for each in found] == [0.5]
    assert selection_of(frozenset({"consumo_w", "energia_kwh"})).source is EnergySource.COUNTER  # type: ignore[union-attr]


def renamed(*rows: dict[str, float], every: float = 3_600) -> tuple[Meter, float]:
    """The meter after a report an hour, and what it has counted."""
    meter, total = Meter(), 0.0
    for n, row in enumerate(rows):
        # As it is stored and read between any two.
        meter, more = meter_of(meter_text(meter).encode()).after(Reported(n * every, row))
        total += sum(each.kwh for each in more)
    return meter, total


def test_a_counter_that_new_firmware_calls_otherwise_is_counted_on() -> None:
    """A day later, with all that it has counted by then; what lies between the two names alone is lost."""
    before = [{"energia_kwh": 100 + n / 10} for n in range(20)]
    after = [{"energy_total_wh": 500.0 * n} for n in range(60)]
    meter, total = renamed(*before, *after)
    assert total == pytest.approx(1.9 + 29.5)
    assert meter.selection is not None
    assert [*meter.selection.factors] == ["energy_total_wh"]
    within = renamed(*before, *after[:23])[1]
    assert within == pytest.approx(1.9)
    # Of a database in which that was long ago, from now on.
    old = replace(renamed(*before)[0], gone=frozenset(), spares={})
    later = 90 * 86_400.0
    found = used(*(Reported(later + n * 60, row) for n, row in enumerate(after[:5])), meter=old)
    assert sum(each.kwh for each in found) == pytest.approx(2.0)


@pytest.mark.parametrize(
    "change",
    [
        {"lecturas": {"energia_kwh": [1]}},
        {"lecturas": {"energia_kwh": ["x", 2]}},
        {"otros": {"energia_kwh": [1]}},
        {"otros": {"energia_kwh": [1, 2, None, 4]}},
        {"nombres": [["energia_kwh"]]},
        {"idos": [{}]},
        {"seq": None},
    ],
)
def test_of_a_damaged_meter_nothing_is_known(change: dict[str, object]) -> None:
    """Whatever part of it that is: it begins anew, and holds nobody up."""
    meter, _ = renamed({"energia_kwh": 1.0}, {"energia_kwh": 2.0})
    assert meter_of(meter_text(meter).encode()) == meter
    assert meter_of(json.dumps({**json.loads(meter_text(meter)), **change}).encode()) == Meter()


def test_back_to_the_former_firmware_it_counts_on_too() -> None:
    old, new = ([{name: n / 10} for n in range(60)] for name in ("energia_kwh", "energy_kwh"))
    assert renamed(*old, *new, *old)[1] == pytest.approx(3 * 5.9)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.sets(st.integers(0, 3)), st.integers(0, 5), st.sampled_from((60, 7_200, 90_000))),
        min_size=10,
    )
)
def test_whatever_names_a_counter_goes_by_it_is_counted_once(
    reports: list[tuple[set[int], int, int]],
) -> None:
    """Told by some of its names, all or none, in whatever order: never more than it has risen by, and of a
    name that is told alone for days, what it rises by."""
    names = ("energia_kwh", "energy_total_kwh", "energia_hoy_kwh", "consumo_kwh")
    meter, at, value, total = Meter(), 0.0, 50.0, 0.0
    for told, tenths, seconds in reports:
        at, value = at + seconds, value + tenths / 10
        meter, more = meter.after(Reported(at, {names[n]: value for n in told}))
        total += sum(each.kwh for each in more)
    assert total <= value - 50.0 + 1e-6
    for n, _ in enumerate(range(60)):
        meter, _ = meter.after(Reported(at + (n + 1) * 3_600, {"kwh_nuevo": n / 10}))
    _, [last] = meter.after(Reported(at + 61 * 3_600, {"kwh_nuevo": 7.0}))
    assert last.kwh == pytest.approx(7.0 - 5.9)


# -- prices --------------------------------------------------------------------------------------

WORKDAYS = frozenset(range(5))
SPAIN = Tariff(
    None,
    0.15,
    (
        Band("Valle", WORKDAYS, 0, 8, 0.08),
        Band("Valle", frozenset({5, 6}), 0, 0, 0.08),
        Band("Punta", WORKDAYS, 10, 14, 0.22),
        Band("Punta", WORKDAYS, 18, 22, 0.22),
    ),
)


@pytest.mark.parametrize(
    ("at", "price"),
    [
        ("2026-03-02T07:00", 0.08),
        ("2026-03-02T08:00", 0.15),
        ("2026-03-02T10:00", 0.22),
        ("2026-03-02T14:00", 0.15),
        ("2026-03-07T12:00", 0.08),
        ("2026-03-07T23:00", 0.08),
    ],
)
def test_hours_of_the_week_have_their_price(at: str, price: float) -> None:
    assert EnergyPlan(tariffs=(SPAIN,)).price_at(datetime.fromisoformat(at)) == price


def test_a_band_past_midnight_is_of_the_day_that_it_begins_on() -> None:
    night = Band("Noche", frozenset({4}), 22, 6, 0.05)
    assert [
        night.holds(datetime(2026, 3, day, hour)) for day, hour in [(6, 23), (7, 5), (7, 6), (7, 23), (6, 5)]
    ] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_what_was_used_keeps_the_price_that_held_then() -> None:
    plan = EnergyPlan(tariffs=(Tariff(date(2026, 3, 2), 0.3), Tariff(None, 0.1))).in_order()
    assert isinstance(plan, EnergyPlan)
    prices = [plan.price_at(datetime(2026, 3, day)) for day in (1, 2)]
    assert prices == [0.1, 0.3]
    assert EnergyPlan().price_at(datetime(2026, 3, 1)) is None


def test_a_price_that_is_set_holds_as_long_as_nobody_has_said_a_tariff() -> None:
    at = datetime(2026, 3, 1)
    assert EnergyPlan().or_price(0.2).price_at(at) == 0.2
    assert EnergyPlan(tariffs=(SPAIN,)).or_price(0.2) == EnergyPlan(tariffs=(SPAIN,))
    assert EnergyPlan().or_price(None) == EnergyPlan()


# -- periods -------------------------------------------------------------------------------------


def test_days_on_which_a_clock_is_set_have_23_and_25_hours() -> None:
    parts = [
        len(Period.around(Span.DAY, day, MADRID).parts) for day in (date(2026, 3, 29), date(2026, 10, 25))
    ]
    assert parts == [23, 25]


@pytest.mark.parametrize("span", Span)
def test_periods_follow_on_each_other(span: Span) -> None:
    period = Period.around(span, date(2028, 3, 1), MADRID)
    assert period.previous.end == period.begin == period.parts[0]


def test_a_month_is_compared_with_the_one_before_as_far_as_it_has_come() -> None:
    """By the calendar: half past two on the 15th, whatever a clock was set by; the 31st, with all of it."""
    march = Period.around(Span.MONTH, date(2026, 3, 1), MADRID)
    at = datetime(2026, 3, 15, 14, 30, tzinfo=MADRID).timestamp()
    assert march.previous.as_far_as(march, at) == datetime(2026, 2, 15, 14, 30, tzinfo=MADRID).timestamp()
    at = datetime(2026, 3, 31, 12, tzinfo=MADRID).timestamp()
    assert march.previous.as_far_as(march, at) == march.begin


def test_the_main_meter_is_the_house_and_what_no_plug_counts_is_the_rest() -> None:
    """In an hour in which it has counted; before it was there the house is the sum of the others."""
    day = Period.around(Span.DAY, date(2026, 3, 2), MADRID)
    plan = EnergyPlan(tariffs=(Tariff(None, 0.5),), mains=frozenset({1}), apart=frozenset({4}))
    hours = [(1, day.begin + HOUR, 2.0), (4, day.begin + HOUR, 9.0)]
    hours += [(device, day.begin + hour * HOUR, 0.5) for device in (2, 3) for hour in (0, 1)]
    told = report(day, plan, hours, [1, 2, 3, 4])
    assert (told.total.kwh, told.total.cost) == (3.0, 1.5)
    assert [amount.kwh for _, amount in told.parts[:3]] == [1.0, 2.0, 0.0]
    assert told.rest is not None
    assert (told.rest.kwh, told.rest.cost) == (1.0, 0.5)
    assert {device: amount.kwh for device, amount in told.by_device.items()} == {1: 2, 2: 1, 3: 1, 4: 9}
    half = report(day, plan, hours, [1, 2, 3, 4], day.begin + 1.5 * HOUR)
    assert half.total.kwh == 2.0
