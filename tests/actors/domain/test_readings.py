"""What a value that a device sends means: on or off, which number, and under which name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.domain.readings import (
    OFF_WORDS,
    ON_WORDS,
    flattened,
    metric_name,
    names_in,
    number_of,
    switch_of,
)

NAMES = st.text(st.sampled_from("ab.\\0 é"), max_size=4)
OBJECTS = st.dictionaries(
    NAMES,
    st.recursive(st.integers(0, 9), lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=8),
    max_size=4,
)


def leaves(values: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    if not isinstance(values, dict) or (path and not values):
        return [(path, values)]
    return [leaf for name, value in values.items() for leaf in leaves(value, (*path, name))]


@pytest.mark.parametrize("value", ["on", "ON", " Encendida ", "TRUE", "Activo", "1", "SÍ", True, 1, 1.0])
def test_on_is_said_in_many_words(value: object) -> None:
    assert switch_of(value) is True


@pytest.mark.parametrize("value", ["off", "Off", "APAGADA", "false", "inactiva", "0\n", "No", False, 0, 0.0])
def test_off_is_said_in_many_words(value: object) -> None:
    assert switch_of(value) is False


@pytest.mark.parametrize("value", ["", "desconocido", "abierta", "2", 2, -1, 0.5, None, [], {}, "onoff"])
def test_what_is_neither_switches_nothing(value: object) -> None:
    assert switch_of(value) is None


def test_no_word_is_both() -> None:
    assert not {*ON_WORDS} & {*OFF_WORDS}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("23.4", 23.4), ("23,4", 23.4), ("-3", -3), ("+3", 3), ("0", 0), ("-0,5", -0.5), ("0.10", 0.1)),
        *(
            (" 23.4", 23.4),
            ("1e3", 1000),
            ("1,5E-3", 0.0015),
            ("1,234", 1.234),
            ("9007199254740991", 2**53 - 1),
        ),
    ],
)
def test_a_text_that_is_one_number_is_taken_as_one(text: str, number: float) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize(
    "value",
    [
        *("", " ", "007", "00", "-01", "00.5", "1.", ".5", "1.234,5", "1,234.5", "1.2.3", "1 000", "1_000"),
        *("0x1F", "nan", "NaN", "inf", "-Infinity", "1e999", "23.4 C", "12:30", "٣", "1e", "+-1", "1\n2"),
        *("9007199254740992", "9" * 33, "0." + "1" * 40, None, True, False, [], {}, float("nan")),
    ],
)
def test_what_is_a_code_or_no_number_stays_what_it_is(value: object) -> None:
    assert number_of(value) is None


@given(st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_itself(value: float) -> None:
    assert number_of(value) == value


@given(OBJECTS)
@example({"a.b": 1, "a": {"b": 2}})
@example({"": 1, "\\0": 2, "\\": {"": 3}})
def test_no_two_readings_have_the_same_name(values: dict[str, Any]) -> None:
    """And each has that of the path to it."""
    found = list(flattened(values))
    assert len({name for name, _ in found}) == len(found)
    assert found == [(metric_name(*path), value) for path, value in leaves(values)]


@given(OBJECTS, OBJECTS)
@example({"a": {"b": 1}}, {"a": {"b": 2}})
@example({"a": {"b": 1}}, {"a": {"c": 1}})
@example({"a": {}}, {"a": 1})
def test_readings_have_the_same_names_where_each_of_them_has(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    same = [name for name, _ in flattened(one)] == [name for name, _ in flattened(other)]
    assert (names_in(one) == names_in(other)) is same


@given(st.lists(NAMES, min_size=1, max_size=4), st.lists(NAMES, min_size=1, max_size=4))
def test_two_paths_have_two_names(one: list[str], other: list[str]) -> None:
    assert (metric_name(*one) == metric_name(*other)) is (one == other)
    assert metric_name(*one)


@pytest.mark.parametrize("name", ["temp", "aire_exterior", "PM2_5", "humedad suelo"])
def test_a_plain_name_is_its_own(name: str) -> None:
    assert metric_name(name) == name
