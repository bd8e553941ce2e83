"""What people ask for reaches the device, whoever dies on the way; and never an older thing after a newer."""

from __future__ import annotations

import http.client
import json
import threading
import time
from contextlib import ExitStack
from enum import Enum
from itertools import pairwise
from typing import Self

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.brokers import PATIENCE, wait_until
from tests.chaos.brokers import talkative_mosquitto
from tests.chaos.devices import Trusting, serials
from tests.chaos.fault import Outcome, Trial
from tests.chaos.ledger import Ledger
from tests.chaos.victim import Place, Victim

_FIELD = "intervalo_envio"
_PATIENCE = 60.0


class Disturbance(Enum):
    BACKEND_KILLED = "backend killed"
    BROKER_REPLACED = "broker replaced"
    DEVICE_AWAY = "device away"


class Appliance:
    """A device that does as it is told, and remembers what it was told in which order."""

    def __init__(self, port: int, serial: str) -> None:
        self.serial = serial
        self.told: list[tuple[int, object]] = []
        """Version and value, as they came."""
        self._port = port
        self._topic = f"dispositivos/{serial}/configuracion"
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(self._topic, 1)
        self._client.on_message = self._on_message

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        order = json.loads(message.payload)
        self.told.append((order["version"], order["configuracion"].get(_FIELD)))

    @property
    def value(self) -> object:
        return self.told[-1][1] if self.told else None

    @property
    def setbacks(self) -> int:
        """How often an older version came after a newer one."""
        versions = [version for version, _ in self.told]
        return sum(later < earlier for earlier, later in pairwise(versions))

    def until_told(self, value: object) -> None:
        wait_until(lambda: self.value == value, _PATIENCE)

    def come(self) -> None:
        self._client.connect_async("127.0.0.1", self._port, keepalive=5)
        self._client.loop_start()

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Self:
        self.come()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()


class Person:
    """Changes one thing after another, for each device in turn, until told to stop or cut off."""

    def __init__(self, victim: Victim, ledger: Ledger, devices: list[int], first: int) -> None:
        self.next = first
        self._victim = victim
        self._ledger = ledger
        self._devices = devices
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while not self._stopping.wait(0.002):
            device_id, self.next = self._devices[self.next % len(self._devices)], self.next + 1
            self._ledger.ask(device_id, _FIELD, self.next)
            try:
                answer = self._victim.ask(
                    "PUT", f"/dispositivos/{device_id}", {"configuracion": {_FIELD: self.next}}
                )
            except (OSError, http.client.HTTPException):
                return
            if answer.status == 200:
                self._ledger.answer(device_id, _FIELD)

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(2 * PATIENCE)


def commands(trial: Trial) -> Outcome:
    outcome = Outcome(tried=trial.pick(9, 90))
    kinds = list(Disturbance)
    with talkative_mosquitto(trial.folder) as broker, ExitStack() as stack:
        place = Place(trial.folder / "home", broker)
        names = serials(3, "LGT0CAOS")
        victim = stack.enter_context(place.victim())
        ids = _claimed(place, victim, names)
        appliances = [stack.enter_context(Appliance(place.mqtt, name)) for name in names]
        asked = 0
        for done in range(outcome.tried):
            trial.progress(done, outcome.tried)
            person = Person(victim, place.ledger, ids, asked)
            threading.Event().wait(trial.random.uniform(0, 0.5))
            match kinds[done % len(kinds)]:
                case Disturbance.BACKEND_KILLED:
                    victim.kill()
                    person.stop()
                    victim = stack.enter_context(place.victim())
                case Disturbance.BROKER_REPLACED:
                    broker.replace()
                    person.stop()
                case Disturbance.DEVICE_AWAY:
                    appliances[0].leave()
                    threading.Event().wait(trial.random.uniform(0, 0.5))
                    person.stop()
                    appliances[0].come()
            asked = person.next
            began = time.monotonic()
            _until_told(victim, place, ids, appliances)
            outcome.recoveries.append(time.monotonic() - began)
            outcome.survived += 1
        setbacks = sum(appliance.setbacks for appliance in appliances)
        told = sum(len(appliance.told) for appliance in appliances)
    outcome.expect(not setbacks, f"{setbacks} times an older version came after a newer one")
    outcome.extra = f"{asked:,} changes asked for, {told:,} orders heard"
    return outcome.judged(place.ledger.examine(place.data))


def _claimed(place: Place, victim: Victim, names: list[str]) -> list[int]:
    with Trusting(place.mqtt, place.ledger, names, 50):
        victim.until_known(*names)
    return [victim.claim({"serial_number": name, "configuracion": {"modo": "manual"}}) for name in names]


def _until_told(victim: Victim, place: Place, ids: list[int], appliances: list[Appliance]) -> None:
    """Each device has been told what the system says that it should be, which is what was promised."""
    for device_id, appliance in zip(ids, appliances, strict=True):
        wanted = victim.get(f"/dispositivos/{device_id}")["configuracion"].get(_FIELD)
        possible = place.ledger.possible(device_id, _FIELD)
        assert not possible or wanted in (None, *possible), f"{wanted} was not asked for last: {possible}"
        appliance.until_told(wanted)
