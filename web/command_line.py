"""People, tokens and codes from the machine's own console. What it does holds in a running system too.

The words of the command line are added to a parser by :func:`add_commands` and carried out by
:func:`obey`; passwords are asked for on the terminal, since arguments can be read by others.
"""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Sequence
from datetime import datetime
from typing import Final, TextIO

import segno

from actors.domain.durations import DAY_S
from actors.domain.people import CONSOLE, PairingCode, PeopleError, Person, Role, Token, TokenKind
from actors.runtime.process import has_blocks
from web.identity.hosts import host_of
from web.routes.auth import MAX_NAME
from web.routes.people import MAX_DAYS, pairing_url
from web.schemas.validators import Name
from web.security.accounts import Accounts
from web.security.passwords import fault_in, hashed
from web.texts.languages import Language
from web.texts.sentences import SENTENCES

COMMANDS: Final = ("setup", "token", "user", "pair")
ROLES: Final = [role.value for role in Role]


class NotDone(Exception):
    """Says why in one Spanish line."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    commands.add_parser(
        "setup", help="lo primero: certificado propio y un código para emparejar la app del administrador"
    )
    token = commands.add_parser("token", help="los tokens: create, list, revoke")
    doing = token.add_subparsers(dest="doing", required=True, metavar="QUÉ")
    create = doing.add_parser("create", help="un token nuevo, que solo se muestra esta vez")
    create.add_argument("user", metavar="PERSONA", help="cómo se llama")
    create.add_argument("name", metavar="NOMBRE", help="para reconocerlo, p. ej. «móvil de Ana»")
    create.add_argument("--days", type=int, metavar="DÍAS", help="caduca (por defecto, nunca)")
    doing.add_parser("list", help="los que hay")
    revoke = doing.add_parser("revoke", help="deja de valer al momento")
    revoke.add_argument("id", type=int, metavar="ID", help="el número que le da list")

    user = commands.add_parser("user", help="las personas: add, list, role, passwd, remove")
    doing = user.add_subparsers(dest="doing", required=True, metavar="QUÉ")
    add = doing.add_parser("add", help="una persona más")
    add.add_argument("user", metavar="PERSONA", help="cómo se llama")
    add.add_argument(
        "--role", choices=ROLES, default=Role.MEMBER.value, help="qué puede (por defecto %(default)s)"
    )
    doing.add_parser("list", help="las que hay")
    role = doing.add_parser("role", help="cambia su rol")
    role.add_argument("user", metavar="PERSONA", help="cómo se llama")
    role.add_argument("role", choices=ROLES, help="qué puede")
    passwd = doing.add_parser("passwd", help="pone una clave, que se pide, y cierra sus sesiones")
    passwd.add_argument("user", metavar="PERSONA", help="cómo se llama")
    remove = doing.add_parser("remove", help="la borra con sus tokens")
    remove.add_argument("user", metavar="PERSONA", help="cómo se llama")

    pair = commands.add_parser("pair", help="un código, y su QR, para emparejar una app o un navegador")
    pair.add_argument("user", metavar="PERSONA", help="cómo se llama")


def obey(
    options: argparse.Namespace,
    accounts: Accounts,
    out: TextIO,
    url: str,
    ca_fingerprint: str = "",
    left_out: Sequence[str] = (),
) -> None:
    """Carry out one of :data:`COMMANDS`; ``left_out`` are names of the house that its certificate lacks.

    Raises :class:`NotDone` for what is not to be done.
    """
    try:
        _carry_out(options, accounts, out, url, ca_fingerprint, left_out)
    except PeopleError as error:
        raise NotDone(SENTENCES[error.why].filled(Language.SPANISH, error.about)) from None


def _carry_out(
    options: argparse.Namespace,
    accounts: Accounts,
    out: TextIO,
    url: str,
    ca_fingerprint: str,
    left_out: Sequence[str],
) -> None:
    match options.command, getattr(options, "doing", ""):
        case "setup", _:
            print_code(first_code(accounts), out, url, ca_fingerprint, left_out)
        case "token", "create":
            _create_token(accounts, out, options.user, options.name, options.days)
        case "token", "list":
            _table(out, [_token_line(token) for token in accounts.tokens()])
        case "token", "revoke":
            accounts.revoke(options.id, None, CONSOLE)
            print(f"Token {options.id} revocado.", file=out)
        case "user", "add":
            person = accounts.add_person(_checked(options.user), Role(options.role), None, CONSOLE)
            print(f"{person.name} ({person.role.value}), añadida. Ahora: pair {person.name}", file=out)
        case "user", "list":
            _table(out, [_person_line(person) for person in accounts.people()])
        case "user", "role":
            _change(accounts, options.user, role=Role(options.role))
            print(f"{options.user}: {options.role}.", file=out)
        case "user", "passwd":
            _change(accounts, options.user, password=_asked_password())
            print(f"{options.user}: clave nueva; sus sesiones se han cerrado.", file=out)
        case "user", "remove":
            accounts.remove_person(accounts.person_named(options.user).id, CONSOLE)
            print(f"{options.user}: borrada con sus tokens.", file=out)
        case "pair", _:
            code = accounts.make_code(accounts.person_named(options.user).id, CONSOLE)
            print_code(code, out, url, ca_fingerprint, left_out)


def first_code(accounts: Accounts) -> PairingCode:
    """A code for the first admin, who is made, and is named as whoever runs this, if there is nobody yet."""
    admins = [person for person in accounts.people() if person.role is Role.ADMIN]
    admin = admins[0] if admins else accounts.add_person(getpass.getuser(), Role.ADMIN, None, CONSOLE)
    return accounts.make_code(admin.id, CONSOLE)


def print_code(
    code: PairingCode, out: TextIO, url: str, ca_fingerprint: str = "", left_out: Sequence[str] = ()
) -> None:
    """The code, its address and its QR, on ``out``."""
    where = pairing_url(url, code.text, ca_fingerprint)
    segno.make_qr(where).terminal(out, compact=has_blocks(out))
    print(f"Código para {code.person.name} ({code.person.role.value}): {code.text}", file=out)
    until = f"{_local(code.expires_at):%H:%M}"
    print(f"Vale una vez, hasta las {until}.", file=out)
    print(f"Escanéalo con la cámara del móvil o con la app, o abre {where}", file=out)
    if ca_fingerprint:
        print(f"Huella SHA-256 del certificado raíz: {ca_fingerprint}", file=out)
        if (host := host_of(url)) in left_out:
            print(f"Pero no vale para {host}: hace falta un certificado que sí (SSL_CERT_PATH).", file=out)


def _create_token(accounts: Accounts, out: TextIO, owner: str, name: str, days: int | None) -> None:
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise NotDone(f"--days es de 1 a {MAX_DAYS}.")
    lifetime = None if days is None else days * DAY_S
    issued = accounts.issue(accounts.person_named(owner).id, _checked(name), TokenKind.APP, lifetime, CONSOLE)
    print(issued.secret, file=out)


def _checked(name: str) -> str:
    if not Name(MAX_NAME).takes(name):
        raise NotDone(f"Un nombre es un texto de una línea, de 1 a {MAX_NAME} caracteres.")
    return name.strip()


def _change(accounts: Accounts, name: str, *, role: Role | None = None, password: str | None = None) -> None:
    person = accounts.person_named(name)
    accounts.change_person(person.id, name=None, role=role, password=password, by=CONSOLE)


def _asked_password() -> str:
    try:
        password = getpass.getpass("Clave nueva: ").strip()
        if fault := fault_in(password):
            raise NotDone(f"No se cambia nada: {fault}.")
        if getpass.getpass("Otra vez: ").strip() != password:
            raise NotDone("No se cambia nada: no son la misma.")
    except (EOFError, KeyboardInterrupt):
        raise NotDone("No se cambia nada: no se ha escrito ninguna clave.") from None
    return hashed(password)


def _table(out: TextIO, lines: list[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(map(str.ljust, line, widths)).rstrip(), file=out)


def _token_line(token: Token) -> tuple[str, ...]:
    used = "sin usar" if token.used_at is None else f"usado el {_local(token.used_at):%d/%m/%Y %H:%M}"
    expires = "no caduca" if token.expires_at is None else f"caduca el {_local(token.expires_at):%d/%m/%Y}"
    return str(token.id), token.owner, token.name, token.kind.value, used, expires


def _person_line(person: Person) -> tuple[str, ...]:
    return str(person.id), person.name, person.role.value, "con clave" if person.has_password else ""


def _local(at: float) -> datetime:
    return datetime.fromtimestamp(at).astimezone()
