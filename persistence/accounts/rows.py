"""People, tokens and acts as rows of their tables, and what is asked of them within a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from actors.domain.people import (
    AuditEntry,
    Author,
    Conflict,
    KeptAuditEntry,
    NoSuch,
    Person,
    Role,
    Token,
    TokenKind,
    key_of,
)
from actors.domain.refusals import Refusal
from persistence.accounts.ledger import Session

# A household and its devices. Beyond that something makes tokens by itself.
MAX_PEOPLE: Final = 100
MAX_TOKENS: Final = 50
"""Of one person, expired ones included; one of those, or a session, makes room for a new one."""
# Of each kind of act, so that nobody can push out the traces of another kind with a flood of one.
MAX_ACTS_OF_A_KIND: Final = 2_000

PERSON: Final = "SELECT id, nombre, rol, clave IS NOT NULL, creado_en, clave FROM usuarios"
TOKEN: Final = """
    SELECT t.id, t.usuario_id, u.nombre, t.nombre, t.tipo, t.creado_en, t.usado_en, t.caduca_en,
           u.rol, t.huella
    FROM tokens AS t JOIN usuarios AS u ON u.id = t.usuario_id
"""


class PersonRow(NamedTuple):
    """Of :data:`PERSON`."""

    id: int
    nombre: str
    rol: str
    tiene_clave: int
    creado_en: float
    clave: str | None


class TokenRow(NamedTuple):
    """Of :data:`TOKEN`."""

    id: int
    usuario_id: int
    propietario: str
    nombre: str
    tipo: str
    creado_en: float
    usado_en: float | None
    caduca_en: float | None
    rol: str
    huella: bytes


def person_of(columns: Any) -> Person:
    row = PersonRow(*columns)
    return Person(row.id, row.nombre, Role(row.rol), bool(row.tiene_clave), row.creado_en)


def token_of(row: TokenRow) -> Token:
    return Token(
        row.id,
        row.usuario_id,
        row.propietario,
        row.nombre,
        TokenKind(row.tipo),
        row.creado_en,
        row.usado_en,
        row.caduca_en,
    )


def act_of(row: Any) -> KeptAuditEntry:
    number, at, who, address, what, about = row
    return KeptAuditEntry(number, at, AuditEntry(Author(who, address), what, about))


def find_person(connection: Session, person_id: int) -> Person:
    """Raises :class:`NoSuch`."""
    row = connection.execute(f"{PERSON} WHERE id = ?", (person_id,)).fetchone()
    if row is None:
        raise NoSuch(Refusal.NO_SUCH_PERSON, id=person_id)
    return person_of(row)


def check_room_for_person(connection: Session) -> None:
    if connection.execute("SELECT count(*) FROM usuarios").fetchone()[0] >= MAX_PEOPLE:
        raise Conflict(Refusal.TOO_MANY_PEOPLE, most=MAX_PEOPLE)


def check_free(connection: Session, name: str, but_for: int | None = None) -> None:
    """That nobody but the person numbered ``but_for`` has this name."""
    row = connection.execute("SELECT id FROM usuarios WHERE llave = ?", (key_of(name),)).fetchone()
    if row is not None and row[0] != but_for:
        raise Conflict(Refusal.NAME_TAKEN, name=name)


def check_not_last_admin(connection: Session, person: Person) -> None:
    others = "SELECT count(*) FROM usuarios WHERE rol = 'admin' AND id <> ?"
    if person.role is Role.ADMIN and not connection.execute(others, (person.id,)).fetchone()[0]:
        raise Conflict(Refusal.LAST_ADMIN, name=person.name)


def make_room_for_token(connection: Session, person: Person, now: float) -> None:
    """One goes, and only where there are too many: the clock may be wrong about which have expired.

    That is an expired one, if there is, a session rather than an app, and the longest unused of these.
    """
    owned = "SELECT count(*) FROM tokens WHERE usuario_id = ?"
    if connection.execute(owned, (person.id,)).fetchone()[0] < MAX_TOKENS:
        return
    dispensable = """
        SELECT id FROM tokens
        WHERE usuario_id = ? AND (tipo = 'sesion' OR caduca_en <= ?)
        ORDER BY caduca_en IS NOT NULL AND caduca_en <= ? DESC, tipo = 'sesion' DESC,
            coalesce(usado_en, creado_en)
        LIMIT 1
    """
    one = (person.id, now, now)
    if not connection.execute(f"DELETE FROM tokens WHERE id = ({dispensable})", one).rowcount:
        raise Conflict(Refusal.TOO_MANY_TOKENS, name=person.name, most=MAX_TOKENS)


def silence_token(connection: Session, token_id: int) -> None:
    """The browser that has it is told of nothing any more: it may be in other hands."""
    connection.execute("DELETE FROM canales WHERE token_id = ?", (token_id,))


def silence_browsers(connection: Session, person_id: int) -> None:
    """The same of all their browsers, those too of which it is not known any more by what token they came."""
    connection.execute(
        """
        DELETE FROM canales WHERE persona_id = ? AND tipo = 'push'
            AND NOT EXISTS (SELECT 1 FROM tokens WHERE id = token_id AND tipo = 'app')
        """,
        (person_id,),
    )


def write_down(connection: Session, at: float, acts: Sequence[AuditEntry]) -> None:
    for act in acts:
        connection.execute(
            "INSERT INTO auditoria (en, quien, desde, acto, objeto) VALUES (?, ?, ?, ?, ?)",
            (at, act.author.name, act.author.address, act.what, act.about),
        )
    for what in {act.what for act in acts}:
        connection.execute(
            """
            DELETE FROM auditoria WHERE acto = ? AND id <=
                (SELECT id FROM auditoria WHERE acto = ? ORDER BY id DESC LIMIT 1 OFFSET ?)
            """,
            (what, what, MAX_ACTS_OF_A_KIND),
        )
