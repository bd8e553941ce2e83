"""The log reader: every question is answered, each in its turn, also when the disk has a bad day."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pykka
import pytest

from actors.domain.model import LogEntry
from actors.messages import LogRead, ReadLog
from actors.runtime.clock import SystemClock
from actors.runtime.dispatch import ThreadPool
from persistence.readers.log_reader import MOST_ROWS, LogReaderActor
from persistence.readers.queries import Queries
from persistence.storage.batch import Batch
from persistence.writer.store import Store
from tests.stage import FakeClock, Stage


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "iot.db"


class Library:
    """A log reader on a stage, and the answers that it has given."""

    def __init__(self, path: Path) -> None:
        self.stage = Stage(FakeClock())
        self.log_reader = LogReaderActor.start(self.stage, Queries(path), self.stage.clock)
        self.stage.settle()
        self.answers: list[tuple[str, LogRead]] = []

    def ask(self, name: str, device_id: int, after: int, upto: int, since: float = 0.0) -> None:
        self.tell(ReadLog(device_id, after, upto, since, lambda read: self.answers.append((name, read))))

    def read_all(self, name: str, device_id: int, upto: int, after: int = 0) -> None:
        """Ask again and again, as a rule does that learns from the log."""

        def go_on(read: LogRead) -> None:
            self.answers.append((name, read))
            if read.more:
                self.read_all(name, device_id, upto, read.entries[-1].n)

        self.tell(ReadLog(device_id, after, upto, 0.0, go_on))

    def tell(self, question: ReadLog) -> None:
        self.log_reader.tell(question)


@pytest.fixture
def library(path: Path) -> Iterator[Library]:
    library = Library(path)
    yield library
    library.log_reader.stop(block=False)
    library.stage.settle()


def rows(device_id: int, count: int) -> list[LogEntry]:
    return [LogEntry(device_id, n, float(n), "activo", {"n": n}, "b", n) for n in range(1, count + 1)]


def keep(path: Path, *entries: LogEntry) -> None:
    with Store(path) as store:
        store.save(Batch(entries=[*entries]))


@pytest.mark.parametrize(
    ("count", "pages"),
    [
        (0, [0]),
        (MOST_ROWS, [MOST_ROWS]),
        (MOST_ROWS + 1, [MOST_ROWS, 1]),
        (2 * MOST_ROWS + 5, [MOST_ROWS, MOST_ROWS, 5]),
    ],
)
def test_a_log_is_read_page_by_page_and_whole(
    library: Library, path: Path, count: int, pages: list[int]
) -> None:
    log = rows(1, count)
    keep(path, *log)
    library.read_all("A", 1, upto=count)
    library.stage.settle()
    reads = [read for _, read in library.answers]
    assert [len(read.entries) for read in reads] == pages
    assert [entry for read in reads for entry in read.entries] == log
    assert [read.more for read in reads] == [True] * (len(pages) - 1) + [False]


def test_only_the_rows_asked_for_count_for_more(library: Library, path: Path) -> None:
    """Neither those after the last one wanted, nor those from too long ago."""
    keep(path, *rows(1, 2 * MOST_ROWS))
    library.ask("to", 1, 0, MOST_ROWS)
    library.ask("since", 1, 0, 2 * MOST_ROWS, since=MOST_ROWS + 1.0)
    library.stage.settle()
    assert [(read.entries[0].n, read.entries[-1].n, read.more) for _, read in library.answers] == [
        (1, MOST_ROWS, False),
        (MOST_ROWS + 1, 2 * MOST_ROWS, False),
    ]


def test_those_who_ask_take_turns(library: Library, path: Path) -> None:
    """A device with a long log does not keep the others waiting."""
    keep(path, *rows(1, 3 * MOST_ROWS), *rows(2, 2 * MOST_ROWS), *rows(3, 1))
    library.read_all("long", 1, upto=3 * MOST_ROWS)
    library.read_all("middle", 2, upto=2 * MOST_ROWS)
    library.read_all("short", 3, upto=1)
    library.stage.step()
    assert [name for name, _ in library.answers] == ["long"]
    library.stage.settle()
    assert [name for name, _ in library.answers] == ["long", "middle", "short", "long", "middle", "long"]


def test_a_question_waits_for_a_file_that_cannot_be_read(
    library: Library, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is asked again, ever less often, complained of once, and answered once."""
    library.ask("A", 1, 0, 9)
    library.stage.wait(600)
    assert library.answers == []
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    keep(path, *rows(1, 3))
    library.stage.wait(30)
    assert library.answers == [("A", LogRead(rows(1, 3), more=False))]
    library.stage.wait(600)
    assert len(library.answers) == 1


def test_it_is_tried_less_and_less_often(library: Library) -> None:
    """Until the question comes back once in 30 s."""
    tries = []
    library.ask("A", 1, 0, 9)
    library.stage.settle()
    for _ in range(10):
        due = library.stage.clock.next_due()
        assert due is not None
        tries.append(due - library.stage.clock.monotonic())
        library.stage.wait(tries[-1])
    assert tries == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_a_damaged_page_of_one_device_keeps_nobody_else_waiting(library: Library, path: Path) -> None:
    """The text of one row is no text any more: it cannot be read, and all others can."""
    keep(path, *rows(1, 3), *rows(2, 3))
    with Store(path) as store:
        store.database.conn.execute(
            "UPDATE estado_log SET estado = CAST(X'ff' AS TEXT) WHERE dispositivo_id = 1 AND n = 2"
        )
    library.ask("damaged", 1, 0, 3)
    library.ask("whole", 2, 0, 3)
    library.stage.wait(120)
    assert library.answers == [("whole", LogRead(rows(2, 3), more=False))]
    with Store(path) as store:
        store.database.conn.execute("UPDATE estado_log SET estado = 'activo' WHERE dispositivo_id = 1")
    library.stage.wait(30)
    assert library.answers[1:] == [("damaged", LogRead(rows(1, 3), more=False))]


def test_an_asker_that_fails_takes_nobody_along(
    library: Library, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("gone")

    keep(path, *rows(1, 1))
    library.tell(ReadLog(1, 0, 1, 0.0, fail))
    library.ask("next", 1, 0, 1)
    library.stage.settle()
    assert [name for name, _ in library.answers] == ["next"]
    (failed,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert failed.exc_info is not None


def test_one_that_is_stopped_is_not_asked_again(library: Library) -> None:
    library.ask("A", 1, 0, 9)
    library.stage.settle()
    library.log_reader.stop(block=False)
    library.stage.wait(60)
    assert library.answers == []
    assert library.stage.clock.next_due() is None


def test_on_a_thread_of_its_own_it_reads_while_the_writer_writes(path: Path) -> None:
    pool, clock = ThreadPool("log_reader", 1), SystemClock()
    pool.start()
    clock.start()
    log_reader = LogReaderActor.start(pool, Queries(path), clock)
    done: pykka.ThreadingFuture[list[int]] = pykka.ThreadingFuture()
    begun = threading.Event()
    seen: list[int] = []

    def ask(after: int) -> None:
        log_reader.tell(ReadLog(1, after, 500, 0.0, go_on))

    def go_on(read: LogRead) -> None:
        seen.extend(entry.n for entry in read.entries)
        begun.set()
        done.set(seen) if len(seen) == 500 else ask(len(seen))

    with Store(path) as store:
        ask(0)
        assert begun.wait(10)
        log = rows(1, 500)
        for start in range(0, 500, 10):
            store.save(Batch(entries=log[start : start + 10]))
        assert done.get(timeout=20) == list(range(1, 501))
    log_reader.stop(timeout=10)
    pool.stop(10)
    clock.stop()
