"""What an admin does from a browser for the whole system: see how it is set, and have it backed up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.brokers import Device
from tests.system.backend import Installation, run_to_end

pytestmark = pytest.mark.broker

SERIAL = "LGT0AAAAAAAA"


def test_the_settings_in_force_are_those_of_the_file_and_of_the_environment(
    plain_home: Installation, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text('COPIAS_MAX = 2\nMAX_DEVICES = 9\nMQTT_USERNAME = "casa"\n')
    with plain_home.backend(max_devices=8) as backend:
        told = {each["nombre"]: (each["valor"], each["origen"]) for each in backend.get("/ajustes")}
    assert told["COPIAS_MAX"] == (2, "fichero")
    assert told["MAX_DEVICES"] == (8, "entorno")
    assert told["DATA_DIR"] == (str(plain_home.data), "entorno")
    assert told["RETENCION_DIAS"] == (35, "defecto")
    assert told["MQTT_PASSWORD"] == (None, "defecto")


def test_a_backup_from_the_browser_brings_everything_back(plain_home: Installation, tmp_path: Path) -> None:
    """It is the console's and the daily one's equal: in the same folder, listed, and to be restored from."""
    with plain_home.backend() as backend:
        with Device(backend.mqtt) as device:
            device.publish("dispositivos/estado", json.dumps({"serial_number": SERIAL}))
        backend.until_known(SERIAL)
        answer = backend.ask("POST", "/copias")
        assert answer.status == 201
        assert backend.get("/copias") == [answer.json]
        told = backend.get("/salud")["base_de_datos"]
        assert told["ultima_copia"] == answer.json["creada_en"]
        assert told["error_de_copia"] is None
    for file in plain_home.data.glob("iot.db*"):
        file.unlink()
    restored = run_to_end(tmp_path, "restore", data_dir=plain_home.data)
    assert answer.json["nombre"] in restored.stdout
    with plain_home.backend() as backend:
        assert backend.devices().keys() == {SERIAL}
