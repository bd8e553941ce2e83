"""People and tokens on PostgreSQL: who may look, and what becomes of them when the server goes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from actors.domain.people import CONSOLE, Role, TokenKind, fingerprint
from actors.domain.status import Hindrance
from config import Settings
from persistence.accounts.accounts import Accounts
from persistence.ledgers import ledger_of
from persistence.postgres.connection import Server, connect
from persistence.postgres.people import AccountsTables
from persistence.storage.faults import UnusableDatabase
from tests.persistence.ledgers import OpenLedger, opened_tables
from tests.postgres import GUARDED, PostgresServer
from tests.stage import FakeClock

pytestmark = pytest.mark.database

APP = TokenKind.APP
HOUSE = Path(__file__).parent.parent.parent


@pytest.fixture
def open_tables(database_url: str) -> Iterator[OpenLedger]:
    with opened_tables(database_url) as found:
        yield found


@pytest.fixture
def accounts(open_tables: OpenLedger) -> Accounts:
    return Accounts(open_tables(), FakeClock().now)


def named(url: str) -> str:
    """Which database that is on its server."""
    return url.rpartition("@/")[2].partition("?")[0]


def test_nobody_else_may_look(accounts: Accounts, shared_postgres: PostgresServer, database_url: str) -> None:
    """Who may read all of the readings reads nothing of the people: what 0600 is to the file."""
    accounts.add_person("Ana", Role.ADMIN, "hash", CONSOLE)
    shared_postgres.execute(f"DROP ROLE IF EXISTS {GUARDED}; CREATE ROLE {GUARDED} LOGIN PASSWORD 'bueno'")
    url = shared_postgres.url(named(database_url), GUARDED, "bueno")
    with connect(Server(url)) as stranger:
        for table in ("usuarios", "tokens", "canales", "clave_push"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                stranger.execute(f"SELECT * FROM personas.{table}".encode())


def test_no_secret_is_in_the_tables(
    accounts: Accounts, shared_postgres: PostgresServer, database_url: str
) -> None:
    """Neither a token nor a code, even while it is good; and a dump of the readings has no people at all."""
    ana = accounts.add_person("Ana", Role.ADMIN, None, CONSOLE)
    secret = accounts.issue(ana.id, "móvil", APP, None, CONSOLE).secret
    code = accounts.make_code(ana.id, CONSOLE).text
    dumped = shared_postgres.dumped(named(database_url))
    assert fingerprint(secret).hex() in dumped
    for text in (secret, secret.removeprefix("iot_"), code, code.replace("-", "")):
        assert text not in dumped
    assert "Ana" not in shared_postgres.dumped(named(database_url), "--exclude-schema=personas")


def test_tables_put_back_are_noticed(
    accounts: Accounts, shared_postgres: PostgresServer, database_url: str
) -> None:
    """Though as much has been changed since: a token that was revoked meanwhile is not let in for long."""
    ana = accounts.add_person("Ana", Role.ADMIN, None, CONSOLE)
    accounts.issue(ana.id, "uno", APP, None, CONSOLE)
    with shared_postgres.database(template="template0") as copy:
        shared_postgres.restored(shared_postgres.dumped(named(database_url)), copy)
        with opened_tables(shared_postgres.url(copy)) as open_copy:
            again = Accounts(open_copy(), FakeClock().now)
            assert again.generation() == accounts.generation()
            for each in (accounts, again):
                each.issue(ana.id, "dos", APP, None, CONSOLE)
            assert again.generation() != accounts.generation()


def test_whatever_program_takes_a_token_away_is_noticed(
    accounts: Accounts, shared_postgres: PostgresServer, database_url: str
) -> None:
    ana = accounts.add_person("Ana", Role.ADMIN, None, CONSOLE)
    accounts.issue(ana.id, "móvil", APP, None, CONSOLE)
    before = accounts.generation()
    shared_postgres.execute("DELETE FROM personas.usuarios", named(database_url))
    assert accounts.generation() != before
    assert not accounts.roll().callers


def test_a_server_that_goes_is_told_and_comes_back() -> None:
    """Who reads and who writes is told of it, in the house's words, and is served again when it is there."""
    postgres = PostgresServer()
    ledger = AccountsTables(Server(postgres.url()))
    accounts = Accounts(ledger, FakeClock().now)
    ana = accounts.add_person("Ana", Role.ADMIN, None, CONSOLE)
    postgres.kill()
    for asked in (accounts.people, lambda: accounts.remove_person(ana.id, CONSOLE), accounts.generation):
        with pytest.raises(UnusableDatabase, match="no contesta") as caught:
            asked()
        assert caught.value.hindrance is Hindrance.UNREACHABLE
    postgres.start()
    assert accounts.people() == [ana]
    ledger.close()
    postgres.close()


def test_people_lie_where_the_settings_say(database_url: str, tmp_path: Path) -> None:
    """In PostgreSQL no file is made; without an address nothing of PostgreSQL is loaded."""
    ledger = ledger_of(Settings(data_dir=tmp_path, database_url=database_url))
    assert isinstance(ledger, AccountsTables)
    with closing(ledger):
        Accounts(ledger, FakeClock().now).add_person("Ana", Role.ADMIN, None, CONSOLE)
    with connect(Server(database_url)) as connection:
        assert connection.execute("SELECT nombre FROM personas.usuarios").fetchall() == [("Ana",)]
    assert not list(tmp_path.iterdir())
    assert not Accounts(ledger_of(Settings(data_dir=tmp_path)), FakeClock().now).people()
    script = (
        "import run_system, sys; from pathlib import Path; from config import Settings;"
        "run_system.ledger_of(Settings(data_dir=Path(sys.argv[1])));"
        "assert not {'psycopg', 'nats'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=HOUSE, check=True)


def test_without_the_package_one_line_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in sys.modules if name.startswith("persistence.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UnusableDatabase, match=r"falta psycopg: .*\[cluster\]"):
        ledger_of(Settings(data_dir=tmp_path, database_url="postgresql://iot@localhost/iot"))
