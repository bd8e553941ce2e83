"""The writer: what follows a commit follows it, in order, and a failing disk loses nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pykka
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.findings import Finding, KeptFinding, RuleMemory
from actors.domain.model import DeadLetter, Device, LogEntry
from actors.domain.refusals import Refusal, Refused
from actors.domain.status import WriterStatus
from actors.messages import Delivery, Keep, KeepConclusion, KeepDeadLetter, Recall, Recalled, Settle
from actors.runtime.clock import SystemClock
from actors.runtime.dispatch import ThreadPool
from persistence.writer.actor import WriterActor
from persistence.writer.store import Store
from tests.persistence.house import BIG, Neighbours, WriterOnStage, reported


@pytest.fixture
def house(tmp_path: Path) -> Iterator[WriterOnStage]:
    house = WriterOnStage(tmp_path / "iot.db")
    yield house
    if house.writer.is_alive():
        house.stop()


# -- group commit --------------------------------------------------------------------------------


def test_all_that_waits_goes_into_one_transaction(house: WriterOnStage) -> None:
    """Five hundred reports of two devices: one commit, one settling, one receipt a device."""
    one, two = house.device("A"), house.device("B")
    house.statements.clear()
    commits = house.status.commits
    for seq in range(250):
        one, entry = reported(one, seq, temp=seq)
        house.tell(Keep(one, entry, house.delivery()))
        two, entry = reported(two, seq, temp=-seq)
        house.tell(Keep(two, entry, house.delivery()))
    house.stage.settle()
    assert house.statements.count("COMMIT") == 1
    assert house.status.commits == commits + 1
    assert house.neighbours.diary == [
        ("settle", list(range(1, 501))),
        ("receipt", "A", "b", 249),
        ("receipt", "B", "b", 249),
    ]
    assert house.queries.log_page(one.id, 1, 1).total == 250
    assert house.store.devices() == [one, two]


def test_a_lone_message_is_kept_at_once(house: WriterOnStage) -> None:
    device = house.device("A")
    after, entry = reported(device, 0)
    house.tell(Keep(after, entry, house.delivery()))
    house.stage.step()
    assert house.neighbours.settled() == [1]
    assert house.status == WriterStatus(commits=2, rows=2)


def test_what_follows_a_commit_comes_in_the_order_of_arrival(house: WriterOnStage) -> None:
    device = house.device("A")
    claimed = replace(device, claimed=True, version=1, configuration={"modo": "manual"})
    finding = Finding("misconfig", "ai_misconfig", device.id, "A", 5.0, {"issues": ["x"]})
    told = house.neighbours
    house.tell(
        Keep(claimed, reply=told.reply("first"), publish=True),
        KeepConclusion([(finding, {"modo": "manual"})], RuleMemory(device.id, "misconfig", 0, {})),
        KeepDeadLetter(DeadLetter(1.0, "t", b"\xff", "r"), house.delivery()),
        Recall("A", told.recalled),
        Settle(house.delivery()),
        Keep(replace(claimed, name="n"), reply=told.reply("second")),
        Recall("B", told.recalled),
    )
    house.stage.settle()
    assert told.diary == [
        ("settle", [1, 2]),
        ("configuration", "A", 1, {"modo": "manual"}),
        ("first", claimed),
        ("finding", KeptFinding(1, finding, {"modo": "manual"})),
        ("recalled", replace(claimed, name="n")),
        ("second", replace(claimed, name="n")),
        ("recalled", Device(id=2, serial="B")),
    ]


def test_a_repeat_is_given_the_receipt_that_it_missed(house: WriterOnStage) -> None:
    device = house.device("A")
    for seq in (0, 1, 3):
        device, _ = reported(device, seq)
    house.tell(Settle(house.delivery(), (device, "b")), Settle(house.delivery(), (device, "unknown")))
    house.stage.settle()
    assert house.neighbours.diary == [("settle", [1, 2]), ("receipt", "A", "b", 1)]


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
def test_a_neighbour_that_fails_takes_nobody_along(
    house: WriterOnStage, caplog: pytest.LogCaptureFixture, error: type[BaseException]
) -> None:
    def fail(_: object) -> None:
        raise error("the loop is closed")

    device = house.device("A")
    house.tell(Keep(device, reply=fail), Keep(device, reply=house.neighbours.reply("second")))
    house.stage.settle()
    assert house.neighbours.diary == [("second", device)]
    (failed,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert failed.exc_info is not None


# -- failure of the disk -------------------------------------------------------------------------


def test_a_full_disk_holds_everything_back_until_it_is_freed(
    house: WriterOnStage, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is acknowledged, newcomers join the batch, and it is logged once each way."""
    caplog.set_level(logging.INFO, "persistence.writer.actor")
    device = house.device("A")
    house.fill_the_disk()
    house.tell(Keep(*(first := reported(device, 0, x=BIG)), house.delivery()))
    house.stage.settle()
    house.tell(Keep(*(second := reported(first[0], 1, x=2)), house.delivery()))
    house.stage.wait(60)
    assert house.neighbours.diary == []
    assert (house.status.healthy, house.status.queued) == (False, 2)
    assert house.status.last_error is not None
    assert "full" in house.status.last_error.line

    house.free_the_disk()
    house.stage.wait(60)
    assert house.neighbours.diary == [("settle", [1, 2]), ("receipt", "A", "b", 1)]
    assert (house.status.healthy, house.status.queued) == (True, 0)
    assert house.queries.log_page(device.id, 1, 9).entries == [second[1], first[1]]
    assert [record.message.split()[0] for record in caplog.records] == ["commit_failed", "commit_recovered"]


def test_retries_come_less_and_less_often(house: WriterOnStage) -> None:
    device = house.device("A")
    house.fill_the_disk()
    house.statements.clear()
    house.tell(Keep(*reported(device, 0, x=BIG)))
    tries = []
    for _ in range(4):
        house.stage.wait(30)
        tries.append(house.statements.count("BEGIN"))
    assert tries[0] < 10
    assert tries[3] - tries[2] == 1


def test_a_database_that_cannot_be_opened_yet_is_tried_again(tmp_path: Path) -> None:
    """Even with nothing to keep, so that the health says so as soon as it is well."""
    with Store(tmp_path / "iot.db"):
        house = WriterOnStage(tmp_path / "iot.db")
        assert not house.status.healthy
    house.stage.wait(1)
    assert house.status.healthy
    assert house.device("A").id == 1
    house.stop()


def test_stopping_keeps_what_came_before(tmp_path: Path) -> None:
    house = WriterOnStage(tmp_path / "iot.db")
    device, entry = reported(house.device("A"), 0)
    house.tell(Keep(device, entry, house.delivery()))
    house.stop()
    assert house.neighbours.settled() == [1]
    with Store(house.path) as store:
        assert store.devices() == [device]


def test_stopping_on_a_full_disk_acknowledges_nothing_and_lets_go(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = WriterOnStage(tmp_path / "iot.db")
    device = house.device("A")
    house.fill_the_disk()
    house.tell(Keep(*reported(device, 0, x=BIG), house.delivery()))
    house.stop()
    house.stage.wait(60)
    assert house.neighbours.diary == []
    assert "stopped_without_keeping messages=1" in caplog.messages
    with Store(house.path) as store:
        assert store.devices() == [device]


# -- failure of a row ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoil",
    [
        lambda device, entry: (device, entry._replace(state="\ud800")),
        lambda device, entry: (device, entry._replace(at=float("nan"))),
        lambda device, entry: (device, entry._replace(parameters={"x": 2**70})),
        lambda device, entry: (device, entry._replace(seq=2**64)),
        lambda device, entry: (device, entry._replace(n=1)),
        lambda device, entry: (replace(device, name="\ud800"), entry),
        lambda device, entry: (replace(device, configuration={"x": "\ud800"}), entry),
    ],
)
def test_a_row_that_cannot_be_stored_is_refused_alone(
    house: WriterOnStage, spoil: Callable[[Device, LogEntry], tuple[Device, LogEntry]]
) -> None:
    """It goes to the dead letters and is settled; the rest of its batch is kept."""
    told = house.neighbours
    devices = [house.device(serial) for serial in "ABC"]
    (a, a1), (b, b1), (c, c1) = (reported(device, 0, temp=1) for device in devices)
    house.tell(Keep(b, b1))
    house.stage.settle()
    told.diary.clear()
    b, b2 = reported(b, 1, temp=2)
    house.tell(
        Keep(a, a1, house.delivery(), told.reply("a")),
        Keep(*spoil(b, b2), house.delivery(), told.reply("b")),
        Keep(c, c1, house.delivery(), told.reply("c")),
    )
    house.stage.settle()
    assert told.settled() == [1, 2, 3]
    answers = [entry for entry in told.diary if entry[0] in ("a", "b", "c")]
    assert [name for name, _ in answers] == ["a", "b", "c"]
    refused = answers[1][1]
    assert isinstance(refused, Refused)
    assert refused.why is Refusal.NOT_STORED
    assert [house.queries.log_page(device.id, 1, 9).total for device in (a, b, c)] == [1, 1, 1]
    (rejected,) = house.queries.rejected(9)
    assert rejected.letter.topic == "dispositivos/B/estado"
    assert rejected.letter.reason == f"No se pudo guardar: {refused.about['error']}"
    assert house.status.healthy


def test_a_dead_letter_that_cannot_be_stored_is_stored_in_plain(house: WriterOnStage) -> None:
    house.tell(KeepDeadLetter(DeadLetter(1.0, "a\ud800", b"\xff", "r\ud800"), house.delivery()))
    house.stage.settle()
    (rejected,) = house.queries.rejected(9)
    assert rejected.letter == DeadLetter(house.clock.now(), "a\\ud800", b"\xff", "r\\ud800")
    assert house.neighbours.settled() == [1]


def test_a_change_that_cannot_be_stored_leaves_a_trace(house: WriterOnStage) -> None:
    device = house.device("A")
    house.tell(Keep(replace(device, configuration={"x": "\ud800"}), publish=True))
    house.stage.settle()
    (rejected,) = house.queries.rejected(9)
    assert rejected.letter.topic == "dispositivos/A/configuracion"
    assert rejected.letter.payload == b'{"x": "\\ud800"}'
    assert house.neighbours.diary == []


# -- all of it at once ---------------------------------------------------------------------------

acts = st.lists(
    st.sampled_from(
        ["report", "large report", "bad report", "letter", "repeat", "full", "free", "turn", "wait"]
    ),
    max_size=40,
)


@settings(max_examples=60)
@given(acts=acts)
def test_whatever_happens_each_delivery_is_settled_once_in_order_when_it_is_on_disk(
    tmp_path_factory: pytest.TempPathFactory, acts: list[str]
) -> None:
    house = WriterOnStage(tmp_path_factory.mktemp("house") / "iot.db")
    device = house.device("A")
    kept = house.neighbours
    expected: dict[int, LogEntry] = {}
    on_disk_by_then: list[bool] = []

    def settle(deliveries: Sequence[Delivery]) -> None:
        Neighbours.settle(kept, deliveries)
        on_disk = {entry.n: entry for entry in house.queries.log_page(device.id, 1, 1000).entries}
        for delivery in deliveries:
            if (entry := expected.get(delivery.mid)) is not None:
                on_disk_by_then.append(on_disk.get(entry.n) == entry)

    kept.settle = settle  # type: ignore[method-assign]
    letters = 0
    for seq, act in enumerate(acts):
        match act:
            case "report" | "large report":
                delivery = house.delivery()
                device, entry = reported(device, seq, x=BIG if act == "large report" else seq)
                expected[delivery.mid] = entry
                house.tell(Keep(device, entry, delivery))
            case "bad report":
                _, entry = reported(device, seq, x=2**70)
                house.tell(Keep(device, entry, house.delivery()))
                letters += 1
            case "letter":
                house.tell(KeepDeadLetter(DeadLetter(1.0, "t", b"", "r"), house.delivery()))
                letters += 1
            case "repeat":
                house.tell(Settle(house.delivery()))
            case "full":
                house.fill_the_disk()
            case "free":
                house.free_the_disk()
            case "turn":
                house.stage.settle()
            case "wait":
                house.stage.wait(1)
    house.free_the_disk()
    house.stage.wait(60)

    told = house.delivery().mid - 1
    assert kept.settled() == list(range(1, told + 1))
    assert on_disk_by_then == [True] * len(expected)
    log = house.queries.log_page(device.id, 1, 1000)
    assert list(log.entries) == list(expected.values())[::-1]
    assert house.store.devices() == [device]
    assert len(house.queries.rejected(1000)) == letters
    house.stop()


# -- on a thread of its own ----------------------------------------------------------------------


def test_on_its_own_thread_it_answers_asks_from_any_other(tmp_path: Path) -> None:
    pool, clock, told = ThreadPool("writer", 1), SystemClock(), Neighbours()
    pool.start()
    clock.start()
    writer = WriterActor.start(
        pool, lambda: Store(tmp_path / "iot.db"), clock, told, told, status := WriterStatus()
    )
    future: pykka.ThreadingFuture[Recalled] = pykka.ThreadingFuture()
    writer.tell(Recall("A", future.set))
    device = future.get(timeout=10).device
    writer.tell(Keep(device, delivery=Delivery(1, 1, 1)))
    assert told.told.wait(10)
    assert status.healthy
    writer.stop(timeout=10)
    pool.stop(10)
    clock.stop()
    Store(tmp_path / "iot.db").close()
