"""A server on loopback that plays the provider: well, broken, slow and wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Play = Callable[[BaseHTTPRequestHandler], None]


def forecast(begin: float, hours: int, **every: float) -> bytes:
    """As Open-Meteo answers, the same each hour."""
    columns: dict[str, Any] = {name: [value] * hours for name, value in every.items()}
    columns["time"] = [int(begin) + 3_600 * n for n in range(hours)]
    return json.dumps({"latitude": 40.42, "longitude": -3.7, "hourly": columns}).encode()


def answers(body: bytes, status: int = 200) -> Play:
    def play(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return play


class Provider:
    """What it plays may be changed at any time; the queries that it was asked are kept."""

    def __init__(self) -> None:
        self.play: Play = answers(b"{}")
        self.asked: list[dict[str, str]] = []
        self.closing = threading.Event()

    @contextmanager
    def running(self) -> Iterator[str]:
        """Its address."""
        provider = self

        class Request(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                provider.asked.append({name: values[0] for name, values in query.items()})
                provider.play(self)

            def log_message(self, *_: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1/forecast"
        finally:
            self.closing.set()
            server.shutdown()
            thread.join()
            server.server_close()
