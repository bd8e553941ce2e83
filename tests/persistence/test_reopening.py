"""After a fault of the storage the writer begins again with a new connection, a new lock, the same data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlite_utils import Database

from actors.domain.findings import Finding, RuleMemory
from actors.domain.model import Device
from actors.messages import Delivery, Keep, KeepConclusion
from persistence.database.schema import sqlite3
from persistence.storage.faults import StorageFault, UnusableDatabase
from persistence.writer.store import Store
from tests.persistence.house import BIG, Neighbours, WriterOnStage, reported


@pytest.fixture
def house(tmp_path: Path) -> Iterator[WriterOnStage]:
    house = WriterOnStage(tmp_path / "disk" / "iot.db")
    yield house
    house.stop()


def refuse_rollback(action: int, what: str | None, *_: str | None) -> int:
    denied = action == sqlite3.SQLITE_TRANSACTION and what == "ROLLBACK"
    return sqlite3.SQLITE_DENY if denied else sqlite3.SQLITE_OK


def rows_at_settling(house: WriterOnStage) -> list[int]:
    """How many log rows of the first device others see, noted as often as something is acknowledged."""
    seen: list[int] = []

    def settle(deliveries: Sequence[Delivery]) -> None:
        Neighbours.settle(house.neighbours, deliveries)
        seen.append(house.queries.log_page(1, 1, 9).total)

    house.neighbours.settle = settle  # type: ignore[method-assign]
    return seen


def test_a_rollback_that_fails_never_leads_to_an_acknowledgement_of_what_is_not_on_disk(
    house: WriterOnStage,
) -> None:
    """The bad value makes the rollback needed; what is then retried is committed and not only released."""
    device = house.device("A")
    seen = rows_at_settling(house)
    first, entry = reported(device, 0)
    _, bad = reported(first, 1, x=2**70)
    broken = house.store
    broken.database.conn.set_authorizer(refuse_rollback)
    house.tell(Keep(first, entry, house.delivery()), Keep(first, bad, house.delivery()))
    house.stage.settle()
    assert house.neighbours.diary == []
    assert not house.status.healthy
    house.stage.wait(60)
    assert house.store is not broken
    assert house.neighbours.settled() == [1, 2]
    assert seen == [1, 1]
    assert house.status.healthy


def test_a_connection_left_inside_a_transaction_is_not_used(house: WriterOnStage) -> None:
    device = house.device("A")
    seen = rows_at_settling(house)
    house.store.database.conn.execute("BEGIN")
    house.store.database.conn.execute("DELETE FROM dispositivos")
    device, entry = reported(device, 0)
    house.tell(Keep(device, entry, house.delivery()))
    house.stage.settle()
    assert house.neighbours.diary == []
    house.stage.wait(60)
    assert house.neighbours.settled() == [1]
    assert seen == [1]
    assert house.store.devices() == [device]


def test_the_store_refuses_to_save_inside_a_transaction(tmp_path: Path) -> None:
    with Store(tmp_path / "iot.db") as store:
        store.database.conn.execute("BEGIN")
        with pytest.raises(StorageFault, match="still open"):
            store.recall("A")
        store.database.conn.execute("ROLLBACK")
        assert store.recall("A").id == 1


def test_while_it_waits_the_lock_is_free_and_then_it_is_taken_again(house: WriterOnStage) -> None:
    """Whoever has it meanwhile is waited for."""
    device, entry = reported(house.device("A"), 0, x=BIG)
    house.fill_the_disk()
    house.tell(Keep(device, entry, house.delivery()))
    house.stage.settle()
    with Store(house.path):
        house.free_the_disk()
        house.stage.wait(60)
        assert house.neighbours.diary == []
        assert "en uso por otra instancia" in str(house.status.last_error)
    house.stage.wait(60)
    assert house.neighbours.settled() == [1]
    with pytest.raises(UnusableDatabase, match="en uso por otra instancia"):
        Store(house.path)


@pytest.mark.parametrize("in_doubt", [False, True])
def test_nothing_is_kept_or_acknowledged_where_another_has_written_meanwhile(
    house: WriterOnStage, monkeypatch: pytest.MonkeyPatch, in_doubt: bool
) -> None:
    """What is held in memory of each device is no longer so, nor was it us who made those commits."""
    device, entry = reported(house.device("A"), 0, x=BIG)
    if in_doubt:
        fail_once_at_the_end(monkeypatch, house, False)
    else:
        house.fill_the_disk()
    house.tell(Keep(device, entry, house.delivery()))
    house.stage.settle()
    house.free_the_disk()
    with Store(house.path) as other:
        other.recall("B")
        other.recall("C")
    for _ in range(3):
        house.stage.wait(60)
    assert house.neighbours.diary == []
    assert "Otro ha escrito" in str(house.status.last_error)
    assert house.queries.log_page(device.id, 1, 9).total == 0


def test_a_disk_that_comes_back_is_written_and_its_bare_mount_point_is_not(house: WriterOnStage) -> None:
    """Nothing is acknowledged into the new database that the mount point has room for."""
    device, entry = reported(house.device("A"), 0, x=BIG)
    house.fill_the_disk()
    house.tell(Keep(device, entry, house.delivery()))
    house.stage.settle()
    disk, away = house.path.parent, house.path.parent.with_name("away")
    disk.rename(away)
    disk.mkdir()
    house.free_the_disk()
    house.stage.wait(60)
    assert house.neighbours.diary == []
    assert "La base de datos es otra" in str(house.status.last_error)

    disk.rename(disk.with_name("bare"))
    away.rename(disk)
    house.stage.wait(60)
    assert house.neighbours.settled() == [1]
    assert house.queries.log_page(device.id, 1, 9).entries == [entry]
    assert house.status.healthy


@pytest.mark.parametrize("on_disk", [True, False])
def test_a_commit_of_which_only_the_disk_knows_is_found_out(
    house: WriterOnStage, monkeypatch: pytest.MonkeyPatch, on_disk: bool
) -> None:
    """What is there is not stored again, nor refused for being there; what follows it follows once."""
    device = house.device("A")
    fail_once_at_the_end(monkeypatch, house, on_disk)
    assert_kept_once(house, device)


def fail_once_at_the_end(monkeypatch: pytest.MonkeyPatch, house: WriterOnStage, on_disk: bool) -> None:
    """Have the next commit fail, just after it or just before."""
    atomic = type(house.store.database).atomic
    faults = [True]

    @contextmanager
    def fails_at_its_end(database: Database) -> Iterator[None]:
        with atomic(database):
            yield
            if faults and not on_disk:
                faults.pop()
                raise sqlite3.OperationalError("disk I/O error")
        if faults:
            faults.pop()
            raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(type(house.store.database), "atomic", fails_at_its_end)


def test_files_that_were_away_when_it_was_committed_are_found_out(
    house: WriterOnStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moved in the very moment, and moved back."""
    device = house.device("A")
    disk, away = house.path.parent, house.path.parent.with_name("away")
    atomic = type(house.store.database).atomic
    moves = [True]

    @contextmanager
    def moves_away(database: Database) -> Iterator[None]:
        with atomic(database):
            yield
        if moves:
            moves.pop()
            disk.rename(away)
            house.clock.call_later(0.1, lambda: away.rename(disk))

    monkeypatch.setattr(type(house.store.database), "atomic", moves_away)
    assert_kept_once(house, device)


def assert_kept_once(house: WriterOnStage, device: Device) -> None:
    def finding(at: float) -> KeepConclusion:
        found = Finding("offline", "ai_offline", device.id, device.serial, at, {})
        return KeepConclusion([(found, {})], RuleMemory(device.id, "offline", 1, {}))

    first, entry = reported(device, 0)
    house.tell(Keep(first, entry, house.delivery(), reply=house.neighbours.reply("answer")), finding(1.0))
    house.stage.settle()
    assert house.neighbours.diary == []
    assert not house.status.healthy
    second, other = reported(first, 1)
    house.tell(Keep(second, other, house.delivery()), finding(2.0))
    house.stage.wait(60)
    assert house.neighbours.settled() == [1, 2]
    found = [rest[0].id for what, *rest in house.neighbours.diary if what == "finding"]
    assert found == [1, 2]
    assert [rest[0] for what, *rest in house.neighbours.diary if what == "answer"] == [first]
    assert house.queries.log_page(device.id, 1, 9).entries == [other, entry]
    assert house.queries.findings(1, 9).total == 2
    assert house.queries.rejected(9) == []
    assert house.status.healthy
