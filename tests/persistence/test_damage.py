"""A damaged device row costs what is damaged in it, and whoever asks is answered in the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from actors.domain.model import Device
from actors.domain.rhythm import CLASSES, Rhythm
from actors.domain.sequences import Boot
from actors.messages import Keep, Recall, RecallMemory
from persistence.storage.batch import Batch
from persistence.storage.faults import RETRIES
from persistence.writer.store import Store
from tests.persistence.house import WriterOnStage, reported

WHOLE = Device(
    id=1,
    serial="A",
    name="n",
    parameters={"temp": 1},
    configuration={"modo": "manual"},
    version=3,
    reports=7,
    boots=(Boot("b", ((0, 6),)),),
)
EMPTY = {
    "parametros": replace(WHOLE, parameters={}),
    "configuracion": replace(WHOLE, configuration={}),
    "arranques": replace(WHOLE, boots=()),
}
DAMAGE = [b"", b'{"x": 1', b'{"x": "\xff"}', b"5", b"[]", b"[" * 100_000]
BAD_BOOTS = [b'{"b": 5}', b'{"b": [[1]]}', b'{"b": [["x", "y"]]}', b'{"b": [[1, 2.5]]}', b'{"b": null}']
DAMAGED = [(column, text) for column in EMPTY for text in DAMAGE] + [
    ("arranques", text) for text in BAD_BOOTS
]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[WriterOnStage]:
    house = WriterOnStage(tmp_path / "iot.db")
    yield house
    house.stop()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "iot.db") as store:
        yield store


def damage(store: Store, column: str, text: bytes) -> None:
    store.database.conn.execute(
        f"UPDATE dispositivos SET {column} = CAST(? AS TEXT) WHERE serial_number = 'A'", [text]
    )


@pytest.mark.parametrize(("column", "text"), DAMAGED)
def test_what_is_damaged_in_a_device_row_is_empty_and_the_rest_is_as_it_was(
    store: Store, caplog: pytest.LogCaptureFixture, column: str, text: bytes
) -> None:
    """At a start, on a recall, and for the devices beside it; what is kept next mends it."""
    other = store.save(Batch(recalled=["A", "B"])).recalled["B"]
    store.save(Batch(devices={1: WHOLE}))
    damage(store, column, text)
    said = f"device_row_damaged serial=A column={column}"
    assert store.devices() == [EMPTY[column], other]
    assert caplog.messages == [said]
    assert store.save(Batch(recalled=["B", "A"])).recalled == {"A": EMPTY[column], "B": other}
    assert caplog.messages == [said] * 2
    store.save(Batch(devices={1: WHOLE}))
    assert store.recall("A") == WHOLE
    assert caplog.messages == [said] * 2


@pytest.mark.parametrize("damaged", [b"{", b"5", b"[-1]", b"[1.5]", b"[" + b"0," * CLASSES + b"1]"])
def test_a_damaged_rhythm_is_learned_anew(store: Store, damaged: bytes) -> None:
    """One of more classes than there are, too, of which nobody could say how long they are."""
    store.recall("A")
    store.save(Batch(devices={1: replace(WHOLE, rhythm=Rhythm((0, 3)))}))
    damage(store, "ritmo", damaged)
    assert store.recall("A") == WHOLE


def test_every_damaged_column_is_told_of(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    store.recall("A")
    for column in EMPTY:
        damage(store, column, b"{")
    assert store.devices() == [Device(id=1, serial="A")]
    assert caplog.messages == [f"device_row_damaged serial=A column={column}" for column in EMPTY]


def test_a_damaged_device_is_recalled_with_its_batch(house: WriterOnStage) -> None:
    device = house.device("A")
    damage(house.store, "configuracion", b"{")
    house.tell(Recall("A", house.neighbours.recalled), Recall("B", house.neighbours.recalled))
    house.stage.settle()
    assert house.neighbours.diary == [("recalled", device), ("recalled", Device(id=2, serial="B"))]
    assert house.queries.rejected(9) == []
    assert house.status.healthy


# -- refused -------------------------------------------------------------------------------------


def test_a_refused_memory_is_answered_with_none(house: WriterOnStage) -> None:
    """And leaves a dead letter; those beside it are answered as ever."""
    told = house.neighbours
    house.tell(
        RecallMemory(1, "learn", told.remembered),
        RecallMemory(1, "\ud800", told.remembered),
        Recall("A", told.recalled),
    )
    house.stage.settle()
    assert told.diary == [("remembered", None), ("remembered", None), ("recalled", Device(id=1, serial="A"))]
    assert [each.letter.topic for each in house.queries.rejected(9)] == ["ia/1/\\ud800"]
    assert house.status.healthy


def test_a_refused_recall_holds_nobody_up_and_is_answered_once_it_can_be(
    house: WriterOnStage, caplog: pytest.LogCaptureFixture
) -> None:
    """Here a trigger refuses the newcomer's row. A try leaves a line in the log and no dead letter."""
    device = house.device("A")
    house.store.database.conn.execute(
        "CREATE TRIGGER no BEFORE INSERT ON dispositivos WHEN NEW.serial_number = 'B'"
        " BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    device, entry = reported(device, 0)
    house.tell(
        Recall("B", house.neighbours.recalled),
        Keep(device, entry, house.delivery()),
        Recall("C", house.neighbours.recalled),
    )
    house.stage.wait(2.5 * RETRIES.longest)
    others = [("settle", [1]), ("receipt", "A", "b", 0), ("recalled", Device(id=2, serial="C"))]
    assert house.neighbours.diary == others
    assert [message.split()[:2] for message in caplog.messages] == [["recall_put_off", "serial='B'"]] * 3
    assert house.queries.rejected(9) == []
    assert (house.status.healthy, house.status.queued) == (True, 0)

    house.store.database.conn.execute("DROP TRIGGER no")
    house.stage.wait(RETRIES.longest)
    assert house.neighbours.diary == [*others, ("recalled", Device(id=3, serial="B"))]
