"""Live streams whose clients stall, or are cut off again and again."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from random import Random

import pytest

from tests.web.site import BLIND, Listener, Site
from web.http.services import Limits

STREAM = "/stream/dispositivos"
# Far less than a kernel would take for a client that does not read: 1,600 of these are 0.7 MB.
SMALL = replace(BLIND, description="x" * 100)


def publish(site: Site, first: int, count: int) -> int:
    """Updates with the versions from ``first`` on; the next version."""
    for version in range(first, first + count):
        site.hub.device_updated(replace(SMALL, version=version))
    return first + count


def test_twenty_stalled_clients_hold_up_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """They are closed though they were sent but little; the one that reads gets 99 of 100 within 1 s."""
    count = 1_600
    with Site(SMALL, limits=Limits(stall=2.0), ring_events=4_096) as site, ExitStack() as stack:
        stalled = [
            stack.enter_context(Listener(site.server.port, STREAM, None, receive_buffer=4_096))
            for _ in range(20)
        ]
        healthy = stack.enter_context(site.listen())
        assert healthy.next().name == "hello"
        site.until_listeners_are(21)
        delays: list[float] = []
        published: list[float] = []

        def read() -> None:
            for version in range(count):
                assert healthy.next().data["version"] == version
                delays.append(time.monotonic() - published[version])

        reader = threading.Thread(target=read)
        reader.start()
        for version in range(count):
            published.append(time.monotonic())
            publish(site, version, 1)
        reader.join(30)
        assert sorted(delays)[count * 99 // 100] <= 1
        site.until_listeners_are(1)
        for client in stalled:
            received = 0
            with suppress(ConnectionResetError):
                while data := client.socket.recv(1 << 20):
                    received += len(data)
            assert received < count * len(SMALL.description)
        publish(site, count, 1)
        assert healthy.next().data["version"] == count
    assert [record.message for record in caplog.records if record.name == "asyncio"] == []


@pytest.mark.parametrize("seed", range(2))
def test_fifty_cuts_leave_no_gap_that_is_not_told(seed: int) -> None:
    """Wherever the client was cut, within an event too, it goes on with the next one, or after a resync."""
    random = Random(seed)
    resyncs = 0
    with Site(SMALL, ring_events=64) as site:
        expected: int | None = None
        last_id: str | None = None
        published = 0
        for _ in range(50):
            published = publish(site, published, random.choice([0, 1, 10, 60, 90]))
            with site.listen(last_event_id=last_id) as client:
                hello = client.next()
                assert hello.name == "hello"
                last_id = hello.id
                published = publish(site, published, random.randint(1, 30))
                for _ in range(random.randint(0, 40)):
                    if expected == published:
                        break
                    event = client.next()
                    last_id = event.id
                    if event.name == "resync":
                        resyncs += 1
                        expected = None
                        published = publish(site, published, 1)
                        continue
                    assert expected in (None, event.data["version"])
                    expected = event.data["version"] + 1
                client.socket.settimeout(0.01)
                with suppress(TimeoutError):  # there may be no more
                    client.file.read(random.randint(0, 300))
        assert 0 < resyncs < 50
