"""The one connection that writes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Final

from actors.domain.absences import Absences
from actors.domain.findings import RuleMemory
from actors.domain.model import DeadLetter, Device
from actors.domain.read_models import StoredAnnouncement
from actors.domain.status import Hindrance
from actors.messages import NoticesRecalled, OccurrencesRecalled
from persistence.database.absence_rows import read_absences, write_absences
from persistence.database.announcement_rows import read_announcements, write_announcements
from persistence.database.energy_rows import write_plan
from persistence.database.files import beside, identity
from persistence.database.finding_rows import SqliteFindings
from persistence.database.inserting import insert_many
from persistence.database.logbook_rows import keep_deeds, keep_seen
from persistence.database.notice_rows import (
    note_findings,
    read_occurrences,
    read_unfinished,
    write_notices,
)
from persistence.database.room_rows import read_rooms, write_rooms
from persistence.database.schema import explained, lock_database, open_database, sqlite3, telling_faults
from persistence.database.timestamps import heard_at, seen
from persistence.forms.device_rows import DEVICE_COLUMNS, DEVICES, device_of, device_row, newcomer_row
from persistence.forms.letters import LETTER_PAYLOAD, LETTER_TEXT, REJECTED_MAX
from persistence.forms.rows import (
    DECISION_TEXTS,
    Row,
    json_text,
    log_row,
    memory_row,
)
from persistence.storage.batch import Batch, MemoryKey, Saved, Unsettled
from persistence.storage.conclusions import keep_conclusions
from persistence.storage.faults import StorageFault, UnusableDatabase
from persistence.writer.removals import (
    note_forgotten,
    read_ghosts,
    remove_device,
    replace_hardware,
)
from persistence.writer.tidying import SqliteTidying

logger = logging.getLogger(__name__)

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


class Store:
    """The database, open for writing and locked against other backends. Of the thread that opens it.

    Of the dead letters the newest ``rejected_max`` are kept, long ones cut short.

    Raises :class:`persistence.storage.faults.UnusableDatabase` on opening.
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
            self.tidying = SqliteTidying(self.database.conn)
            self._findings = SqliteFindings(self.database.conn)
        except BaseException:
            self._lock.close()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @telling_faults()
    def close(self) -> None:
        try:
            self.database.close()
        finally:
            self._lock.close()

    @property
    @telling_faults()
    def instance_id(self) -> str:
        """Eight hexadecimal digits, made with the database and kept as long as it lasts."""
        found = self.database.conn.execute("SELECT valor FROM sistema WHERE clave = 'instancia'")
        return str(found.fetchone()[0])

    @property
    @telling_faults()
    def devices_size(self) -> int:
        """Bytes of what the devices have said and were told."""
        return int(self.database.conn.execute(_DEVICES_SIZE).fetchone()[0])

    @telling_faults()
    def devices(self) -> list[Device]:
        """All devices, in the order of their ids; what is damaged in a row is empty, with a warning."""
        return [device_of(row) for row in self.database.conn.execute(f"{DEVICES} ORDER BY id")]

    @telling_faults()
    def absences(self) -> Absences:
        """Those that people have said."""
        return read_absences(self.database.conn)

    @telling_faults()
    def announcements(self) -> list[StoredAnnouncement]:
        """What devices of other makes have said of themselves, in the order in which it was heard last."""
        return read_announcements(self.database.conn)

    @telling_faults()
    def forgotten(self) -> list[str]:
        """The serial numbers of removed devices of which the broker may still retain something, but for those
        that there are again.
        """
        return [each.removal.serial for each in read_ghosts(self.database.conn) if not each.reborn]

    @telling_faults()
    def heard_at(self, now: float) -> float | None:
        """As :func:`persistence.database.timestamps.heard_at`."""
        return heard_at(self.database.conn, now)

    @telling_faults()
    def seen(self, devices: Iterable[Device], now: float) -> list[Device]:
        """As :func:`persistence.database.timestamps.seen`."""
        return seen(self.database.conn, devices, now)

    def recall(self, serial: str) -> Device:
        """The device as it is stored; its row is made if it has none."""
        return self.save(Batch(recalled=[serial])).recalled[serial]

    def save(self, batch: Batch) -> Saved:
        """Keep all of ``batch``, or nothing of it if this raises.

        Raises :class:`Unsettled` where the files are no longer those that were opened, as what was committed
        then may be nobody's, and where the commit itself fails. Besides
        :class:`persistence.storage.faults.StorageFault`, a value that JSON or SQLite has no room for raises
        ``TypeError``, ``ValueError`` or ``OverflowError``.
        """
        saved = None
        try:
            with telling_faults():
                with self._transaction():
                    saved = self._save(batch)
                self.check_in_place()
        except StorageFault as error:
            if saved is None:
                raise
            raise Unsettled(explained(self._path, error), self.commits + 1, saved, error) from error
        self.commits += 1
        return saved

    def _save(self, batch: Batch) -> Saved:
        remembered = self._remember(batch.remembered) if batch.remembered else {}
        for device, replaced in batch.replacements:
            replace_hardware(self.database.conn, device, replaced)
        insert_many(self.database.conn, _INSERT_LOG, map(log_row, batch.entries))
        insert_many(self.database.conn, _UPSERT_DEVICES, map(device_row, batch.devices.values()), _OR_UPDATE)
        if batch.letters:
            self._keep_letters(batch.letters)
        deeds = keep_deeds(self.database.conn, batch.deeds) if batch.deeds else ()
        notices = [
            write_notices(self.database.conn, kept.made, kept.changed, kept.decided) for kept in batch.notices
        ]
        for number, decision in batch.decisions.items():
            self.database.conn.execute(_DECIDE, (DECISION_TEXTS[decision], number))
        concluded = batch.conclusions
        findings = keep_conclusions(self._findings, concluded) if concluded else ()
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
        lasting = self._findings.lasting(batch.remembered) if batch.remembered else ()
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
        with telling_faults(), self._transaction():
            return step(self)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self.database.conn.in_transaction:
            # Inside of it, atomic() would set a savepoint, whose release puts nothing on disk.
            raise sqlite3.OperationalError("an earlier transaction is still open")
        self.check_in_place()
        with self.database.atomic():
            yield

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
        insert_many(self.database.conn, _UPSERT_MEMORIES, rows, _OR_UPDATE_MEMORY)

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
