"""The independent checker: what was promised, and what the database file has of it.

It knows the promises from the publishers' and the HTTP clients' side alone, and reads a copy of the
file with Python's own sqlite3; nothing of the system's code stands between.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple


class Key(NamedTuple):
    """What tells a report from all others."""

    serial: str
    boot: str
    seq: int


@dataclass(frozen=True)
class Verdict:
    """What became of the promises."""

    promised: int
    lost: Collection[object]
    """Promised, and not there with what was sent."""
    duplicated: Collection[Key]
    """Sent, and there more than once."""
    strange: Collection[str]
    """What else should not be: rows of our devices that nobody sent, a damaged file."""
    twice: int = 0
    """Without a number, sent once, and there more than once."""
    of: int = 0
    """How many were sent once without a number."""


@dataclass
class _Field:
    """Of a device's configuration: the values asked for, in order, and how far they were answered."""

    values: list[object] = field(default_factory=list)
    answered: int = 0

    @property
    def possible(self) -> list[object]:
        """The last one that was answered with 200, and those after it, which may have been stored or not."""
        return self.values[max(0, self.answered - 1) :]


class Ledger:
    """Used from many threads."""

    def __init__(self) -> None:
        self._sent: dict[Key, str] = {}
        self._promised: set[Key] = set()
        self._unnumbered: set[Key] = set()
        self._again: set[Key] = set()
        self._receipts: dict[tuple[str, str], int] = defaultdict(int)
        self._fields: dict[tuple[int, str], _Field] = defaultdict(_Field)
        self._lock = threading.Lock()

    # -- what happens --------------------------------------------------------------------------

    def send(self, key: Key, parameters: Mapping[str, Any]) -> bytes:
        """Note the report, and make its payload."""
        with self._lock:
            self._sent[key] = json.dumps(parameters, sort_keys=True)
        report = {"estado": "activo", "parametros": parameters, "boot": key.boot, "seq": key.seq}
        return json.dumps(report).encode()

    def send_unnumbered(self, key: Key, parameters: Mapping[str, Any]) -> bytes:
        """The same of a device that numbers nothing: only the reading itself tells which it is.

        A crash may rightly store it twice, but never lose it.
        """
        named = {**parameters, "arranque": key.boot, "n": key.seq}
        with self._lock:
            self._unnumbered.add(key)
            self._sent[key] = json.dumps(named, sort_keys=True)
        return json.dumps({"estado": "activo", "parametros": named}).encode()

    def send_again(self, keys: Iterable[Key]) -> None:
        """Of a device that numbers nothing: these may be there twice through no crash of ours."""
        with self._lock:
            self._again.update(keys)

    def promise(self, key: Key) -> None:
        """The broker has acknowledged it to its publisher."""
        with self._lock:
            self._promised.add(key)

    def receipt(self, serial: str, boot: str, seq: int) -> None:
        """The backend has said that all up to ``seq`` is on its disk."""
        with self._lock:
            for each in range(self._receipts[serial, boot] + 1, seq + 1):
                self._promised.add(Key(serial, boot, each))
            self._receipts[serial, boot] = max(seq, self._receipts[serial, boot])

    def ask(self, device_id: int, name: str, value: object) -> None:
        """A change of configuration is about to be asked for."""
        with self._lock:
            self._fields[device_id, name].values.append(value)

    def answer(self, device_id: int, name: str) -> None:
        """The change last asked for was answered with 200."""
        with self._lock:
            asked = self._fields[device_id, name]
            asked.answered = len(asked.values)

    def possible(self, device_id: int, name: str) -> Sequence[object]:
        """What the field may be: the value last answered with 200, or one that was asked for since."""
        with self._lock:
            return self._fields[device_id, name].possible

    @property
    def sent(self) -> int:
        return len(self._sent)

    @property
    def promised(self) -> int:
        return len(self._promised)

    @property
    def outstanding(self) -> int:
        """Sent, and not promised yet."""
        with self._lock:
            return len(self._sent.keys() - self._promised)

    # -- what has come of it -------------------------------------------------------------------

    def examine(self, data: Path) -> Verdict:
        """Judge the database in ``data``, which nobody may be writing to."""
        with tempfile.TemporaryDirectory(prefix="examined-") as folder:
            for suffix in ("", "-wal"):
                if (original := data / f"iot.db{suffix}").exists():
                    shutil.copy(original, folder)
            with closing(sqlite3.connect(Path(folder) / "iot.db")) as db:
                try:
                    return self._judge(db)
                except sqlite3.DatabaseError as error:
                    return Verdict(len(self._promised), self._promised, (), [f"unreadable: {error}"])

    def _judge(self, db: sqlite3.Connection) -> Verdict:
        ours = {key.serial for key in self._sent}
        rows: Counter[Key] = Counter()
        right: set[Key] = set()
        strange = [said for (said,) in db.execute("PRAGMA integrity_check") if said != "ok"]
        for serial, boot, seq, state, parameters in db.execute(
            """
            SELECT serial_number, coalesce(boot, l.parametros ->> 'arranque') AS arranque,
            coalesce(seq, l.parametros ->> 'n'), l.estado, l.parametros
            FROM estado_log AS l JOIN dispositivos ON id = dispositivo_id
            WHERE arranque IS NOT NULL
            """
        ):
            if serial not in ours:
                continue
            key = Key(serial, boot, seq)
            rows[key] += 1
            if key not in self._sent:
                strange.append(f"nobody sent {key}")
            elif state == "activo" and json.loads(parameters) == json.loads(self._sent[key]):
                right.add(key)
        once = self._unnumbered - self._again
        return Verdict(
            promised=len(self._promised) + sum(asked.answered for asked in self._fields.values()),
            lost=[*(self._promised - right), *self._lost_changes(db)],
            duplicated=[key for key, count in rows.items() if count > 1 + (key in self._unnumbered)],
            twice=sum(rows[key] > 1 for key in once),
            of=len(once),
            strange=strange,
        )

    def _lost_changes(self, db: sqlite3.Connection) -> list[str]:
        stored = {
            number: json.loads(text)
            for number, text in db.execute("SELECT id, configuracion FROM dispositivos")
        }
        return [
            f"device {number}: {name} is {stored.get(number, {}).get(name)!r}, not one of {asked.possible}"
            for (number, name), asked in self._fields.items()
            if asked.answered and stored.get(number, {}).get(name) not in asked.possible
        ]
