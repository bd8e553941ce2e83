"""An MQTT broker of our own, for houses that have none: rumqttd, from the wheel ``iotcore``.

rumqttd cannot be stopped, so it runs in a child process: this very file, started as a script. The
child ends when its standard input does, so it never outlives its parent, and by nothing else: a
Ctrl-C or a service manager's SIGTERM reaches both, and the parent still has acknowledgements to send.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import IO, Any, Final

logger = logging.getLogger(__name__)

# Four times the largest report, so that one which is too large by mistake still arrives, is refused
# and can be read by an operator. Beyond that the broker closes the sender's connection.
MAX_PAYLOAD: Final = 256 * 1024
# Messages that the broker sends ahead of our acknowledgements. The writer acknowledges a commit's
# worth at once; rumqttd's default of 100 would have both wait for each other.
_MAX_IN_FLIGHT: Final = 1000
# rumqttd starts in 0.1 s; a loaded Raspberry Pi takes some seconds.
_START_TIMEOUT: Final = 15.0
_START_POLL: Final = 0.02
_STOP_TIMEOUT: Final = 0.5
_RESTART_MIN: Final = 0.5
_RESTART_MAX: Final = 30.0


class BrokerUnavailable(Exception):
    """The broker cannot be started; the message is one line in Spanish that says what to do."""


class EmbeddedBroker:
    """rumqttd on ``host``, watched: started again whenever it ends by itself.

    ``port`` 0 takes any free port; :attr:`port` tells which, and stays the same over restarts. Its
    sessions and retained messages live in its memory, so they are gone after a restart.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 1883, max_payload: int = MAX_PAYLOAD) -> None:
        self._host = host
        self._port = port
        self._max_payload = max_payload
        self._process: subprocess.Popen[str] | None = None
        self._ready = False
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="broker-watch", daemon=True)

    @property
    def port(self) -> int:
        return self._port

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
        self._port = _free_port(self._host, self._port)
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
        options = {
            "listen": self._host,
            "port": self._port,
            "max_payload_size": self._max_payload,
            "max_inflight_count": _MAX_IN_FLIGHT,
        }
        return subprocess.Popen(
            [sys.executable, "-P", __file__, json.dumps(options)],
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
                    f"el broker MQTT incluido no arranca en {self._host}:{self._port} "
                    f"(estado {process.poll()}); usa MQTT_BROKER_URL con otro broker."
                )
            self._stopping.wait(_START_POLL)
        self._ready = True

    def _accepts(self) -> bool:
        try:
            socket.create_connection((self._host, self._port), timeout=0.5).close()
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


def _free_port(host: str, port: int) -> int:
    try:
        with socket.socket() as probe:
            # As the broker itself does: a port whose connections are still dying down is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name == "posix")
            probe.bind((host, port))
            return int(probe.getsockname()[1])
    except OSError as error:
        raise BrokerUnavailable(
            f"el broker MQTT incluido no puede abrir {host}:{port} ({error.strerror}); cambia "
            "MQTT_BROKER_PORT, o usa con MQTT_BROKER_URL el broker que ya lo ocupa."
        ) from None


def _listen_to(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        logger.info("broker_says line=%s", line.rstrip())
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


# -- in the child process ------------------------------------------------------------------------


def _serve(options: dict[str, Any]) -> None:
    # Imported in the child alone: the parent has no use for the broker's 15 MB.
    from iotcore import IotCoreBroker

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # rumqttd logs each packet it routes as an error.
    logging.disable(logging.CRITICAL)
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    IotCoreBroker(**options).run_forever()


def _exit_with_parent() -> None:
    try:
        sys.stdin.buffer.read()
    finally:
        os._exit(0)


if __name__ == "__main__":
    _serve(json.loads(sys.argv[1]))
