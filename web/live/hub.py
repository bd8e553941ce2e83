"""Where what happens to devices reaches the people who watch them.

Actors hand their events in from any thread; on the loop each is numbered and encoded once, for all
clients. Nothing here knows of HTTP: whoever owns the loop gives a :class:`Scheduler`.
"""

from __future__ import annotations

import logging
import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice, takewhile
from typing import Any, Final, Protocol, TypeAlias

import orjson

from actors.domain.findings import KeptFinding, Seen
from actors.domain.latencies import Latencies
from actors.domain.logbook import KeptDeed
from actors.domain.model import Device, JsonObject
from actors.domain.packed import encoded
from actors.messages import Removal
from actors.ports import ScanNews
from web.live.device_cache import MOST_KEPT, DeviceCache, Known
from web.live.repeats import Repeats
from web.live.ring import Stream
from web.schemas.serializers import EPISODE, deed_json, device_json, episode_json, finding_json, scan_json

logger = logging.getLogger(__name__)

# A write costs each client some 170 µs, so under load events are sent on in batches: after a batch
# of n the next one waits n times this long, and at most LONGEST_PAUSE. At 50 events a second each
# goes at once; at 5,000 there are 50 writes a second to a client, and nobody sees a 50th of a second.
PAUSE_PER_EVENT: Final = 0.001
LONGEST_PAUSE: Final = 0.02
# Events numbered in one go, so that a flood does not keep the loop from its clients: some 10 ms.
TURN: Final = 2_000
# What can be caught up on after a lost connection: about an hour of a house, 3 s at 5,000 a second.
RING_EVENTS: Final = 16_384
RING_BYTES: Final = 16 * 1024 * 1024
DOINGS_BYTES: Final = 2 * 1024 * 1024

ONCE: Final = Repeats()
# Events of what is done.
LOGBOOK: Final = "diario"
SEEN: Final = "visto"

News: TypeAlias = Device | Removal | KeptFinding | ScanNews | KeptDeed | Seen


class Scheduler(Protocol):
    """What the hub needs of a loop."""

    def time(self) -> float:
        """Monotonic seconds; from any thread."""

    def call_soon(self, callback: Callable[[], object]) -> None:
        """From any thread."""

    def call_later(self, delay: float, callback: Callable[[], object]) -> None:
        """On the loop only."""


class EventHub:
    """Implements :class:`actors.ports.EventSink`; its methods may be called from any thread.

    All else is for the loop. ``devices`` are those known at the start; they open the stream, so
    that what a client read just before the first report is still known when it sends it back.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        devices: Iterable[Device] = (),
        *,
        ring_events: int = RING_EVENTS,
        ring_bytes: int = RING_BYTES,
        repeats: Repeats = ONCE,
    ) -> None:
        self._scheduler = scheduler
        self._repeats = repeats
        self._device_cache = DeviceCache()
        # Each has an epoch of its own, by which the ids of one client that follows them all are told apart.
        self.devices = Stream(secrets.token_hex(4), ring_events, ring_bytes)
        self.findings = Stream(secrets.token_hex(4), ring_events, ring_bytes)
        self.doings = Stream(secrets.token_hex(4), ring_events, DOINGS_BYTES)
        """What people and others do: entries of the logbook, and what somebody has seen."""
        self.latencies = Latencies()
        """From when an event was handed in until it was on its way to the clients."""
        self.findings_made: Counter[tuple[str, str]] = Counter()
        """Since the start, by rule and event."""
        self._waiting: deque[tuple[float, News]] = deque()
        """With when each was handed in."""
        # Whether somebody will come for what is waiting: a call that was asked for, or the pace.
        self._expected = False
        self._pacing = False
        for device in devices:
            self._update(device)

    # -- from any thread ---------------------------------------------------------------------

    def device_updated(self, device: Device) -> None:
        self._accept(device)

    def device_removed(self, removal: Removal) -> None:
        self._accept(removal)

    def finding_made(self, finding: KeptFinding) -> None:
        self._accept(finding)

    def deed_kept(self, kept: KeptDeed) -> None:
        self._accept(kept)

    def seen_kept(self, seen: Seen) -> None:
        """Told to this person alone, wherever they look."""
        self._accept(seen)

    def scan_told(self, news: ScanNews) -> None:
        self._accept(news)

    def _accept(self, event: News) -> None:
        self._waiting.append((self._scheduler.time(), event))
        if not self._expected:
            # Two threads may both get here; the second call then finds nothing to do.
            self._expected = True
            self._scheduler.call_soon(self._called)

    # -- on the loop -------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """Events that are not numbered yet. Any thread may ask."""
        return len(self._waiting)

    @property
    def device_cache(self) -> DeviceCache:
        """The devices, with all that has been handed in: who was answered reads what it was told."""
        while self._waiting:
            self._drain()
        return self._device_cache

    def versions(self, device: Device, most: int) -> Sequence[bytes]:
        """The device's recent states, at most so many, newest first, as they went out."""
        # Another one of its serial number, before it went, is none of these.
        begin = b'\ndata: {"id":%d,' % device.id
        of_serial = self.devices.newest_of(device.serial)
        return list(islice(takewhile(lambda frame: begin in frame, of_serial), most))

    def _called(self) -> None:
        if not self._pacing:
            self._work()

    def _paced(self) -> None:
        self._pacing = False
        self._work()

    def _work(self) -> None:
        """Take what waits; come again in a moment if there was something, else when called."""
        # Before the deque is read: who adds later than that sees that nobody is coming, and calls.
        self._expected = False
        if not self._waiting:
            return
        self._expected = self._pacing = True
        pause = min(LONGEST_PAUSE, len(self._waiting) * PAUSE_PER_EVENT)
        self._scheduler.call_later(pause, self._paced)
        self._drain()

    def _drain(self) -> None:
        before = [(stream, stream.last) for stream in (self.devices, self.findings, self.doings)]
        now = self._scheduler.time()
        try:
            for _ in range(min(TURN, len(self._waiting))):
                came, news = self._waiting.popleft()
                self.latencies.count(now - came)
                match news:
                    case Device() as device:
                        self._update(device)
                    case Removal() as removal:
                        self._remove(removal)
                    case KeptFinding() as kept:
                        self._find(kept)
                    case ScanNews(event=event, serial=serial) as news:
                        self._conclude(event, serial, scan_json(news))
                    case KeptDeed() as entry:
                        self._do(LOGBOOK, {"event": LOGBOOK, **deed_json(entry)})
                    case Seen(person, upto):
                        self._do(SEEN, {"event": SEEN, "hasta": upto}, person)
        finally:
            for stream, last in before:
                if stream.last > last:
                    stream.notify()

    def _update(self, device: Device) -> None:
        json = encoded(device_json(device))
        before = self._device_cache.put(Known(device, json if len(json) <= MOST_KEPT else None))
        fields = b'data: %b,"event":"device_update"}' % json[:-1]
        self.devices.append(fields, device.serial, device.claimed, before)

    def _remove(self, removal: Removal) -> None:
        self._device_cache.drop(removal.device_id)
        about = {"id": removal.device_id, "serial_number": removal.serial, "event": "device_removed"}
        self.devices.append(b"data: " + orjson.dumps(about), removal.serial, None)

    def _find(self, kept: KeptFinding) -> None:
        finding = kept.finding
        if kept.begins:
            self.findings_made[finding.rule, finding.event] += 1
        else:
            self._conclude(EPISODE, finding.serial, episode_json(kept))
        if kept.begins or self._repeats.is_due(kept):
            said_now = replace(kept, first_at=None)
            self._conclude(finding.event, finding.serial, finding_json(said_now))

    def _do(self, event: str, json: dict[str, Any], person: int | None = None) -> None:
        data = f"event: {event}\ndata: ".encode() + orjson.dumps(json)
        self.doings.append(data, "", None, person=person)

    def _conclude(self, event: str, serial: str, json: dict[str, Any]) -> None:
        self.findings.append(f"event: {event}\ndata: ".encode() + orjson.dumps(json), serial, True)


def version_in(frame: bytes) -> JsonObject:
    """The device as an event of the devices' stream told of it."""
    version: JsonObject = orjson.loads(frame.partition(b"\ndata: ")[2])
    return version
