"""The accounts, on each engine: who may read them, what lasts, and that nobody is let in who should not."""

from __future__ import annotations

import os
import stat
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from actors.domain.people import CONSOLE, AuditEntry, Author, Conflict, NoSuch, Role, TokenKind, fingerprint
from persistence.accounts.accounts import CODE_LIFE_S, Accounts
from persistence.accounts.rows import MAX_ACTS_OF_A_KIND, MAX_PEOPLE, MAX_TOKENS
from persistence.accounts.schema import APPLICATION_ID, STEPS, AccountsFile
from persistence.database.schema import sqlite3
from persistence.storage.faults import UnusableDatabase
from tests.brokers import PATIENCE
from tests.persistence.ledgers import OpenLedger, opened_tables
from tests.postgres import PostgresServer
from tests.stage import FakeClock

APP, SESSION = TokenKind.APP, TokenKind.SESSION


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "casa" / "cuentas.db"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def accounts(open_ledger: OpenLedger, clock: FakeClock) -> Accounts:
    return Accounts(open_ledger(), clock.now)


def in_file(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        rows: list[tuple[object, ...]] = connection.execute(statement).fetchall()
        return rows


# -- the file --------------------------------------------------------------------------------------


def test_nobody_else_may_read_it(path: Path, clock: FakeClock) -> None:
    """Whatever the umask, and also when somebody has opened it up since."""
    before = os.umask(0)
    try:
        Accounts(AccountsFile(path), clock.now)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o644)
        Accounts(AccountsFile(path), clock.now)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_is_marked_and_written_by_a_rollback_journal(path: Path, clock: FakeClock) -> None:
    """Which several processes may write at once, with any SQLite."""
    accounts = Accounts(AccountsFile(path), clock.now)
    accounts.add_person("Ana", Role.ADMIN, None, CONSOLE)
    assert in_file(path, "PRAGMA application_id") == [(APPLICATION_ID,)]
    assert in_file(path, "PRAGMA user_version") == [(len(STEPS),)]
    assert in_file(path, "PRAGMA journal_mode") == [("delete",)]
    assert not [each for each in path.parent.iterdir() if each != path]


def test_what_is_not_ours_is_left_alone(path: Path, clock: FakeClock) -> None:
    """Another program's database, a newer version's, no database, or a directory: one line says so."""
    path.parent.mkdir()
    in_file(path, "CREATE TABLE theirs (x)")
    with pytest.raises(UnusableDatabase, match="otra aplicación"):
        Accounts(AccountsFile(path), clock.now)
    assert in_file(path, "SELECT name FROM sqlite_schema") == [("theirs",)]
    path.unlink()
    Accounts(AccountsFile(path), clock.now)
    in_file(path, "PRAGMA user_version = 99")
    with pytest.raises(UnusableDatabase, match="más nueva"):
        Accounts(AccountsFile(path), clock.now)
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(UnusableDatabase, match="está dañado"):
        Accounts(AccountsFile(path), clock.now)
    path.unlink()
    path.mkdir()
    with pytest.raises(UnusableDatabase, match="No se puede escribir"):
        Accounts(AccountsFile(path), clock.now)


def test_no_secret_is_in_the_file(path: Path, clock: FakeClock) -> None:
    """Neither a token nor a code, even while it is good."""
    accounts = Accounts(AccountsFile(path), clock.now)
    ana = accounts.add_person("Ana", Role.ADMIN, None, CONSOLE)
    secret = accounts.issue(ana.id, "móvil", APP, None, CONSOLE).secret
    code = accounts.make_code(ana.id, CONSOLE).text
    stored = path.read_bytes()
    assert fingerprint(secret) in stored
    for text in (secret, secret.removeprefix("iot_"), code, code.replace("-", "")):
        assert text.encode() not in stored


# -- on each engine --------------------------------------------------------------------------------


def test_it_is_there_for_the_next_process(
    accounts: Accounts, open_ledger: OpenLedger, clock: FakeClock
) -> None:
    ana = accounts.add_person("Ana", Role.ADMIN, "hash", CONSOLE)
    secret = accounts.issue(ana.id, "móvil", APP, None, CONSOLE).secret
    again = Accounts(open_ledger(), clock.now)
    assert again.roll() == accounts.roll()
    assert again.roll().callers[fingerprint(secret)].name == "Ana"
    assert again.password_of("ANA") == (ana, "hash")


def test_many_may_write_at_once(accounts: Accounts, open_ledger: OpenLedger, clock: FakeClock) -> None:
    """Threads and processes wait for one another, and of those who race for one code one gets it."""
    ana = accounts.add_person("Ana", Role.ADMIN, None, CONSOLE)
    code = accounts.make_code(ana.id, CONSOLE).text

    def redeem(number: int) -> bool:
        return Accounts(open_ledger(), clock.now).redeem(code, f"{number}", APP, None, "") is not None

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(redeem, range(16))) == [False] * 15 + [True]
    assert len(accounts.tokens()) == 1


def test_of_two_who_take_a_name_one_has_it(open_ledger: OpenLedger, clock: FakeClock) -> None:
    """Wherever they were told to: here four processes, at the same moment."""
    Accounts(open_ledger(), clock.now)
    together = threading.Barrier(4)

    def take(_: int) -> bool:
        accounts = Accounts(open_ledger(), clock.now)
        together.wait(PATIENCE)
        try:
            accounts.add_person("Ana", Role.ADMIN, None, CONSOLE)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(take, range(4))) == [False, False, False, True]


def test_of_two_admins_who_remove_each_other_one_is_left(open_ledger: OpenLedger, clock: FakeClock) -> None:
    """What was looked up before is still so at the commit."""
    accounts = Accounts(open_ledger(), clock.now)
    both = [accounts.add_person(name, Role.ADMIN, None, CONSOLE).id for name in ("Ana", "Eva")]
    together = threading.Barrier(2)

    def remove(person: int) -> bool:
        own = Accounts(open_ledger(), clock.now)
        together.wait(PATIENCE)
        try:
            own.remove_person(person, CONSOLE)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(remove, both)) == [False, True]
    assert [each.role for each in accounts.people()] == [Role.ADMIN]


# -- limits ----------------------------------------------------------------------------------------


def test_people_and_tokens_are_limited(accounts: Accounts, clock: FakeClock) -> None:
    """A session makes room for a new one, the longest unused first; expired tokens do not count."""
    ana = accounts.add_person("Ana", Role.ADMIN, None, CONSOLE)
    accounts.issue(ana.id, "breve", APP, 10, CONSOLE)
    clock.advance_to(10)
    first, second, *_ = (accounts.issue(ana.id, "web", SESSION, 1e9, CONSOLE) for _ in range(MAX_TOKENS))
    clock.advance_to(20)
    accounts.used({first.token.id: clock.now()})
    accounts.issue(ana.id, "web", SESSION, 1e9, CONSOLE)
    left = {token.id for token in accounts.tokens()}
    assert len(left) == MAX_TOKENS
    assert first.token.id in left
    assert second.token.id not in left
    for number in range(1, MAX_PEOPLE):
        accounts.add_person(f"{number}", Role.READER, None, CONSOLE)
    with pytest.raises(Conflict, match="too_many_people"):
        accounts.add_person("Una más", Role.READER, None, CONSOLE)


def test_a_flood_of_acts_drowns_no_other_kind(accounts: Accounts) -> None:
    """The newest of each kind are kept."""
    thief = Author("Ladrón", "10.0.0.9")
    accounts.note(AuditEntry(thief, "token nuevo", "el importante"))
    accounts.note(*(AuditEntry(thief, "cambio", f"{number}") for number in range(MAX_ACTS_OF_A_KIND + 500)))
    kept = accounts.acts(10_000)
    assert [each.act.about for each in kept if each.act.what == "token nuevo"] == ["el importante"]
    changes = [each.act.about for each in kept if each.act.what == "cambio"]
    assert (len(changes), changes[0], changes[-1]) == (MAX_ACTS_OF_A_KIND, "2499", "500")


def test_an_act_is_written_down_whatever_signs_it_is_told_with(accounts: Accounts) -> None:
    """One that could not be would hold up all that follow."""
    accounts.note(AuditEntry(Author("A\0na", "10.0.0.9"), "cambio", "a\0b"))
    accounts.note(AuditEntry(CONSOLE, "cambio", "después"))
    told = [each.act.about.replace("\0", "\N{REPLACEMENT CHARACTER}") for each in accounts.acts(10)]
    assert told == ["después", "a\N{REPLACEMENT CHARACTER}b"]


def test_what_was_refused_is_not_written_down(accounts: Accounts) -> None:
    """An act stands in the audit exactly if it was done."""
    ana = accounts.add_person("Ana", Role.ADMIN, None, CONSOLE)
    for refused in (
        lambda: accounts.add_person("ANA", Role.READER, None, CONSOLE),
        lambda: accounts.remove_person(ana.id, CONSOLE),
        lambda: accounts.change_person(ana.id, name="Eva", role=Role.READER, password="x", by=CONSOLE),
    ):
        with pytest.raises(Conflict):
            refused()
    with pytest.raises(NoSuch):
        accounts.revoke(1, None, CONSOLE)
    assert accounts.people() == [ana]
    assert [each.act.what for each in accounts.acts(10)] == ["alta de persona"]


# -- any order of events ---------------------------------------------------------------------------


class Ledger(RuleBasedStateMachine):
    """Accounts beside a plain picture of what they should be."""

    def __init__(self, ledger: AbstractContextManager[OpenLedger]) -> None:
        super().__init__()
        self.ended = ExitStack()
        self.clock = FakeClock()
        self.accounts = Accounts(self.ended.enter_context(ledger)(), self.clock.now)
        self.roles: dict[int, Role] = {}
        self.secrets: dict[str, tuple[int, int, TokenKind]] = {}
        self.codes: dict[int, tuple[str, float]] = {}
        self.seen = (self.accounts.generation(), self.accounts.roll().callers)

    def teardown(self) -> None:
        self.ended.close()

    def someone(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from([*self.roles, 999]), "person")

    @initialize()
    def first_admin(self) -> None:
        self.roles[self.accounts.add_person("Ana", Role.ADMIN, None, CONSOLE).id] = Role.ADMIN

    @rule(role=st.sampled_from(Role))
    def add(self, role: Role) -> None:
        person = self.accounts.add_person(f"P{len(self.accounts.acts(9_999))}", role, None, CONSOLE)
        assert person.id not in self.roles
        self.roles[person.id] = role

    @rule(data=st.data(), role=st.sampled_from(Role), password=st.sampled_from([None, "hash"]))
    def change(self, data: st.DataObject, role: Role, password: str | None) -> None:
        person = self.someone(data)
        try:
            self.accounts.change_person(person, name=None, role=role, password=password, by=CONSOLE)
        except NoSuch:
            assert person not in self.roles
        except Conflict:
            assert self.is_last_admin(person)
            assert role is not Role.ADMIN
        else:
            self.roles[person] = role
            if password is not None:
                self.forget(lambda owner, _, kind: owner == person and kind is SESSION)

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        person = self.someone(data)
        try:
            self.accounts.remove_person(person, CONSOLE)
        except NoSuch:
            assert person not in self.roles
        except Conflict:
            assert self.is_last_admin(person)
        else:
            del self.roles[person]
            self.codes.pop(person, None)
            self.forget(lambda owner, *_: owner == person)

    @rule(data=st.data(), kind=st.sampled_from(TokenKind))
    def issue(self, data: st.DataObject, kind: TokenKind) -> None:
        person = data.draw(st.sampled_from([*self.roles]))
        issued = self.accounts.issue(person, "x", kind, None, CONSOLE)
        self.secrets[issued.secret] = (person, issued.token.id, kind)

    @rule(data=st.data(), owner=st.sampled_from([None, 1, 2]))
    def revoke(self, data: st.DataObject, owner: int | None) -> None:
        held = data.draw(st.sampled_from([*self.secrets.values(), (0, 999, APP)]))
        try:
            self.accounts.revoke(held[1], owner, CONSOLE)
        except NoSuch:
            assert held[1] == 999 or owner not in (None, held[0])
        else:
            assert owner in (None, held[0])
            self.forget(lambda _, number, __: number == held[1])

    @rule(data=st.data())
    def make_code(self, data: st.DataObject) -> None:
        person = data.draw(st.sampled_from([*self.roles]))
        code = self.accounts.make_code(person, CONSOLE)
        self.codes[person] = (code.text, self.clock.now() + CODE_LIFE_S)

    @rule(data=st.data())
    def redeem(self, data: st.DataObject) -> None:
        person, (text, until) = data.draw(st.sampled_from([*self.codes.items(), (0, ("00000-00000", 0.0))]))
        issued = self.accounts.redeem(text, "x", APP, None, "")
        assert (issued is not None) == (self.clock.now() < until)
        if issued is not None:
            assert issued.token.person_id == person
            del self.codes[person]
            self.secrets[issued.secret] = (person, issued.token.id, APP)

    @rule(seconds=st.sampled_from([1.0, 599.0, 700.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance_to(self.clock.monotonic() + seconds)

    @rule()
    def use(self) -> None:
        self.accounts.used({number: self.clock.now() for _, number, _ in self.secrets.values()})

    def is_last_admin(self, person: int) -> bool:
        return [number for number, role in self.roles.items() if role is Role.ADMIN] == [person]

    def forget(self, gone: object) -> None:
        assert callable(gone)
        self.secrets = {secret: held for secret, held in self.secrets.items() if not gone(*held)}

    @invariant()
    def the_roll_is_right(self) -> None:
        roll = self.accounts.roll()
        assert {
            key: (caller.token.person_id, caller.token.id, caller.role)
            for key, caller in roll.callers.items()
            if caller.token is not None
        } == {
            fingerprint(secret): (person, number, self.roles[person])
            for secret, (person, number, _) in self.secrets.items()
        }
        assert {person.id: person.role for person in self.accounts.people()} == self.roles
        assert not self.roles or Role.ADMIN in self.roles.values()

    @invariant()
    def a_change_is_noticed(self) -> None:
        """The generation is another one whenever who may call is another one."""
        now = (self.accounts.generation(), self.accounts.roll().callers)
        may_call = [
            {key: (caller.name, caller.role) for key, caller in callers.items()}
            for _, callers in (self.seen, now)
        ]
        assert may_call[0] == may_call[1] or self.seen[0] != now[0]
        self.seen = now


@contextmanager
def in_a_folder() -> Iterator[OpenLedger]:
    with tempfile.TemporaryDirectory() as folder:
        yield lambda: AccountsFile(Path(folder) / "cuentas.db")


def examples(most: int) -> settings:
    return settings(max_examples=most, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow])


def test_whatever_comes_in_whatever_order() -> None:
    class InAFolder(Ledger):
        def __init__(self) -> None:
            super().__init__(in_a_folder())

    run_state_machine_as_test(InAFolder, settings=examples(30))


@pytest.mark.database
def test_whatever_comes_in_whatever_order_on_postgresql(shared_postgres: PostgresServer) -> None:
    @contextmanager
    def on_server() -> Iterator[OpenLedger]:
        with shared_postgres.database() as name, opened_tables(shared_postgres.url(name)) as open_tables:
            yield open_tables

    class OnServer(Ledger):
        def __init__(self) -> None:
            super().__init__(on_server())

    run_state_machine_as_test(OnServer, settings=examples(10))
