"""A report that is refused counts as received: the device gets its receipts, and need not send it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from actors.domain.model import Claim, Device, Json, Report
from actors.messages import ClaimDevice, Reported
from persistence.database.schema import sqlite3
from tests.household import Bomb, House, World

SERIAL = "LGT0603IF1WD"
# One that fits into a report and one that fits in besides, but the two of them into no device.
LARGE: Json = {"a": "x" * 30_000}
TOO_LARGE: Json = {"b": "x" * 30_000}
WRONG: tuple[Json, ...] = (
    {"estado": "x" * 21},
    {"parametros": [1]},
    {"codigo_sha256": "none"},
    {"configuracion": TOO_LARGE},
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(World(tmp_path / "iot.db", claim_window=300.0), {})
    house.report(SERIAL, configuracion=LARGE)
    house.flush()
    yield house
    house.kill()


def letters(house: House) -> list[tuple[str, bytes]]:
    with closing(sqlite3.connect(f"file:{house.world.path}?mode=ro", uri=True)) as db:
        return list(db.execute("SELECT motivo, payload FROM rechazados ORDER BY id"))


def send(house: House, *numbers: int, **fields: Any) -> None:
    for seq in numbers:
        house.report(SERIAL, boot="b", seq=seq, **fields)
    house.flush()
    assert house.world.unacknowledged == {}


def receipt(house: House) -> int | None:
    return house.world.receipts.get((SERIAL, "b"))


@pytest.mark.parametrize("wrong", WRONG)
def test_receipts_go_on_past_a_report_that_is_refused(house: House, wrong: Json) -> None:
    """Its own comes at once, after it is kept as a dead letter; the device is as it was."""
    send(house, 1)
    before = house.devices()[SERIAL]
    send(house, 2, **wrong)
    after = house.devices()[SERIAL]
    assert receipt(house) == 2
    assert (after.reports, after.state, after.configuration) == (before.reports, "desconocido", LARGE)
    send(house, 3)
    assert receipt(house) == 3
    assert len(letters(house)) == 1


@pytest.mark.parametrize("wrong", WRONG)
def test_one_that_comes_again_makes_no_second_letter(house: House, wrong: Json) -> None:
    """It gets the receipt that the device has missed, also after a restart."""
    send(house, 1)
    send(house, 2, **wrong)
    house.stop()
    house.kill()
    again = House(house.world, {})
    again.world.receipts.clear()
    send(again, 2, **wrong)
    assert receipt(again) == 2
    assert len(letters(again)) == 1
    again.kill()


def test_a_report_that_the_device_s_actor_dies_of_counts_too(house: House) -> None:
    """Its successor counts it; if it had not, the device would send what kills it again and again."""
    send(house, 1)
    topic = f"dispositivos/{SERIAL}/estado"
    report = Report(SERIAL, house.world.clock.now(), configuration=Bomb(), boot="b", seq=2)
    house.hand_on(topic, b"2", lambda delivery: Reported(report, delivery, topic, b"2"))
    house.report(SERIAL, boot="b", seq=3)
    house.stage.wait(1)
    assert house.world.unacknowledged == {}
    assert receipt(house) == 3
    ((reason, payload),) = letters(house)
    assert payload == b"2"
    assert "planted" in reason


def test_no_device_is_born_of_a_refused_report(house: House) -> None:
    """The letter is all there is of it, and it is acknowledged."""
    house.publish(
        "dispositivos/estado", orjson.dumps({"serial_number": "X", "boot": "b", "seq": 1, "estado": 5})
    )
    house.flush()
    assert set(house.devices()) == {SERIAL}
    assert house.world.unacknowledged == {}
    assert len(letters(house)) == 1


def test_a_boot_that_begins_with_a_refused_report_opens_the_claim_window(house: House) -> None:
    """The device has been switched on, whatever it said first."""
    house.stage.wait(301)
    send(house, 1, estado="x" * 21)
    answers: list[object] = []
    house.directory.tell(ClaimDevice(Claim(SERIAL), answers.append))
    house.flush()
    assert isinstance(answers[0], Device)


def test_what_has_no_number_is_a_letter_each_time(house: House) -> None:
    """Nothing tells one from the other."""
    for _ in range(2):
        house.report(SERIAL, configuracion=TOO_LARGE)
        house.report(SERIAL, estado="x" * 21)
    house.flush()
    assert len(letters(house)) == 4
    assert house.world.receipts == {}


@pytest.mark.parametrize("numbers", [{}, {"boot": "b", "seq": 2}])
def test_a_refused_report_is_a_sign_of_life(house: House, numbers: Any) -> None:
    """It puts off the alarm, and brings back whoever was taken for gone."""
    house.stage.wait(100)
    house.report(SERIAL, estado="x" * 21, **numbers)
    house.stage.wait(100)
    assert house.devices()[SERIAL].online
    house.stage.wait(100)
    assert not house.devices()[SERIAL].online
    house.publish(f"dispositivos/{SERIAL}/estado", b"{")
    house.flush()
    device = house.devices()[SERIAL]
    assert (device.online, device.seen_at) == (True, house.world.clock.now())
    assert device.reports == 1


def test_a_number_that_is_none_costs_no_receipt_and_is_told_until_it_is_one(house: House) -> None:
    """Also after a restart, and whatever else is told meanwhile."""
    topic = f"dispositivos/{SERIAL}/estado"
    house.publish(topic, b'{"boot":"b","seq":1,"parametros":{"temp":nan,"hum":40}}')
    house.flush()
    device = house.devices()[SERIAL]
    assert (device.parameters, device.invalid, device.reports) == ({"hum": 40}, ("temp",), 2)
    assert receipt(house) == 1
    assert letters(house) == []
    house.stop()
    house.kill()
    again = House(house.world, {})
    again.report(SERIAL, parametros={"hum": 41})
    again.flush()
    assert again.devices()[SERIAL].invalid == ("temp",)
    again.report(SERIAL, parametros={"temp": 20})
    again.flush()
    assert again.devices()[SERIAL].invalid == ()
    again.kill()


def test_a_boot_that_is_the_same_at_each_start_loses_nothing(house: House) -> None:
    """What differs is stored and receipted, once, also after a restart of ours; a true repeat never is."""
    topic = f"dispositivos/{SERIAL}/estado"

    def sent(temp: int, *numbers: int) -> None:
        for seq in numbers:
            house.publish(topic, b'{"boot":"b","seq":%d,"parametros":{"t":%d}}' % (seq, temp + seq))
        house.flush()

    sent(10, 1, 2, 3, 2, 1)
    assert (house.devices()[SERIAL].reports, house.devices()[SERIAL].reuses_boot) == (4, False)
    house.stop()
    house.kill()
    house = House(house.world, {})
    house.world.receipts.clear()
    sent(20, 1, 2, 3, 4, 3, 1)
    device = house.devices()[SERIAL]
    assert (device.reports, device.parameters, device.reuses_boot) == (8, {"t": 24}, True)
    assert receipt(house) == 4
    house.publish(topic, b'{"boot":"c","seq":1}')
    house.flush()
    assert not house.devices()[SERIAL].reuses_boot
    house.kill()
