"""The rows of notices: none is lost, none comes back, and a damaged one silences nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from actors.domain.findings import Episode, Finding, Severity
from actors.domain.notices import Moment, Notice, NoticeKey, NoticeState
from actors.messages import KeepNotices, Removal
from persistence.database import notice_rows
from persistence.forms.notice_rows import MOST_KEPT
from persistence.postgres import notices
from persistence.storage.batch import Batch
from tests.persistence.archive import START, Archive
from tests.persistence.conformance.engines import House


@pytest.fixture
def archive(house: House) -> Iterator[Archive]:
    with Archive(house) as archive:
        yield archive


def notice(about: int, device_id: int | None = None, state: NoticeState = NoticeState.WAITING) -> Notice:
    key = NoticeKey(Moment.BEGIN, about, 1, 10)
    return Notice(key, Severity.CRITICAL, f"{about}", "", device_id, START, START, state)


def keep(archive: Archive, made: Sequence[Notice] = (), changed: Sequence[Notice] = ()) -> Sequence[Notice]:
    [kept] = archive.store.save(Batch(notices=[KeepNotices(made, changed, (), lambda _: None)])).notices
    return kept


def recalled(archive: Archive) -> list[int]:
    found = archive.store.save(Batch(recalls_notices=True)).unfinished
    assert found is not None
    return [each.key.about for each in found.notices]


def conclude(archive: Archive, until: float | None = None, at: float = START) -> int:
    """The id of the device's one episode."""
    device = archive.device
    episode = Episode("temp", START, until, 1)
    finding = Finding("extremos", "ai_anomaly", device.id, device.serial, at, {}, episode=episode)
    [[kept]] = archive.store.save(Batch(conclusions=[(finding, {})])).findings
    return kept.id


def test_one_that_waited_while_thousands_went_by_is_finished_and_answered(archive: Archive) -> None:
    old = notice(1)
    keep(archive, [old])
    for first in range(2, MOST_KEPT + 500, 1_000):
        numbers = range(first, first + 1_000)
        keep(archive, [notice(number, state=NoticeState.SENT) for number in numbers])
    sent = replace(old, state=NoticeState.SENT)
    assert keep(archive, changed=[sent]) == [sent]


def test_the_oldest_of_too_many_go_but_for_those_that_are_unfinished_or_may_go_on(archive: Archive) -> None:
    lasts = conclude(archive)
    keep(archive, [notice(lasts, state=NoticeState.SENT), notice(lasts + 1)])
    rest = range(lasts + 2, lasts + 2 + MOST_KEPT + 10)
    keep(archive, [notice(number, state=NoticeState.SENT) for number in rest])
    assert sum(archive.store.tidy(step) for step in archive.upkeep.trims()) == 10
    kept = {each.key.about for each in archive.queries.notices(1, MOST_KEPT + 100)}
    assert kept == {lasts, lasts + 1, *rest[10:]}


def test_where_there_are_not_too_many_nothing_is_to_be_trimmed(archive: Archive) -> None:
    keep(archive, [notice(number) for number in range(1, MOST_KEPT + 10)])
    assert list(archive.upkeep.trims()) == []


def test_the_beginning_of_what_ended_undecided_is_recalled(archive: Archive) -> None:
    """Or its end would be told to nobody: that its beginning was told is known from there alone."""
    number = conclude(archive)
    archive.store.save(
        Batch(notices=[KeepNotices([notice(number, state=NoticeState.SENT)], (), [(number, 1)], print)])
    )
    conclude(archive, until=START + 9, at=START + 9)
    assert recalled(archive) == [number]
    archive.store.save(Batch(notices=[KeepNotices((), (), [(number, 1)], print)]))
    assert recalled(archive) == []


def test_of_a_removed_device_none_is_made_and_none_comes_back(archive: Archive) -> None:
    device = archive.device
    keep(archive, [notice(1, device.id)])
    archive.store.save(Batch(removals=[Removal(device.id, device.serial)]))
    changed = notice(1, device.id, NoticeState.SENDING)
    assert keep(archive, [notice(2, device.id)], [changed]) == []
    assert archive.queries.notices(1, 10) == []


def test_a_damaged_row_is_passed_over(archive: Archive, caplog: pytest.LogCaptureFixture) -> None:
    keep(archive, [notice(1), notice(2), notice(3)])
    archive.house.execute("UPDATE avisos SET estado = 'roto' WHERE sobre = 1")
    archive.house.execute("UPDATE avisos SET gravedad = 'rota' WHERE sobre = 2")
    assert recalled(archive) == [3]
    assert [each.key.about for each in archive.queries.notices(1, 10)] == [3]
    assert "notice_row_damaged about=('inicio', 1, 1, 10)" in caplog.text


def test_a_damaged_finding_keeps_nobody_from_the_others(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are damaged: each is passed over once."""
    for engine in (notice_rows, notices):
        monkeypatch.setattr(engine, "MOST_OCCURRENCES", 2)
    device = archive.device
    finding = Finding("extremos", "ai_anomaly", device.id, device.serial, START, {})
    archive.store.save(Batch(conclusions=[(finding, {})] * 3))
    archive.house.execute("UPDATE eventos_ia SET datos = '[' WHERE id < 3")
    first = archive.store.save(Batch(recalls_occurrences=True)).occurrences
    assert first is not None
    assert (list(first.occurrences), first.more) == ([], True)
    second = archive.store.save(Batch(recalls_occurrences=True)).occurrences
    assert second is not None
    assert [each.kept.id for each in second.occurrences] == [3]
    assert not second.more
