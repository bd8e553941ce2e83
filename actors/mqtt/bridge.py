"""Between the broker and the actors: hears the devices, and tells them what they should be.

The callbacks run in paho's network thread; what the actors ask for comes from theirs. A message is
acknowledged when the writer has settled it, so what is lost with this process comes again.
"""

from __future__ import annotations

import logging
import math
import ssl
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final, ParamSpec, TypeAlias

import pykka
from paho.mqtt.client import Client as PahoClient
from paho.mqtt.client import ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from actors.domain.latencies import Latencies
from actors.domain.model import DeadLetter, JsonObject, Report
from actors.domain.refusals import unreached
from actors.messages import (
    BrokerConnected,
    BrokerForgot,
    BrokerLost,
    Delivery,
    Forgotten,
    Heard,
    KeepDeadLetter,
    Order,
    OrderUnsent,
    Presence,
    Refuse,
    Removal,
    Reported,
    Settle,
    StopOrder,
)
from actors.mqtt.carried import Carried, Lost
from actors.mqtt.clearing import RetainedClearing
from actors.mqtt.dialects.dialect import Outgoing
from actors.mqtt.discovery import ORDERS, ROOT, Retained
from actors.mqtt.intake import Intake
from actors.mqtt.protocol import payloads
from actors.mqtt.protocol.client import Client
from actors.mqtt.subscriptions import Batch, Subscriptions
from actors.mqtt.twins import BrokerAccess, Identity, Unaskable, living_twin
from actors.runtime.clock import Clock
from actors.runtime.dispatch import tell_if_alive
from actors.runtime.time_zone import Zone

logger = logging.getLogger(__name__)

# How the house's own topics begin.
_OWN: Final = b"dispositivos/"
# How those begin by which they are known elsewhere.
_EXPORTED: Final = f"{ROOT}/".encode()
NOT_UTF_8: Final = "el topic no es UTF-8 válido"
# Of a message that is refused; a little more than the largest report, so that one which is refused
# for its size shows its end when it is but little too long.
KEPT_BYTES: Final = payloads.MAX_BYTES + 1024
# MQTT's message identifiers: more cannot be under way. Every device's configuration fits at once.
_MAX_OUTGOING: Final = 65_535
# Of one serial number; whoever invents more has the older ones forgotten.
MAX_SPELLINGS: Final = 4
# How often the network thread is looked after, s.
_WATCH: Final = 5.0
# For the last acknowledgements and the farewell, s.
_CLOSING: Final = 1.0
# Connections that last shorter, s, and so many of them in a row: somebody else takes our session.
_SHORT: Final = 5.0
_MOST_CUT_SHORT: Final = 2
# The same where nobody can be asked who it is; more than a broker needs to cut us off for what we ask.
_MOST_CUT_UNASKED: Final = 4
# For which we then leave it to whoever has it, s.
_STEP_BACK: Final = 300.0
# Of those that a broker may cut off because it does not like what else we would hear.
_MOST_CUT_ASKING: Final = 3
TWIN: Final = (
    "ya hay otro sistema con la misma identidad en este bróker, quizá por una copia de DATA_DIR; "
    "para uno de los dos, o empieza aquí con otro DATA_DIR."
)
TAKEN: Final = (
    "otro se lleva nuestra sesión del bróker una y otra vez, quizá un sistema con una copia de DATA_DIR; "
    "para uno de los dos, o empieza aquí con otro DATA_DIR."
)

_P = ParamSpec("_P")
Resume: TypeAlias = Callable[[str], None]
"""As :meth:`actors.mqtt.broker.embedded.Server.resume`."""


class Bridge:
    """Implements :class:`actors.ports.CommandSink`.

    ``client_id`` names the session that the broker keeps while this process is away, so it must be
    the same at each start. ``topics`` are those heard, of :data:`payloads.SUBSCRIPTIONS`. ``resume``, if
    the broker is our own, is called before each connection, which it puts off by ``OSError``.
    Of ``near_misses``, of questions by ``who``'s twins, and of what :meth:`hear` asks for, it hears what the
    broker lets it. The directory, the writer and the translator are met later, by :meth:`attach`, since they
    are given the bridge when they are made.
    """

    _directory: pykka.ActorRef[Any]
    _writer: pykka.ActorRef[Any]
    _translator: pykka.ActorRef[Any] | None = None
    _exporter: pykka.ActorRef[Any] | None = None
    _of_exporter: bytes = b""

    def __init__(
        self,
        *,
        keepalive: int,
        username: str,
        password: str,
        client_id: str,
        clock: Clock,
        zone: Zone,
        max_in_flight: int = 4096,
        topics: Sequence[str] = payloads.SUBSCRIPTIONS,
        near_misses: Sequence[str] = (),
        who: Identity | None = None,
        tls: ssl.SSLContext | None = None,
        resume: Resume | None = None,
    ) -> None:
        self._host = ""
        self._port = 0
        self._keepalive = keepalive
        self._clock = clock
        self._zone = zone
        self._topics = topics
        self._near_misses = near_misses
        self._asking_near: int | None = None
        self._asking_own: int | None = None
        self._connected = False
        self._subscribed = threading.Event()
        self._closing = False
        self._trouble: str | None = None
        self.received = 0
        self.rejected = 0
        self.untranslated = 0
        """Messages of other makes that became dead letters; the translator counts them."""
        self._intake = Intake(max_in_flight, self._acknowledge)
        self._client_id = client_id
        self._resume = resume
        self._who = who
        self._question = b"" if who is None else who.question.encode()
        self._way = BrokerAccess(username, password, tls)
        self._connected_at = 0.0
        self._cut_short = 0
        self._back_at = -math.inf
        self._unaskable = False
        self._cut_asking = 0
        self._client = Client(client_id, self._before_connecting, self._intake.wait_for_room, tls)
        self._client.username_pw_set(username or None, password or None)
        if who is not None:
            self._client.will_set(who.note, b"", qos=1, retain=True)
        # No limit of paho's own on top: it looks through the whole queue at each acknowledgement.
        self._client.max_inflight_messages_set(0)
        self._client.max_queued_messages_set(_MAX_OUTGOING)
        self._client.on_connect = _logged(self._on_connect)
        self._client.on_connect_fail = _logged(self._on_connect_fail)
        self._client.on_subscribe = _logged(self._on_subscribe)
        self._client.on_disconnect = _logged(self._on_disconnect)
        self._client.on_message = _logged(self._on_message)
        self._client.on_publish = _logged(self._on_publish)
        self._clearing = RetainedClearing()
        self._carried = Carried()
        self._subscriptions = Subscriptions(self._subscribe, self._unsubscribe)
        self._spellings: dict[str, tuple[str, ...]] = {}

    # -- life ------------------------------------------------------------------------------------

    def attach(
        self,
        directory: pykka.ActorRef[Any],
        writer: pykka.ActorRef[Any],
        translator: pykka.ActorRef[Any] | None = None,
    ) -> None:
        """``directory`` will be told :class:`Reported`, :class:`Presence`, :class:`BrokerConnected` and
        :class:`BrokerLost`, ``writer`` what is refused (:class:`KeepDeadLetter`), ``translator`` what comes
        by topics that are not the house's own (:class:`Heard`), :class:`Order`, :class:`BrokerConnected` and
        :class:`BrokerLost`.
        """
        self._directory = directory
        self._writer = writer
        self._translator = translator

    def start(self, host: str, port: int) -> None:
        """Connect, as soon as there is a broker and whenever it is lost. Returns at once."""
        self._host = host
        self._port = port
        self._client.start(host, port, self._keepalive)
        self._clock.call_later(_WATCH, self._watch)

    def wait_until_heard(self, timeout: float) -> bool:
        """Wait at most ``timeout`` s; whether what devices publish from now on arrives here."""
        return self._subscribed.wait(timeout)

    def stop_intake(self) -> None:
        """Hand nothing on any more; what arrives stays unacknowledged, for the next start."""
        self._intake.close()

    def wait_until_settled(self, timeout: float) -> bool:
        """Wait at most ``timeout`` s; whether all that was handed on is on disk and acknowledged."""
        return self._intake.wait_until_empty(timeout)

    def close(self) -> None:
        """Send the acknowledgements that are outstanding, say farewell, end; at most 1 s."""
        self.stop_intake()
        self._closing = True
        if self._connected and self._who is not None:
            self._client.publish(self._who.note, b"", qos=1, retain=True)
        self._client.disconnect()
        if not self._client.join(_CLOSING):
            logger.warning("broker_farewell_unheard waited_s=%.1f", _CLOSING)

    def _watch(self) -> None:
        if self._closing:
            return
        if not self._client.running:
            logger.error("mqtt_thread_restarted host=%s port=%d", self._host, self._port)
            self._forget_connection()
            self._client.start(self._host, self._port, self._keepalive)
        self._clock.call_later(_WATCH, self._watch)

    # -- state -----------------------------------------------------------------------------------

    @property
    def healthy(self) -> bool:
        """Whether the network thread lives and hands on what it receives."""
        return self._client.running and self._intake.is_open

    @property
    def connected(self) -> bool:
        """Whether a broker has confirmed that it will send us what devices publish."""
        return self._subscribed.is_set()

    @property
    def in_flight(self) -> int:
        """Messages handed on and not yet on disk."""
        return self._intake.in_flight

    @property
    def oldest(self) -> float:
        """For how long, s, the oldest of them has been here."""
        came = self._intake.oldest_came
        return 0.0 if came is None else self._clock.monotonic() - came

    @property
    def latencies(self) -> Latencies:
        """From when a message came until it was on disk."""
        return self._intake.latencies

    @property
    def stalls(self) -> int:
        """How often reading stopped until the writer caught up."""
        return self._intake.stalls

    # -- devices of other makes ------------------------------------------------------------------

    def hear(self, wanted: Iterable[str], unwanted: Iterable[str]) -> None:
        """What comes by these filters, none of which meets another, goes to the translator from now on, and
        what came by those does not.

        At QoS 0: nats-server admits 4 filters of QoS 1 of one client, and what such devices report is of
        QoS 0, or is retained and comes again. While we are away it takes no room from reports.
        """
        self._subscriptions.change(wanted, unwanted)

    def publish(self, messages: Iterable[Outgoing], lost: Lost = lambda: None) -> bool:
        """At QoS 1, not retained; whether there is a broker to carry them. If so, ``lost`` is called where
        the connection ends before the broker has confirmed them all.
        """
        connection = self._carried.connection
        if not self._connected:
            return False
        sent = [self._client.publish(each.topic, each.payload, qos=1) for each in messages]
        return not any(each.rc for each in sent) and self._carried.sent(connection, sent, lost)

    def order(self, order: Order | StopOrder) -> None:
        if self._translator is not None and tell_if_alive(self._translator, order):
            return
        if isinstance(order, StopOrder):
            order.answer(unreached(order.serial))
        else:
            tell_if_alive(self._directory, OrderUnsent(order))

    # -- our devices, elsewhere ------------------------------------------------------------------

    def export_to(self, exporter: pykka.ActorRef[Any], status_topic: str) -> None:
        """Before :meth:`start`: whom orders are told that come by :data:`discovery.ORDERS`, and what comes by
        ``status_topic`` (:class:`Heard`), and :class:`BrokerConnected`.
        """
        self._exporter = exporter
        self._of_exporter = status_topic.encode()
        self.hear((ORDERS, status_topic), ())

    def publish_retained(self, messages: Iterable[Retained]) -> None:
        """Without a broker this does nothing: ``BrokerConnected`` has all of it said again."""
        if self._connected:
            for each in messages:
                self._client.publish(each.topic, each.payload, qos=1, retain=True)

    def _is_for_exporter(self, topic: bytes) -> bool:
        return self._exporter is not None and (topic == self._of_exporter or topic.startswith(_EXPORTED))

    # -- filters ---------------------------------------------------------------------------------

    def _subscribe(self, batch: Batch) -> int | None:
        return self._client.subscribe([(filter, 0) for filter in batch])[1]

    def _unsubscribe(self, batch: Batch) -> None:
        self._client.unsubscribe([*batch])

    # -- commands --------------------------------------------------------------------------------

    def settle(self, deliveries: Sequence[Delivery]) -> None:
        self._intake.settle(deliveries, self._clock.monotonic())

    def publish_configuration(self, serial: str, version: int, configuration: JsonObject) -> None:
        """Without a broker this does nothing: ``BrokerConnected`` has all of them published again."""
        if self._connected:
            payload = payloads.configuration_payload(version, configuration, self._zone)
            for name in self._names(serial):
                self._client.publish(payloads.configuration_topic(name), payload, qos=1, retain=True)

    def publish_receipt(self, serial: str, boot: str, seq: int) -> None:
        """At QoS 0, which costs a third: the next one covers all before it, so a lost one is no loss."""
        if self._connected:
            for name in self._names(serial):
                self._client.publish(payloads.receipt_topic(name), payloads.receipt_payload(boot, seq))

    def also_spelled(self, serial: str, heard: str) -> bool:
        known = self._spellings.get(serial, ())
        if heard in known:
            return False
        self._spellings[serial] = (heard, *known)[:MAX_SPELLINGS]
        return True

    def _names(self, serial: str) -> tuple[str, ...]:
        """By which the device hears us: the first spelling, and those that it has spoken by since."""
        return serial, *self._spellings.get(serial, ())

    def forget_device(self, removal: Removal, *, reborn: bool) -> None:
        """Without a broker that retains nothing of it: ``BrokerConnected`` has it asked for again."""
        if self._translator is not None and not reborn:
            tell_if_alive(self._translator, Forgotten(removal.serial))
        if not self._connected:
            return
        names = self._names(removal.serial)
        self._spellings.pop(removal.serial, None)
        heard = [] if reborn else [topic for name in names for topic in payloads.heard_topics(name)]
        topics = [*map(payloads.configuration_topic, names), *heard]
        self._clearing.begin(removal.device_id, len(topics), heard)
        for topic in topics:
            sent = self._client.publish(topic, b"", qos=1, retain=True)
            self._clearing.sent(removal.device_id, sent.mid)
            if not sent.rc and sent.is_published():  # confirmed before we knew its identifier
                self._confirmed(sent.mid)

    def _confirmed(self, mid: int) -> None:
        if (device_id := self._clearing.confirm(mid)) is not None:
            tell_if_alive(self._writer, BrokerForgot(device_id))

    def _acknowledge(self, mids: Sequence[int]) -> None:
        self._client.acknowledge(mids)

    # -- the network thread: the connection ------------------------------------------------------

    def living_twin(self, host: str, port: int) -> bool:
        """Whether another backend of our identity is there, whose session we would take."""
        try:
            return self._who is not None and living_twin(self._who, self._way, host, port) is not None
        except Unaskable:
            self._unaskable = True
            return False

    def _give_way(self) -> None:
        """Raises ``OSError`` where one that was there before us takes the session again and again."""
        if self._clock.monotonic() < self._back_at:
            raise OSError(TAKEN)
        if self._who is None or self._cut_short < _MOST_CUT_SHORT:
            return
        if self._unaskable:  # where to ask again would cut the other one off
            self._step_back()
            return
        try:
            twin = living_twin(self._who, self._way, self._host, self._port)
        except Unaskable:
            self._unaskable = True
            return
        if twin is not None and twin < self._who.name:
            self._note_trouble("broker_has_our_twin", TWIN)
            raise OSError(TWIN)

    def _step_back(self) -> None:
        """Who was there first has been connected for long when it is cut off, so the other one comes to
        this number before it. Once it has stepped back, the next time is enough.
        """
        if self._cut_short >= _MOST_CUT_UNASKED:
            self._cut_short = _MOST_CUT_UNASKED - 1
            self._back_at = self._clock.monotonic() + _STEP_BACK
            self._note_trouble("broker_session_taken", TAKEN)
            raise OSError(TAKEN)

    def _before_connecting(self) -> None:
        self._give_way()
        self._intake.begin_epoch()
        if self._resume is not None:
            self._resume(self._client_id)

    def _on_connect(
        self,
        client: PahoClient,
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _: Properties | None,
    ) -> None:
        if self._closing:
            client.disconnect()
            return
        if reason.is_failure:
            self._note_trouble("broker_refuses_us", str(reason))
            return
        # Also when the session is still there: its filters may be an older version's. The price is
        # one retained message a device, which the model knows for a repeat.
        self._asking_own = client.subscribe([(topic, 1) for topic in self._topics])[1]
        if unheard := [topic for topic in payloads.SUBSCRIPTIONS if topic not in self._topics]:
            client.unsubscribe(unheard)
        self._connected = True
        self._connected_at = self._clock.monotonic()
        if self._who is not None:
            client.publish(self._who.note, self._who.name, qos=1, retain=True)
        tell_if_alive(self._directory, BrokerConnected())

    def _on_subscribe(
        self, _client: PahoClient, _data: object, mid: int, granted: list[ReasonCode], _: Properties | None
    ) -> None:
        if mid == self._asking_near:
            self._asking_near = None
            self._cut_asking = 0
            return
        if mid != self._asking_own:
            if unheard := self._subscriptions.answered(mid, granted):
                logger.warning("filters_refused filters=%d first=%s", len(unheard), unheard[0])
            return
        refused = [topic for topic, code in zip(self._topics, granted, strict=False) if code.is_failure]
        if refused:
            self._note_trouble("broker_refuses_subscription", " ".join(refused))
            return
        self._hear_near_misses()
        self._subscriptions.begin()
        for ear in (self._translator, self._exporter):
            if ear is not None:
                tell_if_alive(ear, BrokerConnected())
        self._subscribed.set()
        if self._trouble is not None:
            logger.warning("broker_back host=%s port=%d", self._host, self._port)
            self._trouble = None

    def _hear_near_misses(self) -> None:
        """Asked for apart: a broker may refuse them, and where one cuts us off for it we ask no more.

        At QoS 0, so that while we are away they take no room from reports.
        """
        topics = [*([] if self._who is None else [self._who.question]), *self._near_misses]
        if topics and self._cut_asking < _MOST_CUT_ASKING:
            _, self._asking_near = self._client.subscribe([(topic, 0) for topic in topics])

    def _on_connect_fail(self, _client: PahoClient, _data: object) -> None:
        if self._trouble is None:
            self._note_trouble("broker_unreachable", str(sys.exception()))

    def _on_disconnect(
        self,
        _client: PahoClient,
        _data: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _: Properties | None,
    ) -> None:
        if self._connected:
            lasted = self._clock.monotonic() - self._connected_at
            self._cut_short = self._cut_short + 1 if lasted < _SHORT else 0
            if not self._closing:
                tell_if_alive(self._directory, BrokerLost())
        self._forget_connection()
        if not self._closing and self._trouble is None:
            self._note_trouble("broker_lost", str(reason))

    def _forget_connection(self) -> None:
        self._connected = False
        if self._asking_near is not None and not self._closing:
            self._asking_near = None
            self._cut_asking += 1
            if self._cut_asking == _MOST_CUT_ASKING:
                logger.warning("near_misses_unheard host=%s port=%d", self._host, self._port)
        for filter in self._subscriptions.lost():
            logger.warning("filter_given_up filter=%s", filter)
        self._clearing.abandon()
        self._subscribed.clear()
        for lost in self._carried.abandon():
            lost()
        if self._translator is not None:
            tell_if_alive(self._translator, BrokerLost())

    def _note_trouble(self, event: str, detail: str) -> None:
        """Say it once: the same trouble comes back with each attempt."""
        if event != self._trouble:
            self._trouble = event
            logger.warning("%s host=%s port=%d detail=%s", event, self._host, self._port, detail)

    # -- the network thread: messages ------------------------------------------------------------

    def _on_publish(
        self, _client: PahoClient, _data: object, mid: int, _reason: ReasonCode, _: Properties
    ) -> None:
        self._confirmed(mid)
        self._carried.confirmed(mid)

    def _on_message(self, _client: PahoClient, _data: object, message: MQTTMessage) -> None:
        if not message.qos and self._who is not None and message._topic == self._question:
            self._client.publish(self._who.answer, self._who.name)
            return
        self.received += 1
        delivery = Delivery(message.mid, message.qos, self._intake.epoch)
        told: object
        if (foreign := self._foreign_ear(message._topic)) is not None:
            told, to = self._hear_foreign(message, delivery, foreign)
        else:
            told = self._read(message, delivery)
            to = self._writer if isinstance(told, KeepDeadLetter | Settle) else self._directory
        try:
            self._intake.hand_on(delivery, to, told, self._clock.monotonic(), len(message.payload))
        except pykka.ActorDeadError:
            # Nobody will ever settle anything again; unacknowledged, it comes again at the next start.
            logger.error("intake_stopped dead=%s", to)
            self._intake.close()

    def _read(
        self, message: MQTTMessage, delivery: Delivery
    ) -> Reported | Refuse | Presence | KeepDeadLetter | Settle:
        at = self._clock.now()
        payload = bytes(message.payload)
        try:
            topic = message.topic
        except UnicodeDecodeError as error:
            topic = error.object.decode(errors="backslashreplace")
            return self._dead_letter(at, topic, payload, NOT_UTF_8, delivery)
        if not payload and self._clearing.expects(topic):
            return Settle(delivery)
        try:
            fact = payloads.read(topic, payload, at, message.retain)
        except payloads.Malformed as malformed:
            kept = self._dead_letter(at, topic, payload, malformed.reason, delivery)
            return kept if malformed.report is None else Refuse(malformed.report, kept.letter, delivery)
        except Exception as error:
            # A fault of ours; the message is kept all the same, and the next one is heard.
            logger.exception("unreadable topic=%r", topic)
            return self._dead_letter(at, topic, payload, f"fallo interno al leerlo: {error!r}", delivery)
        if isinstance(fact, Report):
            if self._clock.doubt is not None:
                fact = replace(fact, doubtful=True)
            return Reported(fact, delivery, topic, payload)
        return Presence(fact.serial, fact.online, at, message.retain, delivery)

    def _foreign_ear(self, topic: bytes) -> pykka.ActorRef[Any] | None:
        """Who hears what is neither of the house's own protocol nor was meant to be."""
        if self._is_for_exporter(topic):
            return self._exporter
        return self._translator if _is_foreign(topic) else None

    def _hear_foreign(
        self, message: MQTTMessage, delivery: Delivery, ear: pykka.ActorRef[Any]
    ) -> tuple[object, pykka.ActorRef[Any]]:
        at, payload = self._clock.now(), bytes(message.payload)
        try:
            return Heard(message.topic, payload, at, message.retain, delivery), ear
        except UnicodeDecodeError as error:
            topic = error.object.decode(errors="backslashreplace")
            return self._dead_letter(at, topic, payload, NOT_UTF_8, delivery), self._writer

    def _dead_letter(
        self, at: float, topic: str, payload: bytes, reason: str, delivery: Delivery
    ) -> KeepDeadLetter:
        self.rejected += 1
        return KeepDeadLetter(DeadLetter(at, topic, payload[:KEPT_BYTES], reason), delivery)


def _is_foreign(topic: bytes) -> bool:
    """Whether it is neither the house's own nor one that was meant to be."""
    return not topic.startswith(_OWN) and not topic.lstrip(b"/").lower().startswith(_OWN[:-2])


def _logged(callback: Callable[_P, None]) -> Callable[_P, None]:
    """A callback that cannot take the network thread down."""

    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            callback(*args, **kwargs)
        except Exception:
            logger.exception("mqtt_callback_failed callback=%s", callback)

    return guarded
