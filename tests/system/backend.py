"""The whole system as a process of its own, known only from outside: its ports, its words, its end."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import config
from tests.brokers import Mosquitto, wait_until
from tests.machine import need
from tests.system.forked import Forked
from tests.web.site import PATIENCE, Answer, Event, Listener

SCRIPT = Path(__file__).resolve().parents[2] / "run_system.py"
# What the system promises for Ctrl-C and SIGTERM, s.
END_S = 10


def surroundings(**settings: object) -> dict[str, str]:
    """An environment with these settings and no others; warnings are said aloud."""
    foreign = {
        name: value
        for name, value in os.environ.items()
        if name not in config.settings() and not name.startswith(config.OWN_PREFIXES)
    }
    return {
        **foreign,
        "PYTHONWARNINGS": "default",
        **{name.upper(): str(value) for name, value in settings.items()},
    }


def command_line(*arguments: str | Path) -> list[str]:
    return [sys.executable, str(SCRIPT), *map(str, arguments)]


def run_to_end(
    directory: Path, *arguments: str | Path, **settings: object
) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself, without a start of Python's, which would be most of its work."""
    words = [str(each) for each in arguments]
    run = Forked(directory, words, surroundings(**settings))
    said, complained = run.communicate(PATIENCE)
    return subprocess.CompletedProcess(words, run.wait(), said, complained)


def run_as_users_do(
    directory: Path, *arguments: str | Path, before: Sequence[str] = (), **settings: object
) -> subprocess.CompletedProcess[str]:
    """The same from Python's start on; ``before`` stands before it on the command line."""
    return subprocess.run(
        [*before, *command_line(*arguments)],
        cwd=directory,
        env=surroundings(**settings),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )


class Process:
    """A command that runs until it is told to end; as a context manager it ends well or the test fails."""

    def __init__(self, directory: Path, *arguments: str | Path, **settings: object) -> None:
        self.said: list[str] = []
        """Lines on standard error so far."""
        self._process = self._begin(directory, [str(each) for each in arguments], surroundings(**settings))
        self._drain = threading.Thread(target=self._listen, daemon=True)
        self._drain.start()

    @staticmethod
    def _begin(
        directory: Path, arguments: Sequence[str], environment: dict[str, str]
    ) -> subprocess.Popen[str] | Forked:
        """In a group of its own, which gets the signals as a terminal's would."""
        return subprocess.Popen(
            command_line(*arguments),
            cwd=directory,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.said.append(line.rstrip())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def line(self) -> str:
        """The next line on standard output."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._drain.join(PATIENCE)
        assert line, f"it has ended with {self._process.poll()}: {self.said}"
        return line.rstrip()

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """In time, with status 0 and without a traceback or a warning of Python's."""
        os.killpg(self.pid, how)
        assert self._process.wait(END_S) == 0, self.said
        self._close()
        assert not [line for line in self.said if "Traceback" in line or "Warning:" in line], self.said

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._close()

    def _close(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._drain.join(PATIENCE)
        self._process.stdout.close()
        self._process.stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        try:
            if error is None and self.runs:
                self.end()
        finally:
            if self.runs:
                self.kill()


class Backend(Process):
    """``run`` or ``demo`` on free ports, ready when it has printed where it listens."""

    def __enter__(self) -> Self:
        try:
            need("broker")
            banner = [self.line()]
            while not banner[-1].startswith("Ctrl-C"):
                banner.append(self.line())
        except BaseException:
            self.kill()
            raise
        self.http = _port_in(r"REST +https?://127\.0\.0\.1:(\d+)/dispositivos", banner)
        self.mqtt = _port_in(r"MQTT +127\.0\.0\.1:(\d+)", banner)
        return self

    # -- REST ------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=PATIENCE)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """What a call that must succeed answers."""
        return self._given(self.ask("GET", path))

    def put(self, device_id: int, change: Mapping[str, Any]) -> Any:
        return self._given(self.ask("PUT", f"/dispositivos/{device_id}", change))

    def claim(self, body: Mapping[str, Any]) -> int:
        """The id of the device that is now claimed."""
        return int(self._given(self.ask("POST", "/dispositivos/reclamar", body))["id"])

    @staticmethod
    def _given(answer: Answer) -> Any:
        assert answer.status == 200, answer.body
        return answer.json

    def devices(self) -> dict[str, dict[str, Any]]:
        """By serial number."""
        return {device["serial_number"]: device for device in self.get("/dispositivos")}

    def until_known(self, *serials: str) -> None:
        wait_until(lambda: self.devices().keys() >= set(serials), PATIENCE)

    def until_health_is(self, status: int) -> None:
        wait_until(lambda: self.ask("GET", "/salud").status == status, PATIENCE)

    def logged(self, serial: str) -> int:
        """Reports of the device in its log."""
        device = self.devices().get(serial)
        return (
            0 if device is None else int(self.get(f"/dispositivos/{device['id']}/logs?per_page=1")["total"])
        )

    def rejected(self) -> list[dict[str, Any]]:
        """Newest first."""
        found: list[dict[str, Any]] = self.get("/diagnostico/rechazados?per_page=200")["data"]
        return found

    # -- SSE -------------------------------------------------------------------------------------

    def listen(self, last_event_id: str | None = None) -> Listener:
        """The stream of devices, greeted."""
        stream = Listener(self.http, "/stream/dispositivos", last_event_id)
        assert stream.next().name == "hello"
        return stream


class ForkedBackend(Backend):
    """One that need not import everything first, which would be most of its work."""

    _begin = staticmethod(Forked)


def _port_in(pattern: str, banner: Sequence[str]) -> int:
    [port] = re.findall(pattern, "\n".join(banner))
    return int(port)


def update(stream: Listener, serial: str, **fields: object) -> Event:
    """The next event about the device in which these fields are so."""
    return next(
        event
        for event in stream
        if event.data.get("serial_number") == serial and fields.items() <= event.data.items()
    )


class Installation:
    """Where a backend lives: its data, the broker, unless it brings its own, and its usual settings."""

    def __init__(
        self,
        directory: Path,
        broker: Mosquitto | None = None,
        kind: type[Backend] = ForkedBackend,
        **settings: object,
    ) -> None:
        self._directory = directory
        self.data = directory / "instance"
        self._broker = broker
        self._kind = kind
        self._settings = settings

    def backend(self, command: str = "run", **settings: object) -> Backend:
        ours: dict[str, object] = {"backend_port": 0, "mqtt_broker_port": 0, "data_dir": self.data}
        if self._broker is not None:
            ours |= {"mqtt_broker_url": "127.0.0.1", "mqtt_broker_port": self._broker.port}
        return self._kind(self._directory, *command.split(), **{**ours, **self._settings, **settings})

    def numbered_reports(self) -> list[tuple[str, int | None]]:
        """Serial and ``seq`` of each log row, sorted; only where no backend runs."""
        with closing(sqlite3.connect(self.data / "iot.db")) as db:
            return db.execute(
                """
                SELECT serial_number, seq FROM estado_log JOIN dispositivos ON id = dispositivo_id
                ORDER BY 1, 2
                """
            ).fetchall()
