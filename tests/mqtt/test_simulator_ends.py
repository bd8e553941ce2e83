"""How simulated devices leave: with a goodbye that is heard, in time, or by their last will."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

from actors.mqtt.protocol.payloads import receipt_payload, receipt_topic
from actors.runtime.clock import SystemClock
from actors.simulator.device import fleet
from actors.simulator.fleet import Simulator
from tests.brokers import PATIENCE, Broker, Device, ScriptedBroker, wait_until
from tests.stage import FakeClock


def test_stopping_says_goodbye(broker: Broker) -> None:
    """After ``stop`` all devices are ``offline`` for whoever asks later, without the help of a will."""
    devices = fleet(5)
    simulator = Simulator("127.0.0.1", broker.port, devices, SystemClock())
    simulator.start()
    wait_until(lambda: simulator.counters.connected == 5)
    simulator.stop()
    with Device(broker.port, "dispositivos/+/conexion") as late:
        found = {late.heard.get(timeout=PATIENCE)[:2] for _ in range(5)}
    assert found == {(f"dispositivos/{device.serial}/conexion", b"offline") for device in devices}


def test_a_goodbye_is_heard_however_much_lies_unread(broker: Broker) -> None:
    """A connection that is reset would take it along."""
    devices = fleet(5)
    simulator = Simulator("127.0.0.1", broker.port, devices, SystemClock())
    simulator.start()
    wait_until(lambda: simulator.counters.connected == 5)
    with Device(broker.port) as backend:
        for n in range(500):
            backend.publish_soon(receipt_topic(devices[n % 5].serial), receipt_payload("another", n))
        simulator.stop()
    with Device(broker.port, "dispositivos/+/conexion") as late:
        assert [late.heard.get(timeout=PATIENCE)[1] for _ in range(5)] == [b"offline"] * 5


def test_a_broker_that_talks_on_is_not_listened_to_for_ever() -> None:
    """Time runs out for one that closes late and for one that never does, whatever they send meanwhile."""
    clock, broker = FakeClock(), ScriptedBroker()
    simulator = Simulator("127.0.0.1", broker.port, fleet(1), clock)
    simulator.turn(0)
    broker.accept()
    while not simulator.counters.connected:
        simulator.turn(PATIENCE)
    cut_off = threading.Event()

    def talk_on() -> None:
        deadline = time.monotonic() + PATIENCE
        with suppress(TimeoutError):
            while time.monotonic() < deadline:
                clock.advance_to(clock.monotonic() + 0.1)
                try:
                    broker.send(0xD0, b"")
                except ConnectionError:
                    cut_off.set()
                    break
        broker.close()

    talker = threading.Thread(target=talk_on)
    talker.start()
    simulator.close()
    talker.join()
    assert cut_off.is_set()


def test_a_killed_simulator_leaves_its_will(broker: Broker) -> None:
    """kill -9: the broker says ``offline`` for each device."""
    program = (
        "import sys, threading; from actors.runtime.clock import SystemClock; "
        "from actors.simulator.device import fleet; from actors.simulator.fleet import Simulator; "
        "Simulator('127.0.0.1', int(sys.argv[1]), fleet(3), SystemClock()).start(); threading.Event().wait()"
    )
    with Device(broker.port, "dispositivos/+/conexion") as listener:
        process = subprocess.Popen([sys.executable, "-c", program, str(broker.port)])
        try:
            assert [listener.heard.get(timeout=PATIENCE)[1] for _ in range(3)] == [b"online"] * 3
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)
        assert [listener.heard.get(timeout=PATIENCE)[1] for _ in range(3)] == [b"offline"] * 3
