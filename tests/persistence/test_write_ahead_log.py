"""What SQLite passes over in silence in a write-ahead log is noticed if it was ever on disk."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistence.database.schema import sqlite3
from persistence.database.write_ahead_log import has_lost_commits
from tests.persistence.wreck import leave_behind, log_of, overwrite

HEADER: Final = 32
FRAME: Final = 24 + 4096


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Twelve transactions of a frame each."""
    database = tmp_path_factory.mktemp("log") / "x.db"
    return log_with(database, [f"INSERT INTO t VALUES ({n})" for n in range(10)])


def log_with(database: Path, statements: list[str]) -> bytes:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA page_size = 4096")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("CREATE TABLE t (x)")
        for statement in statements:
            connection.execute(statement)
        leave_behind(database, database.parent / "left" / "x.db")
    return log_of(database.parent / "left" / "x.db").read_bytes()


def rows_left(folder: Path) -> int:
    """How many of the rows SQLite still finds."""
    with closing(sqlite3.connect(folder / "x.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM t").fetchone()[0])


def has_lost(tmp_path: Path, log: bytes) -> bool:
    file = tmp_path / "iot.db-wal"
    file.write_bytes(log)
    return has_lost_commits(file)


def damaged(log: bytes, frame: int, offset: int = 100) -> bytes:
    at = HEADER + frame * FRAME + offset
    return log[:at] + bytes([log[at] ^ 1]) + log[at + 1 :]


def test_a_log_as_sqlite_leaves_it_has_lost_nothing(tmp_path: Path, log: bytes) -> None:
    assert (len(log) - HEADER) % FRAME == 0
    assert not has_lost(tmp_path, log)
    assert not has_lost(tmp_path, b"")
    assert not has_lost_commits(tmp_path / "not there")


@pytest.mark.parametrize(
    ("offset", "unnoticed"), [(0, 1), (3, 1), (9, 2), (13, 2), (17, 1), (22, 1), (24, 1), (24 + 4095, 1)]
)
def test_a_damaged_frame_takes_later_transactions_along(
    tmp_path: Path, log: bytes, offset: int, unnoticed: int
) -> None:
    """Wherever in the frame: page number, salts (by which it is known), sum or page. But at the end."""
    frames = (len(log) - HEADER) // FRAME
    found = [has_lost(tmp_path, damaged(log, frame, offset)) for frame in range(frames)]
    assert found == [True] * (frames - unnoticed) + [False] * unnoticed


@pytest.mark.parametrize("offset", [0, 9, 16, 24, 31])
def test_a_damaged_header_takes_all_along(tmp_path: Path, log: bytes, offset: int) -> None:
    assert has_lost(tmp_path, log[:offset] + bytes([log[offset] ^ 1]) + log[offset + 1 :])
    assert has_lost(tmp_path, bytes(len(log)))


def test_a_header_cut_short_was_never_used(tmp_path: Path, log: bytes) -> None:
    assert not has_lost(tmp_path, log[:20])
    assert not has_lost(tmp_path, log[:HEADER])


@given(cut=st.integers(0, 12 * FRAME), rubbish=st.binary(max_size=2 * FRAME))
def test_a_power_cut_while_writing_has_lost_nothing(
    tmp_path_factory: pytest.TempPathFactory, log: bytes, cut: int, rubbish: bytes
) -> None:
    """The log ends anywhere, or in what was on the disk before."""
    assert not has_lost(tmp_path_factory.mktemp("cut"), log[: HEADER + cut] + rubbish)


def test_a_transaction_of_which_only_the_end_came_to_the_disk_was_never_confirmed(tmp_path: Path) -> None:
    many = log_with(tmp_path / "x.db", ["INSERT INTO t VALUES (zeroblob(20000))"])
    frames = (len(many) - HEADER) // FRAME
    assert frames > 5
    assert not has_lost(tmp_path, damaged(many, frames - 3))
    assert has_lost(tmp_path, damaged(many, 0))


def test_what_is_left_of_the_log_before_it_was_begun_anew_does_not_count(tmp_path: Path) -> None:
    """A log that was written back is written again from its beginning, over what it held."""
    again = log_with(
        tmp_path / "x.db",
        [
            *["INSERT INTO t VALUES (1)"] * 9,
            "PRAGMA wal_checkpoint(RESTART)",
            *["INSERT INTO t VALUES (2)"] * 3,
        ],
    )
    assert (len(again) - HEADER) // FRAME > 9
    assert not has_lost(tmp_path, again)
    assert [has_lost(tmp_path, damaged(again, frame)) for frame in range(4)] == [True, True, False, False]


def test_it_agrees_with_sqlite(tmp_path: Path) -> None:
    """Up to the damaged frame SQLite finds what was inserted, and from there on nothing."""
    source = tmp_path / "source" / "x.db"
    source.parent.mkdir()
    log_with(source, [f"INSERT INTO t VALUES ({n})" for n in range(10)])
    for frame in range(3, 9):
        folder = tmp_path / f"{frame}"
        leave_behind(source.parent / "left" / "x.db", folder / "x.db")
        overwrite(log_of(folder / "x.db"), HEADER + frame * FRAME + 1000, os.urandom(50))
        assert has_lost_commits(log_of(folder / "x.db"))
        assert rows_left(folder) < 10
