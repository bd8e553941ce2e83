"""The command line: what it explains, what it makes, and in one line why it does not start."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from actors.domain.kinds import PREFIXES
from actors.mqtt.broker.credentials import Logins
from actors.simulator.device import demo_code
from actors.simulator.household import HOME, NEW
from config import Settings
from run_system import demo_settings, program_for
from tests.brokers import Device, Mosquitto, wait_until
from tests.system.backend import Backend, Installation, Process, run_as_users_do, run_to_end
from tests.web.site import PATIENCE

FREE = {"backend_port": 0, "mqtt_broker_port": 0}


def refusal(directory: Path, *arguments: str | Path, **settings: object) -> str:
    """The one line in which a command says why it does not start, with exit status 2."""
    return refused(run_to_end(directory, *arguments, **{**FREE, **settings}))


def refused(ended: subprocess.CompletedProcess[str]) -> str:
    assert (ended.returncode, ended.stdout) == (2, "")
    assert re.fullmatch(r"[^\n]+\n", ended.stderr), ended.stderr
    return ended.stderr.rstrip()


# -- what it is for --------------------------------------------------------------------------------


def test_help_names_every_command(tmp_path: Path) -> None:
    """Each with what it does, and an example of how to call it."""
    helped = run_as_users_do(tmp_path, "--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    for command in ("run", "demo", "simulate", "qr"):
        assert re.search(rf"^ +{command}  +\w", helped.stdout, re.MULTILINE)
        assert re.search(rf"python run_system\.py {command}", helped.stdout)


def test_without_a_command_a_beginner_is_told_three(tmp_path: Path) -> None:
    """Before all that there is; and nothing is written."""
    helped = run_to_end(tmp_path)
    assert (helped.returncode, helped.stderr) == (0, "")
    first = helped.stdout.splitlines()[:3]
    assert [re.match(r"python run_system\.py (\w+) +\w", line)[1] for line in first] == [  # type: ignore[index]
        "demo",
        "run",
        "setup",
    ]
    assert "mqtt-login" in helped.stdout
    assert list(tmp_path.iterdir()) == []


def test_qr_draws_the_claim_code(tmp_path: Path) -> None:
    """In the terminal, and as a PNG named after the device."""
    drawn = run_as_users_do(tmp_path, "qr", "TMP0603IF1WD")
    assert (drawn.returncode, drawn.stderr) == (0, "")
    assert drawn.stdout.count("█") > 100
    assert "TMP0603IF1WD.png" in drawn.stdout
    assert (tmp_path / "TMP0603IF1WD.png").read_bytes().startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize("serial", ["", "mal serial", "ñ", "../x", "A" * 65])
def test_qr_refuses_what_is_no_serial_number(tmp_path: Path, serial: str) -> None:
    """In one line, and no file is written."""
    assert "número de serie" in refusal(tmp_path, "qr", serial)
    assert list(tmp_path.iterdir()) == []


def test_simulate_brings_devices_to_any_broker(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """As many as asked for, of the kinds in turn; with the end they say goodbye."""
    topics = ("dispositivos/+/estado", "dispositivos/+/conexion")
    options = ("--count", "5", "--broker", "127.0.0.1", "--port", str(mosquitto.port), "--interval", "0.2")
    with Device(mosquitto.port, *topics) as listener, Process(tmp_path, "simulate", *options) as simulate:
        assert simulate.line().startswith("5 dispositivos simulados")
        reporting: set[str] = set()
        while len(reporting) < 5:
            _, serial, kind = listener.heard.get(timeout=PATIENCE)[0].split("/")
            reporting |= {serial} if kind == "estado" else set()
        assert sorted(serial[:4] for serial in reporting) == sorted(list(PREFIXES)[:5])
        simulate.end(signal.SIGINT)
        while reporting:
            topic, payload, _ = listener.heard.get(timeout=PATIENCE)
            if payload == b"offline":
                reporting.discard(topic.split("/")[1])
    assert simulate.said == []


@pytest.mark.broker
def test_a_demo_leaves_the_real_house_empty(tmp_path: Path) -> None:
    """It lives in a folder of its own, and says in which, unless somebody has said."""
    settings: dict[str, object] = {"BACKEND_PORT": 0, "MQTT_BROKER_PORT": 0}
    for named, folder in (({}, "instance-demo-vacia"), ({"DATA_DIR": "mine"}, "mine")):
        with Process(tmp_path, "demo", "--vacia", **settings, **named) as demo:
            assert f"  Datos {folder}" in [demo.line() for _ in range(6)]
    assert {each.name for each in tmp_path.iterdir()} == {"instance-demo-vacia", "mine"}


@pytest.mark.broker
def test_a_demo_opens_the_same_home_again(tmp_path: Path) -> None:
    """It is made at the first start, and gone on with at the next; the page is told the new ones' codes."""
    known: list[dict[str, Any]] = []
    for _ in range(2):
        with Backend(tmp_path, "demo", **FREE) as demo:
            wait_until(lambda demo=demo: len(demo.devices()) == len(HOME) + len(NEW), PATIENCE)  # type: ignore[misc]
            known.append(demo.devices())
            assert all(demo.get("/auth/yo")["etiquetas"][serial] == demo_code(serial) for serial in NEW)
        assert demo.said == []
    first, again = known
    assert {serial: each["id"] for serial, each in first.items()} == {
        serial: each["id"] for serial, each in again.items()
    }
    assert {path.name for path in tmp_path.iterdir()} == {"instance-demo"}


def test_the_page_tells_a_console_how_to_reach_its_own_house() -> None:
    """That of the demonstration, or one that somebody has named, is not the console's usual one."""
    program = ".venv/bin/python run_system.py"
    named = Settings.load(None, {"DATA_DIR": "my house"})
    assert program_for(Settings()) == program
    assert program_for(demo_settings(Settings(), empty=False)) == f"DATA_DIR=instance-demo {program}"
    assert program_for(named) == f"DATA_DIR='my house' {program}"


def test_simulated_devices_are_others_each_time(tmp_path: Path, mosquitto: Mosquitto) -> None:
    options = ("--count", "1", "--port", str(mosquitto.port))
    said = []
    for _ in range(2):
        with Process(tmp_path, "simulate", *options) as simulate:
            said.append(simulate.line())
    assert "--seed" in said[0]
    assert said[0] != said[1]


@pytest.mark.broker
@pytest.mark.parametrize("runs", [True, False])
def test_a_device_is_forgotten_from_the_console(plain_home: Installation, tmp_path: Path, runs: bool) -> None:
    """Whether the system runs or not; however its serial number is written; and its login with it."""
    logins = Logins(plain_home.data / "mqtt" / "claves")
    logins.renew("TMP0A")
    command, done = ("device", "forget", "tmp0a"), "TMP0A (id 1), olvidado.\n"
    with plain_home.backend() as backend, Device(backend.mqtt) as device:
        device.publish("dispositivos/TMP0A/estado", "{}")
        backend.until_known("TMP0A")
        if runs:
            assert run_to_end(tmp_path, *command, data_dir=plain_home.data).stdout == done
            assert backend.devices() == {}
    if not runs:
        assert run_to_end(tmp_path, *command, data_dir=plain_home.data).stdout == done
    assert logins.read() == {}
    assert "TMP0A" in refusal(tmp_path, "device", "forget", "TMP0A")
    with plain_home.backend() as backend, Device(backend.mqtt) as device:
        device.publish("dispositivos/TMP0A/estado", "{}")
        backend.until_known("TMP0A")
        assert backend.devices()["TMP0A"]["id"] == 2


# -- what it does not start with -------------------------------------------------------------------


@pytest.mark.broker
def test_two_backends_do_not_share_a_directory(plain_home: Installation) -> None:
    """The second one is refused, and the first one goes on."""
    with plain_home.backend() as first:
        line = refusal(plain_home.data, "run", data_dir=plain_home.data)
        assert f"{plain_home.data}" in line
        assert "está en uso por otra instancia" in line
        first.until_health_is(200)
    assert first.said == []


@pytest.mark.parametrize("name", ["BACKEND_PORT", "MQTT_BROKER_PORT"])
def test_a_port_in_use_is_named(tmp_path: Path, name: str) -> None:
    """With the setting that changes it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refusal(tmp_path, "run", data_dir=tmp_path, **{name.lower(): port})
    assert f"127.0.0.1:{port}: otro programa ocupa ese puerto; elige otro en {name}" in line
    assert "ddress" not in line


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("BACKEND_HOST", {"auth_mode": "abierto"}),
        ("MQTT_BIND_HOST", {}),
        ("MQTT_BIND_HOST", {"mqtt_tls_enabled": True, "mqtt_tls_port": 0}),
    ],
)
def test_an_address_of_another_machine_is_named(tmp_path: Path, name: str, more: dict[str, object]) -> None:
    """With the setting that changes it; 203.0.113.0/24 is nobody's."""
    ended = run_to_end(
        tmp_path, "run", data_dir=tmp_path, **{**FREE, name.lower(): "203.0.113.9", **more}, log_level="ERROR"
    )
    assert f"203.0.113.9:0: esa dirección no es de esta máquina; cambia {name}." in refused(ended)


@pytest.mark.broker
def test_a_demo_asks_no_server_of_the_real_house(tmp_path: Path) -> None:
    """Whose address is set; it is not even called."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"postgresql://iot@127.0.0.1:{server.getsockname()[1]}/casa"
        with Process(tmp_path, "demo", "--vacia", **FREE, database_url=url) as demo:
            assert "  Datos instance-demo-vacia" in [demo.line() for _ in range(6)]
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    """It is refused by name and stays as it was."""
    file = tmp_path / "iot.db"
    file.write_text("no soy una base de datos\n" * 100)
    assert f"{file} no es una base de datos" in refusal(tmp_path, "run", data_dir=tmp_path)
    assert file.read_text() == "no soy una base de datos\n" * 100


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_data_directory_that_cannot_be(tmp_path: Path, place: str) -> None:
    """A file stands in its place, or in its way."""
    (tmp_path / "file").touch()
    line = refusal(tmp_path, "run", data_dir=tmp_path / place)
    assert f"{tmp_path / place}" in line
    assert "DATA_DIR" in line


def test_a_read_only_data_directory(tmp_path: Path) -> None:
    """Root, who may write anywhere, runs without that privilege here."""
    before: list[str] = []
    if os.getuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("needs setpriv where root runs the tests: apt-get install util-linux")
        before = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o555)
    line = refused(run_as_users_do(tmp_path, "run", before=before, data_dir=folder, **FREE))
    assert "No se puede escribir" in line
    assert f"{folder}" in line


@pytest.mark.parametrize(
    ("name", "value", "takes"),
    [
        (
            "backend_port",
            "70000",
            "BACKEND_PORT (entorno): '70000' no vale; se espera un entero de 0 a 65535",
        ),
        ("ai_r4_offline_secs", "nan", "AI_R4_OFFLINE_SECS (entorno): 'nan' no vale; se espera un número"),
        ("mqtt_broker_url", "mqtt://x", "MQTT_BROKER_URL (entorno): 'mqtt://x' no vale; se espera"),
        ("mqtt_broker_prot", "1883", "'MQTT_BROKER_PROT' (entorno): no hay tal ajuste; el más parecido"),
    ],
)
def test_a_wrong_or_unknown_setting_is_named(tmp_path: Path, name: str, value: str, takes: str) -> None:
    """With what it takes, or what was probably meant."""
    assert takes in refusal(tmp_path, "run", data_dir=tmp_path, **{name: value})


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ('BACKEND_PORT = "x"', "BACKEND_PORT"),
        ("BACKEND_PROT = 1", "BACKEND_PORT"),
        ("BACKEND_PORT = = 1", "no es TOML válido"),
    ],
)
def test_a_faulty_settings_file_is_named(tmp_path: Path, toml: str, says: str) -> None:
    """``config.toml`` is read where the command is given, without being asked for."""
    (tmp_path / "config.toml").write_text(toml)
    line = refusal(tmp_path, "run", data_dir=tmp_path / "instance")
    assert "config.toml" in line
    assert says in line
    assert not (tmp_path / "instance").exists()


def test_a_settings_file_that_is_missing_is_named(tmp_path: Path) -> None:
    """Where one is asked for."""
    assert "none.toml" in refused(run_as_users_do(tmp_path, "--config", tmp_path / "none.toml", "run"))


@pytest.mark.parametrize(
    "command", [["run"], ["demo"], ["setup"], ["backup"], ["qr", "TMP0603IF1WD"], ["token", "list"]]
)
def test_a_time_zone_that_is_none(tmp_path: Path, command: list[str]) -> None:
    """Every command says so, and does nothing."""
    assert "¿es Europe/Madrid?" in refusal(tmp_path, *command, data_dir=tmp_path / "data", tz="Europe/Madird")
    assert list(tmp_path.iterdir()) == []
