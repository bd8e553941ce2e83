"""The house by name: seen by other machines of a LAN, through all that happens to networks and names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stage import FakeClock
from tests.web.lan import Lan
from web.identity.mdns_announcer import Announcer, Service
from web.identity.network import Network

OURS = ("192.168.7.10/24", "10.9.0.10/16", "fd00:7::10/64", "fe80::7:10/64")
THEIRS = ("192.168.7.20/24", "fd00:7::20/64", "fe80::7:20/64")


@pytest.fixture
def lan() -> Iterator[Lan]:
    with Lan() as lan:
        yield lan


def bare(*addresses: str) -> list[str]:
    return sorted(address.partition("/")[0] for address in addresses)


def test_another_machine_finds_all(lan: Lan) -> None:
    """Name, services, ports, properties, and every address, IPv6 too; and forgets all at the goodbye."""
    house = lan.machine(*OURS).run("announce", "casa.local")
    phone = lan.machine(*THEIRS).run("resolve")
    phone.until(bare(*OURS), "addresses", "casa.local")
    for kind, port, properties in (
        ("_https._tcp", 5443, {"path": "/", "tls": "1"}),
        ("_mqtt._tcp", 8883, {"tls": "1"}),
    ):
        found = {"host": "casa.local.", "port": port, "addresses": bare(*OURS), "properties": properties}
        phone.until(found, "service", kind, "casa")
    house.until("casa.local", "host")
    house.ask("stop")
    assert house.ask("host") is None
    phone.until([], "addresses", "casa.local")
    phone.until(None, "service", "_https._tcp", "casa")


def test_a_name_that_is_taken_is_left_alone(lan: Lan) -> None:
    """The second house of that name is ``casa-2``, which it says, and the third ``casa-3``."""
    first = lan.machine(*OURS).run("announce", "casa.local")
    first.until("casa.local", "host")
    second = lan.machine(*THEIRS).run("announce", "casa.local")
    second.until("casa-2.local", "host")
    assert second.ask("said", "mdns_name_taken name=casa.local") == 1
    third = lan.machine("192.168.7.30/24").run("announce", "casa.local")
    third.until("casa-3.local", "host")
    phone = lan.machine("192.168.7.40/24").run("resolve")
    phone.until(bare(*OURS), "addresses", "casa.local")
    phone.until(bare(*THEIRS), "addresses", "casa-2.local")
    assert phone.ask("service", "_mqtt._tcp", "casa-2")["host"] == "casa-2.local."
    assert first.ask("host") == "casa.local"


def test_a_device_of_another_kind_keeps_its_name(lan: Lan) -> None:
    """Though none of its services is ours."""
    nas = lan.machine("192.168.7.1/24").run("resolve")
    nas.ask("claim", "casa.local")
    house = lan.machine(*OURS).run("announce", "casa.local")
    house.until("casa-2.local", "host")
    assert house.ask("said", "mdns_announced") == 1


def test_a_device_that_insists_gets_the_name(lan: Lan) -> None:
    """Even one with a lesser address, that would have to yield, and does not."""
    house = lan.machine(*OURS).run("announce", "casa.local")
    house.until("casa.local", "host")
    nas = lan.machine("192.168.7.1/24").run("resolve")
    nas.ask("claim", "casa.local")
    assert house.ask("host") == "casa.local"
    while house.ask("host") != "casa-2.local":
        nas.ask("claim", "casa.local")


def test_two_that_could_not_hear_each_other_settle_it(lan: Lan) -> None:
    """When the cable is back, one and only one keeps the name."""
    machines = [lan.machine(*OURS), lan.machine(*THEIRS)]
    machines[0].unplug()
    houses = [machine.run("announce", "casa.local") for machine in machines]
    for house in houses:
        house.until("casa.local", "host")
    machines[0].plug()
    phone = lan.machine("192.168.7.40/24", "fd00:7::40/64").run("resolve")
    phone.ask("addresses", "casa.local")  # both answer, and hear each other do so
    houses[0].until("casa-2.local", "host")
    assert houses[1].ask("host") == "casa.local"
    phone.until(bare(*OURS), "addresses", "casa-2.local")
    phone.until(bare(*THEIRS), "addresses", "casa.local")


def test_it_follows_the_network(lan: Lan) -> None:
    """A new address and one that is gone, at the next look; the phone's memory is set right."""
    machine = lan.machine(*OURS)
    house = machine.run("announce", "casa.local")
    phone = lan.machine(*THEIRS).run("resolve")
    phone.until(bare(*OURS), "addresses", "casa.local")
    house.until("casa.local", "host")
    machine.add("192.168.7.11/24")
    machine.remove(OURS[1])
    house.ask("tick")
    phone.until(bare(OURS[0], "192.168.7.11/24", *OURS[2:]), "addresses", "casa.local")
    house.until("casa.local", "host")
    house.ask("tick")
    assert house.ask("said", "mdns_announced") == 2


def test_no_network_is_said_once_and_waited_for(lan: Lan) -> None:
    """As on a machine that starts before its router does."""
    machine = lan.machine()
    house = machine.run("announce", "casa.local")
    for _ in range(3):
        assert house.ask("tick") is None
    assert house.ask("said", "mdns_off_air") == 1
    machine.add(OURS[0])
    phone = lan.machine(*THEIRS).run("resolve")
    house.until("casa.local", "tick")
    phone.until(bare(OURS[0]), "addresses", "casa.local")
    machine.remove(OURS[0])
    house.until(None, "tick")
    house.until(2, "said", "mdns_off_air")


def test_one_that_never_started_can_be_stopped() -> None:
    """As when the system fails to start before it gets there; and so can one that stopped already."""
    announcer = Announcer(FakeClock(), "casa.local", [Service("_http._tcp", 80, {})])
    announcer.stop()
    announcer.stop()
    assert announcer.host is None


def test_one_that_has_just_started_can_be_stopped() -> None:
    """In the midst of asking for its name, on this machine's loopback."""
    announcer = Announcer(FakeClock(), "casa.local", [Service("_http._tcp", 80, {})], ["lo"])
    announcer.start()
    announcer.stop()
    announcer.stop()
    assert announcer.host is None


def test_loopback_is_not_of_the_network() -> None:
    """Nobody else reaches it there, unless it is asked for by name, as here."""
    assert not any(address.is_loopback for address in Network.present().addresses)
    assert "127.0.0.1" in Network.present(["lo"]).joins
    assert Network.present(["none"]) == Network(frozenset(), frozenset())
