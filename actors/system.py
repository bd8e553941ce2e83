"""The actors of a house, wired to one another, to what lasts and to both edges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from typing import Any, Final, Protocol

import pykka

from actors.applying import Applier
from actors.context import ActorContext
from actors.directory import Directory
from actors.domain.absences import Absences
from actors.domain.findings import KeptFinding
from actors.domain.model import Device
from actors.domain.notices import NoticeWords, Recipient
from actors.domain.patience import Patience
from actors.domain.read_models import StoredAnnouncements
from actors.domain.rule import RuleFactory
from actors.domain.status import NoticeStatus, StrangersStatus, WeatherStatus
from actors.domain.sun import Sun
from actors.listeners import Listeners
from actors.messages import FindingKept, ForgetUnheard, StopSending
from actors.mqtt.exporter import ExporterActor, Shown
from actors.mqtt.translator import TranslatorActor
from actors.notifier.actor import Courier, NotifierActor
from actors.notifier.deciding import Decider
from actors.ports import CommandSink, EventSink, FindingSink
from actors.runtime.clock import Clock
from actors.runtime.dispatch import Threads, tell_if_alive
from actors.runtime.supervision import FailureRegistry
from actors.scanner import ScannerActor
from actors.timekeeper import TimekeeperActor
from actors.weather.actor import Forecast, WeatherActor
from actors.weather.client import WebClient
from config import Settings

# What stopping may take: a part's last turns, and the writer's last commit, each in seconds.
TURNS_S: Final = 0.5
# For messages that are on their way, which then are not in doubt.
ARRIVALS_S: Final = 3.0
LAST_COMMIT_S: Final = 1.5
# For how long an `online` counts that somebody else's broker has retained since who knows when, s: more than
# a week, for the door that speaks once in one. The embedded broker begins with us, and so do its connections.
STORED_PRESENCE_S: Final = 8 * 86_400.0


class DevicesEdge(Protocol):
    """The way to devices, as :class:`actors.mqtt.edge.MqttEdge` is."""

    @property
    def bridge(self) -> CommandSink: ...

    def attach(
        self,
        context: ActorContext,
        directory: pykka.ActorRef[Any],
        announcements: StoredAnnouncements,
    ) -> pykka.ActorRef[TranslatorActor]: ...

    def export(
        self, context: ActorContext, directory: pykka.ActorRef[Any], devices: Iterable[Device]
    ) -> pykka.ActorRef[ExporterActor] | None: ...


class Archive(Protocol):
    """All that lasts, as :class:`persistence.archive.Archive` is."""

    @property
    def writer(self) -> pykka.ActorRef[Any]: ...

    @property
    def log_reader(self) -> pykka.ActorRef[Any]: ...

    @property
    def alive(self) -> bool: ...

    @property
    def absences(self) -> Absences: ...

    def employ(
        self,
        commands: CommandSink,
        events: FindingSink,
        failure_registry: FailureRegistry,
        forget: Callable[[ForgetUnheard], object],
    ) -> None: ...

    def unapplied(self) -> Sequence[KeptFinding]: ...

    def announcements(self) -> StoredAnnouncements: ...

    def start(self) -> None: ...

    def stop(self, patience: float, last_commit: float) -> None: ...


class NoticeDesk(Protocol):
    """How people are reached, as :class:`actors.notifier.desk.NoticeDesk` knows."""

    @property
    def courier(self) -> Courier: ...

    @property
    def words(self) -> NoticeWords: ...

    def recipients(self) -> Sequence[Recipient]: ...

    def attach(self, notifier: pykka.ActorRef[Any]) -> None: ...


class ActorSystem:
    """The same in a real house and on a test's stage, which steps ``threads`` and ``archive``'s itself."""

    def __init__(
        self,
        settings: Settings,
        archive: Archive,
        devices: Sequence[Device],
        hub: EventSink,
        edge: DevicesEdge,
        clock: Clock,
        zone: tzinfo,
        threads: Threads,
        rules: Mapping[str, RuleFactory],
        extremes: RuleFactory,
        desk: NoticeDesk,
    ) -> None:
        """``devices`` are those of ``archive``; ``zone`` is the schedules', ``extremes`` the searches'."""
        self.failure_registry = FailureRegistry()
        self._archive = archive
        self._threads = threads
        listeners = Listeners(hub)
        archive.employ(edge.bridge, listeners, self.failure_registry, self._forget)
        self.timekeeper = TimekeeperActor.start(threads, clock, zone, self.failure_registry)
        context = ActorContext(
            dispatcher=threads,
            clock=clock,
            writer=archive.writer,
            log_reader=archive.log_reader,
            events=listeners,
            commands=edge.bridge,
            rules=rules,
            patience=Patience(settings.ai_r4_offline_secs, dict(settings.ai_r4_offline_por_clase)),
            stored_presence=STORED_PRESENCE_S if settings.mqtt_broker_url else 0.0,
            startup_grace=settings.ai_r4_startup_grace_secs,
            claim_window=settings.claim_window_s,
            timekeeper=self.timekeeper,
            sun=None if settings.place is None else Sun(*settings.place, zone),
            failure_registry=self.failure_registry,
            zone=zone,
        )
        self.strangers = StrangersStatus(settings.max_no_reclamados)
        self.directory = Directory.start(
            context, devices, settings.max_devices, archive.absences, self.strangers
        )
        listeners.hear_of_findings(Applier(clock, self.directory, archive.unapplied()).hear)
        self.translator = edge.attach(context, self.directory, archive.announcements())
        exporter = edge.export(context, self.directory, devices)
        if exporter is not None:
            listeners.hear_of_updates(lambda device: tell_if_alive(exporter, Shown(device)))
            listeners.hear_of_removals(partial(tell_if_alive, exporter))
        self.weather = WeatherStatus(settings.weather_provider)
        if settings.place is not None and settings.clima_url:
            forecast = Forecast(settings.clima_url, settings.place, settings.clima_cada_s)
            WeatherActor.start(context, self.directory, WebClient(clock), self.weather, forecast)
        self.scanner = ScannerActor.start(
            threads,
            clock,
            archive.log_reader,
            hub,
            extremes,
            settings.ai_hist_window_days,
            self.failure_registry,
        )

        self.notices = NoticeStatus()
        self.notifier = NotifierActor.start(
            threads,
            clock,
            archive.writer,
            Decider(desk.words, zone),
            desk.courier,
            desk.recipients(),
            self.failure_registry,
            self.notices,
        )
        listeners.hear_of_findings(lambda _: tell_if_alive(self.notifier, FindingKept()))
        listeners.hear_of_removals(partial(tell_if_alive, self.notifier))
        desk.attach(self.notifier)
        self._desk = desk

    def _forget(self, farewell: ForgetUnheard) -> None:
        tell_if_alive(self.directory, farewell)

    def start(self) -> None:
        self._archive.start()
        self._threads.start()

    def stop(self) -> None:
        """Keep what was taken in; rules say what they know, as far as the time reaches."""
        tell_if_alive(self.notifier, StopSending())
        self._desk.courier.settle(ARRIVALS_S)
        self.translator.stop(block=False)
        self.directory.stop(block=False)
        self._threads.stop(TURNS_S)
        self._archive.stop(TURNS_S, LAST_COMMIT_S)

    @property
    def healthy(self) -> bool:
        """Whether the threads live, and the actors that there is one of."""
        actors = (self.directory, self.translator, self.scanner, self.timekeeper, self.notifier)
        return all(actor.is_alive() for actor in actors) and self._threads.alive and self._archive.alive

    @property
    def waiting(self) -> int:
        """Actors that wait for a thread."""
        return self._threads.waiting
