"""How a PostgreSQL server is reached, and what every connection to it has."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.string import StrDumper

from actors.domain.status import Hindrance
from persistence.postgres.faults import explaining
from persistence.storage.faults import UnusableDatabase

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

# s.
CONNECT_TIMEOUT: Final = 5
STATEMENT_TIMEOUT: Final = 30.0
LOCK_TIMEOUT: Final = 5.0
# A session that has begun a transaction and says nothing more holds its locks for so long.
IDLE_TRANSACTION_TIMEOUT: Final = 30.0

# As PostgreSQL is built; a longer one it cuts, and of what is not ASCII it makes question marks.
LONGEST_NAME: Final = 63

# A server whose machine or network is gone is noticed after some 10 s, in the middle of a statement too.
_NOTICING: Final[Mapping[str, str | int]] = {
    "connect_timeout": CONNECT_TIMEOUT,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# And as soon it notices that we are: for two hours it would else keep our session, and with it the lock of
# whoever writes.
_NOTICED: Final[Mapping[str, str]] = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10000",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A database on a PostgreSQL server. Raises :class:`UnusableDatabase` for a URL that is none."""

    url: str = field(repr=False)
    """``postgresql://…`` as libpq has it: TLS by ``sslmode`` and ``sslrootcert``, several hosts by commas."""
    name: str = "iot-backend"
    """By which the server knows our sessions: its ``application_name``, of at most 63 letters of ASCII."""
    schema: str = "public"
    """In which the tables lie."""

    def __post_init__(self) -> None:
        self._asked()
        if len(self.name) > LONGEST_NAME or not self.name.isascii():
            # It would be another one there, and a node's sessions be taken for those of none that lives.
            raise ValueError(f"{self.name!r} is no name that PostgreSQL keeps as it is")

    def _asked(self) -> Mapping[str, str]:
        try:
            return {name: str(value) for name, value in conninfo_to_dict(self.url).items()}
        except psycopg.ProgrammingError:
            # What it says of a URL may be a part of the password.
            raise UnusableDatabase(
                "DATABASE_URL: PostgreSQL no entiende la dirección: pon con %XX los signos que haya en el "
                "usuario o en la clave, y mira lo que sigue a «?»."
            ) from None

    @property
    def where(self) -> str:
        """Which database that is, for people, without a password."""
        asked = self._asked()
        port = f":{asked['port']}" if asked.get("port") else ""
        return f"{asked.get('dbname') or asked.get('user') or ''}@{asked.get('host') or 'localhost'}{port}"

    def parameters(self) -> Mapping[str, str | int]:
        """What the URL says, and what we say where it says nothing.

        The way to another machine is encrypted unless the URL has it otherwise; of several hosts the one
        is taken that may be written to.
        """
        asked = self._asked()
        hosts = (asked.get("host") or "").split(",")
        abroad = {} if all(map(_is_here, hosts)) else {"sslmode": "require"}
        several = {"target_session_attrs": "read-write"} if len(hosts) > 1 else {}
        return {**_NOTICING, **abroad, **several, **asked, "application_name": self.name}


def _is_here(host: str) -> bool:
    if not host or host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Text(StrDumper):
    """PostgreSQL has no room for the letter of no code, which nobody writes: it gets a mark in its place."""

    def dump(self, obj: str) -> bytes:
        return super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}"))  # type: ignore[return-value]


def connect(server: Server, statement_timeout: float = STATEMENT_TIMEOUT) -> Connection:
    """A session of UTF-8 and UTC on a server that takes what is written.

    A statement ends after ``statement_timeout`` s, a wait for somebody's lock after :data:`LOCK_TIMEOUT`. No
    transaction begins by itself. Raises :class:`UnusableDatabase`.
    """
    with explaining(server.where):
        connection: Connection = psycopg.connect(
            **{**server.parameters(), "client_encoding": "UTF8"},  # type: ignore[arg-type]
            autocommit=True,
        )
        try:
            _settle(server, connection, statement_timeout)
        except BaseException:
            connection.close()
            raise
    return connection


def _settle(server: Server, connection: Connection, statement_timeout: float) -> None:
    connection.adapters.register_dumper(str, _Text)
    told = {
        "statement_timeout": f"{statement_timeout:.3f}s",
        "lock_timeout": f"{LOCK_TIMEOUT:.3f}s",
        "idle_in_transaction_session_timeout": f"{IDLE_TRANSACTION_TIMEOUT:.3f}s",
        "timezone": "UTC",
        "synchronous_commit": "on",
        "search_path": server.schema,
        **_NOTICED,
    }
    for name, value in told.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    row = connection.execute(
        """
        SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean,
               current_setting('server_encoding')
        """
    ).fetchone()
    assert row is not None
    read_only, encoding = row
    if read_only:
        raise UnusableDatabase(
            f"La base de datos {server.where} solo deja leer: nombra en DATABASE_URL el servidor principal.",
            Hindrance.READ_ONLY,
        )
    if encoding != "UTF8":
        raise UnusableDatabase(
            f"La base de datos {server.where} es de codificación {encoding}: hazla con ENCODING 'UTF8'."
        )
