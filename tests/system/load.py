"""Devices that report as fast as the system takes it, and remember what they were promised."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.web.site import PATIENCE

SERIALS = ("LGT0LOADAAAA", "PLG0LOADBBBB", "TMP0LOADCCCC")
# Reports that the broker has not acknowledged yet, at most.
_WINDOW = 100
# Reports that the backend has given no receipt for yet, at most, unless more are asked for.
_AHEAD = 500


class Load:
    """Numbered reports of three devices over one connection; as a context manager it stops in the end."""

    def __init__(self, port: int) -> None:
        self.published: list[tuple[str, int]] = []
        """Serial and ``seq``; after :meth:`finish` the broker has acknowledged them all."""
        self.receipts = dict.fromkeys(SERIALS, 0)
        """By serial, the ``seq`` up to which the backend says that all is on its disk."""
        self._acknowledged = 0
        self._goal = 0
        self._finishing = False
        # Not held while publishing: paho calls back with locks of its own in hand.
        self._changed = threading.Condition()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.max_inflight_messages_set(_WINDOW)
        self._client.on_connect = lambda client, *_: client.subscribe("dispositivos/+/recibo")
        self._client.on_publish = self._take_acknowledgement
        self._client.on_message = self._take_receipt
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._publisher = threading.Thread(target=self._publish, daemon=True)
        self._publisher.start()

    def _publish(self) -> None:
        for seq, serial in itertools.product(range(1, 1_000_000), SERIALS):
            with self._changed:
                self._changed.wait_for(self._may_publish)
                if self._finishing:
                    return
            payload = json.dumps({"estado": "activo", "parametros": {"n": seq}, "boot": "b", "seq": seq})
            self.published.append((serial, seq))
            self._client.publish(f"dispositivos/{serial}/estado", payload, qos=1)

    def _may_publish(self) -> bool:
        published = len(self.published)
        fits = published - self._acknowledged < _WINDOW
        is_wanted = published < self._goal or published - sum(self.receipts.values()) < _AHEAD
        return self._finishing or (fits and is_wanted)

    def _take_acknowledgement(self, *_: object) -> None:
        with self._changed:
            self._acknowledged += 1
            self._changed.notify_all()

    def _take_receipt(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        serial = message.topic.split("/")[1]
        with self._changed:
            self.receipts[serial] = max(self.receipts[serial], json.loads(message.payload)["seq"])
            self._changed.notify_all()

    def until_receipted(self, more: int) -> None:
        """The backend says of so many more than now that it has them."""
        goal = sum(self.receipts.values()) + more
        self._wait(lambda: sum(self.receipts.values()) >= goal)

    def until_acknowledged(self, more: int) -> None:
        """The broker has taken over so many more than now, whatever the backend does."""
        with self._changed:
            self._goal = goal = len(self.published) + more
            self._changed.notify_all()
        self._wait(lambda: self._acknowledged >= goal)

    def finish(self) -> None:
        """Publish no more, and wait until everything published is acknowledged."""
        self._stop()
        self._wait(lambda: self._acknowledged == len(self.published))

    def _stop(self) -> None:
        with self._changed:
            self._finishing = True
            self._changed.notify_all()
        self._publisher.join(PATIENCE)

    def _wait(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE), "it never came about"

    def __enter__(self) -> Load:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._client.disconnect()
        self._client.loop_stop()
