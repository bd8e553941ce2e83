"""Where people and tokens lie by the settings."""

from __future__ import annotations

from typing import Final

from config import Settings
from persistence.accounts.ledger import Ledger
from persistence.accounts.schema import AccountsFile
from persistence.storage.faults import UnusableDatabase

# In DATA_DIR.
ACCOUNTS: Final = "cuentas.db"


def ledger_of(settings: Settings) -> Ledger:
    """On the server of DATABASE_URL, else in a file. Raises :class:`UnusableDatabase`."""
    if not settings.database_url:
        return AccountsFile(settings.data_dir / ACCOUNTS)
    try:
        # Of a house without such a server nothing of it is loaded, nor need it be installed.
        from persistence.postgres.connection import Server
        from persistence.postgres.people import AccountsTables
    except ImportError as error:
        raise UnusableDatabase(
            f"DATABASE_URL: falta {error.name}: instala el paquete con «pip install iot-backend[cluster]»."
        ) from None
    return AccountsTables(Server(settings.database_url))
