"""What devices should not send, through real brokers: refused and readable, and nobody else notices."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from operator import itemgetter

import pytest

from tests.brokers import Device, Mosquitto, until_published, wait_until
from tests.system.backend import Backend, Installation, update
from tests.web.site import PATIENCE

pytestmark = pytest.mark.broker

SERIAL = "TMP0603IF1WD"
SHARED = "dispositivos/estado"
OWN = f"dispositivos/{SERIAL}/estado"


def with_parameters(value: str) -> bytes:
    return b'{"parametros":{"temp":%b}}' % value.encode()


# Topic, payload, and what the reason says.
REFUSED: list[tuple[str, bytes, str]] = [
    (OWN, b"", "JSON"),
    (OWN, b"{", "JSON"),
    (OWN, b"[]", "objeto JSON"),
    (OWN, b"\xff\xfe\x00", "JSON"),
    (OWN, b'{"estado":"\xc3"}', "JSON"),
    (OWN, b'{"estado":"\\ud800"}', "JSON"),
    (OWN, b"{}".ljust(64 * 1024 + 1), "65537 bytes"),
    (OWN, b'{"estado":7}', "estado debe ser un texto"),
    (OWN, json.dumps({"estado": "x" * 21}).encode(), "21 caracteres"),
    (OWN, b'{"parametros":[1]}', "parametros debe ser un objeto"),
    (OWN, json.dumps({"parametros": {f"n{n}": n for n in range(65)}}).encode(), "65 nombres"),
    (OWN, with_parameters("[" * 5 + "]" * 5), "4 niveles"),
    (OWN, with_parameters("[" * 30_000 + "]" * 30_000), "JSON"),
    (OWN, b'{"configuracion":"manual"}', "configuracion debe ser un objeto"),
    (OWN, b'{"boot":"b","seq":-1}', "seq debe ser"),
    (OWN, b'{"boot":"b","seq":1.5}', "seq debe ser"),
    (OWN, b'{"serial_number":"LGT0OTHER"}', "no coincide"),
    (SHARED, b"{}", "serial_number falta"),
    (SHARED, b'{"serial_number":null}', "serial_number falta"),
    (SHARED, b'{"serial_number":""}', "serial_number debe tener"),
    (SHARED, json.dumps({"serial_number": "A" * 65}).encode(), "serial_number debe tener"),
    (SHARED, b'{"serial_number":"../../etc"}', "serial_number debe tener"),
    ("dispositivos/ñ/estado", b"{}", "serial_number debe tener"),
    ("dispositivos//estado", b"{}", "falta el número de serie en el topic"),
    (f"dispositivos/{SERIAL}/conexion", b"maybe", "conexion debe ser"),
    (f"dispositivos/{SERIAL}/estado/", b"{}", f"¿quisiste decir {OWN}?"),
    (f"Dispositivos/{SERIAL}/estado", b"{}", f"¿quisiste decir {OWN}?"),
]

# What JSON knows no number for, or SQLite no room.
NO_NUMBERS = ["NaN", "-nan", "Infinity", "1e999", str(2**70), "9" * 5_000]


def test_what_breaks_the_contract_is_refused_and_readable(home: Installation) -> None:
    """Each message stands among the refused ones with its reason; the good one after them arrives.

    So does each on a topic that is nearly one of ours.
    """
    with home.backend() as backend:
        backend.until_health_is(200)
        with Device(backend.mqtt) as device, backend.listen() as stream:
            for topic, payload, _ in REFUSED:
                device.publish_soon(topic, payload)
            device.publish(OWN, b'{"parametros":{"temp":23.4}}')
            assert update(stream, SERIAL, parametros={"temp": 23.4})
            wait_until(lambda: len(backend.rejected()) == len(REFUSED), PATIENCE)
        # By topic, since the embedded broker keeps the order of each topic alone.
        letters = sorted(reversed(backend.rejected()), key=itemgetter("topic"))
        for letter, (topic, payload, reason) in zip(letters, sorted(REFUSED, key=itemgetter(0)), strict=True):
            assert (letter["topic"], letter["bytes"]) == (topic, len(payload))
            assert reason in letter["motivo"]
            assert letter["payload"] == payload.decode("utf-8", "backslashreplace")
        assert list(backend.devices()) == [SERIAL]
        until_only_good_ones_count(backend, received=len(REFUSED) + 1)
    assert backend.said == []


def test_a_number_that_is_none_is_left_out_and_the_rest_is_kept(home: Installation) -> None:
    """The report counts as any other; which reading was none is told until it is one again."""
    with home.backend() as backend:
        backend.until_health_is(200)
        with Device(backend.mqtt) as device, backend.listen() as stream:
            for n, number in enumerate(NO_NUMBERS):
                device.publish(OWN, b'{"parametros":{"temp":%b,"n":%d}}' % (number.encode(), n))
                told = update(stream, SERIAL, parametros={"n": n}).data
                assert told["lecturas_no_validas"] == ["temp"]
            device.publish(OWN, b'{"parametros":{"temp":23.4}}')
            assert update(stream, SERIAL, parametros={"temp": 23.4}).data["lecturas_no_validas"] == []
        assert backend.rejected() == []
        wait_until(lambda: backend.logged(SERIAL) == len(NO_NUMBERS) + 1, PATIENCE)
        until_only_good_ones_count(backend, received=len(NO_NUMBERS) + 1)
    [line] = backend.said
    assert f"readings_invalid serial={SERIAL} metrics=('temp',)" in line


def until_only_good_ones_count(backend: Backend, received: int) -> None:
    """No device actor has died, and nothing is left unacknowledged."""
    wait_until(lambda: backend.get("/salud")["broker"]["sin_confirmar"] == 0)
    health = backend.get("/salud")
    assert health["broker"]["recibidos"] == received
    assert health["actores"]["fallos_de_dispositivo"] == 0


def test_a_topic_that_is_not_utf8_harms_only_its_sender(home: Installation) -> None:
    """Both brokers hang up on it; the system hears the next device."""
    with home.backend() as backend:
        backend.until_health_is(200)
        for topic in (b"dispositivos/\xff\xfe/estado", b"dispositivos/\xed\xa0\x80/estado"):
            assert publish_raw(backend.mqtt, topic, b"{}") == b""
        with Device(backend.mqtt) as device:
            device.publish(OWN, b"{}")
        backend.until_known(SERIAL)
        assert list(backend.devices()) == [SERIAL]
    # The embedded broker says why it has hung up.
    assert [line for line in backend.said if "invalid utf8 for topic" not in line] == []


def publish_raw(port: int, topic: bytes, payload: bytes) -> bytes:
    """What the broker answers to a report that no client library would send; nothing if it hangs up."""
    hello = b"\x00\x04MQTT\x04\x02\x00\x3c\x00\x03raw"
    report = len(topic).to_bytes(2) + topic + b"\x00\x01" + payload
    with closing(socket.create_connection(("127.0.0.1", port), PATIENCE)) as client:
        client.sendall(b"\x10" + bytes([len(hello)]) + hello)
        assert client.recv(4) == b"\x20\x02\x00\x00"
        client.sendall(b"\x32" + bytes([len(report)]) + report)
        return client.recv(4)


def test_a_retained_flood_is_taken_in_once(mosquitto_home: Installation, mosquitto: Mosquitto) -> None:
    """A thousand retained reports, which come at each start, make a thousand log rows."""
    with Device(mosquitto.port) as device:
        published = [
            device.publish_soon(f"dispositivos/LGT0{n:04}/estado", b'{"boot":"b","seq":%d}' % n, retain=True)
            for n in range(500)
        ] + [
            device.publish_soon(f"dispositivos/PLG0{n:04}/estado", b'{"estado":"activo"}', retain=True)
            for n in range(500)
        ]
        until_published(*published)
    for _ in range(2):
        with mosquitto_home.backend(max_no_reclamados=2_000) as backend:
            backend.until_health_is(200)
            with Device(mosquitto.port) as device:
                device.publish(OWN, b'{"boot":"b","seq":1}')
            wait_until(lambda backend=backend: len(backend.devices()) == 1_001, PATIENCE)  # type: ignore[misc]
            wait_until(lambda backend=backend: _received_all(backend, 1_001), PATIENCE)  # type: ignore[misc]
        assert backend.said == []
    rows = mosquitto_home.numbered_reports()
    assert rows == [
        *((f"LGT0{n:04}", n) for n in range(500)),
        *((f"PLG0{n:04}", None) for n in range(500)),
        (SERIAL, 1),
    ]


def _received_all(backend: Backend, count: int) -> bool:
    broker = backend.get("/salud")["broker"]
    return bool(broker["recibidos"] >= count and broker["sin_confirmar"] == 0)


def test_two_devices_with_one_serial_are_both_logged(home: Installation) -> None:
    """Each has its own boot, so neither one's numbers hide the other's; a repeat is stored once."""
    with home.backend() as backend:
        backend.until_health_is(200)
        receipt = f"dispositivos/{SERIAL}/recibo"
        with Device(backend.mqtt, receipt) as one, Device(backend.mqtt) as other:
            for seq in range(20):
                one.publish(OWN, json.dumps({"boot": "one", "seq": seq}))
                other.publish(OWN, json.dumps({"boot": "other", "seq": seq}))
                one.publish(OWN, json.dumps({"boot": "one", "seq": seq}))
            last = {"one": -1, "other": -1}
            while min(last.values()) < 19:
                told = json.loads(one.heard.get(timeout=PATIENCE)[1])
                last[told["boot"]] = told["seq"]
        wait_until(lambda: _received_all(backend, 60), PATIENCE)
        assert backend.rejected() == []
        assert not backend.devices()[SERIAL]["arranque_repetido"]
    assert home.numbered_reports() == [(SERIAL, seq) for seq in range(20) for _ in range(2)]


def test_one_boot_at_each_start_is_noticed_and_loses_nothing(home: Installation) -> None:
    """Numbers that come again with something else are another start's: stored, and told."""
    with home.backend() as backend:
        backend.until_health_is(200)
        with Device(backend.mqtt) as device:
            for temperature in (20, 21):
                for seq in range(20):
                    report = {"boot": "one", "seq": seq, "parametros": {"temp": temperature + seq / 100}}
                    device.publish(OWN, json.dumps(report))
        wait_until(lambda: _received_all(backend, 40), PATIENCE)
        assert backend.devices()[SERIAL]["arranque_repetido"]
        assert backend.get("/salud")["dispositivos"]["arranque_repetido"] == 1
    assert home.numbered_reports() == [(SERIAL, seq) for seq in range(20) for _ in range(2)]
