"""The engines that people and tokens can lie on; what one promises the other keeps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from persistence.accounts.schema import AccountsFile
from tests.persistence.ledgers import OpenLedger, opened_tables


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.database)])
def open_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenLedger]:
    """The ledger of this test, on each engine."""
    if request.param == "sqlite":
        yield lambda: AccountsFile(tmp_path / "cuentas.db")
    else:
        with opened_tables(request.getfixturevalue("database_url")) as open_tables:
            yield open_tables
