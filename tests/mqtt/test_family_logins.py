"""A login for a device of another make is good for what it needs, at our door and at Mosquitto's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from actors.domain.logins import OWN, KeptLogin, Server
from actors.domain.refusals import Refusal, Refused
from actors.domain.unserved import Trouble
from actors.mqtt.broker.acl import NoLogin, Rights, rights_of_device
from actors.mqtt.broker.credentials import Logins, hashed
from actors.mqtt.broker.grants import COPY, NAME
from actors.mqtt.broker.mosquitto_config import Tls, rights
from actors.mqtt.broker.packets import Breach, Connect
from actors.mqtt.broker.proxy_access import GuestList
from actors.mqtt.dialects.registry import Prefixes, UnknownFamily
from actors.mqtt.families import FAMILIES
from actors.mqtt.logins import DeviceLogins, NoTopic
from actors.mqtt.protocol.payloads import SHARED_STATE_TOPIC, state_topic
from tests.brokers import PATIENCE, CrashableBroker, nats, require_mosquitto
from tests.mqtt.guarded import (
    GuardedBroker,
    GuardedMosquitto,
    embedded_house,
    guarded_door,
    mosquitto_house,
    trusting,
)

pytestmark = pytest.mark.broker

NOW = 1_800_000_000.0
SERVER = Server("192.168.1.10", 8883, tls=True)
# Of each family: a topic on which one called "salon" speaks, and one that it must not use.
SPEAKS = {
    "tasmota": ("tele/salon/SENSOR", "tele/cocina/SENSOR"),
    "shelly": ("salon/events/rpc", "cocina/events/rpc"),
    "esphome": ("homeassistant/sensor/salon/temp/config", "homeassistant/sensor/cocina/temp/config"),
    "zigbee2mqtt": ("salon/bridge/devices", "zigbee2mqtt/bridge/devices"),
    "openmqttgateway": ("home/salon/BTtoMQTT/A4C138000000", "home/cocina/BTtoMQTT/A4C138000000"),
    "homie": ("homie/5/salon/$state", "homie/5/cocina/$state"),
    "home_assistant": ("iot/PLG0X/orden/encendido", "dispositivos/PLG0X/configuracion"),
}


def logins_in(folder: Path) -> DeviceLogins:
    return DeviceLogins(folder / "claves", Prefixes(), lambda: SERVER, lambda: NOW)


def nothing_in(folder: Path) -> bool:
    """Neither a password nor a right."""
    kept = Logins(folder / "claves")
    return not kept.read() and not kept.grants()


@pytest.fixture(params=["nats", "mosquitto"])
def house(
    request: pytest.FixtureRequest, tmp_path: Path, pair: Tls
) -> Iterator[tuple[GuardedBroker, DeviceLogins]]:
    """With a login of each family, called as itself, for what calls itself ``salon``."""
    made = logins_in(tmp_path)
    passwords = {family: made.make(family, family, "salon").account.password for family in FAMILIES}
    broker: CrashableBroker | GuardedMosquitto
    if request.param == "nats":
        door, own = guarded_door(tmp_path, pair)
        broker = embedded = CrashableBroker(nats(tmp_path / "embedded"), door)
        embedded.start()
        house = embedded_house(embedded, own, trusting(pair))
    else:
        require_mosquitto()
        broker = mosquitto = GuardedMosquitto(tmp_path, pair)
        mosquitto.start()
        house = mosquitto_house(mosquitto, trusting(pair))
    house.passwords.update(passwords)
    yield house, made
    broker.stop()


def test_each_family_speaks_on_its_own_topics_alone(house: tuple[GuardedBroker, DeviceLogins]) -> None:
    """What it may say is heard inside; what it may not never is."""
    inside, _ = house
    for family, (own, others) in SPEAKS.items():
        with inside.hears(own, others) as backend, inside.device(family) as device:
            device.publish(own, family)
            device.overstep(others, "stolen")
            assert backend.heard.get(timeout=PATIENCE) == (own, family.encode(), False)
        with inside.hears(own, others) as backend, inside.device(family) as device:
            device.publish(own, "again")
            assert backend.heard.get(timeout=PATIENCE)[0] == own


def test_no_family_speaks_as_a_device_of_our_own(house: tuple[GuardedBroker, DeviceLogins]) -> None:
    """Neither as one that is called as the login is, nor for all on the topic that they share."""
    inside, _ = house
    for topic in (state_topic("tasmota"), SHARED_STATE_TOPIC):
        with inside.hears(topic, "tele/#") as backend:
            with inside.device("tasmota") as device:
                device.overstep(topic, "stolen")
            with inside.device("tasmota") as device:
                device.publish("tele/salon/SENSOR", "own")
            assert backend.heard.get(timeout=PATIENCE)[0] == "tele/salon/SENSOR"


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_to_be_typed_is_said(tmp_path: Path, family: str) -> None:
    """Host, port, user and password stand in it, ready to copy."""
    made = logins_in(tmp_path).make(family, "salon", "casa/salon")
    for value in (SERVER.host, str(SERVER.port), "salon", made.account.password):
        assert value in made.setup.text
    assert made.setup.where


def test_a_login_is_renewed_and_taken_away(tmp_path: Path) -> None:
    """Anew, it has another password and other rights; gone, it has neither."""
    logins = logins_in(tmp_path)
    first = logins.make("tasmota", "salon").account.password
    assert logins.make("shelly", "salon").account.password != first
    assert logins.known() == [KeptLogin("salon", "shelly", NOW)]
    assert logins.remove("Salon")
    assert not logins.remove("salon")
    assert nothing_in(tmp_path)


@pytest.mark.parametrize(
    "topic",
    ["dispositivos/x", "Dispositivos", "iot", "$SYS", "a/#", "+", "homeassistant", "tasmota", "x" * 201],
)
def test_nobody_gets_the_topics_of_others(tmp_path: Path, topic: str) -> None:
    """Neither ours, nor the broker's, nor those where all announce themselves, nor wildcards."""
    logins = logins_in(tmp_path)
    with pytest.raises(NoTopic):
        logins.make("zigbee2mqtt", "pasarela", topic)
    assert nothing_in(tmp_path)


@pytest.mark.parametrize("topic", ["cmnd", "tele/x", "stat", "shellies", "Homie", "home", "esphome", "a\nb"])
@pytest.mark.parametrize("family", FAMILIES)
def test_nobody_is_called_as_all_of_a_family_begin(tmp_path: Path, family: str, topic: str) -> None:
    """One Shelly that calls itself ``shellies`` would speak for all of them, and ``cmnd`` would order."""
    logins = logins_in(tmp_path)
    with pytest.raises(NoTopic):
        logins.make(family, "pasarela", topic)
    assert nothing_in(tmp_path)


def test_what_cannot_be_a_login_is_none(tmp_path: Path) -> None:
    """Nothing is kept of it."""
    logins = logins_in(tmp_path)
    with pytest.raises(NoLogin):
        logins.make("tasmota", "backend")
    with pytest.raises(UnknownFamily):
        logins.make("zwave", "salon")
    assert nothing_in(tmp_path)


# What a file of grants may become: it is no JSON any more, or no object, or one entry is spoilt.
WHOLLY_DAMAGED = [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000, b"null"]
SPOILT_ENTRIES = [1, None, {}, {"familia": "tasmota"}, {"familia": "tasmota", "creado": 1}, {"publica": [1]}]


@pytest.mark.parametrize("text", WHOLLY_DAMAGED)
def test_a_damaged_file_grants_nothing_until_it_is_mended(tmp_path: Path, text: bytes) -> None:
    """A family's login least of all what a device of ours may; ours go on. The next login mends it all."""
    logins, kept = logins_in(tmp_path), Logins(tmp_path / "claves")
    logins.make("tasmota", "salon")
    logins.make(OWN, "TMP0A")
    before = kept.grants()
    (tmp_path / NAME).write_bytes(text)
    assert kept.grants()["salon"].is_lost
    assert kept.grants()["TMP0A"] == before["TMP0A"]
    assert logins.known() == [KeptLogin("salon", "tasmota", NOW), KeptLogin("TMP0A", OWN, NOW)]
    assert admitted(kept, "TMP0A") == rights_of_device("TMP0A", shared=True)
    with pytest.raises(Breach) as breach:
        admitted(kept, "salon")
    assert breach.value.trouble is Trouble.NO_RIGHTS
    logins.renew("TMP0A")
    assert kept.grants() == before


@pytest.mark.parametrize("entry", SPOILT_ENTRIES)
def test_a_spoilt_entry_grants_nothing(tmp_path: Path, entry: object) -> None:
    """The others' rights are as they were."""
    logins, kept = logins_in(tmp_path), Logins(tmp_path / "claves")
    logins.make("tasmota", "salon")
    logins.make("shelly", "cocina")
    told = json.loads((tmp_path / NAME).read_text())
    (tmp_path / NAME).write_text(json.dumps(told | {"salon": entry}))
    assert kept.grants()["salon"].is_lost
    assert not kept.grants()["cocina"].is_lost
    logins.make("shelly", "otra")
    assert kept.grants()["salon"].is_lost


def test_without_a_copy_nobody_has_any_rights(tmp_path: Path) -> None:
    """Nothing tells who is a family's; each comes back by a login that is made anew, and none before."""
    logins, kept = logins_in(tmp_path), Logins(tmp_path / "claves")
    logins.make("tasmota", "salon")
    logins.make(OWN, "TMP0A")
    before = kept.grants()
    for name in (NAME, COPY):
        (tmp_path / name).write_text("{")
    assert [grant.is_lost for grant in kept.grants().values()] == [True, True]
    logins.renew("TMP0A")
    assert [kept.grants()[user].is_lost for user in ("TMP0A", "salon")] == [False, True]
    logins.make("tasmota", "salon")
    assert kept.grants() == before


def test_a_file_of_an_earlier_version_gets_its_copy_when_the_door_opens(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Damaged, it gets none, and the log says so."""
    logins, kept = logins_in(tmp_path), Logins(tmp_path / "claves")
    logins.make("tasmota", "salon")
    before = (tmp_path / NAME).read_bytes()
    (tmp_path / COPY).unlink()
    GuestList(kept.path, shared_topic=True).secure()
    assert (tmp_path / COPY).read_bytes() == before
    (tmp_path / NAME).write_text("{")
    GuestList(kept.path, shared_topic=True).secure()
    assert "mqtt_grants_damaged" in caplog.text
    assert (tmp_path / COPY).read_bytes() == before


def admitted(kept: Logins, user: str) -> Rights:
    """What one may do who comes in with the right password."""
    kept.path.write_text("".join(f"{name}:{hashed('geheim')}\n" for name in kept.read()))
    connect = Connect(0, b"", user.encode(), b"geheim", None, b"")
    return GuestList(kept.path, shared_topic=True).admit(connect, "10.0.0.7").rights


def test_who_differs_in_letter_case_alone_is_one(tmp_path: Path) -> None:
    """And so is made, renewed and removed as one, with what it may."""
    logins = logins_in(tmp_path)
    logins.make("tasmota", "Salon")
    again = logins.make("tasmota", "SALON").account
    assert (again.user, again.topic) == ("Salon", "Salon")
    assert logins.add("shelly", "salon") == Refused(Refusal.LOGIN_TAKEN, {"user": "salon"})
    assert logins.take_away("saloN") is None
    assert nothing_in(tmp_path)


def test_a_device_of_our_own_has_its_own_topics(tmp_path: Path) -> None:
    """By its serial number as it is known, and with nothing that Mosquitto's list would have to say."""
    logins = logins_in(tmp_path)
    made = logins.add(OWN, "tmp0a", serials=["TMP0A"])
    assert not isinstance(made, Refused)
    assert made.account.user == "TMP0A"
    assert "publish: dispositivos/TMP0A/estado\n" in made.setup.text
    assert logins.known() == [KeptLogin("TMP0A", OWN, NOW)]
    assert "TMP0A" not in rights(True, Logins(tmp_path / "claves").grants())


def test_a_login_that_is_renewed_may_what_it_could(tmp_path: Path) -> None:
    """As ``mqtt-clave`` does it: the password alone is another one."""
    logins, kept = logins_in(tmp_path), Logins(tmp_path / "claves")
    logins.make("tasmota", "salon")
    before = kept.grants()["salon"].rights
    logins.renew("salon")
    assert kept.grants()["salon"].rights == before
    kept.complete(["OLD0A"])  # of an earlier version, which kept no time
    assert logins.known()[0] == KeptLogin("OLD0A", OWN, None)
    logins.renew("OLD0A")
    assert logins.known()[0] == KeptLogin("OLD0A", OWN, NOW)


def test_a_withdrawn_login_comes_back_with_its_rights(tmp_path: Path) -> None:
    logins, kept = logins_in(tmp_path), Logins(tmp_path / "claves")
    logins.make("tasmota", "salon")
    before = kept.read(), kept.grants()
    put_back = logins.withdraw("SALON")
    assert nothing_in(tmp_path)
    put_back()
    assert (kept.read(), kept.grants()) == before


def test_somebody_else_s_broker_has_its_own(tmp_path: Path) -> None:
    """Nothing is made or taken away that would have no effect."""
    foreign = Server("mosquitto.casa", 1883, foreign=True)
    logins = DeviceLogins(tmp_path / "claves", Prefixes(), lambda: foreign, lambda: NOW)
    refused = Refused(Refusal.FOREIGN_BROKER, {"host": "mosquitto.casa"})
    assert logins.add("tasmota", "salon") == refused
    logins.make("tasmota", "salon")  # for mosquitto-config
    assert logins.take_away("salon") == refused
    assert not nothing_in(tmp_path)


def test_many_who_change_logins_at_once_lose_none(tmp_path: Path) -> None:
    """Threads and processes: what one has made the others do not write over."""
    program = (
        "import sys; from pathlib import Path; from actors.mqtt.broker.credentials import Logins\n"
        "for n in range(20): Logins(Path(sys.argv[1])).renew(f'{sys.argv[2]}{n}')"
    )
    path = tmp_path / "claves"
    others = [subprocess.Popen([sys.executable, "-c", program, str(path), name]) for name in ("a", "b")]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: logins_in(tmp_path).make("shelly", f"c{n}"), range(20)))
    assert [each.wait(PATIENCE) for each in others] == [0, 0]
    assert Logins(path).read().keys() == {f"{name}{n}" for name in "abc" for n in range(20)}
    assert Logins(path).grants().keys() == {f"c{n}" for n in range(20)}


def test_an_access_list_without_grants_is_as_before() -> None:
    """A house without other makes has the same file as ever."""
    assert rights(shared_topic=True).count("\nuser ") == 0
