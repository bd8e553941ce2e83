"""The simulator against real brokers: driven step by step with the fake clock, or as it runs for people."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from queue import Empty
from typing import Any

import pytest

from actors.mqtt.protocol.payloads import (
    configuration_payload,
    configuration_topic,
    receipt_payload,
    receipt_topic,
)
from actors.runtime.clock import SystemClock
from actors.runtime.time_zone import UTC_ZONE
from actors.simulator.device import RESEND_S, SimulatedDevice, fleet
from actors.simulator.fleet import Counters, Simulator
from actors.simulator.link import Address, CircuitBreaker
from tests.brokers import PATIENCE, Broker, CrashableBroker, Device, Mosquitto, ScriptedBroker, wait_until
from tests.stage import FakeClock

# Friday, half a minute before ten in the evening.
EVENING = datetime(2024, 1, 5, 21, 59, 30)


class DrivenSimulator:
    """A simulator driven by hand, and somebody who listens to its devices."""

    def __init__(self, port: int, devices: Sequence[SimulatedDevice]) -> None:
        self.port = port
        self.devices = devices
        self.clock = FakeClock(EVENING.timestamp())
        self.simulator = Simulator("127.0.0.1", port, devices, self.clock)
        self.listener = Device(port, "dispositivos/+/estado", "dispositivos/+/conexion")
        self.presence: list[tuple[str, bytes]] = []
        self.reports: list[dict[str, Any]] = []

    def until(self, condition: Callable[[], object]) -> None:
        """Let the simulator work, with no time passing for it, until it is so."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "it never came about"
            self.turn()

    def turn(self) -> None:
        self.simulator.turn(0.01)
        self._listen()

    def wait(self, seconds: float, step: float = 0.25) -> None:
        """Let time pass for the devices, in steps."""
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            self.clock.advance_to(min(end, self.clock.monotonic() + step))
            self.turn()

    def connect(self) -> None:
        self.until(lambda: self.counters.connected == len(self.devices))

    def restart_listener(self) -> None:
        self.listener.close()
        self.listener = Device(self.port, "dispositivos/+/estado", "dispositivos/+/conexion")

    @property
    def counters(self) -> Counters:
        return self.simulator.counters

    @property
    def numbers(self) -> list[int | None]:
        return [report.get("seq") for report in self.reports]

    def _listen(self) -> None:
        try:
            while True:
                topic, payload, _ = self.listener.heard.get_nowait()
                if topic.endswith("/conexion"):
                    self.presence.append((topic.split("/")[1], payload))
                else:
                    self.reports.append(json.loads(payload))
        except Empty:
            return

    def close(self) -> None:
        self.simulator.close()
        self.listener.close()


@pytest.fixture
def house(broker: Broker) -> Iterator[DrivenSimulator]:
    """One lamp, on each of the brokers."""
    house = DrivenSimulator(broker.port, fleet(1, kinds=["luz"]))
    yield house
    house.close()


def configure(house: DrivenSimulator, version: int, **configuration: Any) -> None:
    topic = configuration_topic(house.devices[0].serial)
    house.listener.publish(topic, configuration_payload(version, configuration, UTC_ZONE), retain=True)


def receipt(house: DrivenSimulator, seq: int) -> None:
    (device,) = house.devices
    house.listener.publish(receipt_topic(device.serial), receipt_payload(device.outbox.boot, seq))


# -- one device ----------------------------------------------------------------------------------


def test_a_device_says_that_it_is_there_and_reports(house: DrivenSimulator) -> None:
    """``online``, then reports from number 1, one each interval."""
    (device,) = house.devices
    house.connect()
    house.until(lambda: house.presence == [(device.serial, b"online")])
    house.wait(5)
    house.until(lambda: house.numbers == [1])
    house.wait(10)
    house.until(lambda: house.numbers == [1, 2, 3])
    assert {report["boot"] for report in house.reports} == {device.outbox.boot}
    assert {report["serial_number"] for report in house.reports} == {device.serial}
    assert house.counters == Counters(connected=1, sent=3, resent=0, receipted=0, kept=3)


def test_it_starts_as_it_was_configured(house: DrivenSimulator) -> None:
    """The retained configuration is obeyed before the first report."""
    configure(house, 4, modo="manual", encendido=False)
    house.connect()
    house.until(lambda: house.devices[0].version == 4)
    house.wait(5)
    house.until(lambda: house.reports)
    assert house.reports[0]["estado"] == "inactivo"


def test_a_change_is_answered_without_waiting(house: DrivenSimulator) -> None:
    """No time passes between the configuration and the report that shows it."""
    house.connect()
    house.wait(5)
    house.until(lambda: house.numbers == [1])
    configure(house, 1, modo="manual", encendido=False)
    house.until(lambda: house.numbers == [1, 2])
    assert [report["estado"] for report in house.reports] == ["activo", "inactivo"]


def test_a_window_opens_on_the_minute(house: DrivenSimulator) -> None:
    """With an hour between reports the lamp still goes on, and says so, at 22:00."""
    window = {"dias": ["viernes"], "inicio": "22:00", "fin": "06:00"}
    configure(house, 1, modo="horario", encendido=False, intervalo_envio=3600, horarios=[window])
    house.connect()
    house.until(lambda: house.devices[0].version == 1)
    house.wait(29.5)
    house.until(lambda: len(house.reports) == 1)
    house.wait(0.5)
    house.until(lambda: len(house.reports) == 2)
    assert [report["estado"] for report in house.reports] == ["inactivo", "activo"]


def test_only_what_has_no_receipt_is_sent_again(house: DrivenSimulator) -> None:
    """Behind a broker that stayed up: what was receipted is gone, the rest comes again, as it was."""
    configure(house, 1, modo="manual", encendido=True, intervalo_envio=86_400)
    house.connect()
    house.until(lambda: house.devices[0].version == 1)
    house.wait(5)
    for version, on in enumerate([False, True], start=2):
        configure(house, version, modo="manual", encendido=on, intervalo_envio=86_400)
        house.until(lambda version=version: house.numbers[-1:] == [version])  # type: ignore[misc]
    receipt(house, 2)
    house.until(lambda: house.counters.receipted == 2)
    house.wait(2 * RESEND_S + 61, step=5)
    house.until(lambda: house.counters.resent >= 1)
    house.until(lambda: len(house.reports) == 3 + house.counters.resent)
    assert house.reports[3:] == [house.reports[2]] * house.counters.resent


def test_after_a_crash_of_the_broker_nothing_is_missing(house: DrivenSimulator, broker: Broker) -> None:
    """Reports made while it was away arrive after it is back, with all that had no receipt before."""
    house.connect()
    house.wait(10)
    house.until(lambda: len(house.reports) >= 2)
    receipt(house, 1)
    house.until(lambda: house.counters.receipted == 1)
    before = len(house.reports)
    broker.crash()
    house.until(lambda: house.counters.connected == 0)
    house.restart_listener()
    sent = house.counters.sent
    house.wait(20)
    house.connect()
    house.wait(5)
    house.until(lambda: house.counters.sent >= sent + 4)
    house.until(lambda: max(filter(None, house.numbers)) == house.counters.sent)
    assert list(dict.fromkeys(house.numbers[before:])) == list(range(2, house.counters.sent + 1))


def test_what_nobody_was_there_to_hear_comes_again(embedded: CrashableBroker) -> None:
    """Its memory lost and the backend not back yet, a broker takes the reports and nobody gets them."""
    house = DrivenSimulator(embedded.port, fleet(1, kinds=["luz"]))
    house.connect()
    house.wait(10)
    house.until(lambda: len(house.reports) >= 2)
    house.listener.close()
    embedded.crash()
    house.until(lambda: house.counters.connected == 0)
    house.wait(20)
    house.connect()
    house.until(lambda: house.counters.resent >= 2)
    house.restart_listener()
    house.reports.clear()
    house.wait(2 * RESEND_S, step=1)
    house.until(lambda: set(range(1, house.counters.sent + 1)) <= set(house.numbers))
    house.close()


# -- many, and for people ------------------------------------------------------------------------


def test_a_fleet_waits_for_its_broker(mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture) -> None:
    """A broker that goes away costs one line, its return another, and then all devices are back."""
    house = DrivenSimulator(mosquitto.port, fleet(40))
    house.connect()
    house.listener.close()
    mosquitto.stop()
    house.until(lambda: house.counters.connected == 0)
    house.wait(120, step=1)
    mosquitto.start()
    house.restart_listener()
    house.wait(46)
    house.connect()
    assert [(record.levelname, record.message.split()[0]) for record in caplog.records] == [
        ("WARNING", "connection_lost"),
        ("INFO", "connection_back"),
    ]
    house.close()


def test_a_broker_that_is_away_is_asked_ever_less_often() -> None:
    """The wait doubles up to 30 s, give or take a half; fifty devices that meet one failure count once."""
    circuit = CircuitBreaker(Address("127.0.0.1", 1, "", ""))
    now = 100.0
    for wait in (1, 2, 4, 8, 16, 30, 30, 30):
        assert circuit.allows(now)
        for _ in range(50):
            circuit.failed(now, "refused")
        assert not circuit.allows(now)
        tries = [circuit.next_try(now) - now for _ in range(50)]
        assert wait / 2 <= min(tries) <= max(tries) <= 1.5 * wait + 1
        assert max(tries) - min(tries) <= 1
        now += max(tries)
    circuit.worked()
    circuit.failed(now, "refused")
    assert circuit.allows(now + 1.5)


def test_every_report_of_a_fleet_gets_its_receipt(broker: Broker) -> None:
    """Twenty-six devices on their own thread, ten reports a second each: none is left without."""
    devices = fleet(26, interval=0.1)
    clock = SystemClock()
    simulator = Simulator("127.0.0.1", broker.port, devices, clock)
    with Device(broker.port, "dispositivos/+/estado") as backend:
        simulator.start()
        for _ in range(500):
            _, payload, _ = backend.heard.get(timeout=PATIENCE)
            report = json.loads(payload)
            backend.publish_soon(
                receipt_topic(report["serial_number"]), receipt_payload(report["boot"], report["seq"])
            )
        wait_until(lambda: simulator.counters.receipted >= 450)
        simulator.stop()
    assert simulator.counters.resent == 0
    assert simulator.counters.connected == 0


def test_one_device_s_failure_is_not_the_others(
    mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    """A device whose code raises is logged with its traceback; the other one reports on."""
    bad, good = devices = fleet(2, kinds=["luz"])
    house = DrivenSimulator(mosquitto.port, devices)
    house.connect()
    bad.configuration = {}
    house.wait(15)
    house.until(lambda: house.numbers.count(2) == 1)
    assert {report["serial_number"] for report in house.reports} == {good.serial}
    failures = [record for record in caplog.records if record.message.startswith("device_failed")]
    assert {record.message for record in failures} == {f"device_failed serial={bad.serial}"}
    assert all(record.exc_info for record in failures)
    house.close()


def test_a_refusal_is_logged_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    """A broker that does not let the device in is quoted."""
    broker = ScriptedBroker()
    simulator = Simulator("127.0.0.1", broker.port, fleet(1), FakeClock(), "ana", "wrong")
    simulator.turn(0)
    broker.accept(refusing=5)
    simulator.turn(PATIENCE)
    assert [record.message for record in caplog.records] == [
        f"connection_lost host=127.0.0.1 port={broker.port} error=Not authorized"
    ]
    simulator.close()
    broker.close()
