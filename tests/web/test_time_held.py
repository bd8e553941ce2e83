"""Nothing that a caller sends holds the loop for long, or takes more than in proportion to its size."""

from __future__ import annotations

import gc
import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import pytest

from actors.domain.people import Role
from tests.web.keys import Keys
from tests.web.site import PATIENCE, Site
from web.app import MAX_HEADER, ROUTES
from web.http.handler import Handler
from web.schemas.body import read_object
from web.schemas.operations import Operation
from web.security.access import Mode
from web.security.defences import Proxies

Route: TypeAlias = tuple[str, str, type[Handler], Operation]

# As many times what a plain one of the same size takes, which is about 1 ms of processor time; on the
# loop, and with the threads that it has things worked out by.
ON_THE_LOOP: Final = 20
ALTOGETHER: Final = 200
# Measured so often at most: a processor that others keep busy can only make it more.
TRIES: Final = 8


def filled(unit: str, around: str, size: int) -> str:
    """``around`` with as many units, between commas, for its ``@`` as there is room for."""
    return around.replace("@", ",".join([unit] * ((size - len(around.encode())) // (len(unit.encode()) + 1))))


def stretched(text: str, around: str, size: int) -> str:
    """``around`` with ``text`` for its ``@`` as often as there is room for."""
    return around.replace("@", text * ((size - len(around.encode())) // len(text.encode())))


def names(size: int, *more: str) -> str:
    every = [f'"{n:x}":0' for n in range(size // 10)]
    return f"{{{','.join([*every, *more])}}}"


def minutes(most: int) -> str:
    """Events, one a minute, in at most so many characters."""
    every = [f'["{hour:02}:{minute:02}",1]' for hour in range(24) for minute in range(60)]
    return ",".join(every[: most // len(every[0] + ",")])


def events(size: int) -> str:
    """Of as many spellings of a day as there is room for, in the channel that takes longest."""
    days = ["todos", "Todos", "TODOS", "diario", "Diario", "all"]
    room = (size - 100) // len(days)
    every = ",".join(f'"{day}":[{minutes(room - 20)}]' for day in days)
    return f'{{"configuracion":{{"horarios_riego":{{{every}}}}}}}'


ONE_DAY: Final = '{"dias":["todos"],"inicio":"00:00","fin":"01:00"}'
DAYS: Final = '{"configuracion":{"horarios":[{"dias":[@],"inicio":"00:00","fin":"01:00"}]}}'

BODIES: Final[Mapping[str, Callable[[int], str]]] = {
    "names": names,
    "a name twice, at the start": lambda size: names(size, '"0":0'),
    "a name twice, at the end": lambda size: names(size, f'"{size // 10 - 1:x}":0'),
    "integers of 4,300 digits": lambda size: filled("1" * 4_300, '{"x":[@]}', size),
    "an integer of as many digits": lambda size: stretched("1", '{"x":@}', size),
    "numbers": lambda size: filled("1.5e-300", '{"x":[@]}', size),
    "a number of as many digits": lambda size: stretched("1", '{"x":0.@}', size),
    "a number at the edge": lambda size: stretched("0", '{"x":9007199254740993.@1}', size),
    "lists": lambda size: filled("[]", '{"x":[@]}', size),
    "objects": lambda size: filled('{"":0}', '{"x":[@]}', size),
    "levels": lambda size: "[" * (size // 2) + "]" * (size // 2),
    "lists of many levels": lambda size: filled("[" * 900 + "]" * 900, '{"x":[@]}', size),
    "escapes": lambda size: stretched("\\ud83d\\ude00", '{"nombre":"@"}', size),
    "lines": lambda size: "{" + "\n" * (size - 1),
    "fields of a configuration": lambda size: f'{{"configuracion":{names(size - 20)}}}',
    "values of a configuration": lambda size: filled("[]", '{"configuracion":{"x":[@]}}', size),
    "windows": lambda size: filled(ONE_DAY, '{"configuracion":{"horarios":[@]}}', size),
    "days": lambda size: filled('"Miércoles"', DAYS, size),
    "events": events,
    "accents": lambda size: stretched("\u0315\u0334", '{"configuracion":{"horarios":{"@":[]}}}', size),
    "a day with spaces": lambda size: stretched(
        " ", f'{{"configuracion":{{"horarios_pos":{{"lunes@":[{minutes(size // 2)}]}}}}}}', size
    ),
}

TEXTS: Final[Mapping[str, Callable[[int], str]]] = {
    "T+": lambda size: "T+" * (size // 2),
    "T and then pluses": lambda size: "T" * (size // 2) + "+" * (size // 2),
    "digits": lambda size: "1" * size,
    "digits after a moment": lambda size: f"2026-01-01T{'1' * size}",
    "an id": lambda size: f"{'a' * 32}-{'1' * size}",
    "accents": lambda size: "%CC%95%CC%B4" * (size // 12),
    "no UTF-8": lambda size: "%ff" * (size // 3),
    "many more": lambda size: "&".join(["x", *(f"{n:x}=" for n in range(size // 18))]),
}

HEADERS: Final[Mapping[str, Callable[[int], str]]] = {
    "many": lambda size: "".join(f"{n:x}:\r\n" for n in range(size // 8)),
    "one many times": lambda size: "x:\r\n" * (size // 4),
    "cookies": lambda size: f"Cookie: {''.join(f'{n:x}=1;' for n in range(size // 8))}\r\n",
    "a cookie": lambda size: 'Cookie: iot_sesion="' + "\\101" * (size // 4) + '"\r\n',
    "proxies": lambda size: f"X-Forwarded-For: {'::ffff:127.0.0.1,' * (size // 17)}127.0.0.1\r\n",
    "forwarded": lambda size: f"Forwarded: {'for=127.0.0.1,' * (size // 14)}\r\n",
    "origin": lambda size: f"Origin: http://{'[' * size}\r\n",
    "encodings": lambda size: f"Accept-Encoding: {',' * size}\r\n",
    "languages": lambda size: f"Accept-Language: {'en;q=0.1,' * (size // 9)}\r\n",
    "a language with spaces": lambda size: f"Accept-Language: en{' ' * size}x\r\n",
    "a language of many parts": lambda size: f"Accept-Language: en{'-a' * (size // 2)}!\r\n",
    "tags": lambda size: "If-None-Match: " + '"' * size + "\r\n",
    "a last event": lambda size: f"Last-Event-ID: {'a' * 30}-{'1' * size}\r\n",
    "a token": lambda size: f"Authorization: Bearer {'a' * size}\r\n",
    "lengths": lambda size: f"Content-Length: {'0,' * (size // 2)}0\r\n",
}


def routes(*methods: str) -> list[Route]:
    return [route for route in _all_routes() if route[0] in methods]


def _all_routes() -> Iterator[Route]:
    for pattern, handler in ROUTES:
        for method, operation in handler.operations.items():
            path = pattern.replace("([0-9]{1,18})", "2").replace("/?", "").replace("(.+)", "app.css")
            yield method, path.replace("\\", ""), handler, operation


def named(route: Route) -> str:
    return f"{route[0]} {route[1]}"


@dataclass(frozen=True)
class Meter:
    """Sends requests as they are and says what they took, in seconds of processor time."""

    site: Site
    token: str

    def request(self, method: str, target: str, headers: str = "", body: bytes = b"") -> bytes:
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        host = "Host: localhost\r\nConnection: close\r\n"
        return f"{method} {target} HTTP/1.1\r\n{host}{length}{headers}\r\n".encode() + body

    def with_token(self, method: str, target: str, body: bytes = b"") -> bytes:
        return self.request(method, target, f"Authorization: Bearer {self.token}\r\n", body)

    def once(self, request: bytes) -> tuple[float, float]:
        """By the loop, and by the whole process."""
        with socket.create_connection(("127.0.0.1", self.site.server.port), PATIENCE) as client:
            began, began_all = self._now(), time.process_time()
            client.sendall(request)
            assert client.recv(1)
            return self._now() - began, time.process_time() - began_all

    def best(self, request: bytes) -> tuple[float, float]:
        taken = [self.once(request) for _ in range(TRIES)]
        return min(loop for loop, _ in taken), min(process for _, process in taken)

    def too_long(self, request: bytes, plain: tuple[float, float]) -> str:
        """Empty if it is not."""
        for _ in range(TRIES):
            loop, process = self.once(request)
            if loop <= ON_THE_LOOP * plain[0] and process <= ALTOGETHER * plain[1]:
                return ""
        told = (1000 * each for each in (loop, process, *plain))
        return "loop {:.1f} ms, all {:.1f} ms; a plain one {:.1f} ms and {:.1f} ms".format(*told)

    def _now(self) -> float:
        return self.site.loop.run(_thread_time(), PATIENCE)


async def _thread_time() -> float:
    return time.thread_time()


@pytest.fixture(scope="module")
def meter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meter]:
    """Of a server with TRUSTED_PROXIES, where there is most to be read of a header."""
    keys = Keys(tmp_path_factory.mktemp("time-held"))
    with keys.site(Mode.TOKENS, proxies=Proxies(["127.0.0.1"])) as site:
        yield Meter(site, keys.tokens[Role.ADMIN])


@pytest.mark.parametrize("route", routes("PUT", "POST"), ids=named)
def test_no_body_holds_the_loop(meter: Meter, route: Route) -> None:
    """Of the largest size that the route takes: at most 20 times what a plain one of that size does."""
    method, path, handler, operation = route
    if operation.body is None:
        return
    size = handler.largest_body
    plain = meter.best(meter.with_token(method, path, json.dumps({"x": "a" * (size - 10)}).encode()))
    for what, make in BODIES.items():
        text = make(size - 60)
        if path == "/dispositivos/reclamar":
            text = text.replace("{", '{"serial":"LGT0AAAAAAAA",', 1)  # or it is not read to its end
        body = text.encode()
        assert len(body) <= size
        found = meter.too_long(meter.with_token(method, path, body), plain)
        assert not found, f"{what}: {found}"


@pytest.mark.parametrize("route", routes("GET"), ids=named)
def test_no_query_holds_the_loop(meter: Meter, route: Route) -> None:
    """In any of the parameters that the route knows, as long as a header may be."""
    method, path, handler, operation = route
    size = MAX_HEADER - 600
    plain = meter.best(meter.with_token(method, f"{path}?x={'a' * size}"))
    ticket = ["ticket"] if handler.takes_ticket else []
    for name in [*(parameter.name for parameter in operation.query), *ticket]:
        for what, make in TEXTS.items():
            found = meter.too_long(meter.with_token(method, f"{path}?{name}={make(size)}"), plain)
            assert not found, f"{name}, {what}: {found}"


@pytest.mark.parametrize(
    "path", ["/", "/pagina/app.css", "/dispositivos", "/stream/dispositivos", "/no/existe"]
)
def test_no_header_holds_the_loop(meter: Meter, path: str) -> None:
    """With one that shows who calls, and without."""
    size = MAX_HEADER - 400
    plain = meter.best(meter.request("GET", path, f"X: {'a' * size}\r\n"))
    for what, make in HEADERS.items():
        for token in ("", f"Authorization: Bearer {meter.token}\r\n"):
            found = meter.too_long(meter.request("GET", path, make(size) + token), plain)
            assert not found, f"{what}: {found}"


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("what", BODIES)
def test_reading_a_body_takes_in_proportion_to_its_size(what: str) -> None:
    """Eight times as much of the worst takes at most twenty times as long, and 64 times if it is quadratic.

    Measured again where it seems longer, since what else runs empties the processor's caches.
    """
    small, large = (BODIES[what](size).encode() for size in (8_000, 64_000))
    ratios: list[float] = []
    while not ratios or ratios[-1] >= 20:
        assert len(ratios) < TRIES, ratios
        ratios.append(best_of_reading(large) / max(best_of_reading(small), 50e-6))


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Python's looks through what else the process holds, and the more often the more lists are made."""
    gc.disable()
    yield
    gc.enable()


def best_of_reading(body: bytes) -> float:
    taken: list[float] = []
    for _ in range(TRIES):
        began = time.thread_time()
        try:
            value: Any = read_object(body)
        except Exception as refusal:
            value = refusal
        taken.append(time.thread_time() - began)
        del value
    return min(taken)
