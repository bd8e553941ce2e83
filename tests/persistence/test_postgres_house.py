"""What PostgreSQL does in a way of its own: one writer, fenced, and a log in parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from actors.domain.logbook import BY_DEVICE, Act, Deed
from actors.domain.model import LogEntry
from actors.domain.status import Hindrance
from persistence.maintenance.retention import DropDeeds, Retention
from persistence.postgres.log_parts import WEEK_S, weeks
from persistence.storage.batch import Batch, Unsettled
from persistence.storage.faults import StorageFault, UnusableDatabase
from tests.persistence.archive import DAY, START, Archive
from tests.persistence.conformance.engines import PostgresHouse
from tests.postgres import PostgresServer

WEEK = START // WEEK_S


@pytest.fixture
def house(database_url: str) -> Iterator[PostgresHouse]:
    made = PostgresHouse(database_url)
    yield made
    made.close()


def entry(n: int, at: float) -> LogEntry:
    return LogEntry(1, n, at, "activo", {})


def test_there_is_one_writer(house: PostgresHouse) -> None:
    """And another one as soon as it is gone, however it went."""
    with house.store() as store:
        with pytest.raises(UnusableDatabase, match="en uso por otra instancia") as caught:
            house.store()
        assert caught.value.hindrance is Hindrance.BUSY
        instance = store.instance_id
    with house.store() as store:
        assert store.instance_id == instance
        house.execute(f"SELECT pg_terminate_backend({store.connection.info.backend_pid}, 5000)")
        with house.store() as next_one:
            assert next_one.recall("A").id == 1
        with pytest.raises(StorageFault) as lost:
            store.recall("B")
        assert lost.value.hindrance is Hindrance.UNREACHABLE


@pytest.mark.parametrize("counted", [0, 7], ids=["put back", "written by another"])
def test_nothing_is_kept_in_a_database_that_is_not_as_it_was_left(house: PostgresHouse, counted: int) -> None:
    with house.store() as store:
        store.recall("A")
        house.execute(f"UPDATE sistema SET valor = '{counted}' WHERE clave = 'guardados'")
        with pytest.raises(UnusableDatabase, match="no es la que era") as caught:
            store.save(Batch(entries=[entry(1, START)]))
        assert caught.value.hindrance is Hindrance.ANOTHER
        assert not isinstance(caught.value, Unsettled)
    assert house.execute("SELECT count(*) FROM estado_log") == [(0,)]


def test_it_is_noticed_that_another_database_is_in_its_place(house: PostgresHouse) -> None:
    with house.store() as store:
        store.check_in_place()
        house.execute("UPDATE sistema SET valor = '00000000' WHERE clave = 'instancia'")
        with pytest.raises(UnusableDatabase, match="es otra"):
            store.check_in_place()


@pytest.mark.database
def test_a_server_that_was_away_is_told_of_as_such_and_what_it_holds_is_there(own: PostgresServer) -> None:
    house = PostgresHouse(own.url())
    store = house.store()
    store.connection.execute("SET synchronous_commit = on")
    device = replace(store.recall("A"), name="Salón")
    store.save(Batch(devices={device.id: device}))
    own.kill()
    with pytest.raises(StorageFault) as caught:
        store.recall("B")
    assert caught.value.hindrance is Hindrance.UNREACHABLE
    store.close()
    own.start()
    with house.store() as again:
        assert again.devices() == [device]
    house.close()


@pytest.fixture
def own() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.close()


# -- the log's parts -------------------------------------------------------------------------------


def test_each_week_is_a_part_and_moments_far_from_now_have_none(house: PostgresHouse) -> None:
    stamps = [START, START + 1, START + 7 * DAY, 0.0, START + 400 * DAY, -1e9, float("inf")]
    with house.store() as store:
        store.save(Batch(START, entries=[entry(n, at) for n, at in enumerate(stamps, start=1)]))
        assert weeks(store.connection) == [WEEK, WEEK + 1]
    assert house.execute("SELECT n FROM estado_log_resto ORDER BY n") == [(4,), (5,), (6,), (7,)]
    assert [each.at for each in house.queries().log_page(1, 1, 9).entries] == stamps[::-1]


def test_what_waited_in_the_rest_comes_along_when_its_week_has_come(house: PostgresHouse) -> None:
    ahead = START + 70 * DAY
    with house.store() as store:
        store.save(Batch(START, entries=[entry(1, ahead)]))
        store.save(Batch(ahead, entries=[entry(2, ahead + 1)]))
    assert house.execute("SELECT count(*) FROM estado_log_resto") == [(0,)]
    assert [each.n for each in house.queries().log_page(1, 1, 9).entries] == [2, 1]


def dropped(archive: Archive, now: float) -> list[str]:
    """The steps by which what is old goes, and whose rows."""
    steps = []
    for step in archive.upkeep.deletions(lambda: now):
        archive.store.tidy(step)
        steps.append(type(step).__name__)
    return steps


def test_a_week_that_is_old_goes_at_once(house: PostgresHouse) -> None:
    """And nothing of it before, though it is old in part; of its hours nothing goes with it."""
    end = (WEEK + 1) * WEEK_S
    with Archive(house, Retention(rows=10, hours=100)) as archive:
        archive.report(*(START + n * DAY for n in range(18)), t=1)
        archive.roll_up()
        assert dropped(archive, end + 10 * DAY - 1) == []
        assert archive.numbers() == list(range(1, 19))
        assert dropped(archive, end + 10 * DAY) == ["DropPart"]
        assert archive.numbers() == [n + 1 for n in range(18) if START + n * DAY >= end]
        assert len(archive.ask("t", START, START + 18 * DAY, DAY).points) == 18


def test_what_cannot_be_read_takes_nothing_else_along(
    house: PostgresHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """Though all that is looked for at a time is read in one transaction."""
    with Archive(house, Retention(days=10, findings=10)) as archive:
        archive.report(START, t=1)
        deed = Deed(archive.device.id, START, Act.CLAIMED, BY_DEVICE, {})
        archive.store.save(Batch(START, deeds=[deed]))
        house.execute("ALTER TABLE energia_horas RENAME TO apartada")
        steps = archive.upkeep.deletions(lambda: START + 100 * DAY)
        with archive.upkeep.reading():
            step = next(steps)
        assert isinstance(step, DropDeeds)
        assert archive.store.tidy(step) == 1
    assert "upkeep_failed device=1" in caplog.text


def test_whose_rows_are_kept_for_less_lets_them_go_one_by_one(house: PostgresHouse) -> None:
    retention = Retention(rows=10, by_serial=(("LGT0", 20),))
    with Archive(house, retention) as archive:
        archive.report(START, START + 20 * DAY, t=1)
        archive.roll_up()
        assert dropped(archive, START + 10 * DAY + 1) == ["DropRows"]


@pytest.mark.parametrize(
    ("retention", "rolls_up"),
    [
        (Retention(rows=0), True),
        (Retention(rows=10, by_serial=(("X", 0),)), True),
        (Retention(rows=10), False),
    ],
    ids=["kept for ever", "somebody's for ever", "not rolled up"],
)
def test_a_week_stays_of_which_something_is_to_be_kept(
    house: PostgresHouse, retention: Retention, rolls_up: bool
) -> None:
    with Archive(house, retention) as archive:
        archive.report(START, t=1)
        if rolls_up:
            archive.roll_up()
        assert "DropPart" not in dropped(archive, START + 100 * DAY)


def test_a_clock_that_was_back_makes_no_week_old(house: PostgresHouse) -> None:
    """What came before says that it is young, though its stamps are not."""
    with Archive(house, Retention(rows=10)) as archive:
        archive.report(START + 50 * DAY, START, START + 1, START + 51 * DAY, t=1)
        archive.roll_up()
        assert dropped(archive, START + 52 * DAY) == []
        assert archive.numbers() == [1, 2, 3, 4]


def test_a_part_that_is_gone_costs_no_later_row(house: PostgresHouse) -> None:
    """Whether its transaction came to an end or went back."""
    with house.store() as store:
        store.save(Batch(START, entries=[entry(1, START)]))
        with pytest.raises(ZeroDivisionError):
            store.tidy(lambda given: given.tidying.drop_part(WEEK) // 0)
        store.save(Batch(START, entries=[entry(2, START)]))
        store.tidy(lambda given: given.tidying.drop_part(WEEK))
        store.save(Batch(START, entries=[entry(3, START)]))
    assert house.execute("SELECT n FROM estado_log") == [(3,)]


def test_a_letter_of_no_code_costs_no_report(house: PostgresHouse) -> None:
    with house.store() as store:
        store.save(Batch(entries=[LogEntry(1, 1, START, "a\0b", {}, "\0")]))
    [kept] = house.queries().log_page(1, 1, 9).entries
    assert (kept.state, kept.boot) == ("a\N{REPLACEMENT CHARACTER}b", "\N{REPLACEMENT CHARACTER}")
