"""Where the house's database lies, and what there is of it only there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import pykka

from actors.domain.read_models import Backup
from actors.domain.refusals import Refused
from actors.domain.status import Hindrance, Recovery
from actors.messages import Removal
from actors.runtime.clock import Clock
from config import Settings
from persistence.backup.backups import Kind, make_backup, newest_backup_at, planned_backup
from persistence.backup.recovery import recover
from persistence.database.schema import explained, explaining
from persistence.maintenance.actor import Backups, MaintenanceActor
from persistence.maintenance.backups_on_demand import BackupsOnDemand
from persistence.readers.queries import Queries as SqliteQueries
from persistence.storage.faults import StorageFault, UnusableDatabase
from persistence.storage.ports import Queries, Store
from persistence.writer.store import Store as SqliteStore

DATABASE: Final = "iot.db"


class OnDemand(Protocol):
    """Backups for people."""

    def newest_first(self) -> Sequence[Backup] | Refused: ...

    def make(self, reply: Callable[[Backup | Refused], None], /) -> Backup | Refused | None:
        """Have one made; ``None`` if the last one that was asked for is still being made."""


class Engine(Protocol):
    """What keeps the house's database. Calls raise :class:`UnusableDatabase`."""

    @property
    def elsewhere(self) -> str:
        """Which database of which server, for people, without a password; empty for files in DATA_DIR."""

    def recover(self, at: float) -> Recovery | None:
        """Mends what is damaged, as far as that can be; what was done, now or not long ago."""

    def open(self, rejected_max: int) -> Store:
        """Make it if there is none, or bring it up to date."""

    def reopen(self, rejected_max: int) -> Store:
        """While the system runs. Where there is none any more, none is made: it may yet be put back."""

    def queries(self, zone: tzinfo | None = None) -> Queries: ...

    def last_heard(self, now: float) -> float | None:
        """As :meth:`Store.heard_at`; ``None`` where there is nothing yet that could tell."""

    def serials(self) -> list[str]:
        """Of all devices, in the order of their ids; none where there is nothing yet."""

    def find(self, serial: str) -> Removal | None:
        """The device of this serial number, or of one that is spelled otherwise."""

    def has(self, device_id: int) -> bool:
        """Whether there is this device."""

    def explained(self, error: StorageFault | OSError) -> str:
        """What has gone wrong, in one line for people, in Spanish."""

    def backups(self, keep: int) -> Backups | None:
        """How they are made, ``keep`` of each kind; ``None`` where others make them."""

    def on_demand(self, clock: Clock, maintenance: pykka.ActorRef[MaintenanceActor]) -> OnDemand:
        """Those that people ask for."""


class SqliteEngine:
    """A file."""

    elsewhere: Final = ""

    def __init__(self, path: Path) -> None:
        self.path = path

    def recover(self, at: float) -> Recovery | None:
        return recover(self.path, at)

    def open(self, rejected_max: int) -> Store:
        return SqliteStore(self.path, rejected_max)

    def reopen(self, rejected_max: int) -> Store:
        if not self.path.exists():
            raise UnusableDatabase(
                f"Falta {self.path}: devuélvelo a su sitio, o para el sistema y usa «restore».",
                Hindrance.MISSING,
            )
        return self.open(rejected_max)

    def queries(self, zone: tzinfo | None = None) -> Queries:
        return SqliteQueries(self.path, zone)

    def last_heard(self, now: float) -> float | None:
        try:
            return SqliteQueries(self.path).heard_at(now) if self.path.exists() else None
        except StorageFault:
            return None  # damaged, or an older version's: the start sees to either

    def serials(self) -> list[str]:
        with explaining(self.path):
            return SqliteQueries(self.path).serials() if self.path.exists() else []

    def find(self, serial: str) -> Removal | None:
        return SqliteQueries(self.path).find(serial) if self.path.exists() else None

    def has(self, device_id: int) -> bool:
        return SqliteQueries(self.path).has(device_id)

    def explained(self, error: StorageFault | OSError) -> str:
        return explained(self.path, error)

    def backups(self, keep: int) -> Backups:
        """How they are made, ``keep`` of each kind."""
        return Backups(partial(self._back_up, keep), partial(newest_backup_at, self.path))

    def on_demand(self, clock: Clock, maintenance: pykka.ActorRef[MaintenanceActor]) -> OnDemand:
        return BackupsOnDemand(self.path, clock, maintenance)

    def _back_up(self, keep: int, at: float, kind: Kind) -> Backup:
        made = make_backup(self.path, keep, at, kind)
        return replace(planned_backup(self.path, at, kind), size=made.stat().st_size)


def engine_of(settings: Settings) -> Engine:
    """The server of DATABASE_URL, else a file. Raises :class:`UnusableDatabase`."""
    if not settings.database_url:
        return SqliteEngine(settings.data_dir / DATABASE)
    try:
        # Of a house without such a server nothing of it is loaded, nor need it be installed.
        from persistence.postgres.engine import PostgresEngine
    except ImportError as error:
        raise UnusableDatabase(
            f"DATABASE_URL: falta {error.name}: instala el paquete con «pip install iot-backend[cluster]»."
        ) from None
    return PostgresEngine(settings.database_url)
