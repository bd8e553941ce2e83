"""A web server whose directory and disk are the real ones: actors on threads, a database, HTTP."""

from __future__ import annotations

import queue
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pykka

from actors.context import ActorContext
from actors.domain.findings import Finding, Proposal, RuleMemory
from actors.domain.model import Device, JsonObject
from actors.domain.proposals import basis_of
from actors.domain.read_models import StoredAnnouncements
from actors.messages import Delivery, KeepConclusion, Order, Recall, Recalled, Removal, StopOrder
from actors.mqtt.dialects.dialect import Outgoing
from actors.mqtt.translator import TranslatorActor
from actors.runtime.dispatch import ThreadPool
from actors.runtime.house_clock import HouseClock
from actors.system import ActorSystem
from config import Settings
from persistence.archive import Archive, ArchiveSettings
from persistence.engines import SqliteEngine
from persistence.readers.queries import Queries
from persistence.storage.batch import Batch
from persistence.writer.store import Store
from rules.rulebook import rulebook
from tests.notifier.desks import CountingDesk
from tests.stage import FakeClock
from tests.web.site import PATIENCE, Site
from web.http.services import Logins
from web.live.hub import EventHub

SETTINGS = Settings(max_devices=10, ai_r4_offline_secs=120.0, ai_r4_startup_grace_secs=60.0)


class Network:
    """The devices' edge. Writes down what goes out."""

    def __init__(self) -> None:
        self.configurations: list[tuple[str, int, JsonObject]] = []
        self.forgotten: list[tuple[Removal, bool]] = []
        self.orders: list[Order] = []
        self.stops: list[StopOrder] = []

    def hear(self, wanted: Iterable[str], unwanted: Iterable[str]) -> None: ...

    def publish(self, messages: Iterable[Outgoing]) -> bool: ...  # type: ignore[empty-body]

    @property
    def bridge(self) -> Network:
        return self

    def attach(
        self,
        context: ActorContext,
        directory: pykka.ActorRef[Any],
        announcements: StoredAnnouncements,
    ) -> pykka.ActorRef[TranslatorActor]:
        return TranslatorActor.start(
            *(context.dispatcher, FakeClock(), context.failure_registry, (), announcements),
            *(context.writer, directory, self),
        )

    def export(self, *_: object) -> None:
        """To nobody."""

    def settle(self, deliveries: Sequence[Delivery]) -> None: ...

    def publish_configuration(self, serial: str, version: int, configuration: JsonObject) -> None:
        self.configurations.append((serial, version, configuration))

    def publish_receipt(self, serial: str, boot: str, seq: int) -> None: ...

    def order(self, order: Order | StopOrder) -> None:
        if isinstance(order, StopOrder):
            self.stops.append(order)
            order.answer(None)
        else:
            self.orders.append(order)

    def also_spelled(self, serial: str, heard: str) -> bool: ...  # type: ignore[empty-body]

    def forget_device(self, removal: Removal, *, reborn: bool) -> None:
        self.forgotten.append((removal, reborn))


class LiveSite:
    """With one device, stored as it is given but for its id."""

    def __init__(self, path: Path, device: Device, logins: Logins | None = None) -> None:
        self.path = path
        self.network = Network()
        self._clock = HouseClock(FakeClock())
        with Store(path) as store:
            self.device = replace(device, id=store.recall(device.serial).id)
            store.save(Batch(devices={self.device.id: self.device}))
        self._archive = Archive(SqliteEngine(path), ArchiveSettings.of(SETTINGS), UTC, self._clock)
        self.site = Site(
            *self._archive.hand_over(),
            queries=Queries(path),
            directory=self._directory,
            logins=logins,
        )

    def _directory(self, hub: EventHub) -> pykka.ActorRef[Any]:
        # Dismissals go by way of their rule. This one has no table here, so that it finds nothing itself.
        rules = {"misconfig": rulebook(SETTINGS, {}, {}, UTC, lambda _: None)["misconfig"]}
        self._actors = ActorSystem(
            SETTINGS,
            self._archive,
            [self.device],
            hub,
            self.network,
            self._clock,
            UTC,
            ThreadPool("actors", 2),
            rules,
            rules["misconfig"],
            CountingDesk(),
        )
        self.writer = self._archive.writer
        return self._actors.directory

    def __enter__(self) -> LiveSite:
        self._actors.start()
        self.site.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.site.__exit__()
        self._actors.stop()
        pykka.ActorRegistry.stop_all(block=False)

    def stored(self) -> Device:
        """The device as the database has it."""
        answer: queue.Queue[Recalled] = queue.Queue()
        self.writer.tell(Recall(self.device.serial, answer.put))
        return answer.get(timeout=PATIENCE).device

    def conclude(self, rule: str, event: str, details: JsonObject, proposal: Proposal | None = None) -> int:
        """Have a rule's finding stored; its id, as those who listen are told it."""
        finding = Finding(rule, event, self.device.id, self.device.serial, 1.8e9, details, proposal=proposal)
        with self.site.listen("/stream/ai") as client:
            client.next()
            memory = RuleMemory(self.device.id, rule, 0, {})
            basis = basis_of(finding, self.device.configuration)
            self.writer.tell(KeepConclusion([(finding, basis)], memory))
            number = client.next().data["evento_id"]
            assert isinstance(number, int)
            return number
