"""What people are told of findings, how and when: their wishes, and the notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple, Protocol, TypeAlias

from actors.domain.findings import KeptFinding, Severity

# Whom a notice is for in a house without people: whoever sits at its machine.
HOUSE: Final = 0
# Of which channel a notice is that waits for a digest, which then goes to all of a person's.
NO_CHANNEL: Final = 0
# People have a handful; beyond that something makes them by itself.
MAX_CHANNELS: Final = 20

# -- what people want ----------------------------------------------------------------------------


class QuietHours(NamedTuple):
    """A part of each day, in minutes since midnight, the end not included; it may run past midnight."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Preferences:
    """What somebody wants to be told."""

    severity: Severity | None = Severity.MEDIUM
    """What is at least so severe is told at once; ``None`` is nothing."""
    rooms: frozenset[int] | None = None
    """Only what happens in these, or is critical; ``None`` is anywhere, in no room too."""
    rules: frozenset[str] | None = None
    """Only what these have concluded, or is critical; ``None`` is any."""
    ends: bool = True
    """Whether also that it is over."""
    quiet: QuietHours | None = None
    """When only what is critical is told; the rest is told at its end."""
    digest_at: int | None = None
    """In minutes since midnight, when what was not told at once is told in one message."""
    language: str = "es"


class ChannelKind(Enum):
    SERVICE = "servicio"
    """One of those that Apprise knows, by its address there."""
    PUSH = "push"
    """A browser, by Web Push."""


@dataclass(frozen=True, slots=True)
class Address:
    """Of a service, as Apprise writes it; it holds the service's secrets."""

    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Subscription:
    """Of a browser (RFC 8030, 8291): who has these can send to it."""

    endpoint: str = field(repr=False)
    public_key: str = field(repr=False)
    """In base64url, as the browser gives it."""
    auth: str = field(repr=False)
    """The same."""


Secret: TypeAlias = Address | Subscription


class ChannelSecrets(Protocol):
    """Where the secrets are kept. Calls wait for the disk, and may come from any thread."""

    def secret_of(self, channel_id: int) -> Secret | None: ...

    def push_key(self) -> bytes:
        """The house's own private key for Web Push (RFC 8292), 32 bytes; made once."""

    def drop_channel(self, channel_id: int) -> None:
        """The browser does not want to hear of us any more."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to reach somebody, without what is secret in it."""

    id: int
    person_id: int
    kind: ChannelKind
    name: str
    shown: str
    """Its address, with its secrets masked."""
    created_at: float


@dataclass(frozen=True, slots=True)
class Recipient:
    person_id: int
    preferences: Preferences
    channels: Sequence[Channel]


# -- what they are told --------------------------------------------------------------------------


class Moment(Enum):
    BEGIN = "inicio"
    END = "fin"
    DIGEST = "resumen"
    REST = "resto"
    """What is more than a channel is told one by one."""


class NoticeState(Enum):
    """The value is the word for it on the wire and on disk."""

    HELD = "para_resumen"
    """It waits for the digest."""
    WAITING = "espera"
    SENDING = "enviando"
    SENT = "enviado"
    GATHERED = "en_resumen"
    """A digest or a rest has it."""
    IN_DOUBT = "en_duda"
    """The system died while it was being sent, so that nobody knows; it is not sent again."""
    GIVEN_UP = "abandonado"
    NO_WAY = "sin_canal"
    """The channel that it was for is gone."""


UNFINISHED: Final = frozenset({NoticeState.HELD, NoticeState.WAITING, NoticeState.SENDING})


class NoticeKey(NamedTuple):
    """There is one notice of each."""

    moment: Moment
    about: int
    """The finding's id; of a digest the time that it was due at, s since the epoch; of a rest twice the id of
    the newest finding in it, and one more where that has ended."""
    person_id: int
    channel_id: int


class Hitch(Enum):
    """Why a message could not be sent. The value is what is kept on disk."""

    NO_ANSWER = "sin_respuesta"
    """The service did not answer in time; perhaps it has the message."""
    NOT_TAKEN = "no_aceptado"
    OVERLOADED = "saturado"
    """Too many services hang."""
    NO_CHANNEL = "sin_canal"
    """The channel is gone, or the browser does not want to hear of us any more: it is not tried again."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one person by one channel. Times are seconds since the epoch."""

    key: NoticeKey
    severity: Severity
    title: str
    text: str
    device_id: int | None
    """Which the message leads to."""
    created_at: float
    due_at: float
    """Not to be sent before."""
    state: NoticeState = NoticeState.WAITING
    tries: int = 0
    changed_at: float = 0.0
    is_perhaps_known: bool = False
    """Whether it was on its way when the system died, so that it may have been received."""
    hitch: Hitch | None = None
    """Why the last try failed, if it has."""
    said: str = ""
    """What the service has said to it, in its own words."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A finding that it is to be decided of whom it is told, with what is known of its device."""

    kept: KeptFinding
    device_name: str
    room_id: int | None
    room: str
    """"" where it is in none."""
    changes: int
    """How often it has changed since that was decided of it."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try to send: it was taken, or there was a hitch."""

    hitch: Hitch | None = None
    said: str = ""
    """By the service, without anything secret; "" where it has said nothing that is of use."""


@dataclass(frozen=True, slots=True)
class Told:
    title: str
    text: str


class NoticeWords(Protocol):
    """What people read, in their language ("es", "en"). Pure."""

    def begun(self, occurrence: Occurrence, language: str) -> Told:
        """It has begun, or is over as soon as it is said."""

    def ended(self, occurrence: Occurrence, language: str) -> Told:
        """It is over, told to who has heard of its beginning."""

    def digest(self, lines: Sequence[str], left_out: int, language: str) -> Told:
        """What has come together since the last one; ``left_out`` are told as a number alone."""

    def rest(self, lines: Sequence[str], left_out: int, language: str) -> Told:
        """The same of what is more than a channel is told one by one."""

    def trial(self, language: str) -> Told:
        """That this is how one is told."""

    def perhaps_again(self, text: str, language: str) -> str:
        """``text``, which whoever reads it may have read before."""
