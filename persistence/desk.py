"""Backups from the machine's own console: the words of the command line, and what they do."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final, TextIO

from actors.people import CONSOLE, Act
from config import Settings
from persistence.accounts import ACCOUNTS, Accounts
from persistence.archive import DATABASE
from persistence.backups import Kind, make_backup, write_backup
from persistence.restoring import restore

COMMANDS: Final = ("backup", "restore")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    backup = commands.add_parser("backup", help="una copia de la base de datos, también en marcha")
    backup.add_argument(
        "--to", type=Path, metavar="ARCHIVO", help="dónde (por defecto, una más en DATA_DIR/copias)"
    )
    back = commands.add_parser("restore", help="vuelve a una copia, con el sistema parado")
    back.add_argument(
        "backup", type=Path, nargs="?", metavar="COPIA", help="cuál (por defecto, la última que esté entera)"
    )


def obey(options: argparse.Namespace, settings: Settings, at: float, out: TextIO) -> None:
    """Carry out one of :data:`COMMANDS`. Raises ``BackupFailed`` and ``UnusableDatabase``."""
    database = settings.data_dir / DATABASE
    match options.command, getattr(options, "to", None):
        case "backup", None:
            made = make_backup(database, settings.copias_max, at, Kind.ON_DEMAND)
            print(f"Copia hecha y comprobada: {made}", file=out)
        case "backup", Path() as target:
            write_backup(database, target)
            print(f"Copia hecha y comprobada: {target}", file=out)
        case _:
            recovery = restore(database, options.backup, at)
            print(recovery, file=out)
            accounts = Accounts(settings.data_dir / ACCOUNTS, lambda: at)
            accounts.note(Act(CONSOLE, "restauración", recovery.source or ""))
