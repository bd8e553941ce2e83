"""The hub and its rings, without a server."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from actors.domain.findings import Episode, Finding, KeptFinding, Severity
from actors.domain.model import Device
from actors.messages import Removal
from actors.ports import ScanNews
from actors.runtime.event_loop import LoopThread
from actors.runtime.time_zone import UTC_ZONE
from tests.web.site import BLIND, HEALTHY, LAMP, PATIENCE, Event, event_in
from web.http.health import health_json
from web.live.hub import EventHub, version_in
from web.live.repeats import Repeats
from web.live.ring import CHUNK_BYTES, EVERYTHING, Stream, Wanted, mark
from web.texts.languages import Language


class HandLoop:
    """A scheduler that does what was scheduled when told to."""

    def __init__(self) -> None:
        self.soon: list[Callable[[], object]] = []
        self.later: list[Callable[[], object]] = []

    def time(self) -> float:
        return 0.0

    def call_soon(self, callback: Callable[[], object]) -> None:
        self.soon.append(callback)

    def call_later(self, _delay: float, callback: Callable[[], object]) -> None:
        self.later.append(callback)

    def turn(self) -> None:
        """One turn of the loop, with all timers due."""
        due, self.soon, self.later = self.soon + self.later, [], []
        for callback in due:
            callback()

    def settle(self) -> None:
        while self.soon or self.later:
            self.turn()


def events_in(data: bytes) -> list[Event]:
    return [event_in(block) for block in data.split(b"\n\n") if block]


def test_one_wake_up_serves_many_events() -> None:
    """However many events come at once, the loop is woken once, and not again while it is at it."""
    loop = HandLoop()
    hub = EventHub(loop)
    for n in range(1_000):
        hub.device_updated(replace(LAMP, reports=n))
    assert len(loop.soon) == 1
    loop.turn()
    assert hub.devices.last == 1_000
    hub.device_updated(LAMP)
    assert loop.soon == []
    loop.settle()
    assert hub.devices.last == 1_001


def test_the_pace_is_kept_by_one_timer() -> None:
    """Two threads may both call the loop; the call that comes late neither sends nor sets a timer."""
    loop = HandLoop()
    hub = EventHub(loop)
    hub.device_updated(LAMP)
    (call,) = loop.soon
    loop.turn()
    hub.device_updated(LAMP)
    call()
    assert (hub.waiting, len(loop.later)) == (1, 1)
    loop.settle()
    assert hub.devices.last == 2


def test_health_tells_what_the_hub_has_not_numbered_yet() -> None:
    """As it was before the question, which has it numbered."""
    hub = EventHub(HandLoop())
    for n in range(3):
        hub.device_updated(replace(LAMP, reports=n))
    told = [
        health_json(HEALTHY, UTC_ZONE, hub, 0, "0.1.0", Language.SPANISH)["hub"]["en_cola"] for _ in range(2)
    ]
    assert told == [3, 0]


def test_an_idle_hub_leaves_the_loop_alone() -> None:
    """Once all is sent nothing is scheduled, and the next event is served at once."""
    loop = HandLoop()
    hub = EventHub(loop)
    hub.device_updated(LAMP)
    loop.settle()
    assert (loop.soon, loop.later) == ([], [])
    hub.device_updated(LAMP)
    assert len(loop.soon) == 1


def test_an_event_that_cannot_be_encoded_costs_only_itself() -> None:
    """What comes after it is still sent."""
    loop = HandLoop()
    hub = EventHub(loop)
    hub.device_updated(replace(LAMP, parameters={"roto": 2**70}))
    hub.device_updated(LAMP)
    with pytest.raises(TypeError):
        loop.turn()
    loop.settle()
    assert [known.device for known in hub.device_cache.newest_first()] == [LAMP]


def test_a_device_is_encoded_once_for_the_stream_and_for_who_changed_it() -> None:
    """Not one that has changed since, nor one that is gone."""
    hub = EventHub(HandLoop(), [LAMP])
    changed = replace(LAMP, name="Lámpara")
    hub.device_updated(changed)
    assert hub.device_cache.json_of(changed) is hub.device_cache.json_of(changed)
    assert b'"nombre":"L\xc3\xa1mpara"' in hub.device_cache.json_of(changed)
    assert b'"nombre":"No definido"' in hub.device_cache.json_of(LAMP)
    hub.device_removed(Removal(LAMP.id, LAMP.serial))
    assert b'"nombre":"L\xc3\xa1mpara"' in hub.device_cache.json_of(changed)


def test_the_roster_has_what_has_just_been_handed_in() -> None:
    """Whoever was answered reads what the answer said, wherever the loop stands."""
    hub = EventHub(HandLoop(), [LAMP])
    hub.device_updated(replace(LAMP, name="Sala"))
    known = hub.device_cache.by_serial(LAMP.serial)
    assert known is not None
    assert known.device.name == "Sala"


def test_from_many_threads_nothing_is_lost() -> None:
    """Each device's updates are numbered in the order in which its thread made them."""
    loop = LoopThread("hub-under-test")
    hub = EventHub(loop)
    many, each = 4, 2_000
    start = threading.Barrier(many)

    def report(number: int) -> None:
        start.wait(PATIENCE)
        for n in range(each):
            hub.device_updated(Device(id=number, serial=f"X{number}", version=n))

    threads = [threading.Thread(target=report, args=(number,)) for number in range(1, many + 1)]
    all_here = threading.Event()
    hub.devices.watchers.add(lambda: all_here.set() if hub.devices.last == many * each else None)
    loop.start()
    for thread in threads:
        thread.start()
    assert all_here.wait(PATIENCE)
    for thread in threads:
        thread.join()
    loop.stop(PATIENCE)
    for number in range(1, many + 1):
        device = Device(id=number, serial=f"X{number}")
        versions = [version_in(frame)["version"] for frame in hub.versions(device, each)]
        assert versions == list(reversed(range(each)))


def test_a_finding_goes_out_under_its_own_name() -> None:
    """Its JSON has the event, the rule, the device, the rule's own fields, the time, and the id."""
    hub = EventHub(HandLoop())
    finding = Finding("extremos", "ai_anomaly", 2, BLIND.serial, 1_800_000_000.5, {"value": 120.5})
    hub.finding_made(KeptFinding(17, finding, {}))
    assert len(hub.device_cache) == 0
    (event,) = events_in(hub.findings.since(0)[0])
    local = event.data.pop("ts_local")
    assert event.name == "ai_anomaly"
    assert event.data == {
        "event": "ai_anomaly",
        "rule": "extremos",
        "dispositivo_id": 2,
        "serial_number": BLIND.serial,
        "value": 120.5,
        "severity": "info",
        "ts_utc": "2027-01-15T08:00:00.500Z",
        "evento_id": 17,
    }
    assert datetime.fromisoformat(local).timestamp() == 1_800_000_000.5


def test_an_episode_goes_on_as_what_it_is() -> None:
    """The first time under its rule's own name, and then under one of its own, as one finding."""
    hub = EventHub(HandLoop())
    begun = Finding(
        "extremos",
        "ai_anomaly",
        2,
        BLIND.serial,
        1_800_000_000.5,
        {"value": 120.5},
        severity=Severity.MEDIUM,
        episode=Episode("t@1.5", 1_800_000_000.5, None, 1, 120.5),
    )
    over = replace(
        begun, at=1_800_000_090.5, episode=Episode("t@1.5", 1_800_000_000.5, 1_800_000_060.5, 7, 130)
    )
    hub.finding_made(KeptFinding(17, begun, {}))
    hub.finding_made(KeptFinding(17, over, {}, first_at=begun.at, before=begun.at))
    assert len(hub.device_cache) == 0
    first, last = events_in(hub.findings.since(0)[0])
    assert (first.name, last.name) == ("ai_anomaly", "ai_episode")
    of_both = {
        "rule": "extremos",
        "dispositivo_id": 2,
        "serial_number": BLIND.serial,
        "value": 120.5,
        "severity": "medium",
        "evento_id": 17,
        "episodio": "t@1.5",
        "ts_utc": "2027-01-15T08:00:00.500Z",
        "desde": "2027-01-15T08:00:00.500Z",
    }
    for each in (first, last):
        del each.data["ts_local"]
    assert first.data == {
        **of_both,
        **{"event": "ai_anomaly", "actualizado": "2027-01-15T08:00:00.500Z"},
        **{"hasta": None, "pico": 120.5, "veces": 1},
    }
    assert last.data == {
        **of_both,
        **{"event": "ai_episode", "episodio_de": "ai_anomaly", "actualizado": "2027-01-15T08:01:30.500Z"},
        **{"hasta": "2027-01-15T08:01:00.500Z", "pico": 130, "veces": 7},
    }


def test_while_it_lasts_it_is_told_again_where_that_is_asked_for() -> None:
    """Beside its change, at the time of that."""
    hub = EventHub(HandLoop(), repeats=Repeats(alerts_s=60))
    episode = Episode("t@1.5", 1_800_000_000.0, None, 7)
    finding = Finding("extremos", "ai_anomaly", 2, BLIND.serial, 1_800_000_060.0, {}, episode=episode)
    hub.finding_made(KeptFinding(17, finding, {}, first_at=1_800_000_000.0, before=1_800_000_001.0))
    assert len(hub.device_cache) == 0
    change, again = events_in(hub.findings.since(0)[0])
    assert (change.name, change.data["ts_utc"]) == ("ai_episode", "2027-01-15T08:00:00.000Z")
    assert (again.name, again.data["ts_utc"]) == ("ai_anomaly", "2027-01-15T08:01:00.000Z")
    assert {**again.data, **dict.fromkeys(("event", "ts_utc", "ts_local"))} == {
        **{name: value for name, value in change.data.items() if name != "episodio_de"},
        **dict.fromkeys(("event", "ts_utc", "ts_local")),
    }


def test_news_of_a_scan_goes_out_among_the_findings() -> None:
    """In order with them; what it finds names the rule, and nothing of it has an id to decide on."""
    hub = EventHub(HandLoop())
    news = {"ai_progress": {"hecho": 0.5}, "ai_anomaly": {"value": 120.5}, "ai_done": {}}
    for event, details in news.items():
        hub.scan_told(ScanNews(event, 2, BLIND.serial, 1_800_000_000.5, details))
    assert len(hub.device_cache) == 0
    progress, anomaly, done = events_in(hub.findings.since(0)[0])
    of_all = {
        "dispositivo_id": 2,
        "serial_number": BLIND.serial,
        "ts_local": progress.data["ts_local"],
        "ts_utc": "2027-01-15T08:00:00.500Z",
    }
    assert [event.name for event in (progress, anomaly, done)] == list(news)
    assert progress.data == {"event": "ai_progress", "hecho": 0.5, **of_all}
    assert anomaly.data == {"event": "ai_anomaly", "rule": "extremos", "value": 120.5, **of_all}
    assert done.data == {"event": "ai_done", **of_all}


def test_what_one_read_gives_is_bounded() -> None:
    """A client far behind is given about a chunk at a time, and misses nothing."""
    stream = Stream("e", max_events=1_000, max_bytes=2**30)
    for _ in range(100):
        stream.append(b"data: " + b"x" * 10_000, "S", True)
    cursor, frames, reads = 0, 0, 0
    while cursor < stream.last:
        data, cursor = stream.since(cursor)
        assert len(data) < CHUNK_BYTES + 11_000
        frames += data.count(b"\n\n")
        reads += 1
    assert (frames, reads) == (100, 4)


def test_the_ring_is_bounded_in_bytes() -> None:
    """A few large events push out many small ones."""
    stream = Stream("e", max_events=1_000, max_bytes=10_000)
    for _ in range(100):
        stream.append(b"data: {}", "S", True)
    assert len(stream) == 100
    stream.append(b"data: " + b"x" * 9_900, "S", True)
    assert stream.size <= 10_000
    assert len(stream) < 10
    stream.append(b"data: " + b"x" * 20_000, "S", True)
    assert len(stream) == 1


@pytest.mark.parametrize("last_event_id", ["e-11", "f-3", "basura", "e-", "-3", "e--1", "e-٣", "e-3 ", ""])
def test_an_id_that_is_not_known_is_a_lost_one(last_event_id: str) -> None:
    """Whatever a client sends as Last-Event-ID, it goes on after that very event or is resynced."""
    stream = Stream("e", max_events=1_000, max_bytes=10_000)
    for _ in range(10):
        stream.append(b"data: {}", "S", True)
    data, cursor = stream.since(stream.cursor(last_event_id))
    assert data.startswith(b"event: resync\ndata: {}\n")
    assert stream.since(cursor) == (b"", 10)


class Client:
    """A reader with a filter that may stall, drop its connection, and come back."""

    def __init__(self, stream: Stream, wanted: Wanted) -> None:
        self.stream = stream
        self.wanted = wanted
        self.cursor = stream.cursor(None)
        self.last_id = event_in(mark(b"hello", [(stream, self.cursor)]).strip()).id
        self.seen: int | None = None
        """The version that it knows to have everything up to; ``None`` after a resync."""

    def read(self, published: list[Device]) -> None:
        data, self.cursor = self.stream.since(self.cursor, self.wanted)
        for event in events_in(data):
            self.last_id = event.id
            if event.name == "resync":
                self.seen = None
            else:
                self._check_next(event.data["version"], published)

    def _check_next(self, version: int, published: list[Device]) -> None:
        fits = self.fitting(published)
        assert version in fits
        if self.seen is not None:
            assert version == next(number for number in fits if number > self.seen)
        self.seen = version

    def fitting(self, published: list[Device]) -> list[int]:
        return [
            each.version for each in published if self.wanted.fits((each.serial, each.claimed, None, None))
        ]

    def ping(self) -> None:
        self.last_id = event_in(mark(b"ping", [(self.stream, self.cursor)]).strip()).id

    def reconnect(self) -> None:
        self.cursor = self.stream.cursor(self.last_id)


FILTERS = [
    EVERYTHING,
    EVERYTHING,
    Wanted(serial="A"),
    Wanted(claimed=True),
    Wanted(claimed=False),
    Wanted("B", True),
]


class Streaming(RuleBasedStateMachine):
    """Publishing, draining, reading, stalling and reconnecting in any order, on a ring of 8 events."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = HandLoop()
        self.hub = EventHub(self.loop, ring_events=8, ring_bytes=3_000)
        self.published: list[Device] = []
        self.clients = [Client(self.hub.devices, wanted) for wanted in FILTERS]
        for client in self.clients:
            client.seen = -1

    @rule(serial=st.sampled_from("ABC"), claimed=st.booleans(), size=st.integers(0, 900))
    def publish(self, serial: str, claimed: bool, size: int) -> None:
        version = len(self.published)
        device = Device(
            id=ord(serial), serial=serial, claimed=claimed, version=version, description="x" * size
        )
        self.published.append(device)
        self.hub.device_updated(device)

    @rule()
    def turn(self) -> None:
        self.loop.turn()

    @rule(which=st.integers(0, len(FILTERS) - 1))
    def read(self, which: int) -> None:
        self.clients[which].read(self.published)

    @rule(which=st.integers(0, len(FILTERS) - 1), pinged=st.booleans())
    def reconnect(self, which: int, pinged: bool) -> None:
        if pinged:
            self.clients[which].ping()
        self.clients[which].reconnect()

    @invariant()
    def rings_are_bounded(self) -> None:
        assert len(self.hub.devices) <= 8
        assert self.hub.devices.size <= 3_000 or len(self.hub.devices) == 1

    def teardown(self) -> None:
        """In the end everybody is up to date, or knows that it is not; and the device cache is right."""
        self.loop.settle()
        assert self.hub.waiting == 0
        assert self.hub.devices.last == len(self.published)
        for client in self.clients:
            client.read(self.published)
            assert client.cursor == len(self.published)
            fits = [-1, *client.fitting(self.published)]
            assert client.seen in (None, fits[-1])
        newest = {device.serial: device for device in self.published}
        assert {known.device.serial: known.device for known in self.hub.device_cache.newest_first()} == newest
        for known in self.hub.device_cache.newest_first():
            assert json.loads(known.json)["version"] == known.device.version


TestStreaming = Streaming.TestCase
TestStreaming.settings = settings(max_examples=80, stateful_step_count=60)
