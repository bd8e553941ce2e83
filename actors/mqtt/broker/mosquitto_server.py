"""Mosquitto as the embedded broker, where somebody chooses it: its program and its configuration.

It takes what nats-server does not: topics with spaces, MQTT 5 and 3.1. What it keeps it holds in memory,
and saves as a whole, at intervals and when it is told to end: a kill takes what it has acknowledged since,
unless the backend has it already.
"""

from __future__ import annotations

import logging
import math
import os
import re
import shutil
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from actors.mqtt.broker.child import LOOPBACK, BrokerUnavailable, answers_mqtt, free_port
from actors.mqtt.broker.mosquitto_config import what_is_kept
from actors.mqtt.broker.notices import Notices
from actors.mqtt.broker.releases import Release
from actors.mqtt.broker.whole_files import replace

logger = logging.getLogger(__name__)

_PROGRAM: Final = "mosquitto"
_RELEASE: Final = Release(
    _PROGRAM, "MOSQUITTO_PATH", "-h", re.compile(r"mosquitto version (\d+)\.(\d+)"), (2, 0)
)
# Where it is installed and an ordinary user's PATH does not lead.
_SBIN: Final = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
_OWNER_ONLY: Final = 0o600
# How its store begins, before a checksum that it leaves empty and the version of the format.
_MAGIC: Final = b"\x00\xb5\x00mosquitto db"
_VERSION: Final = struct.Struct(f">{len(_MAGIC)}sII")
# Of the formats in which chunks follow, each with its kind and its length before it.
_KNOWN: Final = (5, 6)
_CHUNK: Final = struct.Struct(">II")
# Kind of those that hold a session, with the name of its client.
_OF_A_CLIENT: Final = 6
_BY_ROOT: Final = "should not be run as root"

_CONFIGURATION: Final = """\
# Written anew at each start; changes here are lost.
listener {port} 127.0.0.1
allow_anonymous true
{user}
# Which message is whose, and not when: the log that takes them has the time.
log_timestamp false
# Of one client; by number they are limited below.
max_queued_bytes {queued}
sys_interval 0

{kept}"""


@dataclass(frozen=True, slots=True)
class MosquittoSettings:
    """``program`` is another Mosquitto than the one installed, if any. ``queue`` is in MB, for one client.

    ``save_interval`` is after how many seconds it saves; no less than 1.
    """

    folder: Path
    program: str = ""
    save_interval: float = 1.0
    queue: int = 1024


class MosquittoServer:
    """Implements :class:`actors.mqtt.broker.child.Program`, and :class:`actors.mqtt.broker.embedded.Server`.

    ``port`` 0 takes any free port, at :meth:`choose_port`.
    """

    name: Final = _PROGRAM

    def __init__(self, settings: MosquittoSettings, port: int) -> None:
        self._settings = settings
        self._store = settings.folder / "almacen"
        self.port = port
        self.notices: Final = Notices()

    def choose_port(self) -> None:
        """It stays the same over restarts. Raises :class:`BrokerUnavailable`."""
        self.port = free_port(self.port)

    @property
    def place(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def answers(self, patience: float) -> bool:
        return answers_mqtt((LOOPBACK, self.port), patience)

    def settle_in(self) -> None:
        """It needs nothing."""

    def prepare(self) -> Sequence[str]:
        """Write the configuration; the command."""
        program = find(self._settings.program)
        self._store.mkdir(parents=True, exist_ok=True)
        self._set_damage_aside()
        text = _CONFIGURATION.format(
            port=self.port,
            user=_who_runs_it(),
            queued=self._settings.queue * 2**20,
            kept=what_is_kept(self._store.absolute(), max(1, math.ceil(self._settings.save_interval))),
        )
        path = self._settings.folder / "mosquitto.conf"
        replace(path, text, _OWNER_ONLY)
        return program, "-c", str(path.absolute())

    def _set_damage_aside(self) -> None:
        """It would not start with it, and nobody but the backend could say what was in it."""
        if self._saved.exists() and not is_whole(self._saved):
            aside = self._saved.with_suffix(".danado")
            self._saved.replace(aside)
            logger.error("broker_store_damaged aside=%s", aside)

    def hear(self, line: str) -> int:
        """How serious what it says is; who cannot be served is noted."""
        self.notices.note(line)
        serious = line.startswith(("Error", "Warning")) and _BY_ROOT not in line
        return logging.WARNING if serious else logging.INFO

    def knows(self, client_id: str) -> bool:
        """Whether a session of this client is in what it has saved."""
        try:
            return holds_session(self._saved, client_id)
        except OSError:
            return False

    def found(self, client_id: str) -> None:
        """It saves its sessions itself, when it ends."""

    @property
    def _saved(self) -> Path:
        return self._store / "mosquitto.db"

    def close(self) -> None:
        """There is nothing to close."""

    def oldest(self, client_id: str, now: float) -> float:  # noqa: ARG002
        """It does not tell."""
        return 0.0

    def limit(self, client_id: str) -> None:
        """It keeps to what its configuration says."""

    def resume(self, client_id: str) -> None:
        """By itself it begins with what waits to be acknowledged."""


def find(given: str) -> str:
    """The program, of a version that will do. Raises :class:`BrokerUnavailable`."""
    places = os.pathsep.join((os.environ.get("PATH", os.defpath), *_SBIN))
    program = given or shutil.which(_PROGRAM, path=places)
    if program is None:
        raise BrokerUnavailable(
            "MQTT_EMBEDDED: no hay mosquitto en esta máquina; instálalo (apt-get install mosquitto), di "
            "dónde está con MOSQUITTO_PATH, o usa MQTT_EMBEDDED=nats."
        )
    return _RELEASE.check(program)


def is_whole(store: Path) -> bool:
    """Whether it was written to its end, as far as we know its format. Raises ``OSError``."""
    with store.open("rb") as file:
        try:
            _skip_head(file)
            for _ in _chunks(file):
                pass
        except _UnknownFormat:
            return True
        except _CutShort:
            return False
    return True


def holds_session(store: Path, client_id: str) -> bool:
    """Whether it is whole and has a session of this client. Raises ``OSError``."""
    name, found = client_id.encode(), False
    with store.open("rb") as file:
        try:
            _skip_head(file)
            for kind, size in _chunks(file):
                found |= kind == _OF_A_CLIENT and name in file.read(size)
        except (_UnknownFormat, _CutShort):
            return False
    return found


class _UnknownFormat(Exception):
    """It is Mosquitto's, of a version whose chunks we do not know."""


class _CutShort(Exception):
    """It ends before its time, or is none of Mosquitto's."""


def _skip_head(file: IO[bytes]) -> None:
    head = file.read(_VERSION.size)
    if len(head) < _VERSION.size:
        raise _CutShort
    magic, _, version = _VERSION.unpack(head)
    if magic != _MAGIC:
        raise _CutShort
    if version not in _KNOWN:
        raise _UnknownFormat


def _chunks(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    """Kind and size of each; whoever iterates may read it."""
    size = os.fstat(file.fileno()).st_size
    while (at := file.tell()) < size:
        chunk = file.read(_CHUNK.size)
        if len(chunk) < _CHUNK.size:
            raise _CutShort
        kind, length = _CHUNK.unpack(chunk)
        end = at + _CHUNK.size + length
        if end > size:
            raise _CutShort
        yield kind, length
        file.seek(end)


def _who_runs_it() -> str:
    """Started by root it would become somebody who may not write here."""
    return "user root\n" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
