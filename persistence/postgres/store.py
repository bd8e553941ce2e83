"""The one connection that writes to PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from types import TracebackType
from typing import Final

import psycopg

from actors.domain.absences import Absences
from actors.domain.findings import RuleMemory
from actors.domain.model import DeadLetter, Device
from actors.domain.read_models import StoredAnnouncement
from actors.domain.status import Hindrance
from actors.messages import NoticesRecalled, OccurrencesRecalled
from persistence.forms.device_rows import DEVICE_COLUMNS, device_of, device_row
from persistence.forms.letters import LETTER_PAYLOAD, LETTER_TEXT, REJECTED_MAX
from persistence.forms.rows import DECISION_TEXTS, Row, log_row, memory_row
from persistence.postgres.belongings import (
    read_absences,
    read_announcements,
    read_rooms,
    write_absences,
    write_announcements,
    write_plan,
    write_rooms,
)
from persistence.postgres.connection import Connection, Server, connect
from persistence.postgres.devices import DEVICE_TYPES, DEVICES
from persistence.postgres.faults import explaining
from persistence.postgres.findings import PostgresFindings
from persistence.postgres.house_tables import PART, STEPS
from persistence.postgres.log_parts import LogParts
from persistence.postgres.logbook import keep_deeds, keep_seen
from persistence.postgres.notices import note_findings, read_occurrences, read_unfinished, write_notices
from persistence.postgres.removals import note_forgotten, read_ghosts, remove_device, replace_hardware
from persistence.postgres.schema import prepare
from persistence.postgres.statements import (
    changed,
    fetch,
    insert_many,
    last_number,
    note_number,
    telling_faults,
)
from persistence.postgres.tidying import PostgresTidying
from persistence.postgres.timestamps import heard_at, seen
from persistence.storage.batch import Batch, MemoryKey, Saved, Unsettled
from persistence.storage.conclusions import keep_conclusions
from persistence.storage.faults import StorageFault, UnusableDatabase

# Who writes holds this for as long as its session lasts; the server lets go of it however that ends.
_WRITING: Final = 0x496F5457  # "IoTW"

_LOG_COLUMNS: Final = (
    *("dispositivo_id", "n", "timestamp", "estado", "parametros", "boot", "seq", "hora_dudosa"),
)
_LOG_TYPES: Final = ("bigint", "bigint", "float8", "text", "text", "text", "bigint", "boolean")
_OR_UPDATE: Final = "ON CONFLICT (id) DO UPDATE SET " + ", ".join(
    f"{column} = excluded.{column}" for column in DEVICE_COLUMNS[2:]
)
_DEVICES_SIZE: Final = """
    SELECT coalesce(sum(
        octet_length(parametros) + octet_length(configuracion) + octet_length(informado)
        + octet_length(arranques)
    ), 0) FROM dispositivos
"""
# The fence: whoever has not kept all that is kept there keeps nothing.
_COUNT_COMMIT: Final = "UPDATE sistema SET valor = %s WHERE clave = 'guardados' AND valor = %s"
_VALUE: Final = "SELECT valor FROM sistema WHERE clave = %s"
_DECIDE: Final = "UPDATE eventos_ia SET decision = %s WHERE id = %s"
_MEMORY_COLUMNS: Final = ("dispositivo_id", "regla", "hasta", "estado", "guardado_en")
_MEMORY_TYPES: Final = ("bigint", "text", "bigint", "text", "float8")
_OR_UPDATE_MEMORY: Final = """
    ON CONFLICT (dispositivo_id, regla) DO UPDATE SET
    hasta = excluded.hasta, estado = excluded.estado, guardado_en = excluded.guardado_en
"""
_WHICH_ARE_THERE: Final = "SELECT id FROM dispositivos WHERE id = ANY(%s)"
_MEMORIES: Final = """
    SELECT m.dispositivo_id, m.regla, m.hasta, convert_to(m.estado, 'UTF8')
    FROM unnest(%s::bigint[], %s::text[]) AS pair (device, rule) JOIN memoria_reglas AS m
    ON m.dispositivo_id = pair.device AND m.regla = pair.rule
"""


class PostgresStore:
    """As :class:`persistence.storage.ports.Store` says.

    Each batch begins with a fence: it counts the batches, and goes no further where another number is there
    than the one that this store knows. So neither beside a second writer nor in a database that was put back
    is anything kept.
    """

    def __init__(self, server: Server, rejected_max: int = REJECTED_MAX) -> None:
        self._server = server
        self._rejected_max = rejected_max
        prepare(server, PART, STEPS)
        self.connection: Connection = connect(server)
        try:
            with explaining(server.where):
                self._take_lock()
                self.commits = int(self._value("guardados"))
                self._instance = self._value("instancia")
                self._parts = LogParts(self.connection)
                self._given = last_number(self.connection, "dispositivos")
        except BaseException:
            self.connection.close()
            raise
        self.tidying = PostgresTidying(self.connection, self._parts)
        self._findings = PostgresFindings(self.connection)

    def __enter__(self) -> PostgresStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        with suppress(psycopg.Error):
            self.connection.close()

    @property
    def instance_id(self) -> str:
        return self._instance

    @property
    @telling_faults()
    def devices_size(self) -> int:
        return int(fetch(self.connection, _DEVICES_SIZE)[0][0])

    @telling_faults()
    def devices(self) -> list[Device]:
        return [device_of(row) for row in fetch(self.connection, f"{DEVICES} ORDER BY id")]

    @telling_faults()
    def absences(self) -> Absences:
        return read_absences(self.connection)

    @telling_faults()
    def announcements(self) -> list[StoredAnnouncement]:
        return read_announcements(self.connection)

    @telling_faults()
    def forgotten(self) -> list[str]:
        return [each.removal.serial for each in read_ghosts(self.connection) if not each.reborn]

    @telling_faults()
    def heard_at(self, now: float) -> float | None:
        return heard_at(self.connection, now)

    @telling_faults()
    def seen(self, devices: Iterable[Device], now: float) -> list[Device]:
        return seen(self.connection, devices, now)

    def recall(self, serial: str) -> Device:
        return self.save(Batch(recalled=[serial])).recalled[serial]

    def save(self, batch: Batch) -> Saved:
        saved = None
        try:
            with telling_faults():
                self._parts.make_room((entry.at for entry in batch.entries), batch.at)
                with self._transaction():
                    self._fence()
                    saved = self._save(batch)
        except StorageFault as error:
            if saved is None:
                raise
            raise Unsettled(str(error), self.commits + 1, saved, error) from error
        self.commits += 1
        ids = (*batch.devices, *(device.id for device in saved.recalled.values()))
        self._given = max(self._given, *ids) if ids else self._given
        return saved

    def _fence(self) -> None:
        if changed(self.connection, _COUNT_COMMIT, str(self.commits + 1), str(self.commits)) != 1:
            raise UnusableDatabase(
                f"La base de datos {self._server.where} no es la que era: otro ha escrito en ella, o ha "
                "vuelto atrás.",
                Hindrance.ANOTHER,
            )

    def _save(self, batch: Batch) -> Saved:
        connection = self.connection
        remembered = self._remember(batch.remembered) if batch.remembered else {}
        for device, replaced in batch.replacements:
            replace_hardware(connection, device, replaced)
        insert_many(connection, "estado_log", _LOG_COLUMNS, _LOG_TYPES, map(log_row, batch.entries))
        rows = map(device_row, batch.devices.values())
        insert_many(connection, "dispositivos", DEVICE_COLUMNS, DEVICE_TYPES, rows, _OR_UPDATE)
        if (highest := max(batch.devices, default=0)) > self._given:
            note_number(connection, "dispositivos", highest)
        if batch.letters:
            self._keep_letters(batch.letters)
        deeds = keep_deeds(connection, batch.deeds) if batch.deeds else ()
        notices = [write_notices(connection, kept.made, kept.changed, kept.decided) for kept in batch.notices]
        for number, decision in batch.decisions.items():
            changed(connection, _DECIDE, DECISION_TEXTS[decision], number)
        findings = keep_conclusions(self._findings, batch.conclusions) if batch.conclusions else ()
        note_findings(connection, chain.from_iterable(findings))
        if batch.memories:
            self._keep_memories(batch.memories.values(), batch.at)
        if batch.announcements:
            write_announcements(connection, batch.announcements, batch.at)
        for kept in batch.rooms:
            write_rooms(connection, kept)
        for said in batch.absences:
            write_absences(connection, said)
        if batch.energy_plan is not None:
            write_plan(connection, batch.energy_plan)
        looked = [keep_seen(connection, each) for each in batch.seen]
        for removal in batch.removals:
            remove_device(connection, removal)
        if batch.forgotten:
            note_forgotten(connection, batch.forgotten)
        return Saved(
            lasting=self._findings.lasting(batch.remembered) if batch.remembered else (),
            recalled=self._recall(batch.recalled) if batch.recalled else {},
            findings=findings,
            remembered=remembered,
            rooms=read_rooms(connection) if batch.recalls_rooms else None,
            removed=read_ghosts(connection) if batch.recalls_removed else (),
            notices=notices,
            unfinished=NoticesRecalled(read_unfinished(connection)) if batch.recalls_notices else None,
            occurrences=(
                OccurrencesRecalled(*read_occurrences(connection)) if batch.recalls_occurrences else None
            ),
            deeds=deeds,
            seen=looked,
        )

    def check_in_place(self) -> None:
        with explaining(self._server.where):
            found = self._value("instancia")
        if found != self._instance:
            raise UnusableDatabase(
                f"La base de datos {self._server.where} es otra: {found} en vez de {self._instance}.",
                Hindrance.ANOTHER,
            )

    def tidy(self, step: Callable[[PostgresStore], int]) -> int:
        with telling_faults(), self._transaction():
            return step(self)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self.connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            # Inside of it, only a savepoint would be set, whose release puts nothing on disk.
            raise StorageFault("an earlier transaction is still open")
        with self.connection.transaction():
            yield

    def _take_lock(self) -> None:
        if not fetch(self.connection, "SELECT pg_try_advisory_lock(%s)", _WRITING)[0][0]:
            raise UnusableDatabase(
                f"La base de datos {self._server.where} está en uso por otra instancia: ciérrala o cambia "
                "DATABASE_URL.",
                Hindrance.BUSY,
            )

    def _value(self, key: str) -> str:
        found = fetch(self.connection, _VALUE, key)
        return str(found[0][0]) if found else ""

    def _keep_letters(self, letters: Sequence[DeadLetter]) -> None:
        last = last_number(self.connection, "rechazados")
        rows = [
            (
                number,
                letter.at,
                letter.topic[:LETTER_TEXT],
                letter.payload[:LETTER_PAYLOAD],
                letter.reason[:LETTER_TEXT],
            )
            for number, letter in enumerate(letters, start=last + 1)
        ]
        columns = ("id", "recibido_en", "topic", "payload", "motivo")
        insert_many(
            self.connection, "rechazados", columns, ("bigint", "float8", "text", "bytea", "text"), rows
        )
        note_number(self.connection, "rechazados", last + len(rows))
        # Ids have no gaps, so what is too old is a range of the key.
        too_old = last + len(rows) - self._rejected_max
        changed(self.connection, "DELETE FROM rechazados WHERE id <= %s", too_old)

    def _keep_memories(self, memories: Iterable[RuleMemory], at: float) -> None:
        """But for those of devices that are gone, whose rules say at their end what they knew."""
        told = list(memories)
        ids = [memory.device_id for memory in told]
        there = {number for (number,) in fetch(self.connection, _WHICH_ARE_THERE, ids)}
        rows = [memory_row(memory, at) for memory in told if memory.device_id in there]
        insert_many(
            self.connection, "memoria_reglas", _MEMORY_COLUMNS, _MEMORY_TYPES, rows, _OR_UPDATE_MEMORY
        )

    def _remember(self, keys: Sequence[MemoryKey]) -> dict[MemoryKey, Row]:
        devices, rules = [device_id for device_id, _ in keys], [rule for _, rule in keys]
        return {(row[0], row[1]): row for row in fetch(self.connection, _MEMORIES, devices, rules)}

    def _recall(self, serials: Sequence[str]) -> Mapping[str, Device]:
        found = self._with_serials(serials)
        missing = [serial for serial in dict.fromkeys(serials) if serial not in found]
        if not missing:
            return found
        last = last_number(self.connection, "dispositivos")
        new = [Device(id=number, serial=serial) for number, serial in enumerate(missing, start=last + 1)]
        rows = map(device_row, new)
        insert_many(self.connection, "dispositivos", DEVICE_COLUMNS, DEVICE_TYPES, rows)
        note_number(self.connection, "dispositivos", last + len(new))
        return found | self._with_serials(missing)

    def _with_serials(self, serials: Sequence[str]) -> dict[str, Device]:
        rows = fetch(self.connection, f"{DEVICES} WHERE serial_number = ANY(%s)", list(serials))
        return {device.serial: device for device in map(device_of, rows)}
