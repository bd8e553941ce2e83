"""The system under attack: a real process that is killed, starved and misled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.brokers import Mosquitto, free_port, wait_until
from tests.chaos.ledger import Ledger
from tests.system.backend import SCRIPT, Backend, surroundings

BUILDS = Path(__file__).parent / "builds"
# A start on a slow and busy machine, s.
START_S = 60


class Victim(Backend):
    """A backend that may be a build of its own, says what it likes, and dies by ``kill -9``."""

    def __init__(self, folder: Path, script: Path, **settings: object) -> None:
        self.said: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, str(script), "run"],
            cwd=folder,
            env=surroundings(**settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="backslashreplace",
            start_new_session=True,
        )
        self._drain = threading.Thread(target=self._listen, daemon=True)
        self._drain.start()

    def __exit__(self, error: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        if error is not None:
            print(*self.said[-20:], sep="\n", file=sys.stderr)
        if self.runs:
            self.kill()

    @contextmanager
    def starting(self) -> Iterator[None]:
        """It is not waited for until it says that it runs; it is killed in the end."""
        try:
            yield
        finally:
            self.kill()

    def deafen(self) -> None:
        """Nobody reads its output any more, nor will: writing to it fails."""
        for stream in self._process.stdout, self._process.stderr:
            assert stream is not None
            # Not closed as Python has it, which would wait for the thread that reads.
            nowhere = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)

    def end_in_silence(self) -> int:
        os.killpg(self.pid, signal.SIGTERM)
        return self._process.wait(START_S)

    @property
    def peak_mib(self) -> float:
        """The most memory that it ever had resident."""
        [line] = [
            line
            for line in Path(f"/proc/{self.pid}/status").read_text().splitlines()
            if line.startswith("VmHWM:")
        ]
        return int(line.split()[1]) / 1024

    @property
    def health(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", "/salud").json
        return found

    def until_idle(self, patience: float = START_S) -> None:
        """Nothing is under way between broker and disk, and for a second nothing has come."""
        seen: list[tuple[int, int]] = []
        pause = threading.Event()

        def is_idle() -> bool:
            health = self.health
            seen.append((health["broker"]["recibidos"], health["broker"]["sin_confirmar"]))
            pause.wait(0.25)
            return (
                len(seen) > 4 and set(seen[-5:]) == {(seen[-1][0], 0)} and not health["escritor"]["en_cola"]
            )

        wait_until(is_idle, patience)


@contextmanager
def mosquitto(folder: Path) -> Iterator[Mosquitto]:
    """Debian's, with the configuration that the project recommends."""
    broker = Mosquitto(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


class Place:
    """Where victims live one after the other: their data, their broker, and what was promised of them."""

    def __init__(self, folder: Path, broker: Mosquitto | None = None, script: Path = SCRIPT) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._broker = broker
        self._script = script
        self.data = folder / "instance"
        self.mqtt = free_port() if broker is None else broker.port
        self.ledger = Ledger()

    def victim(self, **settings: object) -> Victim:
        ours: dict[str, object] = {
            "backend_port": 0,
            "data_dir": self.data,
            "mqtt_broker_url": "" if self._broker is None else "127.0.0.1",
            "mqtt_broker_port": self.mqtt,
        }
        return Victim(self._folder, self._script, **{**ours, **settings})
