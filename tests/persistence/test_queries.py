"""Reading beside the writer, page by page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.model import DeadLetter, Finding, LogEntry
from persistence import Batch, Queries, Store
from persistence.queries import _LOG_BOUNDS, _LOG_PAGE
from persistence.schema import sqlite3


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "iot.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path) as store:
        yield store


def entry(device_id: int, n: int) -> LogEntry:
    return LogEntry(device_id, n, n / 3, "activo", {"n": n}, "b", n)


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queries]:
    """Device 1 has lost its rows to number 40 and has those to 100; its neighbours have rows too."""
    path = tmp_path_factory.mktemp("logged") / "iot.db"
    rows = [entry(1, n) for n in range(41, 101)]
    neighbours = [entry(device_id, n) for device_id in (0, 2) for n in range(1, 200)]
    with Store(path) as store:
        store.save(Batch(entries=rows + neighbours))
        yield Queries(path)


@given(page=st.integers(1, 10**30), per_page=st.integers(1, 200))
def test_any_page_is_the_slice_that_it_would_be_of_the_whole_list(
    logged: Queries, page: int, per_page: int
) -> None:
    whole = [entry(1, n) for n in range(100, 40, -1)]
    found = logged.log_page(1, page, per_page)
    assert list(found.entries) == whole[(page - 1) * per_page : page * per_page]
    assert found.total == 60
    assert found.pages == len(range(0, 60, per_page))


@given(per_page=st.integers(1, 30))
def test_the_pages_together_are_the_log(logged: Queries, per_page: int) -> None:
    pages = logged.log_page(1, 1, per_page).pages
    rows = [row for page in range(1, pages + 1) for row in logged.log_page(1, page, per_page).entries]
    assert [row.n for row in rows] == list(range(100, 40, -1))


def test_a_device_without_a_log_has_no_pages(logged: Queries) -> None:
    empty = logged.log_page(99, 1, 50)
    assert (empty.total, empty.pages, list(empty.entries)) == (0, 0, [])


def test_a_deep_page_reads_no_more_than_the_first(logged: Queries) -> None:
    """Both are one range of the primary key: neither a scan nor a sort."""
    connection = logged._connect()
    plan = connection.execute(f"EXPLAIN QUERY PLAN {_LOG_PAGE}", (1, 1, 2)).fetchall()
    plan += connection.execute(f"EXPLAIN QUERY PLAN {_LOG_BOUNDS}", {"device": 1}).fetchall()
    connection.close()
    steps = [row[3] for row in plan]
    assert "SEARCH estado_log USING PRIMARY KEY (dispositivo_id=? AND n>? AND n<?)" in steps
    assert not any("TEMP B-TREE" in step or step.startswith("SCAN estado_log") for step in steps)


def test_dead_letters_and_findings_are_paged_by_the_last_one_seen(store: Store, path: Path) -> None:
    one, two = store.recall("A"), store.recall("B")
    findings = [
        Finding("offline", "ai_offline", device.id, device.serial, float(i), {"i": i})
        for i in range(5)
        for device in (one, two)
    ]
    letters = [DeadLetter(float(i), "t", b"", "r") for i in range(10)]
    store.save(Batch(findings=findings, letters=letters))
    queries = Queries(path)

    first = queries.findings(4)
    rest = queries.findings(100, before=first[-1].id)
    assert [kept.finding for kept in first + rest] == findings[::-1]
    of_two = queries.findings_of(two.id, 2)
    of_two += queries.findings_of(two.id, 100, before=of_two[-1].id)
    assert [kept.finding for kept in of_two] == findings[::-2]

    some = queries.rejected(3)
    some += queries.rejected(100, before=some[-1].id)
    assert [rejected.letter for rejected in some] == letters[::-1]


def test_readers_in_any_thread_see_whole_commits_while_the_writer_writes(store: Store, path: Path) -> None:
    queries = Queries(path)
    at_once = threading.Barrier(4)

    def read(_: int) -> list[int]:
        at_once.wait(10)
        return [queries.log_page(1, 1, 10).total for _ in range(50)]

    with ThreadPoolExecutor(3) as pool:
        seen = pool.map(read, range(3))
        at_once.wait(10)
        for start in range(1, 500, 10):
            store.save(Batch(entries=[entry(1, n) for n in range(start, start + 10)]))
        totals = [total for run in seen for total in run]
    assert all(total % 10 == 0 for total in totals)
    assert queries.log_page(1, 1, 10).total == 500


def test_queries_cannot_write(store: Store, path: Path) -> None:
    store.recall("A")
    connection = Queries(path)._connect()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM dispositivos")
    connection.close()


def test_a_missing_database_is_an_error_and_is_not_made(path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        Queries(path).rejected(1)
    assert not path.exists()
