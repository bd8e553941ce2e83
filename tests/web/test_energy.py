"""What is used and what it costs, from the log to the answer: the real actors, a real database, real HTTP."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from actors.domain.model import Device, LogEntry
from actors.domain.rooms import Rooms
from persistence.forms.local_time import LocalTime
from persistence.maintenance.retention import Retention
from persistence.maintenance.upkeep import Upkeep
from persistence.readers.queries import Queries
from persistence.storage.batch import Batch
from persistence.writer.store import Store
from tests.web.home import LiveSite
from tests.web.test_openapi import check_answer

PLUG = Device(
    id=1,
    serial="PLG0AAAAAAAA",
    name="Lavadora",
    claimed=True,
    reports=3,
    parameters={"energia_kwh": 3.0},
    room=1,
)
METER = Device(
    id=2, serial="PLG0BBBBBBBB", name="Cuadro", claimed=True, reports=2, parameters={"energia_kwh": 9.0}
)
OVEN = Device(
    id=3, serial="PLG0CCCCCCCC", name="Horno", claimed=True, reports=2, parameters={"consumo_w": 2000}
)
LAMP = Device(id=4, serial="LGT0AAAAAAAA", claimed=True, parameters={"brillo": 3})
TODAY = "2021-01-15"
READINGS: dict[int, list[tuple[str, dict[str, Any]]]] = {
    1: [
        ("2021-01-14T08:00", {"energia_kwh": 1.0}),
        ("2021-01-14T09:00", {"energia_kwh": 2.0}),
        ("2021-01-15T01:00", {"energia_kwh": 3.6}),
    ],
    2: [("2021-01-15T00:00", {"energia_kwh": 5.0}), ("2021-01-15T01:00", {"energia_kwh": 9.0})],
    3: [("2021-01-15T00:00", {"consumo_w": 2000}), ("2021-01-15T01:00", {"consumo_w": 2000})],
}
PLAN: dict[str, Any] = {
    "moneda": "€",
    "tarifas": [
        {"desde": "2021-01-15", "precio": 0.5, "franjas": []},
        {
            "desde": None,
            "precio": 0.1,
            "franjas": [
                {"nombre": "Punta", "dias": ["jueves"], "desde_hora": 8, "hasta_hora": 9, "precio": 1.0}
            ],
        },
    ],
    "generales": [2],
    "aparte": [],
}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[LiveSite]:
    path = tmp_path / "iot.db"
    entries = [
        LogEntry(device, n, datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp(), "activo", told)
        for device, rows in READINGS.items()
        for n, (at, told) in enumerate(rows, 1)
    ]
    devices = {device.id: device for device in (PLUG, METER, OVEN, LAMP)}
    with Store(path) as store:
        store.save(Batch(devices=devices, entries=entries, rooms=[Rooms({1: "Cocina"}, 1)]))
    with LiveSite(path, PLUG) as running:
        yield running


def energy(home: LiveSite, query: str = "") -> Any:
    answer = home.site.get(f"/energia?{query}")
    assert answer.status == 200, answer.body
    check_answer("GET", "/energia", answer)
    return answer.json


def test_a_house_of_plugs_is_their_sum(home: LiveSite) -> None:
    """By the day and the hour, a device and a room; without a price nothing is said of what it cost."""
    day = energy(home, f"periodo=dia&fecha={TODAY}")
    assert (day["kwh"], day["coste"], day["resto"]) == (pytest.approx(6.1), None, None)
    assert [part["kwh"] for part in day["data"]] == [pytest.approx(6.1), *[0.0] * 23]
    assert [(each["dispositivo_id"], each["fuente"], each["kwh"]) for each in day["dispositivos"]] == [
        (2, "contador", 4.0),
        (3, "potencia", 2.0),
        (1, "contador", 0.1),
    ]
    assert {room["habitacion_id"]: room["kwh"] for room in day["habitaciones"]} == {None: 6.0, 1: 0.1}
    month = energy(home, f"fecha={TODAY}")
    assert (month["periodo"], month["kwh"], len(month["data"])) == ("mes", pytest.approx(8.6), 31)
    assert energy(home, f"periodo=anio&fecha={TODAY}")["kwh"] == pytest.approx(8.6)


def test_a_device_whose_last_report_tells_nothing_of_it_is_still_there(tmp_path: Path) -> None:
    """A report need not repeat what another one has told; what was used stays used."""
    path = tmp_path / "iot.db"
    told = [("2021-01-15T01:00", {"energia_kwh": 1.0}), ("2021-01-15T02:00", {"energia_kwh": 1.5})]
    entries = [
        LogEntry(PLUG.id, n, datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp(), "activo", parameters)
        for n, (at, parameters) in enumerate([*told, ("2021-01-15T03:00", {"temperatura": 21.0})], 1)
    ]
    device = replace(PLUG, parameters={"temperatura": 21.0})
    with Store(path) as store:
        store.save(Batch(devices={device.id: device}, entries=entries))
        upkeep = Upkeep(Queries(path, UTC), LocalTime(UTC), Retention())
        for step in chain(upkeep.roll_ups(1), upkeep.meterings(1)):
            store.tidy(step)
    with LiveSite(path, device) as home:
        day = energy(home, f"periodo=dia&fecha={TODAY}")
        assert [(each["dispositivo_id"], each["kwh"]) for each in day["dispositivos"]] == [(PLUG.id, 0.5)]
        assert PLUG.name in home.site.get(f"/energia/exportar?periodo=dia&fecha={TODAY}").body.decode()


def test_prices_and_the_main_meter(home: LiveSite) -> None:
    """An admin says them; the meter is the house, and what no plug counts is the rest."""
    told = home.site.put("/energia/tarifas", PLAN)
    check_answer("PUT", "/energia/tarifas", told)
    assert told.json == {**PLAN, "tarifas": PLAN["tarifas"][::-1]}
    assert home.site.get("/energia/tarifas").json == told.json
    day = energy(home, f"periodo=dia&fecha={TODAY}")
    assert (day["kwh"], day["coste"]) == (4.0, 2.0)
    assert (day["resto"]["kwh"], day["resto"]["coste"]) == (pytest.approx(1.9), pytest.approx(0.95))
    before = energy(home, "periodo=dia&fecha=2021-01-14")
    assert (before["kwh"], before["coste"]) == (pytest.approx(2.5), pytest.approx(1 + 1.5 * 0.1))
    # Alone, a meter is a device like any other.
    assert energy(home, f"periodo=dia&fecha={TODAY}&dispositivo=2")["kwh"] == 4.0
    assert energy(home, f"periodo=dia&fecha={TODAY}&habitacion=1")["kwh"] == pytest.approx(0.1)
    assert energy(home, f"periodo=dia&fecha={TODAY}&dispositivo=4")["dispositivos"] == []


def test_a_hundred_tariffs_of_five_bands_can_be_told(home: LiveSite) -> None:
    bands = [
        {"nombre": "Punta", "dias": ["lunes"], "desde_hora": hour, "hasta_hora": hour + 1, "precio": 0.2}
        for hour in range(5)
    ]
    tariffs = [{"desde": f"{year}-01-01", "precio": 0.15, "franjas": bands} for year in range(2099, 1999, -1)]
    told = home.site.put("/energia/tarifas", {**PLAN, "tarifas": tariffs})
    assert told.json["tarifas"] == tariffs[::-1]


@pytest.mark.parametrize(
    "moment", ["0", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"]
)
def test_whatever_moment_is_asked_for_has_its_period(home: LiveSite, moment: str) -> None:
    assert home.site.get(f"/energia?periodo=anio&fecha={moment}").json["kwh"] == 0


def test_a_period_is_compared_with_the_one_before(home: LiveSite) -> None:
    day = energy(home, f"periodo=dia&fecha={TODAY}")
    assert day["anterior"]["desde"] == "2021-01-14T00:00:00.000Z"
    assert day["anterior"]["hasta"] == "2021-01-15T00:00:00.000Z"
    assert (day["anterior"]["kwh"], day["anterior"]["completo"]) == (pytest.approx(2.5), False)
    assert energy(home, "periodo=dia&fecha=2021-01-16")["anterior"]["completo"]


def test_hours_as_csv(home: LiveSite) -> None:
    home.site.put("/energia/tarifas", PLAN)
    answer = home.site.get(f"/energia/exportar?periodo=dia&fecha={TODAY}")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="energia-dia-{TODAY}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))
    assert [(row["nombre"], float(row["kwh"]), float(row["coste"])) for row in rows] == [
        ("Cuadro", 4.0, 2.0),
        ("Horno", 2.0, 1.0),
        ("Lavadora", 0.1, 0.05),
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"tarifas": [{"desde": None, "precio": 1}]}, "not_such_an_object"),
        ({"tarifas": [{"desde": None, "precio": -1, "franjas": []}]}, "not_a_number"),
        ({"tarifas": [{"desde": None, "precio": 1, "franjas": []}] * 2}, "tariffs_meet"),
        ({"generales": [0]}, "not_a_whole_number"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(home: LiveSite, change: dict[str, Any], code: str) -> None:
    answer = home.site.put("/energia/tarifas", {**PLAN, **change})
    assert (answer.status, answer.json["codigo"]) == (400, code)


@pytest.mark.parametrize("role", ["generales", "aparte"])
def test_a_meter_that_is_not_there_is_refused(home: LiveSite, role: str) -> None:
    """In both languages, and the plan stays as it was. One that goes later goes from the plan."""
    kept = home.site.put("/energia/tarifas", {**PLAN, "generales": [], "aparte": [], role: [1]}).json
    for language, words in (
        ("es", "No hay ningún dispositivo con id 99"),
        ("en", "There is no device with id 99"),
    ):
        told = home.site.ask(
            "PUT", "/energia/tarifas", {**kept, role: [1, 99]}, headers={"Accept-Language": language}
        )
        assert (told.status, told.json["codigo"]) == (404, "no_such_device")
        assert words in told.json["detalle"]
    assert home.site.get("/energia/tarifas").json == kept
    assert home.site.ask("DELETE", "/dispositivos/1").status == 200
    assert home.site.get("/energia/tarifas").json == {**kept, role: []}


def test_who_is_there_nobody_is_not_told_of(home: LiveSite) -> None:
    assert home.site.get("/energia?dispositivo=99").status == 404
