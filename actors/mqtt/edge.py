"""The edge to devices in one piece: the broker, whether ours or not, its door, and the bridge to it."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal, Self

import pykka

from actors.context import ActorContext
from actors.domain.logins import Server as SeenServer
from actors.domain.model import Device
from actors.domain.read_models import StoredAnnouncements
from actors.domain.status import BrokerStatus
from actors.mqtt.bridge import TWIN, Bridge
from actors.mqtt.broker.acl import backend_topics
from actors.mqtt.broker.embedded import BrokerUnavailable, EmbeddedBroker, Server
from actors.mqtt.broker.mosquitto_server import MosquittoServer, MosquittoSettings
from actors.mqtt.broker.nats_server import NatsServer, NatsSettings
from actors.mqtt.broker.nats_server import carries as nats_carries
from actors.mqtt.broker.proxy_access import Door
from actors.mqtt.dialects.dialect import Dialect
from actors.mqtt.dialects.registry import ALL, FAMILIES, Prefixes, UnknownFamily, dialects
from actors.mqtt.discovery import System, announcement, announcement_by_entity
from actors.mqtt.exporter import Announce, ExporterActor
from actors.mqtt.protocol import near_misses
from actors.mqtt.protocol.client import tls_for_broker
from actors.mqtt.translator import TranslatorActor
from actors.mqtt.twins import Identity
from actors.runtime.clock import Clock
from actors.runtime.time_zone import Zone
from config import SettingError, Settings, is_loopback

logger = logging.getLogger(__name__)

# Between two looks at what waits in the embedded broker, s.
_LOOK_S = 1.0
# What the setting HA_DISCOVERY_FORMA may be.
FORMS: Final[Mapping[str, Announce]] = {
    "dispositivo": announcement,
    "entidades": announcement_by_entity,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """The part of the settings that is MQTT's."""

    broker: str
    """Host of somebody else's broker; empty for the embedded one."""
    port: int
    keepalive: int
    username: str
    password: str
    bind_host: str
    """Where the embedded broker's door stands."""
    tls: bool
    tls_port: int
    authority: Path | None
    """The CA of somebody else's broker, if it is not to be looked for."""
    shared_topic: bool
    embedded: Literal["nats", "mosquitto"]
    """Which the embedded broker is."""
    nats: str
    """A nats-server of the house's own choosing, or empty."""
    mosquitto: str
    """A Mosquitto, likewise."""
    sync_interval: float
    """Seconds that what the embedded broker has acknowledged may wait to be on the medium."""
    per_second: float
    """What each login may publish at the door, on average; 0: as much as it likes."""
    disk: int
    """What the embedded broker may keep, in MB."""
    dialects: Sequence[Dialect] = ()
    """Of other makes, in order of precedence."""
    prefixes: Prefixes = field(default_factory=Prefixes)
    """Of the topics by which they announce themselves."""
    announce: Announce | None = None
    """How our own devices are announced to Home Assistant, if they are."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Raises ``SettingError`` for a family that is not known."""
        prefixes = Prefixes(
            home_assistant=settings.ha_prefijo,
            tasmota=settings.tasmota_prefijo,
            zigbee2mqtt=settings.zigbee2mqtt_prefijo,
        )
        try:
            spoken = dialects(settings.mqtt_dialectos, prefixes)
        except UnknownFamily as unknown:
            known = ", ".join([ALL, *FAMILIES])
            raise SettingError(f"MQTT_DIALECTOS: no hay {unknown}; se espera alguno de {known}.") from None
        return cls(
            broker=settings.mqtt_broker_url,
            port=settings.mqtt_broker_port,
            keepalive=settings.mqtt_keepalive,
            username=settings.mqtt_username,
            password=settings.mqtt_password,
            bind_host=settings.mqtt_bind_host,
            tls=settings.mqtt_tls_enabled,
            tls_port=settings.mqtt_tls_port,
            authority=Path(settings.mqtt_tls_ca) if settings.mqtt_tls_ca else None,
            shared_topic=settings.mqtt_tema_comun,
            embedded=settings.mqtt_embedded,
            nats=settings.nats_server_path,
            mosquitto=settings.mosquitto_path,
            sync_interval=settings.mqtt_sync_interval,
            per_second=settings.mqtt_max_por_segundo,
            disk=settings.mqtt_disco_mb,
            dialects=spoken,
            prefixes=prefixes,
            announce=FORMS[settings.ha_discovery_forma] if settings.ha_discovery else None,
        )

    @property
    def announced_under(self) -> tuple[str, ...]:
        """Where nobody but who announces has anything to say."""
        return self.prefixes.home_assistant, self.prefixes.tasmota

    @property
    def announced_by(self) -> tuple[str, ...]:
        """Filters of all families that there are: what an earlier run may have asked to hear."""
        return tuple(filter for each in dialects((ALL,), self.prefixes) for filter in each.filters)

    def seen_from_house(self, host: str) -> SeenServer:
        """Where devices reach the broker, which if it is ours runs on ``host``."""
        port = self.tls_port if self.tls else self.port
        if self.broker:
            return SeenServer(self.broker, port, self.tls, foreign=True)
        return SeenServer(host, port, self.tls, here_only=is_loopback(host))


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttFiles:
    """What lies on the disk for it, or will."""

    nats: Path
    """Folder of nats-server's own."""
    mosquitto: Path
    """Of an embedded Mosquitto's."""
    logins: Path
    certificate: Path
    key: Path
    own_authority: Path

    @classmethod
    def under(cls, folder: Path) -> Self:
        """Where they lie in DATA_DIR."""
        tls = folder / "tls"
        return cls(
            nats=folder / "mqtt" / "broker",
            mosquitto=folder / "mqtt" / "mosquitto",
            logins=folder / "mqtt" / "claves",
            certificate=tls / "servidor.pem",
            key=tls / "servidor.key",
            own_authority=tls / "ca.pem",
        )


class MqttEdge:
    """:meth:`attach` comes before :meth:`start`.

    The embedded broker itself never leaves this machine. Others reach it by a door, which is there with
    TLS, or where ``bind_host`` is no loopback address.
    """

    def __init__(
        self,
        wishes: MqttSettings,
        files: MqttFiles,
        client_id: str,
        clock: Clock,
        zone: Zone,
        version: str = "",
    ) -> None:
        """Raises ``BrokerUnavailable`` for a CA that cannot be used."""
        self._wishes = wishes
        self._client_id = client_id
        self._version = version
        self._clock = clock
        self._waiting = 0.0
        self._stopping = threading.Event()
        self.tls = _trust(wishes, files) if wishes.broker and wishes.tls else None
        self.broker = None if wishes.broker else _embedded(wishes, files)
        self.bridge = Bridge(
            keepalive=wishes.keepalive,
            username=wishes.username if wishes.broker else "",
            password=wishes.password if wishes.broker else "",
            client_id=client_id,
            clock=clock,
            zone=zone,
            topics=backend_topics(wishes.shared_topic),
            near_misses=near_misses.FILTERS,
            who=Identity(client_id, clock.now()),
            tls=self.tls,
            resume=None if self.broker is None else self.broker.resume,
        )

    def attach(
        self,
        context: ActorContext,
        directory: pykka.ActorRef[Any],
        announcements: StoredAnnouncements,
    ) -> pykka.ActorRef[TranslatorActor]:
        """Whom the bridge tells, and the translator, which begins with these announcements."""
        translator = TranslatorActor.start(
            *(context.dispatcher, self._clock, context.failure_registry, self._wishes.dialects),
            *(announcements, context.writer, directory, self.bridge, self._wishes.announced_under),
            every_topic if self._wishes.broker or self._wishes.embedded == "mosquitto" else nats_carries,
        )
        self.bridge.attach(directory, context.writer, translator)
        self.bridge.hear((), self._wishes.announced_by)  # until the translator asks for those that it needs
        return translator

    def export(
        self, context: ActorContext, directory: pykka.ActorRef[Any], devices: Iterable[Device]
    ) -> pykka.ActorRef[ExporterActor] | None:
        """Who shows our devices to Home Assistant, beginning with these; ``None`` where nobody is to."""
        if self._wishes.announce is None:
            return None
        prefix, alive = self._wishes.prefixes.home_assistant, Identity(self._client_id, 0.0).note
        exporter = ExporterActor.start(
            *(context.dispatcher, self._clock, context.failure_registry, devices),
            *(directory, context.writer, self.bridge),
            *(System(prefix, alive, self._version), self._wishes.announce),
        )
        self.bridge.export_to(exporter, f"{prefix}/status")
        return exporter

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the broker for this machine's programs, known after :meth:`start`."""
        if self.broker is not None:
            return "127.0.0.1", self.broker.port
        return self._wishes.broker, self._wishes.tls_port if self._wishes.tls else self._wishes.port

    @property
    def door(self) -> Door | None:
        """Where devices in the house come in, if the broker is ours and they can."""
        return None if self.broker is None else self.broker.door

    def seen_from_house(self, host: str) -> SeenServer:
        """As the settings say, at the port that it has."""
        server = self._wishes.seen_from_house(host)
        if self.broker is None:
            return server
        return replace(server, port=self.broker.port if self.door is None else self.door.port)

    @property
    def status(self) -> BrokerStatus:
        """How it is doing; any thread may ask."""
        bridge = self.bridge
        return BrokerStatus(
            connected=bridge.connected and bridge.healthy,
            embedded_alive=None if self.broker is None else self.broker.alive,
            received=bridge.received,
            rejected=bridge.rejected + bridge.untranslated,
            in_flight=bridge.in_flight,
            stalls=bridge.stalls,
            oldest=max(bridge.oldest, self._waiting),
            latencies=bridge.latencies,
            unserved=() if self.broker is None else self.broker.unserved,
        )

    def start(self) -> None:
        """Raises ``BrokerUnavailable`` if the embedded broker cannot be started."""
        if self.broker is not None:
            self.broker.found_session(self._client_id, backend_topics(self._wishes.shared_topic))
            self.broker.start()
        elif self.bridge.living_twin(*self.address):
            raise BrokerUnavailable("MQTT_BROKER_URL: " + TWIN)
        self.bridge.start(*self.address)
        if self.broker is not None:
            self._look()

    def let_in(self, timeout: float) -> None:
        """Wait at most ``timeout`` s until what devices publish is heard, and only then let them in.

        Raises ``BrokerUnavailable`` if the door cannot be opened.
        """
        self.bridge.wait_until_heard(timeout)
        if self.broker is not None:
            self.broker.limit(self._client_id)
            self.broker.open_door()

    def _look(self) -> None:
        """Ask the embedded broker, on a thread of its own, how long its oldest message waits."""
        threading.Thread(target=self._watch_waiting, name="broker-waiting", daemon=True).start()

    def _watch_waiting(self) -> None:
        assert self.broker is not None
        while not self._stopping.wait(_LOOK_S):
            self._waiting = self.broker.oldest(self._client_id, self._clock.now())

    def stop(self) -> None:
        """After ``bridge.stop_intake``."""
        self._stopping.set()
        self.bridge.close()
        if self.broker is not None:
            self.broker.stop()


def every_topic(_topic: str) -> bool:
    """Mosquitto, and whoever else's broker, carries them."""
    return True


def _embedded(wishes: MqttSettings, files: MqttFiles) -> EmbeddedBroker:
    if wishes.tls:
        door = Door(
            wishes.bind_host,
            wishes.tls_port,
            files.logins,
            files.certificate,
            files.key,
            shared_topic=wishes.shared_topic,
            per_second=wishes.per_second,
        )
        return EmbeddedBroker(_server(wishes, files, wishes.port), door)
    if is_loopback(wishes.bind_host):
        return EmbeddedBroker(_server(wishes, files, wishes.port))
    logger.warning("door_in_the_clear host=%s port=%d", wishes.bind_host, wishes.port)
    door = Door(
        wishes.bind_host,
        wishes.port,
        files.logins,
        shared_topic=wishes.shared_topic,
        per_second=wishes.per_second,
    )
    return EmbeddedBroker(_server(wishes, files, 0), door)


def _server(wishes: MqttSettings, files: MqttFiles, port: int) -> Server:
    if wishes.embedded == "mosquitto":
        mosquitto = MosquittoSettings(files.mosquitto, wishes.mosquitto, wishes.sync_interval, wishes.disk)
        return MosquittoServer(mosquitto, port)
    login = wishes.username, wishes.password
    nats = NatsSettings(files.nats, wishes.nats, wishes.sync_interval, wishes.disk, login)
    return NatsServer(nats, port)


def _trust(wishes: MqttSettings, files: MqttFiles) -> ssl.SSLContext:
    try:
        if wishes.authority is not None:
            return tls_for_broker(wishes.authority)
        if not files.own_authority.exists():
            return tls_for_broker()
        context = tls_for_broker(files.own_authority)
        context.load_default_certs()
        return context
    except OSError as error:
        where = wishes.authority or files.own_authority
        raise BrokerUnavailable(f"MQTT_TLS_CA: {where} no sirve de CA ({error}); se espera PEM.") from None
