"""Whether another backend with our identity lives on the same broker, as a copy of DATA_DIR has it.

A broker gives a session to whoever comes last. So a backend leaves a retained note while it is there, which
its last will removes, and answers whoever asks; a newcomer that finds a note asks before it takes the
session. One that was killed has left no note, and one that is frozen does not answer.
"""

from __future__ import annotations

import logging
import secrets
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from actors.runtime.backoff import Backoff

logger = logging.getLogger(__name__)

# To reach the broker, and for it to give back our question, s; without that we learn nothing.
_REACH: Final = 1.0
# When it is tried to remove the sessions that a slow broker may have made for us: within some four minutes.
_CLEAR_UP: Final = Backoff(1.0, 64.0)
_MOST_TRIES: Final = 8
# For a living one to answer, however busy it is, s. Waited for only where there is a note.
ANSWER_S: Final = 1.5


@dataclass(frozen=True, slots=True)
class Identity:
    """Of one process that means to be the backend named ``client_id``; ``started`` is in seconds."""

    client_id: str
    started: float
    start: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def note(self) -> str:
        """The topic of the retained note; within what the backend's login may use."""
        return f"dispositivos/{self.client_id}/servidor"

    @property
    def question(self) -> str:
        return f"dispositivos/{self.client_id}/pregunta"

    @property
    def answer(self) -> str:
        return f"dispositivos/{self.client_id}/respuesta"

    @property
    def name(self) -> bytes:
        return f"{self.started:017.3f} {self.start}".encode()


@dataclass(frozen=True, slots=True)
class BrokerAccess:
    """To the broker."""

    username: str
    password: str
    tls: ssl.SSLContext | None


# Before our own name, in what is sent to be heard by ourselves.
_ECHO: Final = b"?"


class Unaskable(Exception):
    """The broker lets nobody ask: it forbids the topics, or has one session for all who have our login.

    One that is only slow has said neither.
    """


class _Search:
    def __init__(self, who: Identity, session: str, way: BrokerAccess) -> None:
        self._who = who
        self.greeted = threading.Event()
        self._noted = False
        self._echoed = threading.Event()
        self._taken = threading.Event()
        self._answered = threading.Event()
        self.found: bytes | None = None
        self._client = _client_of(session, way, lasting=False)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_publish = lambda *_: self._taken.set()
        self._client.on_message = self._on_message

    def run(self, host: str, port: int) -> bytes | None:
        try:
            self._client.connect(host, port)
        except OSError:
            return None  # whoever connects next says what is wrong
        self._client.loop_start()
        try:
            if self._taken.wait(_REACH) and not self._echoed.wait(_REACH):
                raise Unaskable
            if self._noted:
                self._answered.wait(ANSWER_S)
        finally:
            self._client.disconnect()
            self._client.loop_stop()
        return self.found

    def _on_connect(self, client: paho.Client, *_: object) -> None:
        self.greeted.set()
        client.subscribe([(topic, 0) for topic in (self._who.note, self._who.question, self._who.answer)])

    def _on_subscribe(self, client: paho.Client, *_: object) -> None:
        """What comes back of this comes after the notes that are retained; and also where nothing does, it is
        acknowledged.
        """
        client.publish(self._who.answer, _ECHO + self._who.name, qos=1)

    def _on_message(self, client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        """Only who has left a note is asked: a question to a session that nobody is in makes Mosquitto 2.0.11
        lose one of the messages that wait there.
        """
        payload = bytes(message.payload)
        if message.topic == self._who.note:
            self._noted = payload not in (b"", self._who.name)
        elif payload == _ECHO + self._who.name:
            if self._noted:
                client.publish(self._who.question, self._who.name)
            self._echoed.set()
        elif message.topic == self._who.answer and not payload.startswith((_ECHO, self._who.name)):
            self.found = payload
            self._answered.set()


def _client_of(session: str, way: BrokerAccess, *, lasting: bool) -> paho.Client:
    """With a session of that name, where the broker goes by what clients call themselves."""
    client = paho.Client(CallbackAPIVersion.VERSION2, session, clean_session=not lasting, manual_ack=True)
    client.username_pw_set(way.username or None, way.password or None)
    if way.tls is not None:
        client.tls_set_context(way.tls)
    client.connect_timeout = _REACH
    client.suppress_exceptions = True
    return client


def _new_session(who: Identity) -> str:
    """A name that no session has yet."""
    return f"{who.client_id}-{secrets.token_hex(4)}"


def _was_there(session: str, way: BrokerAccess, host: str, port: int, *, lasting: bool) -> bool | None:
    """Whether the broker had the session before we came; ``None`` where it does not say in time. It keeps
    one only if that is to be ``lasting``. Raises ``OSError`` where it has not heard of us.

    What we are sent stays unacknowledged.
    """
    greeted = threading.Event()
    found = False

    def on_connect(_client: paho.Client, _data: object, flags: paho.ConnectFlags, *_: object) -> None:
        nonlocal found
        found = flags.session_present
        greeted.set()

    client = _client_of(session, way, lasting=lasting)
    client.on_connect = on_connect
    client.connect(host, port)
    client.loop_start()
    try:
        return found if greeted.wait(_REACH) else None
    finally:
        client.disconnect()
        client.loop_stop()


def _clear_up(who: Identity, left: list[str], way: BrokerAccess, host: str, port: int) -> None:
    """Remove the sessions ``left`` at the broker once it says that they are nobody's but ours: it may give
    all who have our login the backend's own.
    """
    delay = 0.0
    for _ in range(_MOST_TRIES):
        delay = _CLEAR_UP.longer_than(delay)
        threading.Event().wait(delay)
        probe = _new_session(who)
        with suppress(OSError):
            shared = _was_there(probe, way, host, port, lasting=True)
            if shared:
                return
            left.append(probe)
            if shared is False:
                left[:] = [each for each in left if _was_there(each, way, host, port, lasting=False) is None]
            if not left:
                return
    logger.warning("sessions_left names=%s", left)


def living_twin(who: Identity, way: BrokerAccess, host: str, port: int) -> bytes | None:
    """The name of another one that is there; ``None`` where nobody answers, or the broker is too slow.

    It takes as long as to connect twice, and :data:`ANSWER_S` more where somebody has left a note.
    Raises :class:`Unaskable`, also where the broker gives all who have our login one session, as Mosquitto
    does where it is told to. A clean session would empty it of what was kept for us, so we do not begin
    with one; the next one, by the same name, removes it.
    """
    session = _new_session(who)
    try:
        shared = _was_there(session, way, host, port, lasting=True)
    except OSError:
        return None  # whoever connects next says what is wrong
    if shared:
        raise Unaskable
    search = _Search(who, session, way)
    try:
        return None if shared is None else search.run(host, port)
    finally:
        if not search.greeted.is_set():
            clear_up = partial(_clear_up, who, [session], way, host, port)
            threading.Thread(target=clear_up, name="mqtt-sessions", daemon=True).start()
