"""How people are reached, and the secrets of that: where they lie, and who loses them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from actors.domain.findings import Severity
from actors.domain.notices import HOUSE, MAX_CHANNELS, Address, Preferences, QuietHours, Subscription
from actors.domain.people import CONSOLE, Conflict, NoSuch, Role, TokenKind
from persistence.accounts.accounts import Accounts
from persistence.accounts.channels import Channels, preferences_in, preferences_json
from persistence.accounts.schema import STEPS, AccountsFile
from tests.persistence.ledgers import OpenLedger

MAIL = Address("mailto://ana:secreto@x.org")
BROWSER = Subscription("https://fcm.googleapis.com/abc", "clave", "sal")


class Home:
    def __init__(self, open_ledger: OpenLedger) -> None:
        self._open_ledger = open_ledger
        self.now = 1_000.0
        self.accounts = Accounts(open_ledger(), lambda: self.now)
        self.keys = iter(range(1, 10))
        self.channels = self.opened()

    def opened(self) -> Channels:
        return Channels(self._open_ledger(), lambda: 1_000.0, lambda: bytes([next(self.keys)]) * 32)


@pytest.fixture
def home(open_ledger: OpenLedger) -> Home:
    return Home(open_ledger)


def test_a_room_that_is_gone_is_chosen_by_nobody(home: Home) -> None:
    """Whose only one it was would hear of nothing any more."""
    home.channels.prefer(HOUSE, Preferences(rooms=frozenset({1, 2}), digest_at=480))
    home.channels.forget_room(1)
    assert home.channels.recipient(HOUSE).preferences == Preferences(rooms=frozenset({2}), digest_at=480)
    home.channels.forget_room(2)
    assert home.channels.recipient(HOUSE).preferences == Preferences(digest_at=480)


def test_secrets_are_told_to_nobody_but_who_sends(home: Home) -> None:
    channel = home.channels.add(HOUSE, "Mi correo", "E-Mail", MAIL, CONSOLE)
    browser = home.channels.add(HOUSE, "Móvil", "Web Push", BROWSER, CONSOLE)
    assert home.channels.secret_of(channel.id) == MAIL
    assert home.channels.secret_of(browser.id) == BROWSER
    assert home.channels.secret_of(99) is None
    assert "secreto" not in repr(home.channels.recipients())
    assert not any("secreto" in repr(act) for act in home.accounts.acts(10))


def test_whoever_goes_takes_their_channels_along(home: Home) -> None:
    anna = home.accounts.add_person("Ana", Role.MEMBER, None, CONSOLE)
    channel = home.channels.add(anna.id, "Mi correo", "E-Mail", MAIL, CONSOLE)
    home.channels.prefer(anna.id, Preferences(ends=False))
    home.accounts.remove_person(anna.id, CONSOLE)
    assert home.channels.secret_of(channel.id) is None
    assert [each.person_id for each in home.channels.recipients()] == [HOUSE]
    assert home.channels.recipient(anna.id).preferences == Preferences()


def test_nobody_removes_another_ones_channel(home: Home) -> None:
    anna = home.accounts.add_person("Ana", Role.MEMBER, None, CONSOLE)
    channel = home.channels.add(anna.id, "Mi correo", "E-Mail", MAIL, CONSOLE)
    with pytest.raises(NoSuch):
        home.channels.remove(HOUSE, channel.id, CONSOLE)
    home.channels.remove(anna.id, channel.id, CONSOLE)
    assert home.channels.recipient(anna.id).channels == []


def test_a_browser_has_one_channel_whoever_uses_it(home: Home) -> None:
    anna = home.accounts.add_person("Ana", Role.MEMBER, None, CONSOLE)
    home.channels.add(HOUSE, "Móvil", "Web Push", BROWSER, CONSOLE)
    new = home.channels.add(anna.id, "Móvil", "Web Push", Subscription(BROWSER.endpoint, "b", "c"), CONSOLE)
    assert home.channels.recipient(HOUSE).channels == []
    assert home.channels.secret_of(new.id) == Subscription(BROWSER.endpoint, "b", "c")


def test_a_browser_whose_token_is_revoked_is_told_no_more(home: Home) -> None:
    """A telephone that is lost; not one whose session has merely expired, nor whoever has another token."""
    anna = home.accounts.add_person("Ana", Role.MEMBER, None, CONSOLE)
    lost, other = (
        home.accounts.issue(anna.id, name, TokenKind.SESSION, 60.0, CONSOLE).token.id
        for name in ("uno", "dos")
    )
    mail = home.channels.add(anna.id, "Mi correo", "E-Mail", MAIL, CONSOLE)
    home.channels.add(anna.id, "Móvil", "Web Push", BROWSER, CONSOLE, lost)
    kept = home.channels.add(anna.id, "PC", "Web Push", Subscription("https://y", "b", "c"), CONSOLE, other)
    home.accounts.revoke(lost, None, CONSOLE)
    home.now += 3_600.0
    assert home.channels.recipient(anna.id).channels == [mail, kept]


def test_a_new_password_ends_what_browsers_are_told(home: Home) -> None:
    """Of expired sessions and earlier versions too; an app's channel stays, as the app does."""
    anna = home.accounts.add_person("Ana", Role.MEMBER, None, CONSOLE)
    app = home.accounts.issue(anna.id, "app", TokenKind.APP, None, CONSOLE).token.id
    mail = home.channels.add(anna.id, "Mi correo", "E-Mail", MAIL, CONSOLE)
    kept = home.channels.add(anna.id, "App", "Web Push", Subscription("https://y", "b", "c"), CONSOLE, app)
    home.channels.add(anna.id, "Móvil", "Web Push", BROWSER, CONSOLE)
    home.channels.add(anna.id, "PC", "Web Push", Subscription("https://z", "b", "c"), CONSOLE, 77)
    home.accounts.change_person(anna.id, name=None, role=None, password="otra", by=CONSOLE)
    assert home.channels.recipient(anna.id).channels == [mail, kept]


def test_a_browser_goes_on_by_another_address_or_session(home: Home) -> None:
    """By the same channel, so that what waits for it reaches it; nobody takes over another one's."""
    anna = home.accounts.add_person("Ana", Role.MEMBER, None, CONSOLE)
    channel = home.channels.add(anna.id, "Móvil", "Web Push", BROWSER, CONSOLE, 5)
    moved = Subscription("https://nuevo", "b", "c")
    assert home.channels.renew(anna.id, moved, 5) == channel
    assert home.channels.secret_of(channel.id) == moved
    assert home.channels.renew(anna.id, moved, 6) == channel
    for who, token in ((HOUSE, 6), (anna.id, 5), (anna.id, None)):
        with pytest.raises(NoSuch):
            home.channels.renew(who, BROWSER, token)
    again = home.channels.add(anna.id, "Móvil", "Web Push", BROWSER, CONSOLE, 6)
    assert home.channels.recipient(anna.id).channels == [again]


def test_there_are_so_many_channels_and_no_more(home: Home) -> None:
    for number in range(MAX_CHANNELS):
        home.channels.add(HOUSE, f"{number}", "E-Mail", MAIL, CONSOLE)
    with pytest.raises(Conflict):
        home.channels.add(HOUSE, "uno más", "E-Mail", MAIL, CONSOLE)


def test_the_push_key_is_made_once(home: Home) -> None:
    """Another one would make every browser's subscription worthless."""
    assert home.channels.push_key() == home.opened().push_key() == b"\x01" * 32


@pytest.mark.parametrize(
    "wishes",
    [
        Preferences(),
        Preferences(None, frozenset(), frozenset({"offline"}), False, QuietHours(1_350, 420), 480, "en"),
        Preferences(Severity.CRITICAL, frozenset({1, 2})),
    ],
)
def test_wishes_come_back_as_they_were(home: Home, wishes: Preferences) -> None:
    home.channels.prefer(HOUSE, wishes)
    assert home.opened().recipient(HOUSE).preferences == wishes


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"gravedad":"otra"}', None])
def test_damaged_wishes_are_those_of_who_has_said_nothing(text: str | None) -> None:
    assert preferences_in(text) == Preferences()
    assert preferences_json(Preferences())["gravedad"] == "medium"


def test_a_file_of_before_gets_the_tables_and_keeps_its_people(tmp_path: Path) -> None:
    path = tmp_path / "cuentas.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        STEPS[0](old)
        old.execute("PRAGMA application_id = 0x496F5450")
        old.execute("PRAGMA user_version = 1")
        old.execute("INSERT INTO usuarios VALUES (4, 'Ana', 'ana', 'admin', NULL, 1.0)")
    home = Home(lambda: AccountsFile(path))
    home.channels.add(4, "Mi correo", "E-Mail", MAIL, CONSOLE)
    assert [each.person_id for each in home.channels.recipients()] == [HOUSE, 4]
    assert [person.name for person in home.accounts.people()] == ["Ana"]


def test_a_browser_of_before_is_told_on_and_becomes_its_session_s(tmp_path: Path) -> None:
    path = tmp_path / "cuentas.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        for step in STEPS[:2]:
            step(old)
        old.execute("PRAGMA application_id = 0x496F5450")
        old.execute("PRAGMA user_version = 2")
        row = (9, 4, "push", "Móvil", "Web Push", BROWSER.endpoint, "clave sal", 1.0)
        old.execute("INSERT INTO usuarios VALUES (4, 'Ana', 'ana', 'admin', NULL, 1.0)")
        old.execute("INSERT INTO canales VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    home = Home(lambda: AccountsFile(path))
    assert home.channels.secret_of(9) == BROWSER
    session = home.accounts.issue(4, "móvil", TokenKind.SESSION, 60.0, CONSOLE).token.id
    assert home.channels.renew(4, BROWSER, session).id == 9
    home.accounts.revoke(session, None, CONSOLE)
    assert home.channels.recipient(4).channels == []
