"""Asking a server on the internet: whatever it does, there is one answer, and soon."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from queue import SimpleQueue

import pytest

from actors.runtime.clock import SystemClock
from actors.weather import client
from actors.weather.client import MOST_BYTES, Unanswered, WebClient
from tests.weather.provider import Play, Provider, answers

PATIENCE = 20


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def url(provider: Provider) -> Iterator[str]:
    with provider.running() as url:
        yield url


@pytest.fixture
def web() -> WebClient:
    return WebClient(SystemClock())


def asked(web: WebClient, url: str) -> bytes | Unanswered:
    heard: SimpleQueue[bytes | Unanswered] = SimpleQueue()
    web.ask(url, heard.put)
    return heard.get(timeout=PATIENCE)


def test_an_answer(web: WebClient, provider: Provider, url: str) -> None:
    provider.play = answers(b'{"hourly":{}}')
    assert asked(web, f"{url}?latitude=1") == b'{"hourly":{}}'
    assert provider.asked == [{"latitude": "1"}]


def _hang_up(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    request.close_connection = True


def _no_http(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"SSH-2.0-OpenSSH\r\n")


def _elsewhere(address: str) -> Play:
    def play(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", address)
        request.end_headers()

    return play


def _round(request: BaseHTTPRequestHandler) -> None:
    _elsewhere(request.path)(request)


@pytest.mark.parametrize(
    "play",
    [
        answers(b"{}", 500),
        answers(b'{"error":true}', 429),
        answers(b"", 404),
        answers(b"x" * (MOST_BYTES + 1)),
        _no_http,
        _round,
        _elsewhere("file:///etc/passwd"),
        _elsewhere("ftp://127.0.0.1/x"),
        _elsewhere("http://127.0.0.1:1/"),
    ],
    ids=["500", "429", "404", "too long", "no HTTP", "in a circle", "a file", "FTP", "nobody there"],
)
def test_what_is_no_answer_is_told(web: WebClient, provider: Provider, url: str, play: Play) -> None:
    provider.play = play
    answer = asked(web, url)
    assert isinstance(answer, Unanswered)
    assert str(answer)
    provider.play = answers(b"{}")
    assert asked(web, url) == b"{}"


def test_half_an_answer(web: WebClient, provider: Provider, url: str) -> None:
    """Is read as far as it goes; that it is no weather is for its reader to see."""
    provider.play = _hang_up
    answer = asked(web, url)
    assert isinstance(answer, Unanswered) or answer == b"half"


def test_a_server_that_says_nothing(
    web: WebClient, provider: Provider, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PART_S", 0.2)

    def say_nothing(_: BaseHTTPRequestHandler) -> None:
        provider.closing.wait(PATIENCE)

    provider.play = say_nothing
    assert isinstance(asked(web, url), Unanswered)


def test_a_server_that_says_a_byte_at_a_time(
    web: WebClient, provider: Provider, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "WHOLE_S", 0.2)

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not provider.closing.wait(0.02):
            request.wfile.write(b" ")

    provider.play = drip
    answer = asked(web, url)
    assert isinstance(answer, Unanswered)
    assert str(answer) == "too slow"


@pytest.mark.parametrize("url", ["http://nobody.invalid/", "http://127.0.0.1:1/"])
def test_nobody_there(web: WebClient, url: str) -> None:
    assert isinstance(asked(web, url), Unanswered)
