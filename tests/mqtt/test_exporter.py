"""What the broker retains of our devices for Home Assistant is what they are, whatever happens in between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import orjson
import pykka
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from actors.domain.model import Change, Device
from actors.domain.orders import Orders
from actors.domain.profile import Profile
from actors.messages import BrokerConnected, ChangeDevice, Delivery, Heard, Removal, Settle
from actors.mqtt.discovery import Retained, System, announcement, state
from actors.mqtt.exporter import ExporterActor, Shown
from actors.runtime.dispatch import PooledActor
from tests.stage import FakeClock, Stage

SYSTEM = System("homeassistant", "dispositivos/iot-backend-1/servidor", "1.2.3")
FOREIGN = Profile(family="tasmota", kind="enchufe", capability="binary")
SERIALS = ("LGT0A", "PLG0B", "TMP0C")


class Broker:
    """What it retains; away, it is told nothing."""

    def __init__(self) -> None:
        self.connected = True
        self.retained: dict[str, bytes] = {}

    def publish_retained(self, messages: Iterable[Retained]) -> None:
        for each in messages:
            if self.connected and each.payload:
                self.retained[each.topic] = each.payload
            elif self.connected:
                self.retained.pop(each.topic, None)


class Mailbox(PooledActor):
    """Keeps what it is told."""

    def __init__(self, dispatcher: Stage, kept: list[Any]) -> None:
        super().__init__(dispatcher)
        self._kept = kept

    def on_receive(self, message: Any) -> None:
        self._kept.append(message)


class Export:
    def __init__(self, devices: Iterable[Device] = ()) -> None:
        clock = FakeClock()
        self.stage = Stage(clock)
        self.broker = Broker()
        self.told: list[Any] = []
        self.kept: list[Any] = []
        self.ref: pykka.ActorRef[ExporterActor] = ExporterActor.start(
            *(self.stage, clock, None, devices),
            Mailbox.start(self.stage, self.told),
            Mailbox.start(self.stage, self.kept),
            *(self.broker, SYSTEM, announcement),
        )
        self.stage.settle()

    def tell(self, message: object) -> None:
        self.ref.tell(message)
        self.stage.settle()

    def hear(self, topic: str, payload: bytes, *, retained: bool = False) -> Delivery:
        delivery = Delivery(7, 1, 0)
        self.tell(Heard(topic, payload, 0.0, retained, delivery))
        return delivery


def plug(**fields: Any) -> Device:
    return Device(id=2, serial="PLG0B", **{"name": "Enchufe", "claimed": True, "online": True, **fields})


def test_those_known_at_the_start_are_shown() -> None:
    """But for what nobody has claimed, and what another make's protocol has brought."""
    foreign = Device(id=4, serial="tasmota-1", claimed=True, profile=FOREIGN, orders=Orders())
    unannounced = Device(id=5, serial="tasmota-2", claimed=True, orders=Orders())
    export = Export([plug(), Device(id=1, serial="LGT0A"), foreign, unannounced])
    assert set(export.broker.retained) == {
        "homeassistant/device/PLG0B/config",
        "iot/PLG0B/estado",
        "iot/PLG0B/conexion",
    }


def test_an_order_is_a_change_like_any_other() -> None:
    """Told to the directory, and settled."""
    export = Export([plug()])
    delivery = export.hear("iot/PLG0B/orden/encendido", b"OFF")
    [change] = export.told
    assert isinstance(change, ChangeDevice)
    assert (change.serial, change.change) == ("PLG0B", Change(configuration={"encendido": False}))
    assert export.kept == [Settle(delivery)]


def test_what_is_no_order_of_now_changes_nothing() -> None:
    """A retained one, one for a device that is not shown, one that cannot be read: all are settled."""
    export = Export([plug()])
    export.hear("iot/PLG0B/orden/encendido", b"OFF", retained=True)
    export.hear("iot/LGT0A/orden/encendido", b"OFF")
    export.hear("iot/PLG0B/orden/encendido", b"maybe")
    export.hear("iot/PLG0B/orden/serial_number", b"X")
    assert export.told == []
    assert len(export.kept) == 4


def test_home_assistant_that_begins_is_told_all() -> None:
    """It may have forgotten what it was told before it stopped."""
    export = Export([plug()])
    export.broker.retained.clear()
    export.hear("homeassistant/status", b"offline")
    assert export.broker.retained == {}
    export.hear("homeassistant/status", b"online")
    assert len(export.broker.retained) == 3


def test_a_message_that_fails_it_is_settled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that never were would keep all that came after it from being acknowledged."""
    export = Export([plug()])
    monkeypatch.setattr("actors.mqtt.exporter.ordered", lambda *_: 1 / 0)
    delivery = export.hear("iot/PLG0B/orden/encendido", b"OFF")
    assert export.kept == [Settle(delivery)]


def test_a_report_says_what_has_changed_alone() -> None:
    """A device of unchanged looks is announced once."""
    export = Export([plug(parameters={"consumo_w": 1.0})])
    export.broker.retained.clear()
    export.tell(Shown(plug(parameters={"consumo_w": 2.0})))
    assert set(export.broker.retained) == {"iot/PLG0B/estado"}
    export.tell(Shown(plug(parameters={"consumo_w": 2.0, "tension_v": 230})))
    told = orjson.loads(export.broker.retained["homeassistant/device/PLG0B/config"])
    assert set(told["cmps"]) == {"principal", "consumo_w", "tension_v"}


class Exporting(RuleBasedStateMachine):
    """Devices come, change, are released and forgotten, while the broker comes and goes, or forgets."""

    def __init__(self) -> None:
        super().__init__()
        self.export = Export()
        self.broker = self.export.broker
        self.devices: dict[str, Device] = {}

    @rule(
        serial=st.sampled_from(SERIALS),
        claimed=st.booleans(),
        foreign=st.booleans(),
        announced=st.booleans(),
        name=st.sampled_from(("Salón", "Cocina")),
        parameters=st.dictionaries(st.sampled_from(("a", "b")), st.one_of(st.booleans(), st.integers(0, 3))),
    )
    def shown(
        self, serial: str, claimed: bool, foreign: bool, announced: bool, name: str, parameters: Any
    ) -> None:
        device = Device(id=SERIALS.index(serial) + 1, serial=serial, name=name, claimed=claimed)
        if foreign:
            device = replace(device, orders=Orders(), profile=FOREIGN if announced else None)
        self.devices[serial] = replace(device, parameters=parameters)
        self.export.tell(Shown(self.devices[serial]))

    @rule(serial=st.sampled_from(SERIALS))
    def forgotten(self, serial: str) -> None:
        if self.devices.pop(serial, None) is not None:
            self.export.tell(Removal(1, serial))

    @rule()
    def broker_goes(self) -> None:
        self.broker.connected = False

    @rule(forgets=st.booleans())
    def broker_is_there_again(self, forgets: bool) -> None:
        if forgets:
            self.broker.retained.clear()
        self.broker.connected = True
        self.export.tell(BrokerConnected())

    @invariant()
    def broker_retains_what_they_are(self) -> None:
        if not self.broker.connected:
            return
        shown = [each for each in self.devices.values() if each.claimed and each.orders is None]
        expected = {
            each.topic: each.payload
            for device in shown
            for each in (*announcement(device, SYSTEM), *state(device))
        }
        assert self.broker.retained == expected


TestExporting = Exporting.TestCase
TestExporting.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
