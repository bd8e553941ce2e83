"""What people are told that the disk is hindered by: a clause, which stands within a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actors.domain.status import Hindrance
from web.texts.languages import Language

HINDRANCES: Final[Mapping[Hindrance, Mapping[Language, str]]] = {
    hindrance: {Language.SPANISH: spanish, Language.ENGLISH: english}
    for hindrance, spanish, english in (
        (Hindrance.NO_SPACE, "no queda sitio en el disco", "there is no space left on the disk"),
        (Hindrance.READ_ONLY, "el disco no deja escribir", "the disk cannot be written to"),
        (
            Hindrance.CANNOT_OPEN,
            "la base de datos no se puede abrir",
            "the database cannot be opened",
        ),
        (Hindrance.UNUSABLE, "la base de datos no se puede usar", "the database cannot be used"),
        (Hindrance.MISSING, "falta la base de datos", "the database is missing"),
        (
            Hindrance.PEOPLE_MISSING,
            "falta la base de datos de las personas",
            "the database of the people is missing",
        ),
        (
            Hindrance.PEOPLE_DAMAGED,
            "la base de datos de las personas está dañada",
            "the database of the people is damaged",
        ),
        (Hindrance.BUSY, "otro programa ocupa la base de datos", "another program occupies the database"),
        (
            Hindrance.FAILING,
            "el disco falla o tiene una cuota agotada",
            "the disk fails or its quota is used up",
        ),
        (Hindrance.DAMAGED, "la base de datos está dañada", "the database is damaged"),
        (
            Hindrance.ANOTHER,
            "la base de datos no es la que era",
            "the database is not the one that it was",
        ),
        (
            Hindrance.UNREACHABLE,
            "el servidor de la base de datos no contesta",
            "the database server does not answer",
        ),
        (
            Hindrance.REFUSED,
            "el servidor de la base de datos no nos deja entrar",
            "the database server does not let us in",
        ),
        (Hindrance.TOO_MUCH_WAITS, "hay demasiado por guardar", "too much waits to be stored"),
    )
}
