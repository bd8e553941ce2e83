"""What goes wrong with PostgreSQL, in the house's words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import psycopg

from actors.domain.status import Hindrance
from persistence.storage.faults import UnusableDatabase
from persistence.storage.faults import hindrance_of as storage_hindrance_of

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
# Refusals that have an advice of their own, by SQLSTATE, or by what is said of a login in English or Spanish.
_REFUSALS: Final = (
    (
        "3D000",
        re.compile(r"FATAL: +(database .* does not exist|no existe la base de datos)"),
        "no existe: hazla en su servidor con «createdb -E UTF8 -T template0», o corrige DATABASE_URL",
    ),
    (
        "28P01",
        re.compile(r"password authentication failed|autentificación password falló|no password supplied"),
        "no nos deja entrar: usuario y clave no casan; corrígelos en DATABASE_URL",
    ),
    (
        "28000",
        re.compile(
            r"FATAL: +(role .* (does not exist|is not permitted)|no existe el rol|.*pg_hba\.conf"
            r"|.*authentication failed|.*autentificación)"
        ),
        "no deja entrar a ese usuario desde aquí: hazlo con «createuser», o mira su pg_hba.conf",
    ),
)
# What a server says that will let us in soon. Of a login we are told no SQLSTATE, but its text, which may be
# of another language: then it is taken for a refusal.
_SOON: Final = ("starting up", "shutting down", "recovery mode", "too many clients", "connection slots")
# What libpq itself says, where the server wants a password and we have none.
_NO_PASSWORD: Final = "no password supplied"

_LINES: Final[Mapping[Hindrance, str]] = {
    Hindrance.UNREACHABLE: "no contesta: mira que PostgreSQL esté en marcha, y DATABASE_URL",
    Hindrance.REFUSED: "no nos deja entrar o hacer: revisa usuario, clave, permisos y nombre en DATABASE_URL",
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
            said = str(error)
            refused = "FATAL" in said and not any(words in said for words in _SOON)
            refused = refused or _NO_PASSWORD in said
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
    line = _refusal(error) if hindrance is Hindrance.REFUSED else _LINES[hindrance]
    return UnusableDatabase(f"La base de datos {where} {line} ({told}).", hindrance)


def _refusal(error: psycopg.Error) -> str:
    said = str(error)
    for code, pattern, line in _REFUSALS:
        if error.sqlstate == code or (error.sqlstate is None and pattern.search(said)):
            return line
    return _LINES[Hindrance.REFUSED]


def disk_told(error: OSError) -> str:
    """What has gone wrong in DATA_DIR, in one line for people, in Spanish."""
    match storage_hindrance_of(error):
        case Hindrance.NO_SPACE:
            return "No queda sitio en el disco de DATA_DIR: libera espacio."
        case Hindrance.READ_ONLY:
            return "No se puede escribir en DATA_DIR: revisa sus permisos."
        case Hindrance.FAILING:
            return "El disco de DATA_DIR falla: mira el registro del sistema."
    return "DATA_DIR no se puede usar: revisa que sea un directorio y que se pueda escribir en él."


@contextmanager
def explaining(where: str) -> Iterator[None]:
    """Raise what goes wrong with the database ``where`` as :class:`UnusableDatabase`."""
    try:
        yield
    except psycopg.Error as error:
        raise unusable(where, error) from error
