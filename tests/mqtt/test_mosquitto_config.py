from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from actors.mqtt.broker.acl import NoLogin
from actors.mqtt.broker.credentials import Logins, fits
from actors.mqtt.broker.mosquitto_config import MOSQUITTO, configuration, rights, template, write
from actors.mqtt.protocol.payloads import state_topic
from tests.brokers import PATIENCE, Device, Login, refusal, require_mosquitto, wait_until
from tests.mqtt.guarded import HERE, THERE, GuardedMosquitto, make_pair, shown, trusting


def settings(conf: str) -> list[str]:
    """The lines that Mosquitto reads."""
    return [line for line in conf.splitlines() if line and not line.startswith("#")]


def who_comes_in(conf: str) -> list[str]:
    kept = settings(template().partition("# -- what is kept")[2].partition("\n")[2])
    found = settings(conf)
    assert found[-len(kept) :] == kept, "what is kept is the template's"
    return found[: -len(kept)]


def test_with_tls_the_house_gets_8883_and_this_machine_1883() -> None:
    """Every login is asked for on both; sessions belong to logins where devices come in."""
    assert who_comes_in(configuration(template(), MOSQUITTO, 1883, 8883)) == [
        "allow_anonymous false",
        "password_file /etc/mosquitto/iot.claves",
        "acl_file /etc/mosquitto/iot.acl",
        "listener 1883 127.0.0.1",
        "listener 8883",
        "use_username_as_clientid true",
        "certfile /etc/mosquitto/iot.pem",
        "keyfile /etc/mosquitto/iot.key",
    ]


def test_without_tls_the_house_gets_1883() -> None:
    """With passwords all the same."""
    lines = who_comes_in(configuration(template(), MOSQUITTO, 1884, None))
    assert lines[0] == "allow_anonymous false"
    assert lines[-2:] == ["listener 1884", "use_username_as_clientid true"]


@pytest.mark.parametrize("shared", [True, False])
def test_the_access_list_names_the_shared_topic_while_it_serves(shared: bool) -> None:
    """And nothing else that is not the device's own."""
    patterns = re.findall("^pattern (.*)$", rights(shared), re.MULTILINE)
    assert ("write dispositivos/estado" in patterns) is shared
    assert all("/%u/" in pattern for pattern in patterns if pattern != "write dispositivos/estado")
    assert len(patterns) == 4 + shared


def test_a_second_run_keeps_passwords_and_adds_devices(tmp_path: Path) -> None:
    """Only those just made are told, and only once."""
    logins = Logins(tmp_path / "claves")
    first = write(tmp_path / "out", logins, [HERE], shared_topic=True)
    second = write(tmp_path / "out", logins, [HERE, THERE], shared_topic=False)
    assert set(first.passwords) == {"backend", HERE}
    assert set(second.passwords) == {THERE}
    kept = Logins(tmp_path / "out" / "iot.claves").read()
    assert fits(first.passwords[HERE].encode(), kept[HERE])
    assert fits(second.passwords[THERE].encode(), kept[THERE])
    assert (tmp_path / "out" / "iot.acl").read_text() == rights(False)
    assert "No hay usuarios nuevos" in write(tmp_path / "out", logins, [], shared_topic=True).instructions()


def test_secrets_are_for_the_owner_alone(tmp_path: Path) -> None:
    """Passwords and the key; the rest may be read by all."""
    written = write(
        tmp_path / "out", Logins(tmp_path / "claves"), [], shared_topic=True, tls=make_pair(tmp_path / "tls")
    )
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in written.files}
    secrets = {name for name, mode in modes.items() if mode == 0o600}
    assert secrets == {"iot.claves", "iot.key"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == modes.keys()


def test_the_instructions_say_what_to_do_next(tmp_path: Path) -> None:
    """Which files go where, what to set here, and each new login."""
    written = write(tmp_path, Logins(tmp_path / "claves"), [HERE], shared_topic=True, port=1884)
    said = written.instructions()
    for path in written.files:
        assert f"sudo install -o mosquitto -g mosquitto -m 600 {path} /etc/mosquitto/{path.name}" in said
    assert "MQTT_BROKER_URL=127.0.0.1 MQTT_USERNAME=backend" in said
    assert "puerto 1884, sin cifrar" in said
    for user, password in written.passwords.items():
        assert f"  {user}  {password}" in said


def test_nothing_is_written_for_what_cannot_be_a_login(tmp_path: Path) -> None:
    """Nor a password made that nobody would see."""
    logins = Logins(tmp_path / "claves")
    with pytest.raises(NoLogin, match="'a:b'"):
        write(tmp_path / "out", logins, [HERE, "a:b"], shared_topic=True)
    assert list(tmp_path.iterdir()) == []


def test_mosquitto_has_nothing_to_complain_of(guarded: GuardedMosquitto) -> None:
    """But that the shared topic is the same for all, and of the test's being root."""
    login = Login("backend", guarded.written.passwords["backend"])
    with Device(guarded.port, login=login):
        pass
    complaints = [line for line in guarded.said if re.search("warning|error", line, re.IGNORECASE)]
    assert all("root" in line or "dispositivos/estado" in line for line in complaints), complaints


@pytest.mark.broker
def test_without_tls_devices_log_in_all_the_same(tmp_path: Path) -> None:
    """The other form of the file runs too."""
    require_mosquitto()
    broker = GuardedMosquitto(tmp_path, None)
    try:
        broker.start()
        passwords = broker.written.passwords
        backend = Device(broker.port, "dispositivos/#", login=Login("backend", passwords["backend"]))
        with backend, Device(broker.port, login=Login(HERE, passwords[HERE])) as device:
            device.overstep(state_topic(THERE), b"forged")
            device.publish(state_topic(HERE), b"own")
            assert backend.heard.get(timeout=PATIENCE)[1] == b"own"
        assert refusal(broker.port, Login()) == "Not authorized"
    finally:
        broker.stop()


def test_a_reload_takes_logins_and_certificate_anew(guarded: GuardedMosquitto, tmp_path: Path) -> None:
    """After the files are written again, without a restart."""
    guarded.logins.remove(HERE)
    other = make_pair(tmp_path / "other")
    made = guarded.write(other).passwords
    guarded.reload()
    wait_until(lambda: shown(guarded.tls_port) in other.certificate.read_text())
    assert refusal(guarded.tls_port, Login(HERE, made[HERE], trusting(other))) == "Success"
    gone = Login(HERE, guarded.written.passwords[HERE], trusting(other))
    assert refusal(guarded.tls_port, gone) == "Not authorized"
