"""People, their tokens and pairing codes, and what they did: kept where nobody else can read."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from actors.domain.claiming import without_typos
from actors.domain.people import (
    AuditEntry,
    Author,
    Caller,
    Issued,
    KeptAuditEntry,
    NoSuch,
    PairingCode,
    Person,
    Role,
    Token,
    TokenKind,
    TokenList,
    fingerprint,
    key_of,
)
from actors.domain.refusals import Refusal
from persistence.accounts.ledger import Ledger, Session
from persistence.accounts.rows import (
    PERSON,
    TOKEN,
    PersonRow,
    TokenRow,
    act_of,
    check_free,
    check_not_last_admin,
    check_room_for_person,
    find_person,
    make_room_for_token,
    person_of,
    silence_browsers,
    silence_token,
    token_of,
    write_down,
)

# 256 bits; the prefix lets scanners for leaked secrets recognise one.
TOKEN_PREFIX: Final = "iot_"
TOKEN_BYTES: Final = 32
# Crockford's base 32, without the letters that look like another one: 50 bits.
CODE_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH: Final = 10
CODE_LIFE_S: Final = 600.0
_LOOK_ALIKES: Final = str.maketrans("ILO", "110")
_AFTER_THE_LAST_ID: Final = 2**63 - 1


class Accounts:
    """Those of a ledger. Each call may come from any thread.

    ``now`` gives wall-clock time. What changes something also writes down who did it, in the same
    transaction. Raises :class:`persistence.storage.faults.UnusableDatabase` when made and whenever the disk
    or the server is at fault, and :class:`actors.domain.people.PeopleError` for what is not to be done.
    """

    def __init__(self, ledger: Ledger, now: Callable[[], float]) -> None:
        self._ledger = ledger
        self._now = now
        # Damage within a value only shows when it is read.
        self.people()
        self.roll()

    # -- reading -------------------------------------------------------------------------------

    def generation(self) -> int:
        """A number that changes whenever :meth:`roll` does, also where another file takes its place."""
        return self._ledger.generation(int(self._read("SELECT n FROM generacion")[0][0]))

    def roll(self) -> TokenList:
        """Everybody who may call; expired tokens too, since tokens expire while a roll is in use."""
        # Asked first: what changes between the two is read, and looks as if it were to be read again.
        generation = self.generation()
        rows = [TokenRow(*row) for row in self._read(TOKEN)]
        return TokenList(
            generation,
            {row.huella: Caller(row.propietario, Role(row.rol), token_of(row)) for row in rows},
        )

    def people(self) -> list[Person]:
        return [person_of(row) for row in self._read(f"{PERSON} ORDER BY id")]

    def person_named(self, name: str) -> Person:
        """Raises :class:`NoSuch`."""
        for row in self._read(f"{PERSON} WHERE llave = ?", key_of(name)):
            return person_of(row)
        raise NoSuch(Refusal.NOBODY_NAMED, name=name)

    def password_of(self, name: str) -> tuple[Person, str] | None:
        """The person of that name and the hash of their password, if there are both."""
        for row in self._read(f"{PERSON} WHERE llave = ? AND clave IS NOT NULL", key_of(name)):
            return person_of(row), str(PersonRow(*row).clave)
        return None

    def tokens(self, person_id: int | None = None) -> list[Token]:
        """All that can still be used, newest first, or those of one person."""
        rows = self._read(
            f"""
            {TOKEN} WHERE (t.caduca_en IS NULL OR t.caduca_en > ?)
                AND t.usuario_id = coalesce(?, t.usuario_id)
            ORDER BY t.id DESC
            """,
            self._now(),
            person_id,
        )
        return [token_of(TokenRow(*row)) for row in rows]

    def acts(self, limit: int, before: int = _AFTER_THE_LAST_ID) -> list[KeptAuditEntry]:
        """At most ``limit``, newest first, those older than the one numbered ``before``."""
        query = "SELECT id, en, quien, desde, acto, objeto FROM auditoria WHERE id < ?"
        return [act_of(row) for row in self._read(f"{query} ORDER BY id DESC LIMIT ?", before, limit)]

    def _read(self, query: str, *values: Any) -> list[Any]:
        with self._ledger.reading() as connection:
            return connection.execute(query, values).fetchall()

    # -- people --------------------------------------------------------------------------------

    def add_person(self, name: str, role: Role, password: str | None, by: Author) -> Person:
        """``password`` is its hash. Raises :class:`Conflict` where the name is taken or the house is full."""
        now = self._now()
        with self._ledger.writing() as connection:
            check_room_for_person(connection)
            check_free(connection, name)
            (number,) = connection.execute(
                """
                INSERT INTO usuarios (nombre, llave, rol, clave, creado_en) VALUES (?, ?, ?, ?, ?)
                RETURNING id
                """,
                (name, key_of(name), role.value, password, now),
            ).fetchone()
            write_down(connection, now, [AuditEntry(by, "alta de persona", f"{name} ({role.value})")])
            return find_person(connection, number)

    def change_person(
        self, person_id: int, *, name: str | None, role: Role | None, password: str | None, by: Author
    ) -> Person:
        """What is ``None`` stays. A new password ends the person's sessions, and has their browsers told of
        nothing more; their apps stay.

        Raises :class:`NoSuch`, or :class:`Conflict` for a name that is taken and for the last admin's role.
        """
        changes = [
            *([] if name is None else [f"se llama {name}"]),
            *([] if role is None else [f"rol {role.value}"]),
            *([] if password is None else ["clave nueva"]),
        ]
        with self._ledger.writing() as connection:
            before = find_person(connection, person_id)
            if name is not None:
                check_free(connection, name, but_for=person_id)
            if role not in (None, Role.ADMIN):
                check_not_last_admin(connection, before)
            if password is not None:
                of_person = "usuario_id = ? AND tipo = 'sesion'"
                connection.execute(f"DELETE FROM tokens WHERE {of_person}", (person_id,))
                silence_browsers(connection, person_id)
            connection.execute(
                "UPDATE usuarios SET nombre = ?, llave = ?, rol = ?, clave = coalesce(?, clave) WHERE id = ?",
                (
                    name or before.name,
                    key_of(name or before.name),
                    (role or before.role).value,
                    password,
                    person_id,
                ),
            )
            about = f"{before.name}: {', '.join(changes)}"
            write_down(connection, self._now(), [AuditEntry(by, "cambio de persona", about)])
            return find_person(connection, person_id)

    def remove_person(self, person_id: int, by: Author) -> None:
        """With all their tokens. Raises :class:`NoSuch`, or :class:`Conflict` for the last admin."""
        with self._ledger.writing() as connection:
            person = find_person(connection, person_id)
            check_not_last_admin(connection, person)
            connection.execute("DELETE FROM usuarios WHERE id = ?", (person_id,))
            write_down(connection, self._now(), [AuditEntry(by, "baja de persona", person.name)])

    # -- tokens and codes ----------------------------------------------------------------------

    def issue(self, person_id: int, name: str, kind: TokenKind, lifetime: float | None, by: Author) -> Issued:
        """A new token, for ``lifetime`` seconds if given. Raises :class:`NoSuch` or :class:`Conflict`."""
        with self._ledger.writing() as connection:
            return self._issue(connection, find_person(connection, person_id), name, kind, lifetime, by)

    def _issue(
        self,
        connection: Session,
        person: Person,
        name: str,
        kind: TokenKind,
        lifetime: float | None,
        by: Author,
    ) -> Issued:
        now = self._now()
        make_room_for_token(connection, person, now)
        secret = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
        expires_at = None if lifetime is None else now + lifetime
        (number,) = connection.execute(
            """
            INSERT INTO tokens (huella, usuario_id, nombre, tipo, creado_en, caduca_en)
            VALUES (?, ?, ?, ?, ?, ?) RETURNING id
            """,
            (fingerprint(secret), person.id, name, kind.value, now, expires_at),
        ).fetchone()
        token = Token(number, person.id, person.name, name, kind, now, None, expires_at)
        what = "sesión abierta" if kind is TokenKind.SESSION else "token nuevo"
        write_down(connection, now, [AuditEntry(by, what, _described(token))])
        return Issued(token, person.role, secret)

    def revoke(self, token_id: int, owner: int | None, by: Author) -> None:
        """With what the browser is told that had it.

        Raises :class:`NoSuch`, also where ``owner`` is given and the token is somebody else's.
        """
        with self._ledger.writing() as connection:
            row = connection.execute(
                f"{TOKEN} WHERE t.id = ? AND t.usuario_id = coalesce(?, t.usuario_id)", (token_id, owner)
            ).fetchone()
            if row is None:
                raise NoSuch(Refusal.NO_SUCH_TOKEN, id=token_id)
            connection.execute("DELETE FROM tokens WHERE id = ?", (token_id,))
            silence_token(connection, token_id)
            write_down(
                connection,
                self._now(),
                [AuditEntry(by, "token revocado", _described(token_of(TokenRow(*row))))],
            )

    def make_code(self, person_id: int, by: Author) -> PairingCode:
        """A code good once, for 10 minutes; the person's one before is not any more. Raises ``NoSuch``."""
        letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        now = self._now()
        with self._ledger.writing() as connection:
            person = find_person(connection, person_id)
            connection.execute(
                """
                INSERT INTO codigos (usuario_id, huella, caduca_en) VALUES (?, ?, ?)
                ON CONFLICT (usuario_id)
                    DO UPDATE SET huella = excluded.huella, caduca_en = excluded.caduca_en
                """,
                (person_id, fingerprint(letters), now + CODE_LIFE_S),
            )
            write_down(connection, now, [AuditEntry(by, "código de emparejamiento", person.name)])
        half = CODE_LENGTH // 2
        return PairingCode(f"{letters[:half]}-{letters[half:]}", person, now + CODE_LIFE_S)

    def redeem(
        self, code: str, name: str, kind: TokenKind, lifetime: float | None, address: str
    ) -> Issued | None:
        """A token for whom the code was made, and for one caller only; ``None`` for a code that is not.

        Lower case, spaces, hyphens and look-alike letters are no mistakes.
        """
        letters = without_typos(code).translate(_LOOK_ALIKES)
        with self._ledger.writing() as connection:
            row = connection.execute(
                "SELECT usuario_id FROM codigos WHERE huella = ? AND caduca_en > ?",
                (fingerprint(letters), self._now()),
            ).fetchone()
            if row is None:
                return None
            (person_id,) = row
            connection.execute("DELETE FROM codigos WHERE usuario_id = ?", row)
            person = find_person(connection, person_id)
            return self._issue(connection, person, name, kind, lifetime, Author(person.name, address))

    # -- what was done -------------------------------------------------------------------------

    def note(self, *acts: AuditEntry) -> None:
        """Write acts down, in one transaction."""
        with self._ledger.writing() as connection:
            write_down(connection, self._now(), acts)

    def used(self, at: Mapping[int, float]) -> None:
        """When tokens, by id, were last used."""
        with self._ledger.writing() as connection:
            for number, when in at.items():
                connection.execute("UPDATE tokens SET usado_en = ? WHERE id = ?", (when, number))


def _described(token: Token) -> str:
    return f"{token.owner}: {token.name} (token {token.id})"
