"""The server itself: bodies and connections within limits, its start and its end."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.web.site import BLIND, LAMP, PATIENCE, Site
from web.http.services import Limits


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(LAMP, BLIND) as running:
        yield running


# -- bodies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [64 * 1024 + 1, 3 * 1024 * 1024])
def test_a_body_that_is_too_large_gets_its_answer(site: Site, size: int) -> None:
    """Its length declared or in chunks, the client is told, and one that is just small enough is not."""
    pieces = (b"x" * 1_000 for _ in range(size // 1_000 + 1))
    assert site.ask("PUT", "/dispositivos/2", pieces).status == 413
    assert site.ask("PUT", "/dispositivos/2", b"x" * size).status == 413
    fits = json.dumps({"nombre": "Sala"}).encode().ljust(64 * 1024)
    assert site.put("/dispositivos/2", fits).status == 200


def test_an_absurd_length_is_answered_without_waiting_for_it(site: Site) -> None:
    """The connection ends after the answer."""
    for head in (b"Content-Length: 99999999999999999999999999", b"Content-Length: 5000000"):
        with socket.create_connection(("127.0.0.1", site.server.port), PATIENCE) as client:
            client.sendall(b"PUT /dispositivos/2 HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")
            with client.makefile("rb") as answer:
                assert answer.read().startswith(b"HTTP/1.1 413 ")


def test_an_endless_body_is_cut(site: Site) -> None:
    """A chunked body past 4 MiB gets 413 and the connection ends."""
    with socket.create_connection(("127.0.0.1", site.server.port), PATIENCE) as client:
        client.sendall(b"PUT /dispositivos/2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        endless = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
        with pytest.raises(ConnectionError):
            client.sendall(endless * 1_024)
    assert site.get("/dispositivos/2").status == 200


def test_a_connection_is_kept_for_the_next_request(site: Site) -> None:
    """After an answer, and after a refusal of a large body as well."""
    connection = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=PATIENCE)
    for body, status in ((b"{}", 200), (b"x" * 70_000, 413), (b"{}", 200)):
        connection.request("PUT", "/dispositivos/2", body)
        response = connection.getresponse()
        assert (response.status, bool(response.read())) == (status, True)
        used = connection.sock
        assert used is not None
    connection.close()


# -- pages of other sites --------------------------------------------------------------------------

FOREIGN = [
    {"Origin": "https://otro.example"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://otro.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/dispositivos/reclamar"),
        ("PUT", "/dispositivos/1"),
        ("POST", "/ai/anomaly"),
        ("POST", "/no"),
    ],
)
def test_a_page_of_another_site_changes_nothing(
    site: Site, method: str, path: str, headers: dict[str, str]
) -> None:
    """403 in JSON and Spanish, before anything is done."""
    before = site.get("/dispositivos").body
    body = {"serial_number": LAMP.serial, "dispositivo_id": 1, "metric": "brillo", "days": 1}
    answer = site.ask(method, path, body, headers)
    assert (answer.status, answer.json["error"]) == (403, "prohibido")
    assert "otro sitio" in answer.json["detalle"]
    assert site.get("/dispositivos").body == before
    assert site.scans.empty()


def test_who_is_no_page_of_another_site_is_let_in(site: Site) -> None:
    """curl and apps send no Origin, pages of this very server send its own; others may not even read."""
    own = f"http://127.0.0.1:{site.server.port}"
    for headers in ({}, {"Origin": own}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        assert site.ask("PUT", "/dispositivos/2", {"nombre": "Sala"}, headers).status == 200
    for headers in FOREIGN:
        assert site.ask("GET", "/dispositivos/2", headers=headers).status == 403
        assert site.ask("OPTIONS", "/dispositivos/2", headers=headers).status == 204


# -- start and end ---------------------------------------------------------------------------------


def test_a_port_in_use_is_the_callers_to_know(site: Site) -> None:
    """``start`` raises, and what was built can still be stopped."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        other = Site(LAMP, port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            other.server.start()
        other.__exit__()
    assert site.get("/dispositivos").status == 200


def test_events_from_before_the_start_are_not_lost() -> None:
    """Actors start before the server does."""
    site = Site(LAMP)
    site.hub.device_updated(replace(LAMP, name="Temprana"))
    with site:
        assert site.get("/dispositivos/1").json["nombre"] == "Temprana"
    site.hub.device_updated(LAMP)  # and after the end nobody minds
    site.server.stop()


def test_connections_are_limited() -> None:
    """Beyond the limit the one that has been quiet longest gives way, and no other."""
    with Site(LAMP, limits=Limits(clients=1)) as site:
        held = [socket.create_connection(("127.0.0.1", site.server.port), PATIENCE) for _ in range(101)]
        for client in held:
            client.sendall(b"GET /dispositivos/1 HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200")
        assert site.get("/dispositivos/1").status == 200
        while held[0].recv(1_000):
            pass
        for client in held[1:]:
            client.sendall(b"GET /dispositivos/1 HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(100)
        for client in held:
            client.close()
