"""A simulated device in mode ``manual`` does as far, as fast, as warm and as long as it is told."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.mqtt.protocol.payloads import configuration_payload
from actors.runtime.time_zone import UTC_ZONE
from actors.simulator.device import SimulatedDevice, fleet

NOON = datetime(2024, 1, 1, 12)


class Bench:
    """One device and the orders it was given so far, in mode ``manual`` and reporting each minute."""

    def __init__(self, kind: str) -> None:
        self.device: SimulatedDevice = fleet(1, kinds=[kind], interval=60)[0]
        self._configuration: dict[str, Any] = {"modo": "manual", "encendido": True, "intervalo_envio": 60}
        self._elapsed = 0.0
        self.order()

    def order(self, **changes: Any) -> None:
        self._configuration |= changes
        self.device.obey(configuration_payload(self.device.version + 1, self._configuration, UTC_ZONE))

    def reports(self, seconds: float) -> list[tuple[float, dict[str, Any]]]:
        """Each report of so many seconds from now on, and when it came, in seconds from now."""
        began, found = self._elapsed, []
        while self._elapsed <= began + seconds:
            local = NOON + timedelta(seconds=self._elapsed)
            if (outgoing := self.device.poll(local, self._elapsed)) is not None:
                found.append((self._elapsed - began, json.loads(outgoing.payload)))
            self._elapsed += max(self.device.wait(local, self._elapsed), 1e-3)
        return found

    def last(self) -> dict[str, Any]:
        return self.reports(120)[-1][1]


@pytest.mark.parametrize(
    ("kind", "ordered", "state", "reading"),
    [
        ("persiana", {"posicion": 35}, "activo", {"posicion": 35}),
        ("persiana", {"posicion": 35, "encendido": False}, "inactivo", {"posicion": 0}),
        ("persiana", {"posicion": 101}, "activo", {"posicion": 100}),
        ("ventilador", {"velocidad": 80}, "activo", {"velocidad": 80}),
        ("ventilador", {"velocidad": 80, "encendido": False}, "inactivo", {"velocidad": 0}),
        ("ventilador", {"velocidad": "deprisa"}, "activo", {"velocidad": 60}),
        ("luz", {"brillo": 35, "temp_color": 2700}, "activo", {"brillo": 35, "temp_color": 2700}),
        ("luz", {"brillo": 35, "encendido": False}, "inactivo", {"brillo": 0}),
        ("luz", {"color": "#ff8800"}, "activo", {"color": "#ff8800"}),
        ("luz", {"brillo": "mucho", "color": "rojo", "temp_color": 3}, "activo", {"brillo": 60}),
        ("puerta", {"bloqueada": True, "encendido": False}, "activo", {"bloqueada": True, "abierta": False}),
        ("puerta", {"bloqueada": False}, "inactivo", {"bloqueada": False}),
        ("puerta", {"bloqueada": 1, "encendido": False}, "inactivo", {"bloqueada": False}),
    ],
)
def test_an_order_is_obeyed_as_far_as_it_makes_sense(
    kind: str, ordered: dict[str, Any], state: str, reading: dict[str, Any]
) -> None:
    """Readings and state follow; of what is off, or makes no sense, the order counts for nothing."""
    bench = Bench(kind)
    bench.order(**ordered)
    report = bench.last()
    assert report["estado"] == state
    assert reading.items() <= report["parametros"].items()


def test_a_set_point_is_reached() -> None:
    """Heating to 26 degrees gets there within two hours, and not when it is off."""
    bench = Bench("termometro")
    bench.order(temp_objetivo=26)
    warmed = bench.reports(7200)[-1][1]["parametros"]["temperatura"]
    assert warmed == pytest.approx(26, abs=1.5)
    bench.order(encendido=False)
    assert bench.reports(7200)[-1][1]["parametros"]["temperatura"] < warmed - 1.5


def test_watering_ends_by_itself_and_says_so_at_once() -> None:
    """Ten minutes and ten seconds: on until then, off from then on, though reports come each minute."""
    bench = Bench("riego")
    bench.order(encendido=False)
    bench.last()
    bench.order(encendido=True, duracion_min=10 + 1 / 6)
    found = bench.reports(1200)
    ended = [at for at, report in found if report["estado"] == "inactivo"]
    assert ended[0] == pytest.approx(610, abs=0.1)
    assert all((report["estado"] == "inactivo") is (at >= ended[0]) for at, report in found)


def test_another_order_while_it_waters_changes_nothing_of_when_it_ends() -> None:
    """Only a new duration, or off and on again, begins anew."""
    bench = Bench("riego")
    bench.order(duracion_min=10)
    bench.reports(300)
    bench.order(intervalo_envio=30)
    assert next(at for at, report in bench.reports(600) if report["estado"] == "inactivo") < 300.1
    bench.order(encendido=False)
    bench.order(encendido=True)
    assert bench.reports(300)[-1][1]["estado"] == "activo"


def test_a_device_that_has_just_started_does_not_water_again() -> None:
    """What it finds retained was begun by somebody before, and may have run its time."""
    device = fleet(1, kinds=["riego"])[0]
    told = {"modo": "manual", "encendido": True, "duracion_min": 10}
    device.obey(configuration_payload(7, told, UTC_ZONE))
    assert not device.orders_at(NOON).on
    device.obey(configuration_payload(8, {**told, "encendido": False}, UTC_ZONE))
    device.obey(configuration_payload(9, told, UTC_ZONE))
    assert device.orders_at(NOON).on


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(
            st.booleans(), st.sampled_from([None, 0, 1, 7.5, 1440, -1, "x", True]), st.integers(0, 1000)
        ),
        max_size=20,
    )
)
def test_it_is_on_for_as_long_as_it_was_told(orders: list[tuple[bool, Any, int]]) -> None:
    """Whatever it is told when, it is on just while told so, and for no longer than the duration."""
    bench = Bench("riego")
    on, since, now = True, 0, 0
    minutes: float | None = None
    for switched, told, wait in orders:
        valid = told if not isinstance(told, bool | str) and told is not None and told >= 0 else None
        if switched and (not on or valid != minutes):
            since = now
        on, minutes = switched, valid
        bench.order(encendido=switched, duracion_min=told)
        bench.device.orders_at(NOON + timedelta(seconds=now))
        now += wait
        expected = on and (minutes is None or now - since < 60 * minutes)
        assert bench.device.orders_at(NOON + timedelta(seconds=now)).on is expected
