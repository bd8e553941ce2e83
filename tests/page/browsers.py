"""Browsers by what each speaks of itself, so that one description of a journey serves all: where to go, and
what the page answers to an expression."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar
from urllib.request import Request, urlopen

from playwright.sync_api import Page
from tornado.websocket import WebSocketClientConnection, websocket_connect

from tests.brokers import free_port, wait_until
from tests.machine import lacking
from tests.web.site import PATIENCE

T = TypeVar("T")

_PATIENCE_S: Final = 60.0
_BROWSERS: Final = Path("/usr/lib/x86_64-linux-gnu")


class Browser(Protocol):
    def open(self, url: str) -> None: ...

    def ask(self, expression: str) -> Any:
        """What it comes to in the page, as JSON has it."""


class Chromium:
    def __init__(self, page: Page) -> None:
        self._page = page

    def open(self, url: str) -> None:
        self._page.goto(url)

    def ask(self, expression: str) -> Any:
        return self._page.evaluate(expression)


class WebKit:
    """By WebDriver."""

    def __init__(self, port: int, program: Path) -> None:
        self._url = f"http://127.0.0.1:{port}"
        options = {"binary": str(program), "args": ["--automation"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        found = self._post("/session", {"capabilities": wanted})
        self._url += f"/session/{found['sessionId']}"

    def open(self, url: str) -> None:
        self._post("/url", {"url": url})

    def ask(self, expression: str) -> Any:
        return self._post("/execute/sync", {"script": f"return ({expression});", "args": []})

    def end(self) -> None:
        with urlopen(Request(self._url, method="DELETE"), timeout=_PATIENCE_S):
            pass

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        request = Request(self._url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urlopen(request, timeout=_PATIENCE_S) as answer:
            return json.load(answer)["value"]


class Firefox:
    """By WebDriver BiDi, which it speaks itself."""

    def __init__(self, url: str) -> None:
        # On a thread of its own, as Playwright holds the loop of this one.
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._number = 0
        self._socket: WebSocketClientConnection = self._done(self._connected(url))
        self._say("session.new", capabilities={})
        [first, *_] = self._say("browsingContext.getTree")["contexts"]
        self._context = first["context"]

    async def _connected(self, url: str) -> WebSocketClientConnection:
        return await websocket_connect(url, connect_timeout=_PATIENCE_S)

    def open(self, url: str) -> None:
        self._say("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def ask(self, expression: str) -> Any:
        target = {"context": self._context}
        told = self._say("script.evaluate", expression=expression, target=target, awaitPromise=True)
        assert told["type"] == "success", told
        return told["result"].get("value")

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._socket.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE_S)
        self._loop.close()

    def _say(self, method: str, **params: Any) -> Any:
        return self._done(self._answer(method, params))

    def _done(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_S)

    async def _answer(self, method: str, params: dict[str, Any]) -> Any:
        self._number += 1
        await self._socket.write_message(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            told = json.loads(await self._socket.read_message() or "{}")
            if told.get("id") == self._number:
                assert told["type"] == "success", told
                return told["result"]


def _program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        lacking(f"{name}: apt-get install {package}")
    return found


@contextmanager
def _running(command: list[str], **environment: str) -> Iterator[subprocess.Popen[str]]:
    """The program, until it is ended with all that it has started."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, **environment},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, 15)
        process.communicate(timeout=PATIENCE)


def _line(process: subprocess.Popen[str], pattern: str) -> str:
    """What the first line that matches says in its group."""
    assert process.stdout is not None
    for line in process.stdout:
        if match := re.search(pattern, line):
            return match[1]
    raise AssertionError(f"it has ended before it said {pattern}")


@contextmanager
def webkit(folder: Path) -> Iterator[WebKit]:
    """Debian's, in its smallest browser, on a screen that nobody sees."""
    driver = _program("WebKitWebDriver", "webkit2gtk-driver")
    screen, bus = _program("Xvfb", "xvfb"), _program("dbus-run-session", "dbus-daemon")
    programs = sorted(_BROWSERS.glob("webkit2gtk-4.*/MiniBrowser"))
    if not programs:
        lacking("MiniBrowser: apt-get install webkit2gtk-driver")
    port = free_port()
    with _running([screen, "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]) as shown:
        display = ":" + _line(shown, r"^(\d+)$")
        homes = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "DISPLAY": display}
        with _running([bus, "--", driver, f"--port={port}"], **homes):
            wait_until(lambda: _is_up(port), _PATIENCE_S)
            browser = WebKit(port, programs[-1])
            yield browser
            browser.end()


def _is_up(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/status", timeout=PATIENCE):
            return True
    except OSError:
        return False


@contextmanager
def firefox(folder: Path) -> Iterator[Firefox]:
    """Debian's, without a window."""
    program = _program("firefox-esr", "firefox-esr")
    (folder / "user.js").write_text('user_pref("intl.accept_languages", "es-ES, es");\n', "utf-8")
    command = [program, "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", "0"]
    with _running(command, HOME=str(folder), MOZ_CRASHREPORTER_DISABLE="1") as process:
        address = _line(process, r"WebDriver BiDi listening on (ws://\S+)")
        browser = Firefox(f"{address}/session")
        yield browser
        browser.end()
