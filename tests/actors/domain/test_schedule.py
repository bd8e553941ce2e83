"""The weekly schedules, against an oracle that looks at every minute of the week."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.kinds import PREFIXES, capability_of, kind_of
from actors.domain.schedule import ScheduleError, WeeklyEvents, WeeklyWindows, check, parse
from web.texts.languages import Language
from web.texts.sentences import SENTENCES

MONDAY = datetime(2024, 1, 1)
MINUTES = 7 * 1440
SPANISH = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
ENGLISH = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SPELLINGS = {
    **{name: {day} for names in (SPANISH, ENGLISH) for day, name in enumerate(names)},
    "miercoles": {2},
    "SABADO": {5},
    "Todos": set(range(7)),
    "all": set(range(7)),
}

times = st.integers(0, 1439)
windows = st.tuples(st.sets(st.sampled_from(sorted(SPELLINGS)), min_size=1, max_size=3), times, times)
day_events = st.dictionaries(times, st.integers(0, 3), max_size=4)
weeks = st.dictionaries(st.sampled_from(("diario", *SPANISH)), day_events, max_size=4)


def clock_time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def at(minute: int) -> datetime:
    return MONDAY + timedelta(minutes=minute)


def as_windows(entries: list[tuple[set[str], int, int]]) -> dict[str, Any]:
    return {
        "horarios": [
            {"dias": sorted(days), "inicio": clock_time(start), "fin": clock_time(end)}
            for days, start, end in entries
        ]
    }


def as_events(channel: str, week: dict[str, dict[int, Any]]) -> dict[str, Any]:
    return {
        channel: {
            day: [[clock_time(m), value] for m, value in events.items()] for day, events in week.items()
        }
    }


def minutes_on(entries: list[tuple[set[str], int, int]]) -> list[bool]:
    on = [False] * MINUTES
    for days, start, end in entries:
        length = end - start if end > start else end + 1440 - start
        for day in set().union(*(SPELLINGS[name] for name in days)):
            for minute in range(length):
                on[(day * 1440 + start + minute) % MINUTES] = True
    return on


def minutes_set(week: dict[str, dict[int, Any]]) -> list[Any]:
    """The value at each minute, by walking through two weeks of events."""
    value: Any = None
    values: list[Any] = [None] * MINUTES
    for minute in range(2 * MINUTES):
        day, time = SPANISH[minute // 1440 % 7], minute % 1440
        event = week.get(day, {}).get(time, week.get("diario", {}).get(time))
        value = value if event is None else event
        values[minute % MINUTES] = value
    return values


def first_difference(values: list[Any], start: int) -> int | None:
    for wait in range(1, MINUTES + 1):
        if values[(start + wait) % MINUTES] != values[start]:
            return wait
    return None


def fault(configuration: dict[str, Any]) -> str:
    with pytest.raises(ScheduleError) as caught:
        check(configuration)
    assert str(caught.value).startswith(f"{caught.value.path}: {caught.value.why.value}")
    said = SENTENCES[caught.value.why].filled(Language.SPANISH, caught.value.about)
    return said.removeprefix("configuracion.").removesuffix(".")


# -- against the oracle --------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.lists(windows, max_size=4), st.integers(0, MINUTES - 1))
def test_windows_are_active_exactly_in_their_minutes(
    entries: list[tuple[set[str], int, int]], start: int
) -> None:
    """Overlapping, overnight, whole-day and week-end windows are what they say, at each minute."""
    power = parse(as_windows(entries)).power
    expected = minutes_on(entries)
    assert power is not None
    assert [power.active_at(at(minute)) for minute in range(MINUTES)] == expected
    wait = first_difference(expected, start)
    assert power.next_change(at(start)) == (None if wait is None else at(start + wait))


@settings(max_examples=25)
@given(weeks, st.integers(0, MINUTES - 1))
def test_events_hold_until_the_next_one_around_the_week(week: dict[str, dict[int, int]], start: int) -> None:
    """The latest event rules, last week's if need be; a named day's event replaces the daily one."""
    position = parse(as_events("horarios_pos", week)).position
    expected = minutes_set(week)
    assert position is not None
    assert [position.value_at(at(minute)) for minute in range(MINUTES)] == expected
    wait = first_difference(expected, start)
    assert position.next_change(at(start)) == (None if wait is None else at(start + wait))


@settings(max_examples=25)
@given(weeks)
def test_events_of_power_are_windows(week: dict[str, dict[int, int]]) -> None:
    """The event form of ``horarios`` is on from each ``on`` to the next ``off``."""
    switched = {day: {m: v > 1 for m, v in events.items()} for day, events in week.items()}
    power = parse(as_events("horarios", switched)).power
    assert power is not None
    assert [power.active_at(at(minute)) for minute in range(MINUTES)] == [
        value is True for value in minutes_set(switched)
    ]


@settings(max_examples=25)
@given(st.dictionaries(times, st.integers(1, 1440), max_size=3))
def test_watering_lasts_its_minutes(day: dict[int, int]) -> None:
    """Each event of ``horarios_riego`` opens the valve for its minutes, past midnight and Sunday too."""
    watering = parse(as_events("horarios_riego", {"domingo": day})).watering
    expected = [False] * MINUTES
    for start, length in day.items():
        for minute in range(length):
            expected[(6 * 1440 + start + minute) % MINUTES] = True
    assert watering is not None
    assert [watering.active_at(at(minute)) for minute in range(MINUTES)] == expected


@settings(max_examples=60)
@given(st.lists(windows, max_size=3), weeks, st.integers(0, MINUTES * 60))
def test_the_next_change_is_never_now(
    entries: list[tuple[set[str], int, int]], week: dict[str, dict[int, int]], second: int
) -> None:
    """The timetable's next change is the first of its channels', and strictly later."""
    timetable = parse({**as_windows(entries), **as_events("horarios_speed", week)})
    now = MONDAY + timedelta(seconds=second, microseconds=500_000)
    changes = [change for channel in timetable.channels if (change := channel.next_change(now))]
    assert timetable.next_change(now) == min(changes, default=None)
    assert all(now < change <= now + timedelta(days=7) for change in changes)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just("12:00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ("dias", "inicio", "fin", "lunes", "diario", "x")
    ), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
KEYS = (
    "horarios",
    "horarios_pos",
    "horarios_speed",
    "horarios_lock",
    "horarios_riego",
    "horarios_temp",
    "modo",
    "encendido",
    "intervalo_envio",
)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(KEYS), json_values, min_size=1, max_size=3))
def test_any_json_fits_or_has_a_fault_with_a_path(configuration: dict[str, Any]) -> None:
    """Whatever stands there, the answer is yes or a ScheduleError whose path begins with the key."""
    try:
        check(configuration)
    except ScheduleError as error:
        path = error.path
    else:
        path = next(iter(configuration))
        parse(configuration).next_change(MONDAY)
    assert path.startswith(tuple(configuration))


# -- by example ----------------------------------------------------------------------------------


def test_an_overnight_window_belongs_to_the_day_it_begins_on() -> None:
    """Friday 22:00 to 06:00 is on early on Saturday and not early on Friday."""
    power = parse({"horarios": [{"dias": ["viernes"], "inicio": "22:00", "fin": "06:00"}]}).power
    assert power == WeeklyWindows.of([(4 * 86_400 + 22 * 3600, 8 * 3600)])
    assert power.active_at(datetime(2024, 1, 6, 5, 59, 59))
    assert not power.active_at(datetime(2024, 1, 6, 6, 0))
    assert not power.active_at(datetime(2024, 1, 5, 5, 59))
    assert power.next_change(datetime(2024, 1, 6, 0, 0)) == datetime(2024, 1, 6, 6, 0)


@pytest.mark.parametrize("fin", ["00:00", "24:00"])
def test_midnight_to_midnight_is_the_whole_day(fin: str) -> None:
    """Equal ends mean a whole day, and every day so never changes."""
    power = parse({"horarios": [{"dias": ["todos"], "inicio": "00:00", "fin": fin}]}).power
    assert power is not None
    assert power.active_at(MONDAY)
    assert power.next_change(MONDAY) is None


def test_windows_follow_the_clock_on_the_wall() -> None:
    """A change after a daylight-saving switch comes at the hour on the wall."""
    madrid = ZoneInfo("Europe/Madrid")
    power = parse({"horarios": [{"dias": ["domingo"], "inicio": "01:00", "fin": "07:00"}]}).power
    assert power is not None
    change = power.next_change(datetime(2024, 3, 31, 1, 30, tzinfo=madrid))
    assert change == datetime(2024, 3, 31, 7, 0, tzinfo=madrid)


def test_locks_take_words_and_booleans() -> None:
    """``lock`` and ``true`` lock; ``unlock`` and ``false`` unlock."""
    lock = parse({"horarios_lock": {"diario": [["22:00", "lock"], ["07:00", False]]}}).lock
    assert lock is not None
    assert lock.value_at(datetime(2024, 1, 1, 23)) is True
    assert lock.value_at(datetime(2024, 1, 1, 8)) is False
    assert lock.value_at(datetime(2024, 1, 1, 1)) is True


def test_nothing_scheduled_is_nothing_said() -> None:
    """An absent channel is ``None``, an empty one never says anything."""
    timetable = parse({"horarios": [], "horarios_pos": {}})
    assert timetable.power == WeeklyWindows(())
    assert timetable.position == WeeklyEvents(())
    assert timetable.position.value_at(MONDAY) is None
    assert timetable.speed is None
    assert timetable.next_change(MONDAY) is None


WINDOW = {"dias": ["lunes"], "inicio": "08:00", "fin": "09:00"}


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"horarios": [WINDOW, WINDOW, WINDOW | {"inicio": "25:00"}]},
         "horarios[2].inicio: '25:00' no es una hora HH:MM"),
        ({"horarios": [WINDOW | {"inicio": "24:00"}]}, "horarios[0].inicio: '24:00' no es una hora HH:MM"),
        ({"horarios": [WINDOW | {"fin": "9:00"}]}, "horarios[0].fin: '9:00' no es una hora HH:MM"),
        ({"horarios": [WINDOW | {"fin": "१२:३४"}]}, "horarios[0].fin: '१२:३४' no es una hora HH:MM"),
        ({"horarios": [WINDOW | {"dias": ["lunes", "funday"]}]},
         "horarios[0].dias[1]: 'funday' no es un día de la semana, 'todos' ni 'diario'"),
        ({"horarios": [WINDOW | {"dias": []}]}, "horarios[0].dias: se espera una lista con al menos un día"),
        ({"horarios": [{"dias": ["lunes"], "inicio": "08:00"}]},
         'horarios[0].fin: falta; se espera {"dias":[…],"inicio":"HH:MM","fin":"HH:MM"}'),
        ({"horarios": ["08:00"]}, 'horarios[0]: se espera {"dias":[…],"inicio":"HH:MM","fin":"HH:MM"}'),
        ({"horarios": "siempre"},
         'horarios: se espera una lista de {"dias","inicio","fin"} o un objeto día → [["HH:MM", valor], …]'),
        ({"horarios": {"lunes": [["08:00", "quizá"]]}},
         "horarios.lunes[0][1]: 'quizá' no es true, false, 'on' ni 'off'"),
        ({"horarios_pos": []}, 'horarios_pos: se espera un objeto día → [["HH:MM", valor], …]'),
        ({"horarios_pos": {"lunes": [["08:00", 101]]}},
         "horarios_pos.lunes[0][1]: 101 no está entre 0 y 100"),
        ({"horarios_pos": {"lunes": [["08:00"]]}}, 'horarios_pos.lunes[0]: se espera ["HH:MM", valor]'),
        ({"horarios_pos": {"lunes": [["08:00", 1], ["08:00", 2]]}},
         "horarios_pos.lunes[1][0]: '08:00' está repetida"),
        ({"horarios_pos": {"lunes": {}}}, 'horarios_pos.lunes: se espera ["HH:MM", valor] en una lista'),
        ({"horarios_speed": {"diario": [["08:00", True]]}},
         "horarios_speed.diario[0][1]: True no es un número"),
        ({"horarios_lock": {"diario": [["08:00", 1]]}},
         "horarios_lock.diario[0][1]: 1 no es true, false, 'lock' ni 'unlock'"),
        ({"horarios_riego": {"diario": [["08:00", 0]]}},
         "horarios_riego.diario[0][1]: 0 no es una duración de más de 0 y hasta 1440 minutos"),
        ({"horarios_temp": {"ayer": []}},
         "horarios_temp.ayer: 'ayer' no es un día de la semana, 'todos' ni 'diario'"),
        ({"modo": "auto"}, "modo: 'auto' no es 'manual' ni 'horario'"),
        ({"encendido": "sí"}, "encendido: 'sí' no es true ni false"),
        ({"intervalo_envio": 0}, "intervalo_envio: 0 no es un número de segundos mayor que 0"),
        ({"intervalo_envio": float("inf")}, "intervalo_envio: inf no es un número"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_path(configuration: dict[str, Any], message: str) -> None:
    """The message says where the fault lies and what belongs there."""
    assert fault(configuration) == message


def test_what_fits_is_accepted() -> None:
    """All keys at once, in their plain forms, after a trip through JSON."""
    configuration = {
        "modo": "horario",
        "encendido": False,
        "intervalo_envio": 2.5,
        "horarios": {"Miércoles": [["08:00", "on"], ["09:00", False]]},
        "horarios_pos": {"diario": [["08:00", 100], ["20:30", 0]]},
        "horarios_speed": {"monday": [["08:00", 50.5]]},
        "horarios_lock": {"all": [["22:00", "lock"]]},
        "horarios_riego": {"jueves": [["06:00", 15]]},
        "horarios_temp": {"todos": [["07:00", 21], ["23:00", 17.5]]},
        "brillo": {"lo que": "sea"},
    }
    check(json.loads(json.dumps(configuration)))
    assert len(parse(configuration).channels) == 6


# -- kinds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("prefix", "kind"), PREFIXES.items())
def test_the_serial_number_tells_the_kind(prefix: str, kind: str) -> None:
    """Without a word to the contrary the first four characters decide."""
    assert kind_of(f"{prefix}603IF1WD", "sensor", {}) == kind


@pytest.mark.parametrize(
    ("type", "configuration", "kind"),
    [
        ("enchufe", {}, "enchufe"),
        ("generico", {}, "luz"),
        ("enchufe", {"subtipo": "riego"}, "riego"),
        ("enchufe", {"subtipo": "riego", "tipo": "Puerta"}, "puerta"),
        ("enchufe", {"kind": "camara", "tipo": "puerta"}, "camara"),
        ("enchufe", {"kind": "nevera", "tipo": 7, "subtipo": "generico"}, "enchufe"),
    ],
)
def test_the_first_known_name_overrides_the_serial_number(
    type: str, configuration: dict[str, Any], kind: str
) -> None:
    """``kind``, ``tipo``, ``subtipo``, then the type; names that are not known count for nothing."""
    assert kind_of("LGT0AAAAAAAA", type, configuration) == kind


def test_what_nobody_knows_is_generic_and_can_be_switched() -> None:
    """An unknown serial number is ``generico``; every kind has a capability."""
    assert kind_of("XYZ", "sensor", {}) == "generico"
    assert {kind: capability_of(kind) for kind in ("generico", "nevera", "persiana", "sensor_mov")} == {
        "generico": "binary",
        "nevera": "binary",
        "persiana": "position",
        "sensor_mov": "sensor",
    }
