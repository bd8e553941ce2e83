"""A disk that takes nothing, and a database that goes away under the running system: told as what it is."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from persistence.writer.store import Store
from tests.brokers import Device, Mosquitto, wait_until
from tests.chaos.disk import Volume, as_root, small_disk
from tests.machine import lacking
from tests.system.backend import Backend, Installation, run_to_end
from tests.web.site import PATIENCE, Answer

pytestmark = pytest.mark.broker

SERIAL = "TMP0DISCO"
STATE = f"dispositivos/{SERIAL}/estado"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ``DATA_DIR`` with Ana, who has a token, and Luis; made once, as each command starts a Python."""
    folder = tmp_path_factory.mktemp("people")
    setting_up = (
        ["user", "add", "ana", "--role", "admin"],
        ["token", "create", "ana", "uno"],
        ["user", "add", "luis"],
    )
    for words in setting_up:
        assert run_to_end(folder, *words, data_dir=folder / "instance").returncode == 0
    return folder / "instance"


@pytest.fixture
def full(tmp_path: Path, people: Path) -> Iterator[tuple[Installation, Volume]]:
    yield from house_on_a_small_disk(tmp_path, people, None)


@pytest.fixture
def full_beside_mosquitto(
    tmp_path: Path, people: Path, mosquitto: Mosquitto
) -> Iterator[tuple[Installation, Volume]]:
    """Its broker has room; the embedded one takes nothing either once the disk is full."""
    yield from house_on_a_small_disk(tmp_path, people, mosquitto)


def house_on_a_small_disk(
    tmp_path: Path, people: Path, broker: Mosquitto | None
) -> Iterator[tuple[Installation, Volume]]:
    """With people; the disk is filled when a test says so."""
    with small_disk(tmp_path / "instance") as disk:
        if not isinstance(disk, Volume):
            lacking("the right to mount a tmpfs")
        home = Installation(tmp_path, broker)
        shutil.copytree(people, home.data, dirs_exist_ok=True)
        yield home, disk


COMMANDS = [
    ["token", "create", "ana", "dos"],
    ["token", "revoke", "1"],
    ["user", "add", "eva"],
    ["user", "remove", "luis"],
    ["setup"],
    ["run"],
    ["mqtt-clave", SERIAL],
    ["mosquitto-config", "--serie", SERIAL],
    ["qr", SERIAL, "--png", "instance/qr.png"],
]


def read_only(disk: Volume) -> str:
    assert disk.remount("ro")
    return "solo para leer"


def no_more_files(disk: Volume) -> str:
    disk.take_no_more_files()
    return "No queda sitio"


@pytest.mark.parametrize("hinder", [read_only, no_more_files])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_disk_that_makes_no_file_is_called_so(
    full: tuple[Installation, Volume], tmp_path: Path, words: list[str], hinder: Callable[[Volume], str]
) -> None:
    """In one line, which speaks neither of damage nor of rights; and all is as it was."""
    home, disk = full
    before = {path: path.read_bytes() for path in home.data.iterdir()}
    why = hinder(disk)
    ended = run_to_end(tmp_path, *words, data_dir=home.data, backend_port=0, mqtt_broker_port=0)
    assert ended.returncode == 2
    [line] = ended.stderr.splitlines()
    assert why in line
    assert "permisos" not in line
    assert {path: path.read_bytes() for path in home.data.iterdir()} == before


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_on_a_full_disk_no_command_says_that_anything_is_damaged(
    full: tuple[Installation, Volume], tmp_path: Path, words: list[str]
) -> None:
    """It says in one line that there is no room, and leaves all as it was."""
    home, disk = full
    accounts = home.data / "cuentas.db"
    before = accounts.read_bytes()
    disk.fill()
    ended = run_to_end(tmp_path, *words, data_dir=home.data, backend_port=0, mqtt_broker_port=0)
    assert ended.returncode == 2
    [line] = ended.stderr.splitlines()
    assert "dañad" not in line
    assert "No queda sitio" in line
    assert accounts.read_bytes() == before


def test_on_a_full_disk_no_device_is_forgotten(full: tuple[Installation, Volume], tmp_path: Path) -> None:
    """Why is said in one line, and it keeps its login."""
    home, disk = full
    with Store(home.data / "iot.db") as store:
        store.recall(SERIAL)
    assert run_to_end(tmp_path, "mqtt-clave", SERIAL, data_dir=home.data).returncode == 0
    disk.fill()
    ended = run_to_end(tmp_path, "device", "forget", SERIAL, data_dir=home.data)
    assert ended.returncode == 2
    [line] = ended.stderr.splitlines()
    assert "No queda sitio" in line
    assert SERIAL in (home.data / "mqtt" / "claves").read_text("utf-8")


@pytest.mark.parametrize("words", [["token", "list"], ["user", "list"]], ids=" ".join)
def test_on_a_full_disk_what_only_reads_works(
    full: tuple[Installation, Volume], tmp_path: Path, words: list[str]
) -> None:
    home, disk = full
    disk.fill()
    ended = run_to_end(tmp_path, *words, data_dir=home.data)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "ana" in ended.stdout


def asked(backend: Backend, token: str, method: str, path: str, body: object = None) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", backend.http, timeout=PATIENCE * 2)
    try:
        connection.request(
            method, path, None if body is None else json.dumps(body), {"Authorization": f"Bearer {token}"}
        )
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


CALLS: list[tuple[str, str, object]] = [
    ("POST", "/usuarios", {"nombre": "eva", "rol": "lectura"}),
    ("POST", "/tokens", {"nombre": "cuatro"}),
    ("POST", "/auth/codigos", {"usuario": "ana"}),
    ("DELETE", "/tokens/1", None),
    ("PUT", "/dispositivos/1", {"nombre": "Sala"}),
    ("POST", "/dispositivos/reclamar", {"serial_number": SERIAL}),
    ("POST", "/habitaciones", {"nombre": "Salón"}),
    ("POST", "/copias", None),
]


def assert_refused(
    backend: Backend, token: str, why: str, calls: Sequence[tuple[str, str, object]] = CALLS
) -> None:
    for method, path, body in calls:
        answer = asked(backend, token, method, path, body)
        assert answer.status == 503, (method, path, answer.body)
        assert re.search(why, answer.json["detalle"]), (method, path, answer.body)


def test_on_a_full_disk_every_route_that_writes_is_503_with_the_reason(
    full_beside_mosquitto: tuple[Installation, Volume], tmp_path: Path
) -> None:
    """Also where it is the first to find out; and when there is room again all of it works."""
    home, disk = full_beside_mosquitto
    made = run_to_end(tmp_path, "token", "create", "ana", "tres", data_dir=home.data)
    token = made.stdout.strip()
    with home.backend() as backend, Device(backend.mqtt) as device:
        device.publish(STATE, "{}")
        wait_until(lambda: asked(backend, token, "GET", "/dispositivos/1").status == 200, PATIENCE)
        disk.fill()
        for number in range(100):  # until even the write-ahead log has no room left
            device.publish(STATE, json.dumps({"parametros": {"ruido": f"{number}" * 15_000}}))
        wait_until(lambda: asked(backend, token, "GET", "/salud").status == 503, PATIENCE)
        disk.fill()  # the log has gone with the connection, and has made room
        assert_refused(backend, token, "sitio")
        disk.empty()
        wait_until(lambda: asked(backend, token, "GET", "/salud").status == 200, PATIENCE)
        for method, path, body in CALLS[:-1]:
            assert asked(backend, token, method, path, body).status < 300, (method, path)


def test_a_disk_that_fails_and_is_read_only_is_503_with_the_reason(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    """So the kernel leaves one, whoever may be writing to it; what was kept can still be read."""
    with failing_disk(tmp_path) as fail:
        home = Installation(tmp_path, mosquitto)
        run_to_end(tmp_path, "user", "add", "ana", "--role", "admin", data_dir=home.data)
        token = run_to_end(tmp_path, "token", "create", "ana", "tres", data_dir=home.data).stdout.strip()
        with home.backend() as backend, Device(backend.mqtt) as device:
            device.publish(STATE, "{}")
            wait_until(lambda: asked(backend, token, "GET", "/dispositivos/1").status == 200, PATIENCE)
            fail()
            assert_refused(backend, token, "el disco (no deja escribir|falla)", CALLS[:-1])
            assert asked(backend, token, *CALLS[-1]).status == 503
            told = asked(backend, token, "GET", "/salud")
            assert (told.status, told.json["escritor"]["sano"]) == (503, False)
            assert re.search("solo para leer|falla", told.json["base_de_datos"]["error_de_copia"])
            assert asked(backend, token, "GET", "/dispositivos/1/logs").status == 200
            backend.kill()
    assert not [line for line in backend.said if "Traceback" in line]


@contextmanager
def failing_disk(folder: Path) -> Iterator[Callable[[], object]]:
    """A disk of its own at the home's ``DATA_DIR``, and what makes it fail for good."""
    image, data = folder / "image", folder / "instance"
    data.mkdir()
    with image.open("wb") as file:
        file.truncate(64 * 2**20)
    mount = [*as_root(), "mount"]
    made = shutil.which("mkfs.ext4", path=f"{os.environ['PATH']}:/usr/sbin")
    if made is None or subprocess.run([made, "-q", image], capture_output=True).returncode:
        pytest.skip("there is no mkfs.ext4")
    if subprocess.run([*mount, "-o", "loop", image, data], capture_output=True).returncode:
        pytest.skip("no loop device may be mounted")
    try:
        subprocess.run([*as_root(), "chmod", "777", data], check=True)
        yield lambda: subprocess.run([*mount, "-o", "remount,abort", data], capture_output=True)
    finally:
        subprocess.run([*as_root(), "umount", "--lazy", data], check=True)


def test_a_disk_that_makes_no_more_files_keeps_what_needs_none(
    full_beside_mosquitto: tuple[Installation, Volume], tmp_path: Path
) -> None:
    """As reports do; what needs one is 503 with the reason."""
    home, disk = full_beside_mosquitto
    made = run_to_end(tmp_path, "token", "create", "ana", "tres", data_dir=home.data)
    token = made.stdout.strip()
    with home.backend() as backend, Device(backend.mqtt) as device:
        device.publish(STATE, "{}")
        wait_until(lambda: asked(backend, token, "GET", "/dispositivos/1").status == 200, PATIENCE)
        disk.take_no_more_files()
        for method, path, body in CALLS:
            answer = asked(backend, token, method, path, body)
            if path not in ("/dispositivos/1", "/dispositivos/reclamar", "/habitaciones"):
                assert answer.status == 503, (method, path, answer.body)
                assert "sitio" in answer.json["detalle"], (method, path, answer.body)
            else:
                assert answer.status < 300, (method, path, answer.body)
        device.publish(STATE, "{}")
        until_logged(partial(asked, backend, token), 2)
        assert disk.remount("nr_inodes=10000")
        for method, path, body in CALLS[:4]:
            assert asked(backend, token, method, path, body).status < 300, (method, path)


def until_logged(ask: Callable[[str, str], Answer], reports: int) -> None:
    """That many of the one device. While the disk is in trouble what is read may be refused, too."""

    def is_so() -> bool:
        answer = ask("GET", "/dispositivos/1/logs")
        assert answer.status in (200, 503), answer.body
        return answer.status == 200 and answer.json["total"] == reports

    wait_until(is_so, PATIENCE)


# -- a database that goes away -------------------------------------------------------------------------


def deleted(data: Path) -> None:
    (data / "iot.db").unlink()


def renamed(data: Path) -> None:
    data.rename(data.with_name("llevada"))


def replaced_by_an_older_copy(data: Path) -> None:
    (data / "vieja.db").rename(data / "iot.db")


@pytest.mark.parametrize("how", [deleted, renamed, replaced_by_an_older_copy])
def test_what_the_disk_no_longer_holds_is_not_acknowledged(
    mosquitto_home: Installation, mosquitto: Mosquitto, how: Callable[[Path], None]
) -> None:
    """It is 503 within seconds even if nobody reports, nothing is confirmed, and why is said once."""
    data = mosquitto_home.data
    with mosquitto_home.backend() as backend, Device(mosquitto.port) as device:
        device.publish(STATE, "{}")
        wait_until(lambda: backend.logged(SERIAL) == 1, PATIENCE)
        with closing(sqlite3.connect(data / "iot.db")) as db:
            db.execute("VACUUM INTO ?", [str(data / "vieja.db")])
        device.publish(STATE, "{}")
        wait_until(lambda: backend.logged(SERIAL) == 2, PATIENCE)
        how(data)
        backend.until_health_is(503)
        device.publish(STATE, "{}")
        wait_until(lambda: backend.ask("GET", "/salud").json["broker"]["sin_confirmar"] == 1, PATIENCE)
        told = backend.ask("GET", "/salud").json["escritor"]
        assert not told["sano"]
        assert "restore" in told["ultimo_error"]
        assert backend.ask("PUT", "/dispositivos/1", {"nombre": "Sala"}).status == 503
        backend.kill()
    assert len([line for line in backend.said if "commit_failed" in line]) == 1
    assert how is replaced_by_an_older_copy or not (data / "iot.db").exists()


def test_a_database_that_is_put_back_goes_on_and_has_everything(
    mosquitto_home: Installation, mosquitto: Mosquitto
) -> None:
    """Its write-ahead log alone, once deleted, costs nothing at all."""
    data, away = mosquitto_home.data, mosquitto_home.data.with_name("llevada")
    with mosquitto_home.backend() as backend, Device(mosquitto.port) as device:
        device.publish(STATE, "{}")
        wait_until(lambda: backend.logged(SERIAL) == 1, PATIENCE)
        data.rename(away)
        backend.until_health_is(503)
        device.publish(STATE, "{}")
        away.rename(data)
        backend.until_health_is(200)
        until_logged(backend.ask, 2)
        (data / "iot.db-wal").unlink()
        device.publish(STATE, "{}")
        until_logged(backend.ask, 3)
        backend.kill()
    with closing(sqlite3.connect(data / "iot.db")) as db:
        assert db.execute("SELECT count(*) FROM estado_log").fetchone() == (3,)


def test_people_whose_file_goes_away_are_missed_and_may_come_back(
    plain_home: Installation, tmp_path: Path
) -> None:
    """No empty file is made in its place; who may call still may, and what would change that is 503."""
    run_to_end(tmp_path, "user", "add", "ana", "--role", "admin", data_dir=plain_home.data)
    token = run_to_end(tmp_path, "token", "create", "ana", "uno", data_dir=plain_home.data).stdout.strip()
    people = plain_home.data / "cuentas.db"
    with plain_home.backend() as backend:
        people.rename(tmp_path / "cuentas.db")

        def trouble() -> str | None:
            told: str | None = asked(backend, token, "GET", "/salud").json["base_de_datos"][
                "error_de_cuentas"
            ]
            return told

        wait_until(lambda: "Falta" in (trouble() or ""), PATIENCE)
        answer = asked(backend, token, "POST", "/tokens", {"nombre": "dos"})
        assert (answer.status, people.exists()) == (503, False)
        (tmp_path / "cuentas.db").rename(people)
        wait_until(lambda: trouble() is None, PATIENCE)
        assert asked(backend, token, "POST", "/tokens", {"nombre": "dos"}).status == 201
