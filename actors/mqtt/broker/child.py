"""A server of our own as a child process, looked after: started again when it ends by itself, or hangs.

Which server that is, and how it is told what to do, is a :class:`Program`'s to know.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final, Protocol

from actors.runtime.backoff import Backoff
from actors.runtime.listening import why_closed

logger = logging.getLogger(__name__)

LOOPBACK: Final = "127.0.0.1"
_SHIM: Final = Path(__file__).with_name("broker_process.py")
# nats-server starts in 0.05 s; with a large store on a loaded Raspberry Pi it takes some seconds.
_START_TIMEOUT: Final = 30.0
_START_POLL: Final = 0.02
_STOP_TIMEOUT: Final = 2.5
_RESTARTS: Final = Backoff(0.5, 30.0)
# Between two pings, and how long one may go unanswered, s.
PING_EVERY: Final = 5.0
HUNG_AFTER: Final = 15.0
# A client that says farewell to whatever session it had; no name, so none is kept.
_CONNECT: Final = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"
_PING: Final = b"\xc0\x00"
_FAREWELL: Final = b"\xe0\x00"
_GREETING: Final = b"\x20"
_PONG: Final = b"\xd0"
# One look at a server that is starting, s.
_LOOK: Final = 1.0
_TITLE: Final = "pid "


class BrokerUnavailable(Exception):
    """The broker cannot be started; the message is one line in Spanish that says what to do."""


class EndedAtOnce(BrokerUnavailable):
    """It has ended by itself, as where a port that it was given as free has been taken meanwhile."""


class Program(Protocol):
    """A server that can be run as a child."""

    @property
    def name(self) -> str:
        """As in the log."""

    @property
    def place(self) -> str:
        """Where it serves, for people."""

    def prepare(self) -> Sequence[str]:
        """Make ready for another start; the command. Raises :class:`BrokerUnavailable`."""

    def answers(self, patience: float) -> bool:
        """Whether it serves whoever asks. Raises ``TimeoutError`` if it says nothing for ``patience`` s."""

    def settle_in(self) -> None:
        """It answers for the first time since it was started. Raises ``OSError`` where it does not yet."""

    def hear(self, line: str) -> int:
        """How serious what it says is, as ``logging`` has it."""


class Child:
    """``program``, running. ``hung_after`` is how long it may leave a ping unanswered, s."""

    def __init__(
        self, program: Program, *, ping_every: float = PING_EVERY, hung_after: float = HUNG_AFTER
    ) -> None:
        self._program = program
        self._ping_every = ping_every
        self._hung_after = hung_after
        self._process: subprocess.Popen[str] | None = None
        self._pid: int | None = None
        self._ready = False
        self._stopping = threading.Event()
        name = program.name
        self._watcher = threading.Thread(target=self._watch, name=f"{name}-watch", daemon=True)
        self._pinger = threading.Thread(target=self._ping, name=f"{name}-ping", daemon=True)

    @property
    def pid(self) -> int | None:
        """Of the server itself, for people who look for it."""
        return self._pid

    @property
    def alive(self) -> bool:
        """Whether it serves."""
        process = self._process
        return self._ready and process is not None and process.poll() is None

    def start(self) -> None:
        """Start it and wait until it serves; :class:`BrokerUnavailable` if it never does."""
        try:
            self._launch()
            self._wait_until_answering()
        except BrokerUnavailable:
            self.stop()
            raise
        self._watcher.start()
        self._pinger.start()

    def stop(self) -> None:
        """End it; when this returns its port is free. At most 3 s."""
        self._stopping.set()
        if self._process is not None:
            _end(self._process)
        for thread in (self._watcher, self._pinger):
            if thread.is_alive():
                thread.join(_STOP_TIMEOUT)
        if self._process is not None and not self._watcher.is_alive():  # it has never served
            self._listen_to(self._process)
        self._ready = False

    # -- the process -----------------------------------------------------------------------------

    def _launch(self) -> None:
        try:
            process = self._begin(self._program.prepare())
        except OSError as error:
            raise BrokerUnavailable(
                f"el bróker MQTT incluido no puede empezar ({error}); revisa DATA_DIR y el sitio en el disco."
            ) from error
        self._process = process
        self._pid = self._pid_told_by(process)
        if self._stopping.is_set():
            _end(process)

    def _begin(self, command: Sequence[str]) -> subprocess.Popen[str]:
        # Nothing of ours is needed there: without it Python starts in half the time.
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(_SHIM), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="backslashreplace",
            start_new_session=True,
        )

    def _pid_told_by(self, process: subprocess.Popen[str]) -> int | None:
        """The server, which has the same stream, may have spoken before the shim did."""
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith(_TITLE):
                return int(line.removeprefix(_TITLE))
            self._note(line)
        return None

    def _wait_until_answering(self) -> None:
        process = self._process
        assert process is not None
        deadline = time.monotonic() + _START_TIMEOUT
        while not self._settles_in():
            if process.poll() is not None or time.monotonic() > deadline or self._stopping.is_set():
                why = BrokerUnavailable if process.poll() is None else EndedAtOnce
                raise why(
                    f"el bróker MQTT incluido no arranca en {self._program.place} "
                    f"(estado {process.poll()}); usa MQTT_BROKER_URL con otro bróker."
                )
            self._stopping.wait(_START_POLL)
        if process.poll() is not None:  # somebody else answered: the port has been taken
            raise EndedAtOnce(f"{self._program.place} lo ocupa otro programa.")
        self._ready = True

    def _settles_in(self) -> bool:
        try:
            if not self._program.answers(_LOOK):
                return False
            self._program.settle_in()
        except OSError:
            return False
        return True

    def _watch(self) -> None:
        """Pass on what the child says until it ends, then start another one."""
        failures = 0
        while self._process is not None:
            started = time.monotonic()
            self._listen_to(self._process)
            self._ready = False
            if self._stopping.is_set():
                return
            failures = 1 if time.monotonic() - started > _RESTARTS.longest else failures + 1
            delay = _RESTARTS.after(failures)
            logger.error("broker_died program=%s restart_s=%.1f", self._program.name, delay)
            if self._stopping.wait(delay):
                return
            self._restart()

    def _restart(self) -> None:
        try:
            self._launch()
            self._wait_until_answering()
        except BrokerUnavailable as error:
            logger.error("broker_not_restarted error=%s", error)
            if self._process is not None:
                _end(self._process)
            return
        logger.warning("broker_restarted program=%s place=%s", self._program.name, self._program.place)

    def _listen_to(self, process: subprocess.Popen[str]) -> None:
        if process.stderr is None or process.stderr.closed:  # it could not be started again
            return
        for line in process.stderr:
            self._note(line)
        process.wait()
        _close(process.stdin)
        _close(process.stderr)

    def _note(self, line: str) -> None:
        logger.log(self._program.hear(line), "broker_says line=%s", line.rstrip())

    # -- whether it lives ------------------------------------------------------------------------

    def _ping(self) -> None:
        """Kill it when it does not answer any more; its death is noticed by whoever watches."""
        while not self._stopping.wait(self._ping_every):
            process, pid = self._process, self._pid
            if not self._ready or process is None or process.poll() is not None:
                continue
            try:
                self._program.answers(self._hung_after)
                continue  # also who refuses us is alive
            except TimeoutError:
                if self._stopping.is_set():
                    return
            if process is self._process and process.poll() is None and pid is not None:
                logger.error("broker_hung pid=%d unanswered_s=%.0f", pid, self._hung_after)
                _kill(process)


def answers_mqtt(address: tuple[str, int], patience: float) -> bool:
    """Whether a broker greets a client without a login, and answers its ping.

    Raises ``TimeoutError`` where either takes longer than ``patience`` s.
    """
    try:
        with socket.create_connection(address, patience) as client:
            client.sendall(_CONNECT)
            if client.recv(4)[:1] != _GREETING:
                return False
            client.sendall(_PING)
            answer = client.recv(2)
            client.sendall(_FAREWELL)
            return answer[:1] == _PONG
    except TimeoutError:
        raise
    except OSError:
        return False


def free_port(port: int = 0) -> int:
    """``port`` of loopback, or any for 0, if it is free; else :class:`BrokerUnavailable`."""
    try:
        with socket.socket() as probe:
            # As the server itself does: a port whose connections are still dying down is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name == "posix")
            probe.bind((LOOPBACK, port))
            return int(probe.getsockname()[1])
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        or_use_it = ", o usa con MQTT_BROKER_URL el bróker que ya lo ocupa" if is_taken else ""
        raise BrokerUnavailable(
            f"el bróker MQTT incluido no puede abrir {LOOPBACK}:{port}: "
            f"{why_closed(error, 'MQTT_BROKER_URL', 'MQTT_BROKER_PORT')}{or_use_it}."
        ) from None


def _end(process: subprocess.Popen[str]) -> None:
    _close(process.stdin)
    try:
        process.wait(_STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        _kill(process)
        process.wait()


def _kill(process: subprocess.Popen[str]) -> None:
    """The broker and what runs it."""
    if os.name == "posix":
        try:
            os.killpg(process.pid, 9)
        except ProcessLookupError:
            return
    process.kill()


def _close(pipe: IO[str] | None) -> None:
    if pipe is not None:
        pipe.close()
