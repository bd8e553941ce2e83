"""What goes wrong with PostgreSQL, in the house's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import psycopg

from actors.domain.status import Hindrance
from persistence.storage.faults import UnusableDatabase

# By SQLSTATE, or its class of two letters where that says all.
_HINDRANCES: Final[Mapping[str, Hindrance]] = {
    "08": Hindrance.UNREACHABLE,
    "57P": Hindrance.UNREACHABLE,  # shut down, crashed, still starting
    "25P03": Hindrance.UNREACHABLE,  # cut off, as its transaction was left open
    "28": Hindrance.REFUSED,
    "3D000": Hindrance.REFUSED,
    "42501": Hindrance.REFUSED,
    "25006": Hindrance.READ_ONLY,
    "53100": Hindrance.NO_SPACE,
    "53200": Hindrance.FAILING,
    "53300": Hindrance.BUSY,
    "58": Hindrance.FAILING,
    "XX001": Hindrance.DAMAGED,
    "XX002": Hindrance.DAMAGED,
    "40": Hindrance.BUSY,  # serialization, deadlock
    "55P03": Hindrance.BUSY,
    "57014": Hindrance.BUSY,  # took longer than a statement may
    "42P01": Hindrance.ANOTHER,
    "42703": Hindrance.ANOTHER,
    "3F000": Hindrance.ANOTHER,
}
# What a server says that will let us in soon. Of a login we are told no SQLSTATE, but its text, which may be
# of another language: then it is taken for a refusal.
_SOON: Final = ("starting up", "shutting down", "recovery mode", "too many clients", "connection slots")

_LINES: Final[Mapping[Hindrance, str]] = {
    Hindrance.UNREACHABLE: "no contesta: mira que PostgreSQL esté en marcha, y DATABASE_URL",
    Hindrance.REFUSED: "no nos deja entrar o hacer: revisa usuario, clave y permisos, y DATABASE_URL",
    Hindrance.READ_ONLY: "solo deja leer: nombra en DATABASE_URL el servidor principal",
    Hindrance.NO_SPACE: "no tiene sitio en su disco: libera espacio",
    Hindrance.FAILING: "falla: mira el registro de PostgreSQL",
    Hindrance.DAMAGED: "está dañada: restaura una copia",
    Hindrance.BUSY: "está ocupada",
    Hindrance.ANOTHER: "no es la que era",
}


def hindrance_of(error: BaseException) -> Hindrance | None:
    """What the server is hindered by; ``None`` where it is not its fault but that of what it was asked."""
    match error:
        case UnusableDatabase(hindrance=hindrance):
            return hindrance
        case psycopg.Error(sqlstate=str(code)):
            found = (_HINDRANCES.get(code[:length]) for length in (5, 3, 2))
            return next((each for each in found if each is not None), None)
        case psycopg.OperationalError():
            refused = "FATAL" in str(error) and not any(words in str(error) for words in _SOON)
            return Hindrance.REFUSED if refused else Hindrance.UNREACHABLE
        case psycopg.InterfaceError():
            return Hindrance.UNREACHABLE  # the connection is closed
    return None


def unusable(where: str, error: psycopg.Error) -> UnusableDatabase:
    """What has gone wrong with the database ``where``, in one line for people, in Spanish."""
    hindrance = hindrance_of(error)
    told = " ".join(str(error).split())
    if hindrance is None:
        return UnusableDatabase(f"La base de datos {where} no hace lo que se le pide ({told}).")
    return UnusableDatabase(f"La base de datos {where} {_LINES[hindrance]} ({told}).", hindrance)


@contextmanager
def explaining(where: str) -> Iterator[None]:
    """Raise what goes wrong with the database ``where`` as :class:`UnusableDatabase`."""
    try:
        yield
    except psycopg.Error as error:
        raise unusable(where, error) from error
