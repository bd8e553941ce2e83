"""What is Mosquitto's own where it is the embedded broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.mqtt import mosquitto_server
from actors.mqtt.broker import BrokerUnavailable, EmbeddedBroker
from actors.mqtt.mosquitto_config import template
from actors.mqtt.mosquitto_server import MosquittoServer, MosquittoSettings
from actors.unserved import Trouble, Unserved
from tests.brokers import (
    PATIENCE,
    CrashableBroker,
    Device,
    Login,
    embedded_mosquitto,
    require_mosquitto,
    wait_until,
)

KEEPS = Login(client_id="keeps", lasting=True)


def fake(folder: Path, said: str) -> Path:
    """A program that says this of its version, and ends as Mosquitto does then."""
    program = folder / "mosquitto"
    program.write_text(f"#!/bin/sh\necho '{said}'\nexit 3\n")
    program.chmod(0o755)
    return program


def test_an_older_one_is_refused(tmp_path: Path) -> None:
    """By one line that says which will do; so is what cannot be run."""
    old = fake(tmp_path, "mosquitto version 1.6.12")
    for program, said in ((old, "1.6.12.*2.0"), (tmp_path / "none", "MOSQUITTO_PATH: .*none")):
        with pytest.raises(BrokerUnavailable, match=said) as caught:
            EmbeddedBroker(MosquittoServer(MosquittoSettings(tmp_path / "x", str(program)), 0)).start()
        assert "\n" not in str(caught.value)


def test_where_there_is_none_one_line_says_how_to_come_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(mosquitto_server, "_SBIN", ())
    with pytest.raises(BrokerUnavailable, match=r"MQTT_EMBEDDED: .*apt-get install mosquitto") as caught:
        EmbeddedBroker(embedded_mosquitto(tmp_path)).start()
    assert "\n" not in str(caught.value)


def test_it_is_found_where_the_path_of_ordinary_users_does_not_lead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(mosquitto_server, "_SBIN", (str(tmp_path),))
    program = fake(tmp_path, "mosquitto version 2.1.0")
    assert mosquitto_server.find("") == str(program)


def test_what_it_has_saved_outlives_a_kill(tmp_path: Path) -> None:
    """And it saves at its intervals."""
    require_mosquitto()
    broker = CrashableBroker(embedded_mosquitto(tmp_path, save_interval=0.1))
    broker.start()
    try:
        with Device(broker.port, "a", login=KEEPS):
            pass
        with Device(broker.port) as device:
            device.publish("a", b"kept")
        until_saved_anew(tmp_path / "almacen" / "mosquitto.db")
        broker.crash()
        with Device(broker.port, login=KEEPS) as device:
            assert device.heard.get(timeout=PATIENCE) == ("a", b"kept", False)
    finally:
        broker.stop()


def until_saved_anew(file: Path) -> None:
    """Twice: what it is writing at the moment may have been begun before."""
    for _ in range(2):
        before = written(file)
        wait_until(lambda before=before: written(file) != before)  # type: ignore[misc]


def written(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def test_what_it_has_no_room_for_is_lost_and_told(tmp_path: Path) -> None:
    """It acknowledges that all the same."""
    require_mosquitto()
    broker = CrashableBroker(MosquittoServer(MosquittoSettings(tmp_path, queue=1), 0))
    broker.start()
    try:
        with Device(broker.port, "a", login=KEEPS):
            pass
        with Device(broker.port) as device:
            for number in range(30):
                device.publish("a", f"{number}".ljust(100_000))
        wait_until(lambda: broker.unserved == (Unserved("keeps", Trouble.QUEUE_FULL),))
        with Device(broker.port, login=KEEPS) as keeps, Device(broker.port) as device:
            device.publish("a", b"barrier")
            heard = []
            while (payload := keeps.heard.get(timeout=PATIENCE)[1]) != b"barrier":
                heard.append(int(payload))
        assert heard == list(range(len(heard)))
        assert 10 <= len(heard) < 30
    finally:
        broker.stop()


def test_what_is_kept_is_the_template_s(tmp_path: Path) -> None:
    """But for where, and how often."""
    require_mosquitto()
    MosquittoServer(MosquittoSettings(tmp_path, save_interval=1.5), 1883).prepare()
    written = (tmp_path / "mosquitto.conf").read_text().splitlines()
    kept = template().partition("# -- what is kept")[2].splitlines()[1:]
    changed = [line for line in kept if line not in written]
    assert changed == ["persistence_location /var/lib/mosquitto/", "autosave_interval 30"]
    assert f"persistence_location {tmp_path}/almacen/" in written
    assert "autosave_interval 2" in written
