"""How the parts of the system are doing, as they say themselves and as people are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from actors.domain.clock_doubt import ClockDoubt
from actors.domain.latencies import Latencies
from actors.domain.unserved import Unserved
from actors.domain.weather import Weather


class Hindrance(Enum):
    """What keeps something from being stored or read at present; the web room has the words for people."""

    NO_SPACE = auto()
    READ_ONLY = auto()
    CANNOT_OPEN = auto()
    UNUSABLE = auto()
    MISSING = auto()
    PEOPLE_MISSING = auto()
    PEOPLE_DAMAGED = auto()
    BUSY = auto()
    """Another program has it."""
    FAILING = auto()
    """The disk, or its quota is used up."""
    DAMAGED = auto()
    ANOTHER = auto()
    """The database is not the one that it was."""
    UNREACHABLE = auto()
    """The server that it lies on does not answer, or not yet."""
    REFUSED = auto()
    """That server does not let us in, or not do what we must."""
    TOO_MUCH_WAITS = auto()


@dataclass(frozen=True, slots=True)
class StorageTrouble:
    """Why something could not be stored or read."""

    line: str
    """As the console says it, in Spanish, with paths and what to do; if unforeseen, as Python says it."""
    hindrance: Hindrance | None = None
    """``None`` where it is not the disk's fault."""


class Damage(Enum):
    """What was wrong with a database that was replaced. The value names the folder of what was set aside."""

    MISSING = "falta"
    EMPTY = "vacia"
    DAMAGED = "danada"
    LOST_COMMITS = "wal"
    BY_HAND = "restaurada"
    """Nothing: somebody wanted a backup back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerStatus:
    connected: bool
    """To a broker that sends what devices publish."""
    embedded_alive: bool | None
    """``None`` when the broker is somebody else's."""
    received: int
    rejected: int
    in_flight: int
    """Messages received and not yet acknowledged."""
    stalls: int = 0
    """How often reading stopped until the disk caught up."""
    oldest: float = 0.0
    """For how long, s, the oldest message that is not stored yet has waited, in the embedded broker too."""
    latencies: Latencies = field(default_factory=Latencies)
    """From when a message came until it was on disk, in the order in which they came."""
    unserved: Sequence[Unserved] = ()
    """Clients that the embedded broker cannot serve."""


@dataclass(slots=True)
class WriterStatus:
    """How the writer is doing. The writer alone sets it; any thread may read it."""

    healthy: bool = True
    last_error: StorageTrouble | None = None
    """Of the last commit that failed, also when later ones have succeeded."""
    hindrance: Hindrance | None = None
    """What keeps it from writing at present."""
    queued: int = 0
    """Messages taken from the inbox and not on disk yet."""
    commits: int = 0
    rows: int = 0
    """Messages that commits have dealt with."""


@dataclass(slots=True)
class MaintenanceStatus:
    """What maintenance has done since the start. It alone sets it; any thread may read it."""

    last_backup_at: float | None = None
    """Seconds since the epoch; also of one made before the start."""
    backup_error: StorageTrouble | None = None
    """Why there is no backup where one is due, or was asked for."""
    rolled_up: int = 0
    """Rows of the log that have gone into hours and days."""
    deleted: int = 0
    """Rows of all tables that have gone."""
    marked: int = 0
    """Rows of the log that were found to be stamped by a clock that was ahead."""
    deletion_paused: ClockDoubt | None = None
    """Why nothing is deleted at present."""


@dataclass(slots=True)
class NoticeStatus:
    """How messages to people fare. The notifier alone sets it; any thread may read it."""

    sent: int = 0
    """Since the start, as the two below."""
    failed: int = 0
    """Tries that have failed."""
    given_up: int = 0
    waiting: int = 0
    """Due or not, for a channel or a digest."""
    failing: int = 0
    """Channels that were tried and have not taken a message since."""
    silent: int = 0
    """Those of them whose service does not answer in time."""
    failing_since: float | None = None
    """When the one of them that has failed for longest began to, in seconds since the epoch."""


@dataclass(slots=True)
class StrangersStatus:
    """Devices for which there was no room. The directory alone sets it; any thread may read it."""

    most: int
    """Devices that nobody has claimed, as many as there may be."""
    turned_away: int = 0
    """Messages, since the start, of devices that were not known and found no place."""
    gave_way: int = 0
    """Devices, since the start, that nobody had claimed and that have gone to make room for others."""


@dataclass(slots=True)
class WeatherStatus:
    """What is known of the weather. Who asks for it alone sets it; any thread may read it."""

    provider: str
    """The host that is asked; empty where nobody is."""
    weather: Weather | None = None
    error: str | None = None
    """Why the last question had no answer, for an operator."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """That the database is not the one that it was."""

    at: float
    """Seconds since the epoch."""
    reason: str
    """A clause for people, in Spanish, as the console says it."""
    source: str | None
    """The file that it was made from, a backup or its own; ``None`` if it began empty."""
    aside: str
    """The folder in which the files lie that were there before, from the database's."""
    damage: Damage | None = None
    """``None`` where an older version did it, which kept the reason alone."""

    def __str__(self) -> str:
        """In one line, in Spanish."""
        now = f"se ha vuelto a {self.source}" if self.source else "sin copia que sirva, empieza vacía"
        return f"La base de datos {self.reason}; {now}; lo que había queda en {self.aside}."
