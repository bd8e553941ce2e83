"""What people and tokens lie in, as often as it is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from persistence.accounts.ledger import Ledger
from persistence.postgres.connection import Server
from persistence.postgres.people import AccountsTables

OpenLedger = Callable[[], Ledger]


@contextmanager
def opened_tables(url: str) -> Iterator[OpenLedger]:
    """Those of the database at ``url``, each time as another process would open them."""
    opened: list[AccountsTables] = []

    def open_tables() -> Ledger:
        opened.append(AccountsTables(Server(url)))
        return opened[-1]

    try:
        yield open_tables
    finally:
        for each in opened:
            each.close()
