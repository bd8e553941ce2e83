"""What a run of messages to the writer comes to: one batch, and what follows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from actors.domain.model import Device
from actors.domain.read_models import StoredAnnouncement
from actors.messages import (
    BrokerForgot,
    Delivery,
    EndEpisodes,
    EndUnwatched,
    Keep,
    KeepAbsences,
    KeepAnnouncement,
    KeepConclusion,
    KeepDeadLetter,
    KeepEnergyPlan,
    KeepNotices,
    KeepRooms,
    KeepSeen,
    Recall,
    RecallMemory,
    RecallNotices,
    RecallOccurrences,
    RecallRemoved,
    RecallRooms,
    Remove,
    Replace,
    Settle,
)
from persistence.storage.batch import Batch
from persistence.writer.refusals import Refusable

ToKeep: TypeAlias = Refusable | Recall | RecallNotices | RecallOccurrences | RecallRooms | RecallRemoved


def batch_of(messages: Sequence[ToKeep], at: float) -> Batch:
    batch = Batch(at)
    for message in messages:
        match message:
            case Keep(device, entry, decided=decided, refused=refused, deeds=deeds):
                batch.devices[device.id] = device
                batch.deeds += deeds
                if entry is not None:
                    batch.entries.append(entry)
                if decided is not None:
                    number, decision = decided
                    batch.decisions[number] = decision
                if refused is not None:
                    batch.letters.append(refused[0])
            case KeepDeadLetter(letter):
                batch.letters.append(letter)
            case KeepAnnouncement(dialect, group, key, payload):
                batch.announcements.append(StoredAnnouncement(dialect, group, key, payload))
            case KeepConclusion(findings, memory):
                batch.conclusions += findings
                if memory is not None:
                    batch.memories[memory.device_id, memory.rule] = memory
            case EndEpisodes() | EndUnwatched():
                batch.conclusions.append(message)
            case Recall(serial):
                batch.recalled.append(serial)
            case RecallMemory(device_id, rule):
                batch.remembered.append((device_id, rule))
            case KeepRooms(rooms):
                batch.rooms.append(rooms)
            case RecallRooms():
                batch.recalls_rooms = True
            case KeepAbsences(absences):
                batch.absences.append(absences)
            case KeepEnergyPlan(plan):
                batch.energy_plan = plan
            case KeepSeen(seen):
                batch.seen.append(seen)
            case KeepNotices():
                batch.notices.append(message)
            case RecallNotices():
                batch.recalls_notices = True
            case RecallOccurrences():
                batch.recalls_occurrences = True
            case Remove(removal, clears_broker=clears):
                batch.removals.append(removal)
                if not clears:
                    batch.forgotten.append(removal.device_id)
            case Replace(device, removal, deeds=deeds):
                batch.deeds += deeds
                batch.replacements.append((device, removal))
                batch.devices.pop(removal.device_id, None)
                batch.devices[device.id] = device
                batch.removals.append(removal)
            case RecallRemoved():
                batch.recalls_removed = True
            case BrokerForgot(device_id):
                batch.forgotten.append(device_id)
    return batch


def deliveries_of(messages: Iterable[ToKeep]) -> list[Delivery]:
    deliveries: list[Delivery] = []
    for message in messages:
        match message:
            case Keep(delivery=delivery, also=also):
                deliveries += also
            case KeepAnnouncement(deliveries=those):
                delivery = None
                deliveries += those
            case KeepDeadLetter(delivery=delivery) | Settle(delivery):
                pass
            case _:
                continue
        if delivery is not None:
            deliveries.append(delivery)
    return deliveries


def receipts_of(messages: Iterable[ToKeep]) -> dict[tuple[str, str], Device]:
    """By serial and boot, the last state of the device: one receipt tells of all before it."""
    last: dict[tuple[str, str], Device] = {}
    for message in messages:
        match message:
            case Keep(device, entry) if entry is not None and entry.boot is not None:
                last[device.serial, entry.boot] = device
            case Keep(device, refused=(_, str(boot))):
                last[device.serial, boot] = device
            case Settle(_, (device, boot)):
                last[device.serial, boot] = device
    return last
