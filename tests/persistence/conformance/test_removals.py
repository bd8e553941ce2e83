"""What is left of a removed device: nothing that can be read, and soon nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from actors.domain.findings import Finding, RuleMemory
from actors.domain.model import Device, LogEntry
from actors.messages import Keep, Recall, Removal, Replace
from persistence.maintenance.retention import Retention
from persistence.maintenance.upkeep import Upkeep
from persistence.storage.batch import Batch
from persistence.writer.batches import batch_of
from persistence.writer.removals import ROWS_SWEPT
from tests.persistence.archive import DAY, HOUR, START, Archive
from tests.persistence.conformance.engines import House

ROWS = 3 * ROWS_SWEPT


@pytest.fixture
def archive(house: House) -> Iterator[Archive]:
    with Archive(house) as archive:
        archive.keep(*((START + n * HOUR, {"t": n}) for n in range(ROWS)))
        archive.roll_up()
        device = archive.device
        finding = Finding("extremos", "ai_anomaly", device.id, device.serial, START, {})
        memory = RuleMemory(device.id, "extremos", 1, {})
        archive.store.save(
            Batch(conclusions=[(finding, {})] * 50, memories={(device.id, "extremos"): memory})
        )
        yield archive


def count(archive: Archive, table: str) -> int:
    return int(archive.house.execute(f"SELECT count(*) FROM {table}")[0][0])


def test_a_long_log_goes_in_small_steps(archive: Archive) -> None:
    """None of them deals with more than so many rows, and at the end no table tells of the device."""
    removal = Removal(archive.device.id, archive.device.serial)
    archive.store.save(Batch(removals=[removal]))
    assert archive.queries.findings(1, 50).total == 0, "gone for who reads, though not all of it has gone"
    archive.store.save(Batch(forgotten=[removal.device_id]))
    steps = [archive.store.tidy(step) for step in archive.upkeep.sweeps()]
    assert len(steps) > 1
    assert max(steps) <= ROWS_SWEPT + 3
    for table in ("dispositivos", "estado_log", "eventos_ia", "memoria_reglas", "metricas", "resumidos"):
        assert count(archive, table) == 0, table
    for table in ("resumen_horas", "resumen_dias", "olvidados"):
        assert count(archive, table) == 0, table


def test_what_the_broker_retains_is_not_forgotten_by_us(archive: Archive) -> None:
    """Through whatever crash, until it has confirmed; a new device of the serial number keeps its own."""
    removal = Removal(archive.device.id, archive.device.serial)
    archive.store.save(Batch(removals=[removal]))
    for step in archive.upkeep.sweeps():
        archive.store.tidy(step)
    [ghost] = archive.store.save(Batch(recalls_removed=True)).removed
    assert (ghost.removal, ghost.reborn) == (removal, False)
    assert archive.store.recall(removal.serial).id > removal.device_id
    [ghost] = archive.store.save(Batch(recalls_removed=True)).removed
    assert ghost.reborn
    assert not archive.store.save(Batch(forgotten=[removal.device_id], recalls_removed=True)).removed
    assert count(archive, "olvidados") == 0


def test_a_step_that_was_planned_for_it_makes_nothing_of_it(archive: Archive) -> None:
    archive.report(START + ROWS * HOUR, t=1)
    [step] = archive.upkeep.roll_ups(1)
    archive.store.save(Batch(removals=[Removal(archive.device.id, archive.device.serial)]))
    for sweep in archive.upkeep.sweeps():
        archive.store.tidy(sweep)
    assert archive.store.tidy(step) == 0
    assert count(archive, "metricas") == count(archive, "resumidos") == 0


def test_what_its_rules_say_at_their_end_is_not_kept(archive: Archive) -> None:
    device_id = archive.device.id
    archive.store.save(Batch(removals=[Removal(device_id, archive.device.serial)]))
    archive.store.save(Batch(memories={(device_id, "learn"): RuleMemory(device_id, "learn", 1, {})}))
    for sweep in archive.upkeep.sweeps():
        archive.store.tidy(sweep)
    assert count(archive, "memoria_reglas") == 0


def test_strangers_that_were_silent_for_a_week_are_to_go(house: House) -> None:
    """Neither those that are claimed or online, nor those heard since; retained words have a log to go by."""
    now = START + 30 * DAY
    old = now - 7 * DAY - 1
    with Archive(house) as archive:
        store, fresh = archive.store, Device(id=0, serial="")
        for serial, device in {
            "OLD": replace(fresh, seen_at=old),
            "YOUNG": replace(fresh, seen_at=now - 7 * DAY),
            "ONLINE": replace(fresh, seen_at=old, online=True),
            "CLAIMED": replace(fresh, seen_at=old, claimed=True),
            "RETAINED": replace(fresh, reports=1),
            "AHEAD": replace(fresh, seen_at=now + 1e9),
        }.items():
            known = replace(device, id=store.recall(serial).id, serial=serial)
            store.save(Batch(devices={known.id: known}))
        retained = store.recall("RETAINED")
        store.save(Batch(entries=[LogEntry(retained.id, 1, now - 60, "", {})]))
        # The archive's own device has never said anything.
        assert {each.removal.serial for each in archive.upkeep.unheard(now)} == {"OLD", "TMP0AAAAAAAA"}
        assert all(each.since == now - 7 * DAY for each in archive.upkeep.unheard(now))
        never = Upkeep(archive.queries, archive.local, Retention(unclaimed=0))
        assert never.unheard(now) == []


def test_what_was_kept_of_other_hardware_just_before_does_not_keep_it_there(archive: Archive) -> None:
    """All in one transaction: the device has the serial number of that, and whoever has its own is new."""
    old, new = archive.device, archive.store.recall("TMP0NEW")
    now = replace(old, serial=new.serial, version=7)
    batch = batch_of(
        [
            Keep(replace(new, reports=1), LogEntry(new.id, 1, START, "activo", {})),
            Replace(now, Removal(new.id, old.serial), print),
            Keep(replace(now, version=8)),
            Recall(old.serial, print),
        ],
        START,
    )
    stranger = archive.store.save(batch).recalled[old.serial]
    assert archive.store.devices() == [replace(now, version=8), stranger]
    assert stranger.id > new.id
    [ghost] = archive.store.save(Batch(recalls_removed=True)).removed
    assert ghost.removal == Removal(new.id, old.serial)
