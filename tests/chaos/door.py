"""Logins that send all that they can to the door, beside a device of the house."""

from __future__ import annotations

import json
import socket
import ssl
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

from actors.mqtt.broker.credentials import Logins
from actors.mqtt.protocol.payloads import receipt_topic, state_topic
from tests.brokers import Device, Login, free_port, packet
from tests.chaos.fault import Outcome, Trial
from tests.chaos.victim import Place

_OURS: Final = "TMP0CAOSOURS"
# And with which quality of service.
_FLOODERS: Final = {"LGT0FLOOD0": 0, "LGT0FLOOD1": 1, "LGT0FLOOD2": 1}
# Messages in one go.
_BLOCK: Final = 200
# Between two reports of ours, s.
_EVERY: Final = 0.05
_P99_S: Final = 1.0
_PATIENCE: Final = 60.0


def flooded(trial: Trial) -> Outcome:
    """Three flood it; each report of another is on disk, which a receipt tells, within a second (p99)."""
    outcome = Outcome()
    place = Place(trial.folder / "home")
    passwords = Logins(place.data / "mqtt" / "claves").complete([_OURS, *_FLOODERS])
    port = free_port()
    with place.victim(mqtt_tls_enabled=True, mqtt_tls_port=port) as victim, ExitStack() as floods:
        victim.until_health_is(200)
        client = ssl.create_default_context(cafile=place.data / "tls" / "ca.pem")
        login = Login(_OURS, passwords[_OURS], client)
        with Device(port, receipt_topic(_OURS), login=login) as device:
            for serial, qos in _FLOODERS.items():
                floods.enter_context(_flood(port, Login(serial, passwords[serial], client), qos))
            taken = list(_receipts(device, trial.pick(150, 1500)))
            outcome.tried = outcome.survived = len(taken)
            told = victim.health["broker"]["avisos"]
    p50, p99 = statistics.median(taken), statistics.quantiles(taken, n=100, method="inclusive")[98]
    outcome.expect(p99 <= _P99_S, f"a report took {p99:.2f} s (p99)")
    for serial in _FLOODERS:
        outcome.expect(any(line.startswith(serial) for line in told), f"{serial} is not told of")
    outcome.extra = f"on disk after {1000 * p50:.0f} ms (p50), {1000 * p99:.0f} (p99)"
    return outcome


def _receipts(device: Device, reports: int) -> Iterator[float]:
    """What each of the device's reports takes until its receipt is there, s."""
    pause = threading.Event()
    for seq in range(1, reports + 1):
        began = time.monotonic()
        device.publish_soon(
            state_topic(_OURS), json.dumps({"boot": "a", "seq": seq, "parametros": {"n": seq}})
        )
        while json.loads(device.heard.get(timeout=_PATIENCE)[1])["seq"] < seq:
            pass
        yield time.monotonic() - began
        pause.wait(_EVERY)


@contextmanager
def _flood(port: int, login: Login, qos: int) -> Iterator[None]:
    """It sends as fast as it is read, and reads nothing but what would keep it from sending."""
    assert login.tls is not None
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        login.tls.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(_introduction(login))
        assert connection.recv(4) == b"\x20\x02\x00\x00"
        threads = [
            threading.Thread(target=_send_on, args=(connection, _reports(login.user, qos)), daemon=True),
            threading.Thread(target=_read_on, args=(connection,), daemon=True),
        ]
        for thread in threads:
            thread.start()
        yield
        connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(_PATIENCE)


def _send_on(connection: ssl.SSLSocket, block: bytes) -> None:
    with suppress(OSError):
        while True:
            connection.sendall(block)


def _read_on(connection: ssl.SSLSocket) -> None:
    with suppress(OSError):
        while connection.recv(2**16):
            pass


def _introduction(login: Login) -> bytes:
    texts = ("", login.user, login.password)
    return packet(0x10, b"\x00\x04MQTT\x04\xc2\x00\x3c" + b"".join(_text(text) for text in texts))


def _reports(serial: str, qos: int) -> bytes:
    """A block of them; each is another one, as they have no number."""
    head = _text(state_topic(serial))
    identifiers = (number.to_bytes(2) if qos else b"" for number in range(1, _BLOCK + 1))
    return b"".join(packet(0x30 | qos << 1, head + mid + b'{"parametros":{"n":1}}') for mid in identifiers)


def _text(value: str) -> bytes:
    return len(value).to_bytes(2) + value.encode()
