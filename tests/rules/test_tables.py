"""The data tables: those that come with the rules, and those that cannot be used."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from rules.base.tables import BadTable, Limit, of_device, read_limits, read_standards
from web.texts.languages import Language
from web.texts.storage_words import FLAWS

DATA = Path(__file__).parents[2] / "rules" / "data"


def test_the_limits_that_come_with_it() -> None:
    """By serial prefix and metric, in either case."""
    limits = read_limits((DATA / "limites.json").read_bytes())
    warm = Limit(-55, 100)
    assert of_device(limits, "TMP0603IF1WD", {}) == {
        "temperatura": warm,
        "temp": warm,
        "humedad": Limit(0, 100),
    }
    assert of_device(limits, "plg0x", {}) == {"consumo_w": Limit(None, 4600)}
    assert of_device(limits, "XXX0", {}) == {}
    assert set(limits) == {"TMP0", "CO20", "LUX0", "SND0", "PLG0"}


def test_the_standards_that_come_with_it() -> None:
    """Six kinds report at least every hour; irrigation alone lives by a schedule."""
    standards = read_standards((DATA / "estandar.json").read_bytes())
    assert set(standards) == {"LGT0", "RGD0", "SHD0", "FAN0", "PLG0", "MOV0"}
    assert {standard.send_interval for standard in standards.values()} == {Limit(1, 3600)}
    assert [prefix for prefix, standard in standards.items() if standard.mode] == ["RGD0"]


def told(read: Callable[[bytes], object], table: bytes) -> str:
    """What people are told of a table that is refused."""
    with pytest.raises(BadTable) as caught:
        read(table)
    return FLAWS[caught.value.flaw][Language.SPANISH].format(where=caught.value.where or "la tabla")


@pytest.mark.parametrize(
    ("serial", "metric", "values"),
    [
        ("TMP0", "temperatura", [-30, -18, 4, 21, 45, 85]),
        ("TMP0", "humedad", [3, 98]),
        ("CO20", "co2_ppm", [400, 950, 5_000]),
        ("LUX0", "luz_lux", [0, 110_000]),
        ("PLG0", "consumo_w", [-800, 3_600]),
    ],
)
def test_the_limits_that_come_with_it_vouch_for_no_place(
    serial: str, metric: str, values: list[float]
) -> None:
    """A freezer, a balcony, a class room and a plug with a solar panel have nothing wrong with them."""
    limit = of_device(read_limits((DATA / "limites.json").read_bytes()), serial, {})[metric]
    low = -math.inf if limit.low is None else limit.low
    high = math.inf if limit.high is None else limit.high
    assert all(low <= value <= high for value in values)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"{", "no es JSON"),
        (b"\xff", "no es JSON"),
        (b"[" * 100_000, "no es JSON"),
        (b"[]", "la tabla: se espera un objeto"),
        (b'{"TMP0": 3}', "TMP0: se espera un objeto"),
        (b'{"TMP0": {"t": {}}}', "TMP0.t: se esperan min y max"),
        (b'{"TMP0": {"t": {"maximo": 3}}}', "TMP0.t: se esperan min y max"),
        (b'{"TMP0": {"t": {"min": "1"}}}', "TMP0.t.min: se espera un número"),
        (b'{"TMP0": {"t": {"min": NaN}}}', "TMP0.t.min: se espera un número"),
        (b'{"TMP0": {"t": {"min": true}}}', "TMP0.t.min: se espera un número"),
        (b'{"TMP0": {"t": {"min": 2, "max": 1}}}', "TMP0.t: min es mayor que max"),
    ],
)
def test_a_broken_table_of_limits_says_where(table: bytes, said: str) -> None:
    """One line, with the path to the fault."""
    assert told(read_limits, table).startswith(said)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b'{"RGD0": {"mode": "horario"}}', "RGD0.mode: no se conoce"),
        (b'{"RGD0": {"modo": "a veces"}}', "RGD0.modo: se espera manual u horario"),
        (b'{"RGD0": {"intervalo_envio": 60}}', "RGD0.intervalo_envio: se espera un objeto"),
    ],
)
def test_a_broken_table_of_standards_says_where(table: bytes, said: str) -> None:
    """One line, with the path to the fault."""
    assert told(read_standards, table).startswith(said)


def test_one_bound_is_enough() -> None:
    """A limit may be open to one side."""
    assert read_limits(b'{"TMP0": {"t": {"max": 1}}}') == {"TMP0": {"t": Limit(None, 1)}}
