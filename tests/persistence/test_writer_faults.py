"""Faults that nobody has thought of: the writer keeps all that waits, and finds the one message at fault."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.domain.model import DeadLetter, Device
from actors.domain.refusals import Refused
from actors.messages import Keep, KeepDeadLetter, Recall, Tidied, Tidy
from actors.runtime.supervision import CORE_DELAY, MOST_FAILURES, WINDOW, Name, Part
from persistence.storage.batch import Batch, Saved, Unsettled
from persistence.storage.faults import StorageFault, UnusableDatabase
from persistence.writer.store import Store
from tests.household import actor
from tests.persistence.house import WriterOnStage, reported


class Panic(BaseException):
    """As libraries in Rust raise them: no ``Exception``."""


ERRORS = pytest.mark.parametrize("error", [KeyError, Panic])


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """The failures here are planted."""
    caplog.set_level(logging.CRITICAL)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[WriterOnStage]:
    house = WriterOnStage(tmp_path / "iot.db")
    yield house
    house.stop()


def plant(
    monkeypatch: pytest.MonkeyPatch, spoils: Callable[[Batch], bool], error: type[BaseException]
) -> None:
    """Have the store fail over the batches that ``spoils`` picks, half of the work being done."""
    save = Store.save

    def faulty(store: Store, batch: Batch) -> Saved:
        if spoils(batch):
            store.database.conn.execute("BEGIN")
            raise error("planted")
        return save(store, batch)

    monkeypatch.setattr(Store, "save", faulty)


def holds_13(batch: Batch) -> bool:
    return any(entry.parameters.get("x") == 13 for entry in batch.entries)


def keep(house: WriterOnStage, device: Device, numbers: range) -> Device:
    for x in numbers:
        device, entry = reported(device, x, x=x)
        house.tell(Keep(device, entry, house.delivery()))
    return device


def quarantined(house: WriterOnStage) -> list[Name]:
    return [case.name for case in actor(house.writer)._failure_registry.quarantined]


@ERRORS
def test_a_fault_that_passes_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, house: WriterOnStage, error: type[BaseException]
) -> None:
    """The batch waits 0.1 s, newcomers join it, and a new connection keeps it."""
    device = house.device("A")
    faults = [True]
    plant(monkeypatch, lambda _: bool(faults) and faults.pop(), error)
    device = keep(house, device, range(20))
    house.stage.settle()
    assert house.neighbours.settled() == []
    assert not house.status.healthy
    assert house.status.queued == 20
    device = keep(house, device, range(20, 30))
    house.stage.wait(0.2)
    assert house.neighbours.settled() == list(range(1, 31))
    assert house.status.healthy
    assert house.queries.log_page(device.id, 1, 99).total == 30
    assert house.queries.rejected(9) == []


@ERRORS
def test_a_message_that_the_store_fails_over_each_time_is_refused_alone(
    monkeypatch: pytest.MonkeyPatch, house: WriterOnStage, error: type[BaseException]
) -> None:
    """Its batch waits once; from then on, for a minute, such a message costs the others nothing."""
    device = house.device("A")
    plant(monkeypatch, holds_13, error)
    answers: list[Device | Refused] = []
    device = keep(house, device, range(30))
    house.tell(Keep(device, reply=answers.append))
    house.stage.wait(0.2)
    assert house.neighbours.settled() == list(range(1, 31))
    assert answers == [device]
    assert len(house.queries.log_page(device.id, 1, 99).entries) == 29
    (rejected,) = house.queries.rejected(9)
    assert error.__name__ in rejected.letter.reason

    for seq in range(100, 100 + 2 * MOST_FAILURES):
        device, entry = reported(device, seq, x=13)
        house.tell(Keep(device, entry, house.delivery(), reply=answers.append))
        house.stage.settle()
        assert isinstance(answers[-1], Refused)
        house.stage.wait(WINDOW / 2)
    assert quarantined(house) == []
    assert house.status.healthy


@pytest.mark.parametrize("arrived", [True, False])
def test_a_refusal_of_which_only_the_disk_knows_is_kept_once(
    monkeypatch: pytest.MonkeyPatch, house: WriterOnStage, arrived: bool
) -> None:
    """Whether its commit has come to the disk or not: one dead letter, one answer, one acknowledgement."""
    device = house.device("A")
    lost = [True]
    save = Store.save

    def unsettled(store: Store, batch: Batch) -> Saved:
        if not (batch.letters and lost):
            return save(store, batch)
        lost.clear()
        nothing = Saved({}, [], {}, (), None, ())
        saved = save(store, batch) if arrived else nothing
        raise Unsettled("planted", store.commits + (not arrived), saved, StorageFault("planted"))

    monkeypatch.setattr(Store, "save", unsettled)
    answers: list[Device | Refused] = []
    device, entry = reported(device, 1, x=10**400)
    house.tell(Keep(device, entry, house.delivery(), reply=answers.append))
    house.stage.settle()
    assert (answers, house.neighbours.settled()) == ([], [])
    house.stage.wait(1.0)
    (rejected,) = house.queries.rejected(9)
    assert rejected.letter.reason.startswith("No se pudo guardar")
    assert [type(answer) for answer in answers] == [Refused]
    assert house.neighbours.settled() == [1]
    assert house.status.healthy


@ERRORS
def test_where_nothing_can_be_stored_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, house: WriterOnStage, error: type[BaseException]
) -> None:
    """In quarantine it is tried every 30 s, and all is there when the cause is gone."""
    device = house.device("A")
    faults = [True]
    plant(monkeypatch, lambda _: bool(faults), error)
    device = keep(house, device, range(20))
    house.stage.wait(2)
    assert quarantined(house) == [Name(Part.WRITER)]
    house.tell(KeepDeadLetter(DeadLetter(1.0, "t", b"", "r"), house.delivery()))
    house.tell(Recall("B", house.neighbours.recalled))
    house.stage.wait(3 * CORE_DELAY)
    assert house.neighbours.diary == []
    assert not house.status.healthy
    assert house.status.last_error is not None
    faults.clear()
    house.stage.wait(CORE_DELAY)
    assert quarantined(house) == []
    assert house.neighbours.settled() == list(range(1, 22))
    assert house.neighbours.diary[-1] == ("recalled", Device(id=2, serial="B"))
    assert house.queries.log_page(device.id, 1, 99).total == 20


@pytest.mark.parametrize("error", [OSError, UnusableDatabase])
def test_what_the_operating_system_refuses_is_the_storages_fault(
    monkeypatch: pytest.MonkeyPatch, house: WriterOnStage, error: type[BaseException]
) -> None:
    device = house.device("A")
    faults = [True]
    plant(monkeypatch, lambda _: bool(faults), error)
    keep(house, device, range(3))
    house.stage.wait(60)
    assert actor(house.writer)._failure_registry.failures(Part.WRITER) == 0
    faults.clear()
    house.stage.wait(60)
    assert house.neighbours.settled() == [1, 2, 3]


@ERRORS
def test_a_step_of_upkeep_that_fails_is_answered(house: WriterOnStage, error: type[BaseException]) -> None:
    def fail(_: Any) -> int:
        raise error("planted")

    answers: list[Tidied] = []
    device = house.device("A")
    house.tell(Tidy(fail, answers.append))
    keep(house, device, range(3))
    house.stage.wait(1)
    assert [answer.rows for answer in answers] == [None]
    assert house.neighbours.settled() == [1, 2, 3]


def test_one_that_fails_lets_go_of_the_database_until_it_goes_on(
    monkeypatch: pytest.MonkeyPatch, house: WriterOnStage
) -> None:
    device = house.device("A")
    faults = [True]
    plant(monkeypatch, lambda _: bool(faults), Panic)
    keep(house, device, range(3))
    house.stage.settle()
    Store(house.path).close()


def test_a_stop_in_quarantine_tries_once_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    house = WriterOnStage(tmp_path / "iot.db")
    device = house.device("A")
    faults = [True]
    plant(monkeypatch, lambda _: bool(faults), Panic)
    keep(house, device, range(3))
    house.stage.wait(2)
    assert quarantined(house) == [Name(Part.WRITER)]
    faults.clear()
    house.stop()
    assert house.neighbours.settled() == [1, 2, 3]
    Store(house.path).close()


def test_a_refused_report_and_its_number_are_kept_together(house: WriterOnStage) -> None:
    """In one transaction, and the receipt follows it."""
    device, letter = reported(house.device("A"), 1)[0], DeadLetter(1.0, "t", b"x", "r")
    house.statements.clear()
    house.tell(Keep(device, delivery=house.delivery(), refused=(letter, "b")))
    house.stage.settle()
    assert house.statements.count("COMMIT") == 1
    assert house.neighbours.diary == [("settle", [1]), ("receipt", "A", "b", 1)]
    assert house.store.devices() == [device]
    assert [rejected.letter for rejected in house.queries.rejected(9)] == [letter]


def test_of_a_refused_report_that_cannot_be_stored_the_letter_remains(house: WriterOnStage) -> None:
    letter = DeadLetter(1.0, "a\ud800", b"x", "r")
    house.tell(Keep(house.device("A"), delivery=house.delivery(), refused=(letter, "b")))
    house.stage.settle()
    (rejected,) = house.queries.rejected(9)
    assert rejected.letter == DeadLetter(house.clock.now(), "a\\ud800", b"x", "r")
