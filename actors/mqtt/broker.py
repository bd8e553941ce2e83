"""An MQTT broker of our own, for houses that have none: rumqttd, from the wheel ``iotcore``.

rumqttd cannot be stopped, so it runs in a child process, :mod:`actors.mqtt.broker_process`. It listens
on loopback, where it asks nobody for a login. For the LAN there is a :class:`~actors.mqtt.door.Door`.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

from actors.mqtt.broker_process import Options
from actors.mqtt.door import Door

logger = logging.getLogger(__name__)

# Four times the largest report, so that one which is too large by mistake still arrives, is refused
# and can be read by an operator. Beyond that the broker closes the sender's connection.
MAX_PAYLOAD: Final = 256 * 1024
_LOOPBACK: Final = "127.0.0.1"
# Where the child finds our modules, from wherever we were started.
_ROOT: Final = Path(__file__).resolve().parent.parent.parent
# rumqttd starts in 0.1 s; a loaded Raspberry Pi takes some seconds.
_START_TIMEOUT: Final = 15.0
_START_POLL: Final = 0.02
_STOP_TIMEOUT: Final = 0.5
_RESTART_MIN: Final = 0.5
_RESTART_MAX: Final = 30.0


class BrokerUnavailable(Exception):
    """The broker cannot be started; the message is one line in Spanish that says what to do."""


class EmbeddedBroker:
    """rumqttd on loopback, watched: started again whenever it ends by itself; and its door, if it has one.

    ``port`` 0, of either, takes any free port; :attr:`port` and :attr:`door` tell which, and they stay
    the same over restarts. Its sessions and retained messages live in its memory, so they are gone
    after a restart.
    """

    def __init__(self, port: int = 1883, door: Door | None = None) -> None:
        self._port = port
        self._door = door
        self._process: subprocess.Popen[str] | None = None
        self._ready = False
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="broker-watch", daemon=True)

    @property
    def port(self) -> int:
        return self._port

    @property
    def door(self) -> Door | None:
        return self._door

    @property
    def pid(self) -> int | None:
        """Of the child process, for people who look for it."""
        return None if self._process is None else self._process.pid

    @property
    def alive(self) -> bool:
        """Whether devices can connect."""
        process = self._process
        return self._ready and process is not None and process.poll() is None

    def start(self) -> None:
        """Start it and wait until devices can connect; :class:`BrokerUnavailable` if they never can."""
        self._port = _free_port(self._port)
        if self._door is not None:
            self._door = _openable(self._door)
        self._process = self._launch()
        try:
            self._wait_until_listening(self._process)
        except BrokerUnavailable:
            self.stop()
            raise
        self._watcher.start()

    def stop(self) -> None:
        """End it; when this returns the port is free. At most 1 s."""
        self._stopping.set()
        if self._process is not None:
            _end(self._process)
        if self._watcher.is_alive():
            self._watcher.join(_STOP_TIMEOUT)
        self._ready = False

    def _launch(self) -> subprocess.Popen[str]:
        options = Options(_LOOPBACK, self._port, MAX_PAYLOAD, self._door)
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "actors.mqtt.broker_process", options.to_json()],
            env=os.environ | {"PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="backslashreplace",
            start_new_session=True,
        )

    def _wait_until_listening(self, process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        while not self._accepts():
            if process.poll() is not None or time.monotonic() > deadline or self._stopping.is_set():
                raise BrokerUnavailable(
                    f"el broker MQTT incluido no arranca en {_LOOPBACK}:{self._port} "
                    f"(estado {process.poll()}); usa MQTT_BROKER_URL con otro broker."
                )
            self._stopping.wait(_START_POLL)
        self._ready = True

    def _accepts(self) -> bool:
        places = [(_LOOPBACK, self._port)]
        if self._door is not None:
            places.append(self._door.from_here)
        try:
            for place in places:
                socket.create_connection(place, timeout=0.5).close()
        except OSError:
            return False
        return True

    def _watch(self) -> None:
        """Pass on what the child says until it ends, then start another one."""
        delay = _RESTART_MIN
        while self._process is not None:
            started = time.monotonic()
            _listen_to(self._process)
            self._ready = False
            if self._stopping.is_set():
                return
            if time.monotonic() - started > _RESTART_MAX:
                delay = _RESTART_MIN
            logger.error("broker_died status=%s restart_s=%.1f", self._process.returncode, delay)
            if self._stopping.wait(delay):
                return
            delay = min(2 * delay, _RESTART_MAX)
            self._restart()

    def _restart(self) -> None:
        self._process = process = self._launch()
        if self._stopping.is_set():
            _end(process)
            return
        try:
            self._wait_until_listening(process)
        except BrokerUnavailable as error:
            logger.error("broker_not_restarted error=%s", error)
            _end(process)
            return
        logger.warning("broker_restarted port=%d", self._port)


def _free_port(port: int) -> int:
    try:
        with socket.socket() as probe:
            # As the broker itself does: a port whose connections are still dying down is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name == "posix")
            probe.bind((_LOOPBACK, port))
            return int(probe.getsockname()[1])
    except OSError as error:
        raise BrokerUnavailable(
            f"el broker MQTT incluido no puede abrir {_LOOPBACK}:{port} ({error.strerror}); cambia "
            "MQTT_BROKER_PORT, o usa con MQTT_BROKER_URL el broker que ya lo ocupa."
        ) from None


def _openable(door: Door) -> Door:
    """The same, its port known."""
    setting = "MQTT_BROKER_PORT" if door.certificate is None else "MQTT_TLS_PORT"
    try:
        with door.listen() as probe:
            return replace(door, port=probe.getsockname()[1])
    except OSError as error:
        raise BrokerUnavailable(
            f"el broker MQTT incluido no puede abrir {door.host}:{door.port} ({error.strerror}); revisa "
            f"MQTT_BIND_HOST y {setting}."
        ) from None


def _listen_to(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        level = logging.WARNING if line.startswith("WARNING ") else logging.INFO
        logger.log(level, "broker_says line=%s", line.rstrip())
    process.wait()
    _close(process.stdin)
    _close(process.stderr)


def _end(process: subprocess.Popen[str]) -> None:
    _close(process.stdin)
    try:
        process.wait(_STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _close(pipe: IO[str] | None) -> None:
    if pipe is not None:
        pipe.close()
