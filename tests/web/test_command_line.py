"""People and tokens from the console."""

from __future__ import annotations

import argparse
import getpass
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.domain.people import Role, TokenKind, fingerprint
from persistence.accounts.accounts import Accounts
from persistence.accounts.schema import AccountsFile
from tests.stage import FakeClock
from web.command_line import COMMANDS, NotDone, add_commands, first_code, obey, print_code
from web.security.passwords import fits

URL = "https://smarthome.local:5000"


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return Accounts(AccountsFile(tmp_path / "cuentas.db"), FakeClock().now)


@pytest.fixture
def desk(accounts: Accounts) -> Callable[..., str]:
    """Carries out a command line; what it says."""
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(dest="command", required=True))

    def carry_out(*words: str) -> str:
        out = io.StringIO()
        obey(parser.parse_args(words), accounts, out, URL, "ab12")
        return out.getvalue()

    return carry_out


def test_people_come_and_go(accounts: Accounts, desk: Callable[..., str]) -> None:
    """What it does is what the file then says."""
    desk("user", "add", "Ana", "--role", "admin")
    desk("user", "add", "Luis")
    desk("user", "role", "luis", "lectura")
    listed = [line.split() for line in desk("user", "list").splitlines()]
    assert listed == [["1", "Ana", "admin"], ["2", "Luis", "lectura"]]
    desk("user", "remove", "Luis")
    assert [person.name for person in accounts.people()] == ["Ana"]
    with pytest.raises(NotDone, match="último admin"):
        desk("user", "remove", "Ana")
    with pytest.raises(NotDone, match="Nadie"):
        desk("user", "role", "Nadie", "admin")
    with pytest.raises(NotDone, match="60 caracteres"):
        desk("user", "add", "\n")
    assert {act.act.author.name for act in accounts.acts(10)} == {"consola"}


def test_tokens_are_made_shown_and_revoked(accounts: Accounts, desk: Callable[..., str]) -> None:
    """The secret stands alone on its line, once, for a script to take."""
    desk("user", "add", "Ana", "--role", "admin")
    secret = desk("token", "create", "Ana", "guion", "--days", "2").removesuffix("\n")
    assert accounts.roll().callers[fingerprint(secret)].role is Role.ADMIN
    [listed] = desk("token", "list").splitlines()
    assert re.fullmatch(r"1  Ana  guion  app  sin usar  caduca el \d\d/\d\d/\d{4}", listed)
    desk("token", "revoke", "1")
    assert desk("token", "list") == ""
    with pytest.raises(NotDone, match="999"):
        desk("token", "revoke", "999")
    with pytest.raises(NotDone, match="--days"):
        desk("token", "create", "Ana", "guion", "--days", "0")


def test_a_code_is_shown_with_all_that_pairing_takes(accounts: Accounts, desk: Callable[..., str]) -> None:
    """A QR, the code to be typed, until when, and what to compare the certificate with."""
    desk("user", "add", "Ana", "--role", "admin")
    said = desk("pair", "Ana")
    [code] = re.findall(r"Código para Ana \(admin\): ([0-9A-Z]{5}-[0-9A-Z]{5})\n", said)
    assert f" o abre {URL}/#codigo={code}&ca=ab12\n" in said
    assert "▄" in said
    assert "SHA-256 del certificado raíz: ab12" in said
    assert accounts.redeem(code, "móvil", TokenKind.APP, None, "") is not None


def test_the_first_code_is_for_an_admin(accounts: Accounts) -> None:
    """Made if there is none, and the same one the next time."""
    first, second = first_code(accounts), first_code(accounts)
    [admin] = accounts.people()
    assert (admin.role, admin.name) == (Role.ADMIN, getpass.getuser())
    assert first.person == second.person == admin
    out = io.StringIO()
    print_code(second, out, URL)
    assert "certificado" not in out.getvalue()
    assert "&ca=" not in out.getvalue()


@pytest.mark.parametrize(
    ("left_out", "told"), [((), False), (("192.0.2.7",), False), (("192.0.2.7", "smarthome.local"), True)]
)
def test_whoever_is_sent_where_the_certificate_does_not_hold_is_told(
    accounts: Accounts, left_out: tuple[str, ...], told: bool
) -> None:
    """And only they: what else it does not hold is nothing to them."""
    out = io.StringIO()
    print_code(first_code(accounts), out, URL, "ab12", left_out)
    assert ("no vale para smarthome.local" in out.getvalue()) is told


@pytest.mark.parametrize(
    ("typed", "fault"),
    [(["corta"], "de 10 a 200"), (["caballo correcto", "otra cosa distinta"], "no son la misma")],
)
def test_a_password_is_typed_twice(
    accounts: Accounts,
    desk: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    typed: list[str],
    fault: str,
) -> None:
    """And is never an argument, which others could read."""
    answers = [*typed, "caballo correcto", "caballo correcto"]
    monkeypatch.setattr(getpass, "getpass", lambda _: answers.pop(0))
    desk("user", "add", "Ana", "--role", "admin")
    with pytest.raises(NotDone, match=fault):
        desk("user", "passwd", "Ana")
    assert accounts.password_of("Ana") is None
    desk("user", "passwd", "Ana")
    found = accounts.password_of("Ana")
    assert found is not None
    assert fits("caballo correcto", found[1])


def test_every_command_is_named() -> None:
    """For whoever wires them to know theirs."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    add_commands(commands)
    assert tuple(commands.choices) == COMMANDS
