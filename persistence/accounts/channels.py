"""How people are reached, and what they want to hear: kept with who they are, where nobody else can read.

The secrets of their services lie here and nowhere else: no backup of the readings and no log has them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from actors.domain.findings import Severity
from actors.domain.notices import (
    HOUSE,
    MAX_CHANNELS,
    Address,
    Channel,
    ChannelKind,
    Preferences,
    QuietHours,
    Recipient,
    Secret,
    Subscription,
)
from actors.domain.people import AuditEntry, Author, Conflict, NoSuch
from actors.domain.refusals import Refusal
from persistence.accounts.ledger import Ledger
from persistence.accounts.rows import write_down

logger = logging.getLogger(__name__)

_CHANNELS: Final = "SELECT id, persona_id, tipo, nombre, mostrado, creado_en FROM canales"
_KINDS: Final = {Address: ChannelKind.SERVICE, Subscription: ChannelKind.PUSH}


class Channels:
    """In the ledger of the accounts. Each call may come from any thread.

    ``now`` gives wall-clock time; ``new_key`` makes the house's private key for Web Push. Raises
    :class:`persistence.storage.faults.UnusableDatabase` whenever the disk or the server is at fault, and
    :class:`actors.domain.people.PeopleError` for what is not to be done.
    """

    def __init__(self, ledger: Ledger, now: Callable[[], float], new_key: Callable[[], bytes]) -> None:
        self._ledger = ledger
        self._now = now
        self._new_key = new_key

    def recipients(self) -> list[Recipient]:
        """Everybody, and the house itself, with what reaches them."""
        with self._ledger.reading() as connection:
            people = [
                HOUSE,
                *(number for (number,) in connection.execute("SELECT id FROM usuarios ORDER BY id")),
            ]
            wishes = dict(connection.execute("SELECT persona_id, datos FROM preferencias"))
            channels = [_channel(row) for row in connection.execute(f"{_CHANNELS} ORDER BY id")]
        return [
            Recipient(
                number,
                preferences_in(wishes.get(number)),
                [each for each in channels if each.person_id == number],
            )
            for number in people
        ]

    def recipient(self, person_id: int) -> Recipient:
        """Somebody who has never said anything wants what :class:`Preferences` has of itself."""
        found = {each.person_id: each for each in self.recipients()}
        return found.get(person_id) or Recipient(person_id, Preferences(), ())

    def prefer(self, person_id: int, preferences: Preferences) -> None:
        with self._ledger.writing() as connection:
            given = (person_id, json.dumps(preferences_json(preferences)))
            connection.execute(
                """
                INSERT INTO preferencias (persona_id, datos) VALUES (?, ?)
                ON CONFLICT (persona_id) DO UPDATE SET datos = excluded.datos
                """,
                given,
            )

    def forget_room(self, room_id: int) -> None:
        """Nobody has chosen it any more; whose only one it was hears of what happens anywhere."""
        with self._ledger.writing() as connection:
            for number, text in connection.execute("SELECT persona_id, datos FROM preferencias").fetchall():
                wishes = preferences_in(text)
                if wishes.rooms is not None and room_id in wishes.rooms:
                    left = replace(wishes, rooms=wishes.rooms - {room_id} or None)
                    given = (json.dumps(preferences_json(left)), number)
                    connection.execute("UPDATE preferencias SET datos = ? WHERE persona_id = ?", given)

    def add(
        self,
        person_id: int,
        name: str,
        shown: str,
        secret: Secret,
        by: Author,
        token_id: int | None = None,
    ) -> Channel:
        """A browser that was somebody's, this person's too, is this person's from now on, by one channel.

        ``token_id`` is the browser's, if it came by one: where that is revoked, the channel goes. Raises
        :class:`Conflict` where they have too many.
        """
        now, kind = self._now(), _KINDS[type(secret)]
        with self._ledger.writing() as connection:
            if isinstance(secret, Subscription):
                same = (secret.endpoint, token_id)
                connection.execute("DELETE FROM canales WHERE secreto = ? OR token_id = ?", same)
            owned = "SELECT count(*) FROM canales WHERE persona_id = ?"
            if connection.execute(owned, (person_id,)).fetchone()[0] >= MAX_CHANNELS:
                raise Conflict(Refusal.TOO_MANY_CHANNELS, most=MAX_CHANNELS)
            (number,) = connection.execute(
                """
                INSERT INTO canales (persona_id, tipo, nombre, mostrado, secreto, claves, creado_en, token_id)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
                """,
                (person_id, kind.value, name, shown, *_cells(secret), now, token_id),
            ).fetchone()
            write_down(connection, now, [AuditEntry(by, "canal de avisos nuevo", f"{name} ({shown})")])
        return Channel(number, person_id, kind, name, shown, now)

    def renew(self, person_id: int, subscription: Subscription, token_id: int | None) -> Channel:
        """A browser that is told goes on by another subscription, or by another session's token.

        Raises :class:`NoSuch` where it is not told.
        """
        cells = _cells(subscription)
        with self._ledger.writing() as connection:
            own = f"{_CHANNELS} WHERE persona_id = ? AND tipo = 'push'"
            rows = connection.execute(f"{own} AND secreto = ?", (person_id, subscription.endpoint)).fetchall()
            rows = (
                rows
                or connection.execute(
                    # ``IS ?`` in one that both engines know; no token has the number 0.
                    f"{own} AND coalesce(token_id, 0) = ?",
                    (person_id, token_id or 0),
                ).fetchall()
            )
            if len(rows) != 1:  # of those who came by no token one may not be told from another
                raise NoSuch(Refusal.BROWSER_NOT_TOLD)
            channel = _channel(rows[0])
            connection.execute(
                "UPDATE canales SET secreto = ?, claves = ?, token_id = ? WHERE id = ?",
                (*cells, token_id, channel.id),
            )
        return channel

    def remove(self, person_id: int, channel_id: int, by: Author) -> None:
        """Raises :class:`NoSuch`, also where it is somebody else's."""
        with self._ledger.writing() as connection:
            own = (channel_id, person_id)
            row = connection.execute(f"{_CHANNELS} WHERE id = ? AND persona_id = ?", own).fetchone()
            if row is None:
                raise NoSuch(Refusal.NO_SUCH_CHANNEL, id=channel_id)
            connection.execute("DELETE FROM canales WHERE id = ?", (channel_id,))
            about = f"{_channel(row).name} ({_channel(row).shown})"
            write_down(connection, self._now(), [AuditEntry(by, "canal de avisos borrado", about)])

    # -- for who sends -------------------------------------------------------------------------

    def secret_of(self, channel_id: int) -> Secret | None:
        with self._ledger.reading() as connection:
            row = connection.execute(
                "SELECT tipo, secreto, claves FROM canales WHERE id = ?", (channel_id,)
            ).fetchone()
        if row is None:
            return None
        kind, secret, keys = row
        return (
            Address(secret) if kind == ChannelKind.SERVICE.value else Subscription(secret, *keys.split(" "))
        )

    def drop_channel(self, channel_id: int) -> None:
        with self._ledger.writing() as connection:
            connection.execute("DELETE FROM canales WHERE id = ?", (channel_id,))

    def push_key(self) -> bytes:
        """Made when it is needed first: another one would make every browser's subscription worthless."""
        with self._ledger.reading() as connection:
            row = connection.execute("SELECT clave FROM clave_push").fetchone()
        if row is not None:
            return bytes(row[0])
        with self._ledger.writing() as connection:
            there = connection.execute("SELECT clave FROM clave_push").fetchone()
            key = self._new_key() if there is None else bytes(there[0])
            if there is None:
                connection.execute("INSERT INTO clave_push (clave) VALUES (?)", (key,))
        return key


def _cells(secret: Secret) -> tuple[str, str]:
    match secret:
        case Address(url):
            return url, ""
        case Subscription(endpoint, public_key, auth):
            return endpoint, f"{public_key} {auth}"


def _channel(row: Any) -> Channel:
    number, person_id, kind, name, shown, created_at = row
    return Channel(number, person_id, ChannelKind(kind), name, shown, created_at)


# -- preferences as JSON -------------------------------------------------------------------------


def preferences_json(wishes: Preferences) -> dict[str, Any]:
    return {
        "gravedad": None if wishes.severity is None else wishes.severity.value,
        "habitaciones": None if wishes.rooms is None else sorted(wishes.rooms),
        "reglas": None if wishes.rules is None else sorted(wishes.rules),
        "fin": wishes.ends,
        "silencio": None if wishes.quiet is None else list(wishes.quiet),
        "resumen": wishes.digest_at,
        "idioma": wishes.language,
    }


def preferences_in(text: str | None) -> Preferences:
    """Those that somebody who has said nothing has, where there is no text, or none that can be read."""
    try:
        return Preferences() if text is None else _preferences(json.loads(text))
    except (ValueError, TypeError, KeyError):
        logger.warning("preferences_damaged")
        return Preferences()


def _preferences(told: Mapping[str, Any]) -> Preferences:
    rooms, rules, quiet = _listed(told["habitaciones"]), _listed(told["reglas"]), _listed(told["silencio"])
    return Preferences(
        severity=None if told["gravedad"] is None else Severity(told["gravedad"]),
        rooms=None if rooms is None else frozenset(map(int, rooms)),
        rules=None if rules is None else frozenset(map(str, rules)),
        ends=bool(told["fin"]),
        quiet=None if quiet is None else QuietHours(*map(int, quiet)),
        digest_at=None if told["resumen"] is None else int(told["resumen"]),
        language=str(told["idioma"]),
    )


def _listed(value: Any) -> Sequence[Any] | None:
    return None if value is None else list(value)
