"""Live streams through real sockets."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from actors.domain.findings import Finding, KeptFinding
from actors.domain.model import Device
from actors.ports import ScanNews
from tests.web.site import BLIND, LAMP, PATIENCE, Listener, Site
from web.http.services import Limits


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(LAMP, BLIND) as running:
        yield running


def update(site: Site, version: int, device: Device = BLIND) -> None:
    site.hub.device_updated(replace(device, version=version))


def test_a_stream_opens_with_the_original_hello(site: Site) -> None:
    """Byte for byte, under the headers that keep it flowing."""
    with site.listen() as client:
        assert client.status == 200
        assert client.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert client.headers["Cache-Control"] == "no-store"
        assert client.headers["X-Accel-Buffering"] == "no"
        assert client.file.readline() + client.file.readline() == b"event: hello\ndata: {}\n"


def test_an_update_is_the_device_without_an_event_line(site: Site) -> None:
    """A browser's ``onmessage`` gets it: the JSON of the device, compact, and ``device_update``."""
    with site.listen() as client:
        client.next()
        update(site, 7)
        lines = [client.file.readline() for _ in range(3)]
        assert lines[0].startswith(b"id: ")
        assert lines[1].startswith(b'data: {"id":2,"serial_number":"SHD0BBBBBBBB","nombre":"Persiana",')
        assert lines[1].endswith(
            b'"diferencias":{},"lecturas_no_validas":[],"arranque_repetido":false,"habitacion_id":null,"paciencia_s":null,"edicion":"68c82fe7fbc1f7f4","event":"device_update"}\n'
        )
        assert lines[2] == b"\n"


def test_http_1_1_clients_get_it_in_chunks(site: Site) -> None:
    """As any HTTP library reads them, uncompressed whatever it offers to take."""
    connection = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=PATIENCE)
    connection.request("GET", "/stream/dispositivos/", headers={"Accept-Encoding": "gzip"})
    response = connection.getresponse()
    assert response.getheader("Content-Encoding") is None
    assert [response.readline() for _ in range(2)] == [b"event: hello\n", b"data: {}\n"]
    response.close()
    connection.close()


@pytest.mark.parametrize("how", ["header", "parameter"])
def test_a_client_that_comes_back_misses_nothing(site: Site, how: str) -> None:
    """With the last id that it saw it gets what came since, in order and once, and then goes on live."""
    with site.listen() as client:
        client.next()
        for version in range(10, 13):
            update(site, version)
        last = client.take(3)[-1].id
    for version in range(13, 20):
        update(site, version)
    path = "/stream/dispositivos"
    again = site.listen(path, last) if how == "header" else site.listen(f"{path}?last_event_id={last}")
    with again as client:
        hello, *missed = client.take(8)
        assert hello.id == last
        assert [event.data["version"] for event in missed] == list(range(13, 20))
        update(site, 20)
        assert client.next().data["version"] == 20


@pytest.mark.parametrize("last_event_id", ["0badcafe-3", "basura"])
def test_a_client_of_another_time_is_resynced_once(site: Site, last_event_id: str) -> None:
    """An id of an earlier process, or none at all, is answered by one ``resync``; then it goes on live."""
    with site.listen(last_event_id=last_event_id) as client:
        assert [event.name for event in client.take(2)] == ["hello", "resync"]
        update(site, 5)
        assert client.next().data["version"] == 5


def test_a_client_too_far_behind_is_resynced_once() -> None:
    """What it missed is more than the ring holds."""
    with Site(BLIND, ring_events=16) as site:
        with site.listen() as client:
            last = client.next().id
        for version in range(40):
            update(site, version)
        with site.listen(last_event_id=last) as client:
            assert [event.name for event in client.take(2)] == ["hello", "resync"]
            update(site, 41)
            assert client.next().data["version"] == 41


@pytest.mark.parametrize(
    ("query", "versions"),
    [
        ("", [1, 2, 3, 4]),
        ("?serial=&reclamado=", [1, 2, 3, 4]),
        ("?serial=SHD0BBBBBBBB", [2, 4]),
        ("?serial=shd0bbBBbbbb", [2, 4]),
        ("?reclamado=true", [2, 4]),
        ("?reclamado=false", [1, 3]),
        ("?reclamado=true&serial=LGT0AAAAAAAA", []),
    ],
)
def test_filters_let_through_what_fits(query: str, versions: list[int]) -> None:
    """And a ping carries the cursor of a filtered client on to the newest event."""
    with (
        Site(LAMP, BLIND, limits=Limits(ping=0.3)) as site,
        site.listen(f"/stream/dispositivos{query}") as client,
    ):
        client.next()
        for version, device in enumerate([LAMP, BLIND, LAMP, BLIND], start=1):
            update(site, version, device)
        got = []
        while not (event := client.next()).id.endswith("-6") or event.name != "ping":
            got.append(event)
        assert [event.data["version"] for event in got if event.name == "message"] == versions


def test_pings_come_whether_or_not_there_is_news() -> None:
    """Every so often, each with an id."""
    with Site(BLIND, limits=Limits(ping=0.05)) as site, site.listen() as client:
        client.next()
        names: list[str] = []
        while names.count("ping") < 3:
            update(site, 1)
            names.append(client.next().name)
        assert "message" in names


def test_findings_have_a_stream_of_their_own(site: Site) -> None:
    """Under the rule's event name, with ids to come back with."""
    finding = Finding("offline", "ai_offline", 2, BLIND.serial, 1.8e9, {"seconds_offline": 129})
    with site.listen("/stream/ai") as client:
        last = client.next().id
        update(site, 1)
        site.hub.finding_made(KeptFinding(31, finding, {}))
        event = client.next()
    assert event.name == event.data["event"] == "ai_offline"
    assert (event.data["seconds_offline"], event.data["evento_id"]) == (129, 31)
    with site.listen("/stream/ai", last) as client:
        assert client.take(2)[1] == event


def test_a_client_of_the_findings_misses_nothing(site: Site) -> None:
    """Findings and the news of a scan, in one order, with ids that go on across both."""
    finding = Finding("misconfig", "ai_misconfig", 2, BLIND.serial, 1.8e9, {"issues": []})
    with site.listen("/stream/ai") as client:
        client.next()
        site.hub.finding_made(KeptFinding(1, finding, {}))
        last = client.next().id
    site.hub.scan_told(ScanNews("ai_progress", 2, BLIND.serial, 1.8e9, {}))
    site.hub.finding_made(KeptFinding(2, finding, {}))
    site.hub.scan_told(ScanNews("ai_done", 2, BLIND.serial, 1.8e9, {}))
    with site.listen("/stream/ai", last) as client:
        hello, *missed = client.take(4)
        assert hello.id == last
        assert [event.name for event in missed] == ["ai_progress", "ai_misconfig", "ai_done"]
        site.hub.finding_made(KeptFinding(3, finding, {}))
        assert client.next().data["evento_id"] == 3
    with site.listen("/stream/ai", "0badcafe-1") as client:
        assert [event.name for event in client.take(2)] == ["hello", "resync"]


def test_streams_are_limited(site: Site) -> None:
    """One more than allowed is told 503 in JSON; a seat that is given up can be had again."""
    with Site(LAMP, limits=Limits(clients=2)) as small:
        first, second = small.listen(), small.listen("/stream/ai")
        refused = small.get("/stream/dispositivos")
        assert (refused.status, refused.json["error"]) == (503, "servicio no disponible")
        first.close()
        small.until_listeners_are(1)
        with small.listen() as third:
            assert third.status == 200
        second.close()
    assert site.get("/salud").json["hub"]["clientes"] == 0


def test_who_leaves_is_forgotten_at_once(site: Site) -> None:
    """Without waiting for an event or a ping to find the connection closed."""
    client = site.listen()
    site.until_listeners_are(1)
    client.close()
    site.until_listeners_are(0)
    assert site.hub.devices.watchers == set()


def test_a_client_that_does_not_read_is_closed_and_slows_nobody() -> None:
    """The others get everything, in order; the stalled one finds its stream ended, not stale."""
    big = replace(BLIND, description="x" * 60_000)
    with Site(big, limits=Limits(stall=0.3), ring_events=4_096) as site:
        stalled = Listener(site.server.port, "/stream/dispositivos", None, receive_buffer=4_096)
        with site.listen() as healthy:
            healthy.next()
            for version in range(200):  # 12 MB: less than the ring, more than the kernel takes for a client
                update(site, version, big)
            versions = [event.data["version"] for event in healthy.take(200)]
            assert versions == list(range(200))
            site.until_listeners_are(1)
            update(site, 200)
            assert healthy.next().data["version"] == 200
        with stalled:
            received = 0
            try:
                while data := stalled.socket.recv(1 << 20):
                    received += len(data)
            except ConnectionResetError:
                pass
            assert received < 200 * 60_000


def test_a_client_that_reads_slowly_gets_all_or_a_resync() -> None:
    """Never a gap that it is not told of, though it falls behind a ring of 32 events."""
    big = replace(BLIND, description="x" * 20_000)
    with Site(big, limits=Limits(stall=PATIENCE), ring_events=32) as site:
        slow = Listener(site.server.port, "/stream/dispositivos", None, receive_buffer=4_096)
        with site.listen() as quick:
            assert slow.next().name == quick.next().name == "hello"
            for version in range(1_000):
                update(site, version, big)
                # So that the quick one is never behind, and nothing is on its way to the hub at the end.
                if version % 16 == 0 or version == 999:
                    while (event := quick.next()).data.get("version") != version:
                        assert event.name == "message"
        with slow:
            expected, resyncs = 0, 0
            while expected < 1_000:
                event = slow.next()
                if event.name == "resync":
                    resyncs += 1
                    update(site, 1_000, big)
                    assert slow.next().data["version"] == 1_000
                    break
                assert event.data["version"] == expected
                expected += 1
            assert resyncs == 1


def test_many_clients_get_the_same(site: Site) -> None:
    """Each of 20 clients gets every event once, in order, from several threads' publishing."""
    clients = [site.listen() for _ in range(20)]
    for client in clients:
        client.next()

    # 60 fit into the ring of 64, so that nobody can fall behind.
    def publish(first: int) -> None:
        for version in range(first, first + 15):
            update(site, version)

    threads = [threading.Thread(target=publish, args=(first,)) for first in range(0, 60, 15)]
    for thread in threads:
        thread.start()
    seen = [[event.data["version"] for event in client.take(60)] for client in clients]
    for thread in threads:
        thread.join()
    assert sorted(seen[0]) == list(range(60))
    assert all(versions == seen[0] for versions in seen)
    for client in clients:
        client.close()


def test_stopping_ends_the_streams_properly() -> None:
    """Clients find the end of the stream, a stalled one too, and the server is gone within 2 s."""
    site = Site(LAMP)
    with site:
        client = site.listen()
        client.next()
        connection = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=PATIENCE)
        connection.request("GET", "/stream/ai")
        chunked = connection.getresponse()
    assert list(client) == []
    assert chunked.read().startswith(b"event: hello\n")  # raises IncompleteRead if it was cut
    client.close()
    connection.close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", site.server.port), PATIENCE)
