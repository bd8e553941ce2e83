"""Reading beside the writer, page by page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.model import LogEntry
from persistence.database.schema import sqlite3
from persistence.readers.queries import _FINDING_PAGE, _LOG_BOUNDS, _LOG_PAGE, Queries
from persistence.storage.batch import Batch
from persistence.storage.faults import StorageFault
from persistence.writer.store import Store


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


@given(per_page=st.integers(1, 30))
def test_all_time_is_read_to_its_end_and_no_row_of_it_is_read_to_be_counted(
    logged: Queries, per_page: int
) -> None:
    found: list[int] = []
    before = 1_000
    counted: list[str] = []
    with patch.object(logged, "connect", partial(_traced, logged.connect, counted)):
        while (page := logged.log_search(1, -math.inf, math.inf, before, 1, per_page)).entries:
            assert page.total == 60
            found += [each.n for each in page.entries]
            before = found[-1]
    assert found == list(range(100, 40, -1))
    assert counted
    assert not any("count(*)" in statement for statement in counted)


def _traced(connect: Callable[[], sqlite3.Connection], statements: list[str]) -> sqlite3.Connection:
    connection = connect()
    connection.set_trace_callback(statements.append)
    return connection


def test_a_deep_page_reads_no_more_than_the_first(logged: Queries) -> None:
    """Both are one range of the primary key: neither a scan nor a sort."""
    connection = logged.connect()
    plan = connection.execute(f"EXPLAIN QUERY PLAN {_LOG_PAGE}", (1, 1, 2)).fetchall()
    plan += connection.execute(f"EXPLAIN QUERY PLAN {_LOG_BOUNDS}", {"device": 1}).fetchall()
    connection.close()
    steps = [row[3] for row in plan]
    assert "SEARCH estado_log USING PRIMARY KEY (dispositivo_id=? AND n>? AND n<?)" in steps
    assert not any("TEMP B-TREE" in step or step.startswith("SCAN estado_log") for step in steps)


@pytest.mark.parametrize("text", [b"{", b'{"n": "\xff"}', b"[]"])
def test_a_damaged_row_of_a_range_comes_without_parameters(
    store: Store, path: Path, caplog: pytest.LogCaptureFixture, text: bytes
) -> None:
    store.save(Batch(entries=[entry(1, n) for n in (1, 2, 3)]))
    store.database.conn.execute("UPDATE estado_log SET parametros = CAST(? AS TEXT) WHERE n = 2", [text])
    assert Queries(path).log_range(1, 0, 3, 0.0, 9) == [
        entry(1, 1),
        entry(1, 2)._replace(parameters={}),
        entry(1, 3),
    ]
    assert caplog.messages == ["log_row_damaged device=1 n=2"]


@pytest.mark.parametrize(
    ("columns", "index"),
    [
        (("dispositivo_id",), "eventos_ia_por_dispositivo"),
        (("regla",), "eventos_ia_por_regla"),
        (("dispositivo_id", "regla"), "eventos_ia_por_ambos"),
    ],
)
def test_a_page_of_findings_skips_in_an_index_and_sorts_nothing(
    store: Store, columns: tuple[str, ...], index: str
) -> None:
    where = "WHERE " + " AND ".join(f"{column} = ?" for column in columns)
    statement = f"EXPLAIN QUERY PLAN {_FINDING_PAGE.format(where=where)}"
    values = (*"x" * len(columns), 1, 1)
    steps = [row[3] for row in store.database.conn.execute(statement, values).fetchall()]
    assert any(step.startswith(f"SEARCH eventos_ia USING COVERING INDEX {index} (") for step in steps)
    assert not any("TEMP B-TREE" in step or step.startswith("SCAN") for step in steps)


@pytest.mark.parametrize("rule", [(), ("regla = ?",)])
@pytest.mark.parametrize(
    "times", [("creado_en >= ?",), ("creado_en < ?",), ("creado_en >= ?", "creado_en < ?")]
)
def test_what_a_chart_asks_for_is_counted_off_in_an_index(
    store: Store, rule: tuple[str, ...], times: tuple[str, ...]
) -> None:
    conditions = ("dispositivo_id = ?", *rule, *times)
    statement = f"EXPLAIN QUERY PLAN {_FINDING_PAGE.format(where='WHERE ' + ' AND '.join(conditions))}"
    values = (*"x" * len(conditions), 1, 1)
    steps = [row[3] for row in store.database.conn.execute(statement, values).fetchall()]
    index = "SEARCH eventos_ia USING COVERING INDEX eventos_ia_por_fecha (dispositivo_id=? AND creado_en"
    assert any(step.startswith(index) for step in steps)
    assert not any(step.startswith("SCAN") for step in steps)


def test_queries_cannot_write(store: Store, path: Path) -> None:
    store.recall("A")
    connection = Queries(path).connect()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM dispositivos")
    connection.close()


def test_a_missing_database_is_an_error_and_is_not_made(path: Path) -> None:
    with pytest.raises(StorageFault):
        Queries(path).rejected(1)
    assert not path.exists()
