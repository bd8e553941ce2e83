"""Whatever is overwritten or cut off in the files, the system comes up, and what it replaces is kept."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from actors.domain.findings import Finding, RuleMemory
from actors.domain.model import DeadLetter
from persistence.backup.backups import make_backup
from persistence.backup.recovery import recover
from persistence.database.tables import STEPS
from persistence.storage.batch import Batch
from persistence.storage.faults import UnusableDatabase
from persistence.writer.store import Store
from tests.persistence.wreck import AT, DAY, claim, contents, is_whole, leave_behind, report

SIZE = 2**18


@dataclass(frozen=True)
class Damage:
    file: str
    start: int
    """Modulo the size of the file."""
    length: int
    data: bytes | None
    """Written over and over; ``None`` cuts the file off."""

    def do(self, folder: Path) -> None:
        path = folder / self.file
        size = path.stat().st_size
        if not size:
            return
        start = self.start % size
        if self.data is None:
            os.truncate(path, start)
            return
        with path.open("rb+") as opened:
            opened.seek(start)
            opened.write((self.data * self.length)[: min(self.length, size - start)])


PLACES = st.one_of(
    st.integers(0, 100), st.integers(0, SIZE), st.integers(0, SIZE // 4096).map((4096).__mul__)
)
DAMAGES = st.builds(
    Damage,
    file=st.sampled_from(["iot.db", "iot.db", "iot.db-wal"]),
    start=PLACES,
    length=st.one_of(st.integers(1, 8), st.integers(1, 5000), st.integers(1, SIZE)),
    data=st.one_of(st.none(), st.just(b"\0"), st.just(b"\xff"), st.binary(min_size=1, max_size=64)),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day after its backup: tables of several pages, and a write-ahead log of many transactions."""
    folder = tmp_path_factory.mktemp("home")
    database, left = folder / "open" / "iot.db", folder / "left" / "iot.db"
    with Store(database) as store:
        for number in range(60):
            store.recall(f"TMP0{number:08}")
        report(store, "A", 100)
        store.database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        make_backup(database, 7, AT - DAY)
        fill(store)
        store.database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        report(store, "B", 20)
        leave_behind(database, left)
    shutil.copytree(database.parent / "copias", left.parent / "copias")
    return left.parent


def fill(store: Store) -> None:
    """Something in every table that the writer fills."""
    device = claim(store, "B")
    store.save(
        Batch(
            letters=[DeadLetter(AT, "t", bytes(3000), "r")] * 10,
            conclusions=[
                (Finding("learn", "ai_suggest", device.id, "B", AT, {"n": n}), {}) for n in range(200)
            ],
            memories={(device.id, "learn"): RuleMemory(device.id, "learn", 1, {"x": "y" * 5000})},
        )
    )


def comes_up(database: Path) -> None:
    with Store(database) as store:
        assert len({device.id for device in store.devices()}) == len(store.devices())
        newcomer = store.recall("nuevo")
        report(store, "nuevo", 2)
        finding = Finding("learn", "ai_suggest", newcomer.id, "nuevo", AT, {})
        store.save(Batch(conclusions=[(finding, {})], letters=[DeadLetter(AT, "t", b"", "r")]))
    assert is_whole(database)


def seems_newer(database: Path) -> bool:
    """Nothing tells a number that was damaged from a newer version's."""
    return len(STEPS) < int.from_bytes(database.read_bytes()[60:64], "big") < 1000


def damaged(home: Path, folder: str, damages: list[Damage]) -> Path:
    copy = Path(folder) / "una casa"
    shutil.copytree(home, copy)
    for damage in damages:
        damage.do(copy)
    return copy / "iot.db"


@settings(max_examples=60)
@given(damages=st.lists(DAMAGES, min_size=1, max_size=3))
def test_with_a_backup_it_comes_up_whatever_the_damage(home: Path, damages: list[Damage]) -> None:
    """What was noticed is reported, once and for long, and the damaged files are kept byte for byte.

    Not noticed, and so not asserted, is damage within a value or to the last transaction of the log,
    a log that has gone whole, and what the log has a newer copy of.
    """
    with TemporaryDirectory() as folder:
        database = damaged(home, folder, damages)
        before = contents(database)
        if database.stat().st_size and seems_newer(database):
            event("seems newer")
            return
        recovery = recover(database, AT)
        event("noticed" if recovery else "unnoticed")
        if recovery is None:
            assert contents(database) == before
            assert not (database.parent / "apartados").exists()
        else:
            assert contents(database.parent / recovery.aside / "iot.db") == before
            assert recovery.source is not None
        assert recover(database, AT + DAY) == recovery
        comes_up(database)


@settings(max_examples=30)
@given(damages=st.lists(DAMAGES, min_size=1, max_size=3))
def test_without_one_it_comes_up_or_is_refused_and_left_alone(home: Path, damages: list[Damage]) -> None:
    """Refused where nothing shows any more that the file was ever ours."""
    with TemporaryDirectory() as folder:
        database = damaged(home, folder, damages)
        shutil.rmtree(database.parent / "copias")
        before = contents(database)
        recovery = recover(database, AT)
        if recovery is not None:
            assert contents(database.parent / recovery.aside / "iot.db") == before
        try:
            comes_up(database)
        except UnusableDatabase:
            assert recovery is None
            assert contents(database) == before
            assert seems_newer(database) or b"dispositivos" not in before["iot.db"]
