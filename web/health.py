"""How the system is: what whoever builds it says of its parts, and how that is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from web.hub import EventHub


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerHealth:
    connected: bool
    embedded_alive: bool | None
    """``None`` when the broker is somebody else's."""
    received: int
    rejected: int
    in_flight: int
    """Messages received and not yet acknowledged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterHealth:
    healthy: bool
    queued: int
    """Messages that wait to be written."""
    last_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the web room cannot know by itself."""

    broker: BrokerHealth
    writer: WriterHealth
    actors_healthy: bool
    """Whether the directory and the threads that serve the actors live."""
    actors_waiting: int
    """Actors that wait for a thread."""
    device_failures: int
    """Device actors that have died, and were restarted, since the start."""
    tables: Sequence[str]
    """The rules' data tables that cannot be used, a line in Spanish each; others stand in for them."""
    uptime: float
    """Seconds since the start."""

    @property
    def ok(self) -> bool:
        broker = self.broker.connected and self.broker.embedded_alive is not False
        return broker and self.writer.healthy and self.actors_healthy


def health_json(health: Health, hub: EventHub, clients: int, version: str) -> dict[str, Any]:
    waiting = hub.waiting  # before the roster is asked, which takes in all that waits
    devices = [known.device for known in hub.roster.newest_first()]
    return {
        "estado": "ok" if health.ok else "degradado",
        "broker": {
            "conectado": health.broker.connected,
            "integrado_vivo": health.broker.embedded_alive,
            "recibidos": health.broker.received,
            "rechazados": health.broker.rejected,
            "sin_confirmar": health.broker.in_flight,
        },
        "escritor": {
            "sano": health.writer.healthy,
            "en_cola": health.writer.queued,
            "ultimo_error": health.writer.last_error,
        },
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
        },
        "dispositivos": {
            "total": len(devices),
            "reclamados": sum(device.claimed for device in devices),
            "en_linea": sum(device.online for device in devices),
        },
        "tablas": list(health.tables),
        "version": version,
        "activo_s": round(health.uptime, 1),
    }
