"""The page's own reading of weekly schedules, against the server's; and what hands make of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.schedule import check, parse
from rules.learn.timetable import Window as Learned
from rules.learn.timetable import as_horarios
from tests.page.node import Modules as Model
from tests.page.node import running

DAY, WEEK = 1440, 7 * 1440
SPANISH = ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo")
WORDS = (*SPANISH, "Miércoles", " SÁBADO", "Sunday", "monday", "todos", "All", "diario", "daily")

Window = dict[str, int]

# An example costs a few turns of two processes, which a busy machine makes dear.
bounded = settings(max_examples=40)


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    with running("views/week/model.js", "views/week/events.js") as modules:
        yield modules


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


times = st.integers(0, 1439).map(clock) | st.sampled_from(("00:00", "06:00", "22:00"))
entries = st.fixed_dictionaries(
    {
        "dias": st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
        "inicio": times,
        "fin": times | st.just("24:00"),
    }
)
lists = st.lists(entries, max_size=6)


def by_day(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, list[list[Any]]]]:
    events = st.dictionaries(times, values, max_size=4).map(lambda day: [[t, v] for t, v in day.items()])
    return st.dictionaries(st.sampled_from(WORDS), events, max_size=4)


switchings = by_day(st.booleans() | st.sampled_from(("on", " Encendido", "OFF", "apagar")))


def server_minutes(horarios: Any) -> set[int]:
    """Minutes of the week at which the server has it on; it refuses what it does not take."""
    check({"horarios": horarios})
    power = parse({"horarios": horarios}).power
    assert power is not None
    return {minute for start, end in power.spans for minute in range(start // 60, end // 60)}


def minutes(windows: list[Window]) -> set[int]:
    return {(w["day"] * DAY + m) % WEEK for w in windows for m in range(w["start"], w["end"])}


def assert_normal(windows: list[Window]) -> None:
    """Each within what a window may be, in order, and no minute in two of them."""
    for window in windows:
        assert window["day"] in range(7)
        assert 0 <= window["start"] < DAY
        assert window["start"] < window["end"] <= window["start"] + DAY
    starts = [window["day"] * DAY + window["start"] for window in windows]
    assert starts == sorted(starts)
    assert sum(window["end"] - window["start"] for window in windows) == len(minutes(windows))


@bounded
@given(horarios=lists | switchings)
def test_the_page_reads_a_schedule_as_the_server_does(model: Model, horarios: Any) -> None:
    """In both of its forms, whatever the days are called."""
    windows = model.ask("parse", horarios)
    assert_normal(windows)
    assert minutes(windows) == server_minutes(horarios)


@bounded
@given(horarios=lists | switchings)
def test_what_is_written_is_read_as_the_same_windows(model: Model, horarios: Any) -> None:
    """And by the server as the same times."""
    windows = model.ask("parse", horarios)
    written = model.ask("format", windows)
    assert model.ask("parse", written) == windows
    assert server_minutes(written) == minutes(windows)


def test_equal_windows_are_one_entry(model: Model) -> None:
    windows = [{"day": day, "start": 1320, "end": 1800} for day in range(7)]
    assert model.ask("format", windows) == [{"dias": ["todos"], "inicio": "22:00", "fin": "06:00"}]
    assert model.ask("format", windows[:2]) == [
        {"dias": ["lunes", "martes"], "inicio": "22:00", "fin": "06:00"}
    ]


@pytest.mark.parametrize(
    ("first", "second", "day"), [("lunes", "martes", 0), ("sabado", "domingo", 5), ("domingo", "lunes", 6)]
)
def test_what_touches_at_midnight_is_one_window(model: Model, first: str, second: str, day: int) -> None:
    """On Sunday too; but a window is never longer than a day, so longer times are one for each day."""
    evening = {"dias": [first], "inicio": "22:00", "fin": "24:00"}
    morning = {"dias": [second], "inicio": "00:00", "fin": "06:00"}
    assert model.ask("parse", [evening, morning]) == [{"day": day, "start": 1320, "end": 1800}]
    always = {"dias": ["todos"], "inicio": "05:00", "fin": "05:00"}
    assert model.ask("parse", [always]) == [{"day": n, "start": 0, "end": DAY} for n in range(7)]


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        7,
        "x",
        [None],
        [{}],
        [{"dias": "lunes", "inicio": "08:00", "fin": "09:00"}],
        {"x": [["08:00", 1]]},
    ],
)
def test_what_does_not_fit_is_left_out(model: Model, nonsense: Any) -> None:
    """A device may have reported it before it was claimed."""
    assert model.ask("parse", nonsense) == []


@pytest.mark.parametrize(
    ("channel", "values", "field"),
    [
        ("horarios_pos", st.integers(0, 100), "position"),
        ("horarios_speed", st.floats(0, 100), "speed"),
        ("horarios_lock", st.booleans() | st.sampled_from(("lock", "Abrir")), "lock"),
        ("horarios_temp", st.floats(-50, 100), "setpoint"),
    ],
)
def test_events_are_read_and_written_as_the_server_does(
    model: Model, channel: str, values: st.SearchStrategy[Any], field: str
) -> None:
    @bounded
    @given(schedule=by_day(values))
    def holds(schedule: Any) -> None:
        events = model.ask("parseChannel", channel, schedule)
        expected = getattr(parse({channel: schedule}), field).events
        assert [((e["day"] * DAY + e["minute"]) * 60, e["value"]) for e in events] == list(expected)
        written = model.ask("formatEvents", events)
        assert getattr(parse({channel: written}), field).events == expected

    holds()


@bounded
@given(spans=st.lists(st.tuples(st.integers(0, WEEK - 1), st.integers(1, DAY)), max_size=6, unique=True))
def test_a_suggestion_is_drawn_as_what_applying_it_makes(model: Model, spans: list[tuple[int, int]]) -> None:
    """What is learned, as it is proposed."""
    proposed = as_horarios([Learned(start, length) for start, length in spans])
    assert minutes(model.ask("parse", proposed)) == server_minutes(proposed)


SUNLIT = {"dias": ["todos"], "inicio": "19:46", "fin": "23:00", "sol": {"inicio": "ocaso+30"}}


def test_what_follows_the_sun_is_kept_through_other_changes(model: Model) -> None:
    """It stands by itself, is written as it was read, and is meant the same on any day."""
    windows = model.ask("parse", [SUNLIT])
    assert model.ask("format", windows) == [SUNLIT]
    more = model.ask("added", windows, {"day": 0, "start": 1380, "end": 1400})
    assert SUNLIT in model.ask("format", more)
    later = SUNLIT | {"inicio": "20:15"}
    assert model.ask("meant", {"horarios": [later]}) == model.ask("meant", {"horarios": [SUNLIT]})
    clock = {name: value for name, value in SUNLIT.items() if name != "sol"}
    assert model.ask("meant", {"horarios": [clock]}) != model.ask("meant", {"horarios": [SUNLIT]})


def test_what_waters_stands_with_the_other_windows(model: Model) -> None:
    """As the server has them on together, round the end of the week too."""
    windows = [{"dias": ["martes"], "inicio": "21:00", "fin": "21:20"}]
    watering = {"domingo": [["23:30", 60]]}
    night = {"dias": ["domingo"], "inicio": "23:30", "fin": "00:30"}
    both = {"horarios": windows, "horarios_riego": watering}
    assert minutes(model.ask("standing", both)) == server_minutes([*windows, night])
    assert model.ask("meant", both) == model.ask(
        "meant", {"horarios": [*windows, night], "horarios_riego": {}}
    )
    assert model.ask("meant", both) != model.ask("meant", {"horarios": windows})


@pytest.mark.parametrize(("start", "end", "follows"), [(1186, 1400, True), (1200, 1380, False)])
def test_an_end_that_a_hand_sets_follows_the_sun_no_more(
    model: Model, start: int, end: int, follows: bool
) -> None:
    windows = model.ask("parse", [SUNLIT | {"dias": ["lunes"]}])
    (after,) = model.ask("edited", windows, 0, {"days": [0], "start": start, "end": end})
    assert (after.get("sun") == SUNLIT["sol"]) is follows


# -- by hand -----------------------------------------------------------------------------------------

places = st.fixed_dictionaries({"day": st.integers(0, 6), "minute": st.floats(-300, 1800)})
steps = st.sampled_from((5, 15))


@bounded
@given(data=st.data(), horarios=lists)
def test_no_hand_makes_what_the_server_refuses(model: Model, data: st.DataObject, horarios: Any) -> None:
    """Whatever is drawn, moved, pulled and deleted one after the other; and nothing else changes."""
    windows = model.ask("parse", horarios)
    for _ in range(data.draw(st.integers(1, 6))):
        index = data.draw(st.integers(0, len(windows)))
        step = data.draw(steps)
        if index == len(windows):
            others, made = windows, model.ask("drawn", data.draw(places), data.draw(places), step)
        else:
            others = model.ask("without", windows, index)
            pull = data.draw(st.sampled_from(("moved", "startedAt", "endedAt")))
            to = data.draw(st.integers(-WEEK, WEEK) if pull == "moved" else places)
            made = model.ask(pull, windows[index], to, step)
        assert_normal([made])
        windows = model.ask("added", others, made)
        assert_normal(windows)
        assert minutes(windows) == minutes(others) | minutes([made])
        assert server_minutes(model.ask("format", windows)) == minutes(windows)


@bounded
@given(start=st.integers(0, WEEK - 1), length=st.integers(1, DAY), by=st.integers(-WEEK, WEEK), step=steps)
def test_a_window_that_is_moved_stays_as_long_and_begins_on_a_step(
    model: Model, start: int, length: int, by: int, step: int
) -> None:
    window = model.ask("windowAt", start, length)
    moved = model.ask("moved", window, by, step)
    assert moved["end"] - moved["start"] == length
    assert moved["start"] % step == 0
    distance = (moved["day"] * DAY + moved["start"] - start - by) % WEEK
    assert min(distance, WEEK - distance) <= step / 2


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        ((0, 600), (0, 788), (0, 600, 795)),
        # Upwards, from within a step.
        ((0, 604), (0, 482), (0, 480, 615)),
        # Past the lower edge, and into the next column: overnight.
        ((4, 1320), (4, 1500), (4, 1320, 1500)),
        ((6, 1320), (0, 360), (6, 1320, 1800)),
        # A hand that only wanders sideways.
        ((2, 600), (3, 720), (2, 600, 720)),
        ((2, 600), (2, 600), (2, 600, 615)),
    ],
)
def test_a_window_is_drawn_from_place_to_place(
    model: Model, begin: tuple[int, int], end: tuple[int, int], expected: tuple[int, int, int]
) -> None:
    places = [{"day": day, "minute": minute} for day, minute in (begin, end)]
    assert model.ask("drawn", *places, 15) == dict(zip(("day", "start", "end"), expected, strict=True))


def test_an_edited_window_is_copied_to_the_days_chosen(model: Model) -> None:
    """And joins the one that it meets there."""
    windows = model.ask("parse", [{"dias": ["lunes", "martes"], "inicio": "08:00", "fin": "09:00"}])
    after = model.ask("edited", windows, 0, {"days": [1, 3], "start": 540, "end": 600})
    assert after == [{"day": 1, "start": 480, "end": 600}, {"day": 3, "start": 540, "end": 600}]
