"""Backups from the machine's own console: the words of the command line, and what they do."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final, TextIO

from actors.domain.people import CONSOLE, AuditEntry
from config import Settings
from persistence.accounts.accounts import Accounts
from persistence.archive import FAREWELLS
from persistence.backup.backups import BackupFailed, Kind, make_backup, write_backup
from persistence.backup.restoring import restore
from persistence.engines import DATABASE, engine_of
from persistence.ledgers import ledger_of
from persistence.removal_queue import RemovalQueue, forget_device

COMMANDS: Final = ("backup", "restore", "device")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    backup = commands.add_parser("backup", help="una copia de la base de datos, también en marcha")
    backup.add_argument(
        "--to", type=Path, metavar="ARCHIVO", help="dónde (por defecto, una más en DATA_DIR/copias)"
    )
    back = commands.add_parser("restore", help="vuelve a una copia, con el sistema parado")
    back.add_argument(
        "backup", type=Path, nargs="?", metavar="COPIA", help="cuál (por defecto, la última que esté entera)"
    )
    device = commands.add_parser("device", help="los dispositivos: forget")
    doing = device.add_subparsers(dest="doing", required=True, metavar="QUÉ")
    forget = doing.add_parser("forget", help="olvida uno con todo lo que se sabe de él, también en marcha")
    forget.add_argument("serial", metavar="SERIE", help="su número de serie")


def obey(
    options: argparse.Namespace,
    settings: Settings,
    at: float,
    out: TextIO,
    remove_login: Callable[[str], object],
) -> None:
    """Carry out one of :data:`COMMANDS`. ``remove_login`` has a device log in at the broker no more.

    Raises ``BackupFailed``, ``UnusableDatabase`` and ``NotForgotten``.
    """
    if settings.database_url and options.command != "device":
        raise BackupFailed(
            f"«{options.command}» es de SQLite: de lo que hay en DATABASE_URL las copias las hacen, y las "
            "devuelven, pg_dump y pg_restore."
        )
    database = settings.data_dir / DATABASE
    match options.command, getattr(options, "to", None):
        case "backup", None:
            made = make_backup(database, settings.copias_max, at, Kind.ON_DEMAND)
            print(f"Copia hecha y comprobada: {made}", file=out)
        case "backup", Path() as target:
            write_backup(database, target)
            print(f"Copia hecha y comprobada: {target}", file=out)
        case "device", _:
            box = RemovalQueue(settings.data_dir / FAREWELLS)
            removal = forget_device(engine_of(settings), box, options.serial, remove_login)
            print(f"{removal.serial} (id {removal.device_id}), olvidado.", file=out)
            accounts = Accounts(ledger_of(settings), lambda: at)
            accounts.note(AuditEntry(CONSOLE, "dispositivo olvidado", removal.serial))
        case _:
            recovery = restore(database, options.backup, at)
            print(recovery, file=out)
            accounts = Accounts(ledger_of(settings), lambda: at)
            accounts.note(AuditEntry(CONSOLE, "restauración", recovery.source or ""))
