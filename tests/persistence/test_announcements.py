"""What devices of other makes have said of themselves is kept as it came, and bounded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from actors.domain.read_models import StoredAnnouncement
from actors.messages import KeepAnnouncement
from persistence.database import announcement_rows
from persistence.database.schema import migrate, sqlite3
from persistence.database.tables import STEPS
from persistence.storage.batch import Batch
from persistence.writer.store import Store
from tests.persistence.house import WriterOnStage

PAYLOADS = st.binary(max_size=6)
TOLD = st.builds(
    StoredAnnouncement, st.sampled_from("ab"), st.sampled_from("gh"), st.sampled_from("123"), PAYLOADS
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "iot.db"


@pytest.fixture
def house(path: Path) -> Iterator[WriterOnStage]:
    house = WriterOnStage(path)
    yield house
    house.stop()


def told(key: str, size: int, group: str = "g") -> StoredAnnouncement:
    return StoredAnnouncement("tasmota", group, key, b"x" * size)


def test_an_announcement_is_settled_once_it_is_on_disk(house: WriterOnStage) -> None:
    """With all the messages that it was gathered from."""
    first, second = house.delivery(), house.delivery()
    house.tell(KeepAnnouncement("tasmota", "A4CF", "config", b"\xff{}", (first, second)))
    house.stage.settle()
    assert house.neighbours.settled() == [first.mid, second.mid]
    assert house.store.announcements() == [StoredAnnouncement("tasmota", "A4CF", "config", b"\xff{}")]


def test_a_database_made_before_takes_them(path: Path) -> None:
    before = [step.__name__ for step in STEPS].index("_announcements")
    old = Database(sqlite3.connect(path, isolation_level=None))
    migrate(old, STEPS[:before])
    old.close()
    with Store(path) as store:
        assert store.announcements() == []
        store.save(Batch(announcements=[told("1", 3)]))
        assert store.announcements() == [told("1", 3)]


@given(st.lists(st.lists(TOLD, max_size=4), max_size=6))
def test_the_last_word_counts(batches: list[list[StoredAnnouncement]]) -> None:
    """However they come together; an empty one removes what was kept; order is that of the last word."""
    expected: dict[tuple[str, str, str], StoredAnnouncement] = {}
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(Database(connection), STEPS)
    for batch in batches:
        announcement_rows.write_announcements(connection, batch, 1.0)
        for one in batch:
            key = one.dialect, one.group, one.key
            expected.pop(key, None)
            if one.payload:
                expected[key] = one
    assert announcement_rows.read_announcements(connection) == [*expected.values()]
    connection.close()


def test_a_house_full_of_one_group_is_kept_whole(path: Path) -> None:
    """Home Assistant's discovery is one group: 500 devices of 16 entities, of 700 bytes each."""
    house = [told(str(number), 700) for number in range(500 * 16)]
    with Store(path) as store:
        store.save(Batch(announcements=house))
        assert len(store.announcements()) == len(house)


@pytest.mark.parametrize("bound", ["MAX_ROWS", "MAX_BYTES"])
def test_of_all_the_ones_not_heard_for_longest_go(
    path: Path, bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcement_rows, bound, 3)
    with Store(path) as store:
        store.save(Batch(announcements=[told(key, 1, key) for key in "1234"]))
        store.save(Batch(announcements=[told("2", 1, "2"), told("5", 1, "5")]))
        assert [each.key for each in store.announcements()] == ["4", "2", "5"]
