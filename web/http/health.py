"""How the system is: what whoever builds it says of its parts, and how that is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from actors.domain.clock_doubt import ClockDoubt
from actors.domain.status import (
    BrokerStatus,
    MaintenanceStatus,
    NoticeStatus,
    Recovery,
    StorageTrouble,
    StrangersStatus,
    WriterStatus,
)
from actors.domain.table_flaws import TableTrouble
from actors.runtime.supervision import Name, Part, Quarantined
from actors.runtime.time_zone import Zone
from web.live.hub import EventHub
from web.schemas.answers import (
    DatabaseJson,
    HealthJson,
    NoticesHealthJson,
    QuarantinedJson,
    RecoveredJson,
    ZoneJson,
)
from web.schemas.serializers import iso
from web.texts.doubt_words import doubt_told
from web.texts.languages import Language
from web.texts.storage_words import damage_told, storage_told, table_told
from web.texts.trouble_words import notices_told, strangers_told
from web.texts.unserved_words import line

# More do not tell an operator more; how many there are stands beside them.
QUARANTINED_SHOWN: Final = 50
# A message that waits longer to be stored is late, s.
LATE_S: Final = 10.0
# A channel of notifications that fails for longer wants looking at: any service is away for a while, s.
UNHEARD_S: Final = 900.0
CORE: Final[Mapping[Part, str]] = {
    Part.DIRECTORY: "directorio",
    Part.WRITER: "escritor",
    Part.LOG_READER: "historiador",
    Part.SCANNER: "buscador",
    Part.MAINTENANCE: "cuidador",
    Part.TIMEKEEPER: "horarios",
    Part.TRANSLATOR: "traductor",
    Part.EXPORTER: "exportador",
    Part.WEATHER: "meteo",
    Part.NOTIFIER: "avisador",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the web room cannot know by itself."""

    broker: BrokerStatus
    writer: WriterStatus
    actors_healthy: bool
    """Whether the directory and the threads that serve the actors live."""
    actors_waiting: int
    """Actors that wait for a thread."""
    device_failures: int
    """Device actors that have died, and were restarted, since the start."""
    tables: Sequence[TableTrouble]
    """The rules' data tables that cannot be used; others stand in for them."""
    at: float
    """When all this was so, in seconds since the epoch."""
    uptime: float
    """Seconds since the start."""
    clock_doubt: ClockDoubt | None = None
    """Why the time is not to be believed; ``None`` if it is."""
    rule_failures: int = 0
    """The same of the actors of devices' rules."""
    core_failures: int = 0
    """The same of the actors that there is one of."""
    quarantined: Sequence[Quarantined] = ()
    """Actors that have failed again and again and are out of service for a while."""
    notices: NoticeStatus = field(default_factory=NoticeStatus)
    strangers: StrangersStatus = field(default_factory=lambda: StrangersStatus(0))
    maintenance: MaintenanceStatus = field(default_factory=MaintenanceStatus)
    recovery: Recovery | None = None
    """If the database was damaged, what was made of it."""
    accounts_error: StorageTrouble | None = None
    """Why people and tokens cannot be read at present."""

    @property
    def ok(self) -> bool:
        """Whether the house is served: a device or a rule in quarantine takes nothing from the others."""
        broker = self.broker.connected and self.broker.embedded_alive is not False
        core = self.actors_healthy and not any(each.name.is_core for each in self.quarantined)
        return broker and self.writer.healthy and core

    @property
    def troubles(self) -> bool:
        """Whether something wants looking at all the same."""
        late = self.broker.oldest > LATE_S
        errors = self.maintenance.backup_error is not None or self.accounts_error is not None
        since = self.notices.failing_since
        unheard = since is not None and self.at - since > UNHEARD_S
        return bool(self.quarantined or self.clock_doubt) or late or errors or unheard


def zone_json(zone: Zone) -> ZoneJson:
    return {"iana": zone.iana, "posix": zone.posix}


def health_json(
    health: Health, zone: Zone, hub: EventHub, clients: int, version: str, language: Language
) -> HealthJson:
    waiting = hub.waiting  # before the device cache is asked, which takes in all that waits
    devices = [known.device for known in hub.device_cache.newest_first()]
    return {
        "estado": "ok" if health.ok and not health.troubles else "degradado",
        "broker": {
            "conectado": health.broker.connected,
            "integrado_vivo": health.broker.embedded_alive,
            "recibidos": health.broker.received,
            "rechazados": health.broker.rejected,
            "sin_confirmar": health.broker.in_flight,
            "esperas": health.broker.stalls,
            "mas_antiguo_s": round(health.broker.oldest, 1),
            "avisos": [line(each, language) for each in health.broker.unserved],
        },
        "escritor": {
            "sano": health.writer.healthy,
            "en_cola": health.writer.queued,
            "ultimo_error": storage_told(health.writer.last_error, language),
        },
        "base_de_datos": _database_json(health, language),
        "hub": {
            "clientes": clients,
            "en_cola": waiting,
            "eventos": hub.devices.last + hub.findings.last,
            "en_anillo": len(hub.devices) + len(hub.findings),
            "bytes_en_anillo": hub.devices.size + hub.findings.size,
        },
        "actores": {
            "sanos": health.actors_healthy,
            "en_cola": health.actors_waiting,
            "fallos_de_dispositivo": health.device_failures,
            "fallos_de_regla": health.rule_failures,
            "fallos_internos": health.core_failures,
            "en_cuarentena": len(health.quarantined),
            "cuarentena": [_quarantined_json(each) for each in health.quarantined[:QUARANTINED_SHOWN]],
        },
        "dispositivos": {
            "total": len(devices),
            "reclamados": sum(device.claimed for device in devices),
            "en_linea": sum(device.online for device in devices),
            "arranque_repetido": sum(device.reuses_boot for device in devices),
            "sin_sitio": health.strangers.turned_away,
            "cedieron": health.strangers.gave_way,
            "detalle": [*strangers_told(health.strangers, language)],
        },
        "avisos": _notices_json(health, language),
        "tablas": [table_told(each, language) for each in health.tables],
        "reloj_en_duda": doubt_told(health.clock_doubt, language),
        "zona_horaria": zone_json(zone),
        "version": version,
        "activo_s": round(health.uptime, 1),
    }


def _notices_json(health: Health, language: Language) -> NoticesHealthJson:
    notices = health.notices
    return {
        "esperan": notices.waiting,
        "enviados": notices.sent,
        "fallidos": notices.failed,
        "abandonados": notices.given_up,
        "canales_que_fallan": notices.failing,
        "sin_respuesta": notices.silent,
        "fallan_desde": None if notices.failing_since is None else iso(notices.failing_since),
        "detalle": [*notices_told(notices, health.at, language)],
    }


def _database_json(health: Health, language: Language) -> DatabaseJson:
    maintenance, recovery = health.maintenance, health.recovery
    return {
        "ultima_copia": None if maintenance.last_backup_at is None else iso(maintenance.last_backup_at),
        "error_de_copia": storage_told(maintenance.backup_error, language),
        "error_de_cuentas": storage_told(health.accounts_error, language),
        "resumidos": maintenance.rolled_up,
        "borrados": maintenance.deleted,
        "hora_dudosa": maintenance.marked,
        "borrado_en_pausa": doubt_told(maintenance.deletion_paused, language),
        "recuperada": None if recovery is None else _recovered_json(recovery, language),
    }


def _recovered_json(recovery: Recovery, language: Language) -> RecoveredJson:
    return {
        "en": iso(recovery.at),
        "motivo": damage_told(recovery, language),
        "copia": recovery.source,
        "apartada": recovery.aside,
    }


def _quarantined_json(case: Quarantined) -> QuarantinedJson:
    return {
        "actor": _spanish(case.name),
        "desde": iso(case.since),
        "fallos": case.failures,
        "error": case.error,
    }


def _spanish(name: Name) -> str:
    match name:
        case Name(Part.DEVICE, serial):
            return f"dispositivo {serial}"
        case Name(Part.RULE, serial, rule):
            return f"regla {rule} de {serial}"
        case _:
            return CORE[name.part]
