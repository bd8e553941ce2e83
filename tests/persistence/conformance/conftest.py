"""Each test of this folder holds for each engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.persistence.conformance.engines import Engine, House, PostgresEngine, SqliteEngine


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.database)])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "sqlite":
        yield SqliteEngine()
        return
    with closing(PostgresEngine(request.getfixturevalue("shared_postgres"))) as postgres:
        yield postgres


@pytest.fixture
def house(engine: Engine) -> Iterator[House]:
    with engine.house() as house:
        yield house
