"""Whatever may come over the wire: each message is stored or refused, and hurts nobody else."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.brokers import wait_until
from tests.chaos.devices import Trusting
from tests.chaos.fault import Outcome, Trial
from tests.chaos.victim import Place, mosquitto

_PATIENCE = 120.0
# Messages of one example: Hypothesis takes longer to begin an example than to add to one.
_TOGETHER = 20
_LIVE = "TMP0CAOSVIVO"
# What the harness takes for a sound serial number, by the contract.
_SOUND = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class Message(NamedTuple):
    topic: str
    payload: bytes

    @property
    def is_heard(self) -> bool:
        """Whether the backend subscribes to the topic."""
        match self.topic.split("/"):
            case ["dispositivos", "estado"] | ["dispositivos", _, "estado" | "conexion"]:
                return True
        return False

    @property
    def is_presence(self) -> bool:
        """Whether it is a sound ``online`` or ``offline``, which leaves no row."""
        match self.topic.split("/"):
            case ["dispositivos", serial, "conexion"] if _SOUND.fullmatch(serial):
                return self.payload in (b"online", b"offline")
        return False


def _mostly(usual: st.SearchStrategy[Any], *others: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Three times in four ``usual``; ``one_of`` would take each as often as the others."""
    return st.integers(0, 3).flatmap(lambda turn: usual if turn else st.one_of(*others))


# Mosquitto cuts off who sends what MQTT does not allow in a topic; that would be its own affair.
_LEVEL = st.text(st.characters(exclude_categories=["C"], exclude_characters="+#/"), max_size=40)
_SERIAL = _mostly(st.from_regex(_SOUND, fullmatch=True), _LEVEL)
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
_VALUES = st.dictionaries(
    st.text(max_size=10), st.floats() | st.booleans() | st.text(max_size=10), max_size=4
)
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "serial_number": _SERIAL,
    "estado": st.text(max_size=24),
    "parametros": _VALUES,
    "configuracion": _VALUES,
    "seq": st.integers(-1, 2**54),
}


@st.composite
def _reports(draw: st.DrawFn) -> bytes:
    """A sound report with some of its values replaced, then perhaps cut short or with a byte changed.

    No two have the same ``boot``, so that none is a repeat.
    """
    report: dict[str, Any] = {"estado": "activo", "parametros": {"temperatura": 21.5}, "seq": 1}
    for name in draw(st.sets(st.sampled_from(sorted(_FIELDS)), max_size=2)):
        report[name] = draw(_mostly(_FIELDS[name], _JSON))
    report["boot"] = uuid4().hex
    payload = bytearray(json.dumps(report).encode())
    match draw(st.sampled_from(["whole"] * 4 + ["cut", "changed"])):
        case "cut":
            del payload[draw(st.integers(0, len(payload))) :]
        case "changed":
            payload[draw(st.integers(0, len(payload) - 1))] = draw(st.integers(0, 255))
    return bytes(payload)


_ANYTHING = st.builds(
    Message,
    _mostly(
        st.builds("dispositivos/{}/estado".format, _SERIAL),
        st.just("dispositivos/estado"),
        st.builds("dispositivos/{}/conexion".format, _SERIAL),
        st.builds("dispositivos/{}".format, _LEVEL),
        st.builds("dispositivos/{}/{}".format, _SERIAL, _LEVEL),
    ),
    _mostly(
        _reports(),
        st.binary(max_size=200),
        _JSON.map(lambda value: json.dumps(value).encode()),
        st.sampled_from([b"", b"[" * 5000, b"9" * 5000, b'{"a":' * 2000]),
    ),
)


_PRESENCE = st.builds(
    Message, st.builds("dispositivos/{}/conexion".format, _SERIAL), st.sampled_from([b"online", b"offline"])
)
_MESSAGES = _mostly(_ANYTHING, _ANYTHING, _PRESENCE)


class _Sender:
    """One connection over which anything goes."""

    def __init__(self, port: int) -> None:
        self.heard: list[Message] = []
        """Sent on topics that the backend subscribes to."""
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.max_inflight_messages_set(100)
        self._acknowledged = 0
        self.sent = 0
        self._client.on_publish = self._count
        connected = threading.Event()
        self._client.on_connect = lambda *_: connected.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert connected.wait(_PATIENCE)

    def _count(self, *_: object) -> None:
        self._acknowledged += 1

    def send(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._client.publish(message.topic, message.payload, qos=1)
            self.sent += 1
            if message.is_heard:
                self.heard.append(message)
        wait_until(lambda: self.sent - self._acknowledged < 500, _PATIENCE)

    def close(self) -> None:
        wait_until(lambda: self.sent == self._acknowledged, _PATIENCE)
        self._client.disconnect()
        self._client.loop_stop()


def payloads(trial: Trial) -> Outcome:
    outcome = Outcome()
    with mosquitto(trial.folder) as broker:
        place = Place(trial.folder / "home", broker)
        with (
            place.victim(rechazados_max=1_000_000, max_devices=100_000) as victim,
            Trusting(place.mqtt, place.ledger, [_LIVE], 20) as live,
        ):
            live.until_receipt_after(time.monotonic())
            sender = _Sender(place.mqtt)
            _send_all(trial, sender, trial.pick(3_000, 10_000))
            sender.close()
            live.until_receipt_after(time.monotonic())
            live.finish()
            victim.until_idle()
            outcome.expect(victim.runs, "the process has ended")
            failures = victim.health["actores"]["fallos_de_dispositivo"]
            outcome.expect(not failures, f"{failures} device actors have failed")
    stored, refused = _counted(place.data, {message.topic for message in sender.heard})
    presence = sum(message.is_presence for message in sender.heard)
    outcome.tried = len(sender.heard)
    outcome.survived = stored + refused + presence
    outcome.extra = (
        f"of {sender.sent:,} sent {stored:,} stored, {refused:,} refused, {presence:,} online/offline"
    )
    return outcome.judged(place.ledger.examine(place.data))


def _send_all(trial: Trial, sender: _Sender, count: int) -> None:
    @seed(trial.random.getrandbits(32))
    @settings(
        max_examples=count // _TOGETHER,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(_MESSAGES, min_size=_TOGETHER, max_size=_TOGETHER))
    def send(messages: list[Message]) -> None:
        sender.send(messages)
        trial.progress(sender.sent, count)

    send()


def _counted(data: Path, heard: set[str]) -> tuple[int, int]:
    """Rows in the log, but for those of the device that lives beside, and refused messages.

    What was refused for its topic, as one that almost is right, does not count: such are heard at QoS 0.
    """
    with closing(sqlite3.connect(data / "iot.db")) as db:
        [stored] = db.execute(
            """
            SELECT count(*) FROM estado_log JOIN dispositivos ON id = dispositivo_id WHERE serial_number != ?
            """,
            [_LIVE],
        ).fetchone()
        refused = sum(topic in heard for [topic] in db.execute("SELECT topic FROM rechazados"))
    return stored, refused
