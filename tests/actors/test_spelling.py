"""Serial numbers that differ in letter case alone are one device's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pykka
import pytest

from actors.domain.model import Claim
from actors.messages import ClaimDevice
from persistence.writer.store import Store
from tests.household import House, World, actor


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield World(tmp_path / "iot.db")
    for ref in pykka.ActorRegistry.get_all():
        pykka.ActorRegistry.unregister(ref)


def claim(house: House, serial: str) -> None:
    house.directory.tell(ClaimDevice(Claim(serial, configuration={"modo": "manual"}), lambda _: None))
    house.flush()


def test_the_first_spelling_is_kept(world: World) -> None:
    """Whatever comes in: reports by either topic, presence, and claims."""
    house = House(world, {})
    house.report("tmp0Ab")
    house.report("TMP0AB")
    house.publish("dispositivos/estado", b'{"serial_number":"Tmp0aB"}')
    house.publish("dispositivos/TMP0ab/conexion", b"offline")
    house.flush()
    (device,) = house.kept().values()
    assert (device.serial, device.reports, device.online) == ("tmp0Ab", 3, False)
    claim(house, "TMP0AB")
    assert house.kept()["tmp0Ab"].claimed
    assert not house.rows("SELECT * FROM rechazados")


def test_a_board_is_answered_as_it_spells_itself(world: World) -> None:
    """By its first spelling and by the one that it uses now."""
    house = House(world, {})
    house.report("tmp0ab")
    house.flush()
    claim(house, "tmp0ab")
    house.report("TMP0AB", boot="b", seq=1)
    house.flush()
    assert actor(house.writer)._commands._names("tmp0ab") == ("tmp0ab", "TMP0AB")


def test_two_that_a_database_holds_stay_two(world: World) -> None:
    with Store(world.path) as store:
        ids = {serial: store.recall(serial).id for serial in ("TMP0AB", "tmp0ab")}
    house = House(world, {})
    for serial in ("tmp0ab", "TMP0AB", "Tmp0ab"):
        house.report(serial)
    house.flush()
    assert {serial: device.id for serial, device in house.kept().items()} == ids
    assert [device.reports for device in house.kept().values()] == [2, 1]
