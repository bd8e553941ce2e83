"""Devices of the checker's own: those that trust the broker's word, and those that wait for a receipt."""

from __future__ import annotations

import itertools
import json
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Self

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.brokers import PATIENCE, wait_until
from tests.chaos.ledger import Key, Ledger

# How often the publishing threads wake, s.
_TICK = 0.02
# Of QoS 1 messages that the broker has not acknowledged yet, at most.
_WINDOW = 500
# Without a receipt for so long a device sends again, s; a real one has more patience.
_OVERDUE = 3.0
# One report in so many is sent a second time although it was acknowledged.
_REPEATED = 50


def serials(count: int, prefix: str = "TMP0CAOS") -> list[str]:
    return [f"{prefix}{number:04d}" for number in range(count)]


def reading(seq: int) -> dict[str, Any]:
    return {"n": seq, "temperatura": 20 + seq % 100 / 10}


class Devices(ABC):
    """Some devices on one connection, reporting in turn; as a context manager they stop in the end."""

    def __init__(
        self,
        port: int,
        ledger: Ledger,
        names: Sequence[str],
        rate: float,
        parameters: Callable[[int], dict[str, Any]] = reading,
    ) -> None:
        self.receipted_at = 0.0
        """When the last receipt came, on the monotonic clock."""
        self._ledger = ledger
        self._parameters = parameters
        self._boot = f"{Random().getrandbits(32):08x}"
        self._turns = ((seq, serial) for seq in itertools.count(1) for serial in names)
        self._per_tick = rate * _TICK
        self._owed = 0.0
        self._finishing = threading.Event()
        self._closing = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.max_inflight_messages_set(_WINDOW)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.connect_async("127.0.0.1", port, keepalive=5)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._closing.wait(_TICK):
            self._look_after_sent()
            if not self._finishing.is_set():
                self._owed = min(self._owed + self._per_tick, 10 * self._per_tick)
                while self._owed >= 1 and self._may_report():
                    self._owed -= 1
                    seq, serial = next(self._turns)
                    self._report(Key(serial, self._boot, seq))

    def _report(self, key: Key) -> None:
        self._publish(key, self._ledger.send(key, self._parameters(key.seq)))

    @staticmethod
    def _topic(key: Key) -> str:
        return f"dispositivos/{key.serial}/estado"

    @abstractmethod
    def _may_report(self) -> bool: ...

    @abstractmethod
    def _publish(self, key: Key, payload: bytes) -> None: ...

    @abstractmethod
    def _look_after_sent(self) -> None: ...

    @property
    @abstractmethod
    def settled(self) -> bool:
        """Whether what was sent so far is promised."""

    def _on_connect(self, client: paho.Client, *_: object) -> None:
        client.subscribe("dispositivos/+/recibo")

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        body = json.loads(message.payload)
        if body["boot"] == self._boot:
            self._ledger.receipt(message.topic.split("/")[1], body["boot"], body["seq"])
            self.receipted_at = time.monotonic()

    def _on_publish(self, _client: paho.Client, _data: object, _mid: int, *_: object) -> None:
        """Told of each message when the broker has it, or at QoS 0 the network."""
        return

    def until_receipt_after(self, moment: float, patience: float = 4 * PATIENCE) -> float:
        """Wait for a receipt that came after ``moment``; how many seconds after."""
        wait_until(lambda: self.receipted_at > moment, patience)
        return self.receipted_at - moment

    def pause(self) -> None:
        """Report no more, and go on looking after what was sent."""
        self._finishing.set()

    def resume(self) -> None:
        self._finishing.clear()

    def finish(self, patience: float = 6 * PATIENCE) -> None:
        """Report no more, and wait until all that was sent is promised."""
        self.pause()
        wait_until(lambda: self.settled, patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join(PATIENCE)
        self._client.disconnect()
        self._client.loop_stop()


class Trusting(Devices):
    """QoS 1; the broker's acknowledgement is the promise. Some reports are sent twice."""

    def __init__(self, *args: Any, **more: Any) -> None:
        self._under_way: dict[int, Key] = {}
        """By message identifier."""
        self._early: set[int] = set()
        """Acknowledged before the publishing thread could say what they are."""
        # Not held while publishing: paho calls back with locks of its own in hand.
        self._lock = threading.Lock()
        self._random = Random()
        super().__init__(*args, **more)

    def _may_report(self) -> bool:
        return len(self._under_way) < _WINDOW

    def _publish(self, key: Key, payload: bytes) -> None:
        for _ in range(self._times()):
            mid = self._client.publish(self._topic(key), payload, qos=1).mid
            with self._lock:
                if mid not in self._early:
                    self._under_way[mid] = key
                    continue
                self._early.discard(mid)
            self._ledger.promise(key)

    def _times(self) -> int:
        return 2 if self._random.randrange(_REPEATED) == 0 else 1

    def _on_publish(self, _client: paho.Client, _data: object, mid: int, *_: object) -> None:
        with self._lock:
            key = self._under_way.pop(mid, None)
            if key is None:
                self._early.add(mid)
                return
        self._ledger.promise(key)

    def _look_after_sent(self) -> None:
        """paho sends again what is not acknowledged."""

    @property
    def settled(self) -> bool:
        return not self._under_way


class Plain(Trusting):
    """Without boot and number, so that neither a receipt nor a repeat is ever known by them; sent once."""

    def _report(self, key: Key) -> None:
        payload = self._ledger.send_unnumbered(key, self._parameters(key.seq))
        self._publish(key, payload)

    def _times(self) -> int:
        return 1

    def _on_connect(self, *_: object) -> None:
        # paho sends again what was not acknowledged, which nobody can tell from another report.
        with self._lock:
            self._ledger.send_again(self._under_way.values())


class Keeping(Devices):
    """QoS 0; each report is kept, and sent again, until a receipt covers it."""

    def __init__(self, *args: Any, **more: Any) -> None:
        self._kept: dict[Key, tuple[bytes, float]] = {}
        """The payload and when it was sent, oldest first."""
        self._receipts: deque[tuple[str, int]] = deque()
        self._connected = threading.Event()
        super().__init__(*args, **more)

    def _on_connect(self, client: paho.Client, *_: object) -> None:
        super()._on_connect(client)
        self._connected.set()

    def _on_message(self, client: paho.Client, data: object, message: paho.MQTTMessage) -> None:
        super()._on_message(client, data, message)
        body = json.loads(message.payload)
        if body["boot"] == self._boot:
            self._receipts.append((message.topic.split("/")[1], body["seq"]))

    def _may_report(self) -> bool:
        return True

    def _publish(self, key: Key, payload: bytes) -> None:
        self._kept[key] = payload, time.monotonic()
        self._client.publish(self._topic(key), payload, qos=0)

    def _look_after_sent(self) -> None:
        upto: dict[str, int] = {}
        while self._receipts:
            serial, seq = self._receipts.popleft()
            upto[serial] = max(seq, upto.get(serial, 0))
        for key in [key for key in self._kept if key.seq <= upto.get(key.serial, 0)]:
            del self._kept[key]
        if self._connected.is_set():
            # Another connection: all of them again, before anything new.
            self._connected.clear()
            self._send_again(list(self._kept))
        now = time.monotonic()
        self._send_again([key for key, (_, at) in self._kept.items() if now - at > _OVERDUE])

    def _send_again(self, keys: Sequence[Key]) -> None:
        for key in keys:
            self._publish(key, self._kept[key][0])

    @property
    def settled(self) -> bool:
        return not self._kept
