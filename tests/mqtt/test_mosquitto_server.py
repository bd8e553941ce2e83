"""What is Mosquitto's own where it is the embedded broker."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.domain.unserved import Trouble, Unserved
from actors.mqtt.broker import mosquitto_server
from actors.mqtt.broker.embedded import BrokerUnavailable, EmbeddedBroker
from actors.mqtt.broker.mosquitto_config import template
from actors.mqtt.broker.mosquitto_server import MosquittoServer, MosquittoSettings, is_whole
from tests.brokers import (
    PATIENCE,
    CrashableBroker,
    Device,
    Login,
    embedded_mosquitto,
    require_mosquitto,
    wait_until,
)

pytestmark = pytest.mark.broker

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


@pytest.mark.parametrize(
    ("left", "fill"), [(0.0, b""), (0.01, b""), (0.5, b""), (0.999, b""), (0.0, b"x"), (0.5, b"x")]
)
def test_a_damaged_store_is_set_aside_and_the_session_made_anew(
    tmp_path: Path, left: float, fill: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Whether it ends early or in nonsense: Mosquitto alone would not start with it, ever again."""
    require_mosquitto()
    saved = tmp_path / "almacen" / "mosquitto.db"
    found(tmp_path)
    whole = saved.read_bytes()
    kept = int(len(whole) * left)
    saved.write_bytes(whole[:kept] + fill * (len(whole) - kept))
    broker = found(tmp_path)
    assert "broker_store_damaged" in caplog.text
    assert saved.with_suffix(".danado").exists()
    broker.start()
    try:
        with Device(broker.port) as device:
            device.publish("a", b"first")
        with Device(broker.port, login=KEEPS) as keeps:
            assert keeps.heard.get(timeout=PATIENCE) == ("a", b"first", False)
    finally:
        broker.stop()


def copied(folder: Path) -> Path:
    return shutil.copytree(folder, folder.with_name("copy"))


def stamped_by_another_clock(folder: Path) -> Path:
    for number, file in enumerate(sorted(folder.rglob("*"))):
        os.utime(file, (number, number))
    return folder


def test_a_store_that_was_saved_is_whole(tmp_path: Path) -> None:
    """Also one with all that there can be in it."""
    require_mosquitto()
    broker = found(tmp_path)
    broker.start()
    with Device(broker.port) as device:
        device.publish("kept", b"retained", retain=True)
        for number in range(100):
            device.publish("a", f"{number}" * number)
        broker.stop()
    assert is_whole(tmp_path / "almacen" / "mosquitto.db")


@pytest.mark.parametrize("how", [copied, stamped_by_another_clock])
def test_what_waits_stays_wherever_its_files_come_from(tmp_path: Path, how: Callable[[Path], Path]) -> None:
    """A session that is there is not made again, which would take what waits in it."""
    require_mosquitto()
    broker = found(tmp_path / "first")
    broker.start()
    with Device(broker.port) as device:
        device.publish("a", b"waits")
    broker.stop()
    again = found(how(tmp_path / "first"))
    again.start()
    try:
        with Device(again.port, login=KEEPS) as keeps:
            assert keeps.heard.get(timeout=PATIENCE) == ("a", b"waits", False)
    finally:
        again.stop()


def found(folder: Path) -> CrashableBroker:
    """One on which a session has been made, and saved."""
    broker = CrashableBroker(embedded_mosquitto(folder))
    broker.found_session("keeps", ["a"])
    return broker


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
