"""The one connection that writes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Final, TypeAlias

from actors.domain.absences import Absences
from actors.domain.findings import Decision, Finding, KeptFinding, RuleMemory, Seen
from actors.domain.logbook import Deed, KeptDeed
from actors.domain.model import DeadLetter, Device, LogEntry
from actors.domain.notices import Notice
from actors.domain.read_models import StoredAnnouncement
from actors.domain.rooms import Rooms
from actors.domain.status import Hindrance
from actors.domain.tariffs import EnergyPlan
from actors.messages import KeepNotices, NoticesRecalled, OccurrencesRecalled, Removal
from persistence.database.absence_rows import read_absences, write_absences
from persistence.database.announcement_rows import read_announcements, write_announcements
from persistence.database.device_rows import DEVICE_COLUMNS, DEVICES, device_of, device_row, newcomer_row
from persistence.database.energy_rows import write_plan
from persistence.database.files import beside, identity
from persistence.database.logbook_rows import keep_deeds, keep_seen
from persistence.database.notice_rows import (
    note_findings,
    read_occurrences,
    read_unfinished,
    write_notices,
)
from persistence.database.room_rows import read_rooms, write_rooms
from persistence.database.rows import (
    DECISION_TEXTS,
    Row,
    json_text,
    log_row,
    memory_row,
    undamaged_memory,
)
from persistence.database.schema import (
    UnusableDatabase,
    explained,
    hindrance_of,
    lock_database,
    open_database,
    sqlite3,
)
from persistence.writer.conclusions import Conclusion, keep_conclusions, read_lasting
from persistence.writer.removals import (
    RemovedDevice,
    note_forgotten,
    read_ghosts,
    remove_device,
    replace_hardware,
)

logger = logging.getLogger(__name__)

# What is kept of a dead letter: of its payload in bytes, of its topic and its reason in characters,
# which take up to four bytes each. So at most 73 KiB a letter.
LETTER_PAYLOAD: Final = 65 * 1024
LETTER_TEXT: Final = 1024

# Dead letters kept unless told otherwise: at most 72 MiB.
REJECTED_MAX: Final = 1_000

# 23 columns times 500 rows stay well under SQLite's 32,766 parameters a statement.
ROWS_PER_STATEMENT: Final = 500
# Characters; SQLite copies them, and each statement that is kept for the next time keeps its copy.
TEXT_PER_STATEMENT: Final = 512 * 1024

MemoryKey: TypeAlias = tuple[int, str]
"""The device's id and the rule's name."""

_UPSERT_DEVICES: Final = f"INSERT INTO dispositivos ({', '.join(DEVICE_COLUMNS)})"
_OR_UPDATE: Final = "ON CONFLICT (id) DO UPDATE SET " + ", ".join(
    f"{column} = excluded.{column}" for column in DEVICE_COLUMNS[2:]
)
_INSERT_LOG: Final = (
    "INSERT INTO estado_log (dispositivo_id, n, timestamp, estado, parametros, boot, seq, hora_dudosa)"
)
_DEVICES_SIZE: Final = (
    "SELECT total(length(parametros) + length(configuracion) + length(informado) + length(arranques))"
    " FROM dispositivos"
)
_COMMITS: Final = "SELECT valor FROM sistema WHERE clave = 'guardados'"
_COUNT_COMMIT: Final = "REPLACE INTO sistema VALUES ('guardados', ?)"
_DECIDE: Final = "UPDATE eventos_ia SET decision = ? WHERE id = ?"
_UPSERT_MEMORIES: Final = "INSERT INTO memoria_reglas (dispositivo_id, regla, hasta, estado, guardado_en)"
_OR_UPDATE_MEMORY: Final = (
    "ON CONFLICT (dispositivo_id, regla) DO UPDATE SET"
    " hasta = excluded.hasta, estado = excluded.estado, guardado_en = excluded.guardado_en"
)
_WHICH_ARE_THERE: Final = "SELECT id FROM dispositivos WHERE id IN (SELECT value FROM json_each(?))"
# CROSS, so that the key's range is looked up for each pair and not the other way round.
_MEMORIES: Final = """
    SELECT m.dispositivo_id, m.regla, m.hasta, CAST(m.estado AS BLOB)
    FROM json_each(?) AS pair CROSS JOIN memoria_reglas AS m
    ON m.dispositivo_id = json_extract(pair.value, '$[0]') AND m.regla = json_extract(pair.value, '$[1]')
"""


@dataclass(slots=True)
class Batch:
    """What one transaction keeps, and whom it recalls."""

    at: float = 0.0
    """When it is kept, seconds since the epoch."""

    devices: dict[int, Device] = field(default_factory=dict)
    """By id; of several states of a device only the last one matters."""
    entries: list[LogEntry] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    """Each in its turn."""
    seen: list[Seen] = field(default_factory=list)
    """The same."""
    conclusions: list[Conclusion] = field(default_factory=list)
    """Each in its turn."""
    memories: dict[MemoryKey, RuleMemory] = field(default_factory=dict)
    """Of several memories of one rule of one device only the last one matters."""
    decisions: dict[int, Decision] = field(default_factory=dict)
    """By the finding's id; a decision about one that is not there is none."""
    recalled: list[str] = field(default_factory=list)
    """Serials to be recalled as they are once all of the above is kept."""
    remembered: list[MemoryKey] = field(default_factory=list)
    """Memories to be read as they are before those of the batch are kept; the episodes that last, after."""
    announcements: list[StoredAnnouncement] = field(default_factory=list)
    """Of other makes, each in its turn; an empty one removes what was kept."""
    rooms: list[Rooms] = field(default_factory=list)
    """Each in its turn: an id counts as given even if the room is gone in the next."""
    absences: list[Absences] = field(default_factory=list)
    """The same."""
    energy_plan: EnergyPlan | None = None
    """Of several only the last one matters."""
    notices: list[KeepNotices] = field(default_factory=list)
    """Each in its turn."""
    recalls_notices: bool = False
    """Whether those that are unfinished are to be read, once all of the above is kept."""
    recalls_occurrences: bool = False
    """Whether findings are to be read of which it is not decided whom they are told, the same."""
    recalls_rooms: bool = False
    """Whether the rooms are to be read, as they are once all of the above is kept."""
    replacements: list[tuple[Device, Removal]] = field(default_factory=list)
    """Before all that is kept, which is then by the new serial numbers; each is in ``removals`` too."""
    removals: list[Removal] = field(default_factory=list)
    """After all that is kept and before anybody is recalled, so the serial number is free again."""
    forgotten: list[int] = field(default_factory=list)
    """Ids of removed devices that the broker has forgotten too."""
    recalls_removed: bool = False
    """Whether those that it has not are to be read, once all of the above is kept."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What has come of a batch."""

    recalled: Mapping[str, Device]
    findings: Sequence[Sequence[KeptFinding]]
    """What is to be told of each of the batch's conclusions, in its order, with the ids that were given."""
    remembered: Mapping[MemoryKey, Row]
    """Those that are there."""
    lasting: Sequence[Finding]
    """The episodes that last, of those that were to be remembered."""
    rooms: Rooms | None
    """If they were to be read."""
    removed: Sequence[RemovedDevice]
    """The same."""
    notices: Sequence[Sequence[Notice]] = ()
    """The batch's own as they are then, in its order."""
    unfinished: NoticesRecalled | None = None
    occurrences: OccurrencesRecalled | None = None
    deeds: Sequence[KeptDeed] = ()
    """The batch's own, with the ids that were given, in its order."""
    seen: Sequence[Seen] = ()
    """Of those who have looked, in the batch's order, what they have seen by then."""

    def memory(self, key: MemoryKey) -> RuleMemory | None:
        """``None`` if nothing is remembered, or only damage.

        Made on demand: what thousands of rules know at a start must not all be in memory at once.
        """
        row = self.remembered.get(key)
        return None if row is None else undamaged_memory(row)

    def episodes(self, key: MemoryKey) -> Sequence[Finding]:
        """Those that last."""
        return [each for each in self.lasting if (each.device_id, each.rule) == key] if self.lasting else ()


class Unsettled(UnusableDatabase):
    """Only the database, opened anew, tells whether it holds the batch: whether it has come to ``commit``.

    ``saved`` is what has come of it if so, and ``cause`` what has happened.
    """

    def __init__(
        self, path: Path, commit: int, saved: Saved, cause: sqlite3.Error | UnusableDatabase
    ) -> None:
        text = str(cause) if isinstance(cause, UnusableDatabase) else explained(path, cause)
        super().__init__(text, hindrance_of(cause) or Hindrance.UNUSABLE)
        self.commit = commit
        self.saved = saved
        self.cause = cause


class Store:
    """The database, open for writing and locked against other backends. Of the thread that opens it.

    Of the dead letters the newest ``rejected_max`` are kept, long ones cut short.

    Raises :class:`persistence.database.schema.UnusableDatabase` on opening. Every method raises
    ``sqlite3.Error``, of the library that ``persistence.database.schema`` names.
    """

    def __init__(self, path: Path, rejected_max: int = REJECTED_MAX) -> None:
        self._path = path
        self._names = str(path), str(beside(path, "-wal"))
        self._rejected_max = rejected_max
        self._lock = lock_database(path)
        try:
            self.database = open_database(path)
            self._files = self._found_files()
            counted = self.database.conn.execute(_COMMITS).fetchone()
            self.commits = 0 if counted is None else int(counted[0])
            """How many batches it has kept, ever: by which it is told from an older copy of it."""
        except BaseException:
            self._lock.close()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        try:
            self.database.close()
        finally:
            self._lock.close()

    @property
    def instance_id(self) -> str:
        """Eight hexadecimal digits, made with the database and kept as long as it lasts."""
        found = self.database.conn.execute("SELECT valor FROM sistema WHERE clave = 'instancia'")
        return str(found.fetchone()[0])

    @property
    def devices_size(self) -> int:
        """Bytes of what the devices have said and were told."""
        return int(self.database.conn.execute(_DEVICES_SIZE).fetchone()[0])

    def devices(self) -> list[Device]:
        """All devices, in the order of their ids; what is damaged in a row is empty, with a warning."""
        return [device_of(row) for row in self.database.conn.execute(f"{DEVICES} ORDER BY id")]

    def absences(self) -> Absences:
        """Those that people have said."""
        return read_absences(self.database.conn)

    def announcements(self) -> list[StoredAnnouncement]:
        """What devices of other makes have said of themselves, in the order in which it was heard last."""
        return read_announcements(self.database.conn)

    def forgotten(self) -> list[str]:
        """The serial numbers of removed devices of which the broker may still retain something, but for those
        that there are again.
        """
        return [each.removal.serial for each in read_ghosts(self.database.conn) if not each.reborn]

    def recall(self, serial: str) -> Device:
        """The device as it is stored; its row is made if it has none."""
        return self.save(Batch(recalled=[serial])).recalled[serial]

    def save(self, batch: Batch) -> Saved:
        """Keep all of ``batch``, or nothing of it if this raises.

        Raises :class:`Unsettled` where the files are no longer those that were opened, as what was committed
        then may be nobody's, and where the commit itself fails. Besides ``sqlite3.Error``, a value that JSON
        or SQLite has no room for raises ``TypeError``, ``ValueError`` or ``OverflowError``.
        """
        saved = None
        try:
            with self._transaction():
                saved = self._save(batch)
            self.check_in_place()
        except (sqlite3.Error, UnusableDatabase) as error:
            if saved is None:
                raise
            raise Unsettled(self._path, self.commits + 1, saved, error) from error
        self.commits += 1
        return saved

    def _save(self, batch: Batch) -> Saved:
        remembered = self._remember(batch.remembered) if batch.remembered else {}
        for device, replaced in batch.replacements:
            replace_hardware(self.database.conn, device, replaced)
        self.insert(_INSERT_LOG, map(log_row, batch.entries))
        self.insert(_UPSERT_DEVICES, map(device_row, batch.devices.values()), _OR_UPDATE)
        if batch.letters:
            self._keep_letters(batch.letters)
        deeds = keep_deeds(self.database.conn, self.insert, batch.deeds) if batch.deeds else ()
        notices = [
            write_notices(self.database.conn, kept.made, kept.changed, kept.decided) for kept in batch.notices
        ]
        for number, decision in batch.decisions.items():
            self.database.conn.execute(_DECIDE, (DECISION_TEXTS[decision], number))
        concluded = batch.conclusions
        findings = keep_conclusions(self.database.conn, self.insert, concluded) if concluded else ()
        note_findings(self.database.conn, chain.from_iterable(findings))
        if batch.memories:
            self._keep_memories(batch.memories.values(), batch.at)
        if batch.announcements:
            write_announcements(self.database.conn, batch.announcements, batch.at)
        for kept in batch.rooms:
            write_rooms(self.database.conn, kept)
        for said in batch.absences:
            write_absences(self.database.conn, said)
        if batch.energy_plan is not None:
            write_plan(self.database.conn, batch.energy_plan)
        seen = [keep_seen(self.database.conn, each) for each in batch.seen]
        for removal in batch.removals:
            remove_device(self.database.conn, removal)
        if batch.forgotten:
            note_forgotten(self.database.conn, batch.forgotten)
        lasting = read_lasting(self.database.conn, batch.remembered) if batch.remembered else ()
        recalled = self._recall(batch.recalled) if batch.recalled else {}
        removed = read_ghosts(self.database.conn) if batch.recalls_removed else ()
        rooms = read_rooms(self.database.conn) if batch.recalls_rooms else None
        unfinished = NoticesRecalled(read_unfinished(self.database.conn)) if batch.recalls_notices else None
        occurrences = (
            OccurrencesRecalled(*read_occurrences(self.database.conn)) if batch.recalls_occurrences else None
        )
        self.database.conn.execute(_COUNT_COMMIT, [str(self.commits + 1)])
        return Saved(
            *(recalled, findings, remembered, lasting, rooms, removed, notices, unfinished, occurrences),
            deeds=deeds,
            seen=seen,
        )

    def check_in_place(self) -> None:
        """Raise :class:`UnusableDatabase` if the files were deleted, moved, or replaced under their names.

        The open ones would take any number of commits, and then be gone. It takes 3 µs in a loop; the two
        of a commit add some 10 µs to its 40 of CPU, or to the 950 of one with 200 log rows.
        """
        if self._found_files() != self._files:
            raise UnusableDatabase(
                f"{self._path} se ha borrado, movido o sustituido en marcha: devuélvelo a su sitio, o para "
                "el sistema y usa «restore».",
                Hindrance.ANOTHER,
            )

    def _found_files(self) -> tuple[object, ...]:
        return identity(self._names[0]), identity(self._names[1])

    def tidy(self, step: Callable[[Store], int]) -> int:
        """Do a step of upkeep, all or nothing of it; the rows that it dealt with."""
        with self._transaction():
            return step(self)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self.database.conn.in_transaction:
            # Inside of it, atomic() would set a savepoint, whose release puts nothing on disk.
            raise sqlite3.OperationalError("an earlier transaction is still open")
        self.check_in_place()
        with self.database.atomic():
            yield

    def insert(self, into: str, rows: Iterable[Row], tail: str = "") -> None:
        """Many rows by one statement, in the transaction of whoever calls, made as they are needed.

        The sqlite3 module gives up the interpreter's lock for each statement that it runs, and a
        busy thread takes 5 ms to give it back. 500 log rows beside one such thread, a row: 1,670 µs
        by ``executemany``, 199 by sqlite-utils' ``insert_all``, 29 like this.
        """
        for part in _parts(rows):
            places = f"({','.join('?' * len(part[0]))})"
            statement = f"{into} VALUES {','.join([places] * len(part))} {tail}"
            self.database.conn.execute(statement, tuple(chain.from_iterable(part)))

    def _keep_letters(self, letters: Iterable[DeadLetter]) -> None:
        self.database.table("rechazados").insert_all(
            {
                "recibido_en": letter.at,
                "topic": letter.topic[:LETTER_TEXT],
                "payload": letter.payload[:LETTER_PAYLOAD],
                "motivo": letter.reason[:LETTER_TEXT],
            }
            for letter in letters
        )
        # Ids have no gaps, so what is too old is a range of the key.
        self.database.conn.execute(
            "DELETE FROM rechazados WHERE id <= (SELECT max(id) FROM rechazados) - ?", [self._rejected_max]
        )

    def _keep_memories(self, memories: Iterable[RuleMemory], at: float) -> None:
        """But for those of devices that are gone, whose rules say at their end what they knew."""
        ids = json_text([memory.device_id for memory in memories])
        there = {number for (number,) in self.database.conn.execute(_WHICH_ARE_THERE, [ids])}
        rows = [memory_row(memory, at) for memory in memories if memory.device_id in there]
        self.insert(_UPSERT_MEMORIES, rows, _OR_UPDATE_MEMORY)

    def _remember(self, keys: Sequence[MemoryKey]) -> dict[MemoryKey, Row]:
        rows = self.database.conn.execute(_MEMORIES, [json_text(keys)]).fetchall()
        return {(device_id, rule): (device_id, rule, *known) for device_id, rule, *known in rows}

    def _recall(self, serials: Iterable[str]) -> Mapping[str, Device]:
        found = self._with_serials(serials)
        missing = [serial for serial in dict.fromkeys(serials) if serial not in found]
        if not missing:
            return found
        self.database.table("dispositivos").insert_all(newcomer_row(serial) for serial in missing)
        return found | self._with_serials(missing)

    def _with_serials(self, serials: Iterable[str]) -> dict[str, Device]:
        rows = self.database.conn.execute(
            f"{DEVICES} WHERE serial_number IN (SELECT value FROM json_each(?))", [json_text(serials)]
        ).fetchall()
        return {device.serial: device for device in map(device_of, rows)}


def _parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows that go into one statement each, in their order."""
    part: list[Row] = []
    size = 0
    for row in rows:
        part.append(row)
        size += sum(len(cell) for cell in row if type(cell) is str)
        if len(part) == ROWS_PER_STATEMENT or size >= TEXT_PER_STATEMENT:
            yield part
            part, size = [], 0
    if part:
        yield part
