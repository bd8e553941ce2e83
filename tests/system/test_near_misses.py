"""Reports on topics that are nearly right are found among the refused, with a question."""

from __future__ import annotations

import pytest

from tests.brokers import Device, wait_until
from tests.system.backend import Backend, Installation
from tests.web.site import PATIENCE

pytestmark = pytest.mark.broker

NEARLY = {
    "dispositivos/TMP0A/estado/": "dispositivos/TMP0A/estado",
    "dispositivos/TMP0A/estado/ya": "dispositivos/TMP0A/estado",
    "dispositivos/casa/TMP0A/estado": "dispositivos/TMP0A/estado",
    "dispositivos/TMP0A/sala/estado": "dispositivos/TMP0A/estado",
    "dispositivos/casa/otro/estado": "dispositivos/casa/estado",
    "dispositivos//estado": "dispositivos/SERIE/estado",
    "Dispositivos/TMP0A/estado": "dispositivos/TMP0A/estado",
    "DISPOSITIVOS/TMP0A/ESTADO": "dispositivos/TMP0A/estado",
    "dispositivo/TMP0A/estado": "dispositivos/TMP0A/estado",
    "/dispositivos/TMP0A/estado": "dispositivos/TMP0A/estado",
    "dispositivos/TMP0A/Estado": "dispositivos/TMP0A/estado",
    "dispositivos/TMP0A/status": "dispositivos/TMP0A/estado",
    "dispositivos/TMP0A/Conexion": "dispositivos/TMP0A/conexion",
    "dispositivos/estado/": "dispositivos/estado",
    "dispositivos/Estado": "dispositivos/estado",
    "Dispositivos/estado": "dispositivos/estado",
}
PROBE = "dispositivos/SONDA/status"


def test_each_is_listed_once_with_what_was_meant(home: Installation) -> None:
    """At both brokers, retained ones too; what is right is stored as ever."""
    with home.backend() as backend, Device(backend.mqtt) as device:
        until_heard(backend, device)
        for topic in NEARLY:
            device.publish(topic, "{}", retain=topic.endswith("status"))
        device.publish("dispositivos/TMP0A/estado", "{}")
        wait_until(lambda: backend.logged("TMP0A") == 1, PATIENCE)
        wait_until(lambda: len(listed(backend)) >= len(NEARLY), PATIENCE)
        told = dict(listed(backend))
        assert len(listed(backend)) == len(NEARLY)
        for topic, meant in NEARLY.items():
            assert told[topic].endswith(f"¿quisiste decir {meant}?"), told[topic]


def until_heard(backend: Backend, device: Device) -> None:
    """They are asked for apart, and no start waits for that."""

    def is_listed() -> bool:
        device.publish(PROBE, "{}")
        return bool(backend.rejected())

    wait_until(is_listed, PATIENCE)


def listed(backend: Backend) -> list[tuple[str, str]]:
    """Topic and reason of each."""
    return [(each["topic"], each["motivo"]) for each in backend.rejected() if each["topic"] != PROBE]
