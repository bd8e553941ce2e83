"""Reading beside the writer, page by page."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.findings import Finding, KeptFinding, Wanted
from actors.domain.model import DeadLetter, JsonObject, LogEntry
from persistence.storage.batch import Batch
from persistence.storage.ports import Queries
from tests.persistence.conformance.engines import Engine, House, Store


@pytest.fixture
def store(house: House) -> Iterator[Store]:
    with house.store() as store:
        yield store


@pytest.fixture(scope="module")
def logged(engine: Engine) -> Iterator[Queries]:
    """Device 1 has lost its rows to number 40 and has those to 100; its neighbours have rows too."""
    rows = [entry(1, n) for n in range(41, 101)]
    neighbours = [entry(device_id, n) for device_id in (0, 2) for n in range(1, 200)]
    with engine.house() as house, house.store() as store:
        store.save(Batch(entries=rows + neighbours))
        yield house.queries()


def entry(device_id: int, n: int) -> LogEntry:
    return LogEntry(device_id, n, n / 3, "activo", {"n": n}, "b", n)


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


@given(since=st.integers(0, 40), until=st.integers(0, 40), per_page=st.integers(1, 30))
def test_a_time_is_read_to_its_end_by_the_last_number(
    logged: Queries, since: int, until: int, per_page: int
) -> None:
    """Nothing twice and nothing left out; all are counted."""
    meant = [entry(1, n) for n in range(100, 40, -1) if since <= n / 3 < until]
    found: list[LogEntry] = []
    before = 1_000
    while (page := logged.log_search(1, since, until, before, 1, per_page)).entries:
        assert page.total == len(meant)
        found += page.entries
        before = page.entries[-1].n
    assert found == meant


def test_a_device_without_a_log_has_no_pages(logged: Queries) -> None:
    empty = logged.log_page(99, 1, 50)
    assert (empty.total, empty.pages, list(empty.entries)) == (0, 0, [])


def test_dead_letters_are_paged_by_the_last_one_seen(house: House, store: Store) -> None:
    letters = [DeadLetter(float(i), "t", b"", "r") for i in range(10)]
    store.save(Batch(letters=letters))
    some = house.queries().rejected(3)
    some += house.queries().rejected(100, before=some[-1].id)
    assert [rejected.letter for rejected in some] == letters[::-1]


# -- a range of the log --------------------------------------------------------------------------


@given(
    after=st.integers(0, 110),
    upto=st.integers(0, 110),
    since=st.floats(0, 40),
    until=st.floats(30, 120) | st.just(math.inf),
    limit=st.integers(1, 80),
)
def test_any_range_is_that_of_the_whole_list(
    logged: Queries, after: int, upto: int, since: float, until: float, limit: int
) -> None:
    rows = map(entry, [1] * 60, range(41, 101))
    wanted = [row for row in rows if after < row.n <= upto and since <= row.at < until]
    assert logged.log_range(1, after, upto, since, limit, until=until) == wanted[:limit]


def test_a_clock_that_was_set_costs_no_rows(house: House, store: Store) -> None:
    """Some rows say 1970, as the machine had no clock yet; all that are late enough are found."""
    times = [100.0, 101.0, 0.0, 1.0, 102.0, 103.0, 50.0, 2.0]
    rows = [LogEntry(1, n, at, "activo", {}) for n, at in enumerate(times, start=1)]
    store.save(Batch(entries=rows))
    assert [row.at for row in house.queries().log_range(1, 0, 99, 100.0, 99)] == [100.0, 101.0, 102.0, 103.0]


# -- findings ------------------------------------------------------------------------------------

RULES = ("extremos", "learn", "offline")
# The clock of the findings is set back in the middle: their times are not in the order of their ids.
TIMES = st.none() | st.integers(-3, 63).map(lambda third: third / 3)


@pytest.fixture(scope="module")
def concluded(engine: Engine) -> Iterator[tuple[Queries, list[KeptFinding]]]:
    """Findings of three rules on two devices, with gaps in their numbers; newest first."""
    with engine.house() as house, house.store() as store:
        devices = [store.recall(serial) for serial in "AB"]
        findings: list[tuple[Finding, JsonObject]] = [
            (
                Finding(
                    *(RULES[i % 3], "ai", (device := devices[i % 5 % 2]).id, device.serial),
                    *((i + 30) % 60 / 3, {"i": i}),
                ),
                {"modo": i},
            )
            for i in range(60)
        ]
        kept = [each for (each,) in store.save(Batch(conclusions=[*findings])).findings]
        house.execute("DELETE FROM eventos_ia WHERE id % 7 = 0")
        yield house.queries(), [each for each in reversed(kept) if each.id % 7]


@given(
    page=st.integers(1, 40) | st.integers(1, 10**30),
    per_page=st.integers(1, 70),
    wanted=st.builds(
        Wanted,
        st.none() | st.integers(1, 3),
        st.none() | st.sampled_from([*RULES, "misconfig"]),
        TIMES,
        TIMES,
    ),
)
def test_any_page_of_findings_is_the_slice_that_it_would_be_of_the_whole_list(
    concluded: tuple[Queries, list[KeptFinding]],
    page: int,
    per_page: int,
    wanted: Wanted,
) -> None:
    queries, kept = concluded
    whole = [
        each
        for each in kept
        if wanted.device_id in (None, each.finding.device_id)
        and wanted.rule in (None, each.finding.rule)
        and (wanted.since is None or wanted.since <= each.finding.at)
        and (wanted.until is None or each.finding.at < wanted.until)
    ]
    found = queries.findings(page, per_page, wanted)
    assert list(found.rows) == whole[(page - 1) * per_page : page * per_page]
    assert (found.page, found.per_page, found.total) == (page, per_page, len(whole))
    assert found.pages == len(range(0, len(whole), per_page))


@given(number=st.integers(-(2**63), 2**63 - 1) | st.integers(-1, 70) | st.just(10**30))
def test_a_finding_is_found_by_its_number(concluded: tuple[Queries, list[KeptFinding]], number: int) -> None:
    queries, kept = concluded
    assert queries.finding(number) == {each.id: each for each in kept}.get(number)


# -- beside the writer ---------------------------------------------------------------------------


def test_readers_in_any_thread_see_whole_commits_while_the_writer_writes(house: House, store: Store) -> None:
    queries = house.queries()
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
