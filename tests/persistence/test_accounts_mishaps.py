"""What becomes of people and tokens when their file is damaged or the clock is wrong."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from actors.domain.people import CONSOLE, Conflict, Role, TokenKind
from persistence.accounts.accounts import Accounts
from persistence.accounts.rows import MAX_TOKENS
from persistence.accounts.schema import AccountsFile
from persistence.database.schema import sqlite3
from persistence.storage.faults import UnusableDatabase
from tests.persistence.ledgers import OpenLedger
from tests.stage import FakeClock

APP, SESSION = TokenKind.APP, TokenKind.SESSION
DAY = 86_400.0
YEAR = 365 * DAY


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cuentas.db"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def accounts(path: Path, clock: FakeClock) -> Accounts:
    return Accounts(AccountsFile(path), clock.now)


# -- the file --------------------------------------------------------------------------------------


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def cut_in_half(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def pages_spoilt(path: Path) -> None:
    """All but the first, which holds the header and the definitions."""
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))


def audit_spoilt(path: Path) -> None:
    """Which nothing reads at a start."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        root = "SELECT rootpage FROM sqlite_schema WHERE name = 'auditoria'"
        (page,) = connection.execute(root).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    data = path.read_bytes()
    path.write_bytes(data[: (page - 1) * size] + b"\xa5" * size + data[page * size :])


def without_tables(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TABLE tokens")


def letter_spoilt(path: Path) -> None:
    """Which SQLite itself does not notice."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE usuarios SET nombre = CAST(X'41FF' AS TEXT)")


@pytest.mark.parametrize(
    "damage", [emptied, zeroed, cut_in_half, pages_spoilt, audit_spoilt, without_tables, letter_spoilt]
)
def test_a_damaged_file_is_no_first_run(
    accounts: Accounts, path: Path, clock: FakeClock, damage: Callable[[Path], None]
) -> None:
    """One line says what to do, and nothing is put in its place; moved away, all begins anew."""
    ana = accounts.add_person("Ana", Role.ADMIN, None, CONSOLE)
    accounts.issue(ana.id, "móvil", APP, None, CONSOLE)
    damage(path)
    size = path.stat().st_size
    for _ in range(2):
        with pytest.raises(UnusableDatabase, match=r"está dañado: restaura una copia.* «setup»") as refused:
            Accounts(AccountsFile(path), clock.now)
        assert "\n" not in str(refused.value)
    assert path.stat().st_size == size
    path.rename(path.with_name("dañado.db"))
    assert not Accounts(AccountsFile(path), clock.now).people()


def test_a_first_start_cut_short_is_no_damage(
    path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it is whole the file does not have its name."""

    class PowerCut(BaseException):
        pass

    def cut(*_: object) -> None:
        raise PowerCut

    for step, stub in (("STEPS", (cut,)), ("os.link", cut)):
        with monkeypatch.context() as patch:
            patch.setattr(f"persistence.accounts.schema.{step}", stub)
            with pytest.raises(PowerCut):
                Accounts(AccountsFile(path), clock.now)
        assert not path.exists()
    Accounts(AccountsFile(path), clock.now).add_person("Ana", Role.ADMIN, None, CONSOLE)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_who_is_slower_to_make_it_replaces_nothing(
    path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes at their first start: whoever the quicker one has added is there for both."""
    link = os.link

    def late(source: Path, target: Path) -> None:
        monkeypatch.setattr("persistence.accounts.schema.os.link", link)
        Accounts(AccountsFile(path), clock.now).add_person("Ana", Role.ADMIN, None, CONSOLE)
        link(source, target)

    monkeypatch.setattr("persistence.accounts.schema.os.link", late)
    assert [person.name for person in Accounts(AccountsFile(path), clock.now).people()] == ["Ana"]


def test_it_is_made_where_there_are_no_hard_links(
    path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a stick that a PC has formatted."""

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("persistence.accounts.schema.os.link", refused)
    Accounts(AccountsFile(path), clock.now).add_person("Ana", Role.ADMIN, None, CONSOLE)
    assert [person.name for person in Accounts(AccountsFile(path), clock.now).people()] == ["Ana"]
    assert [each.name for each in path.parent.iterdir()] == [path.name]


# -- the clock -------------------------------------------------------------------------------------


def test_a_clock_that_was_ahead_costs_no_token(open_ledger: OpenLedger, clock: FakeClock) -> None:
    """What counts as expired meanwhile is refused, and good again when the clock is put right."""
    accounts = Accounts(open_ledger(), clock.now)
    ana = accounts.add_person("Ana", Role.ADMIN, None, CONSOLE)
    eva = accounts.add_person("Eva", Role.MEMBER, None, CONSOLE)
    for person, name in ((ana, "móvil"), (eva, "tableta")):
        accounts.issue(person.id, name, APP, YEAR, CONSOLE)
    before = accounts.tokens()
    clock.jump(10 * YEAR)
    assert not accounts.tokens()
    meanwhile = accounts.issue(ana.id, "nuevo", APP, YEAR, CONSOLE).token
    clock.jump(-10 * YEAR)
    assert accounts.tokens() == [meanwhile, *before]


def test_of_too_many_the_least_missed_goes(open_ledger: OpenLedger, clock: FakeClock) -> None:
    """Expired sessions before expired apps, before sessions; and an app that is good never."""
    accounts = Accounts(open_ledger(), clock.now)
    ana = accounts.add_person("Ana", Role.ADMIN, None, CONSOLE)
    for name, kind, lifetime in (
        ("web", SESSION, YEAR),
        ("app breve", APP, DAY),
        ("web breve", SESSION, DAY),
        *[("app", APP, None)] * (MAX_TOKENS - 3),
    ):
        accounts.issue(ana.id, name, kind, lifetime, CONSOLE)
    clock.jump(2 * DAY)

    def kept() -> set[str]:
        callers = accounts.roll().callers.values()
        return {caller.token.name for caller in callers if caller.token is not None}

    for gone in ("web breve", "app breve", "web"):
        assert gone in kept()
        accounts.issue(ana.id, "app", APP, None, CONSOLE)
        assert gone not in kept()
    with pytest.raises(Conflict, match="too_many_tokens"):
        accounts.issue(ana.id, "app", APP, None, CONSOLE)
