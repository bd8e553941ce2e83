"""What people are told of the database and of the rules' tables in ``/salud``.

In Spanish it is what the console says, in English the same without paths and advice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actors.domain.status import Damage, Recovery, StorageTrouble
from actors.domain.table_flaws import TableFlaw, TableTrouble
from actors.domain.weather import MEASURES
from web.texts.hindrance_words import HINDRANCES
from web.texts.languages import Language

DAMAGES: Final[Mapping[Damage, str]] = {
    Damage.MISSING: "is missing",
    Damage.EMPTY: "is empty",
    Damage.DAMAGED: "is damaged",
    Damage.LOST_COMMITS: "has lost the last that was stored: its -wal is damaged",
    Damage.BY_HAND: "was restored by hand",
}

FLAWS: Final[Mapping[TableFlaw, Mapping[Language, str]]] = {
    flaw: {Language.SPANISH: spanish, Language.ENGLISH: english}
    for flaw, spanish, english in (
        (TableFlaw.UNREADABLE, "no se puede leer ({where})", "cannot be read ({where})"),
        (TableFlaw.NOT_JSON, "no es JSON: {where}", "is no JSON: {where}"),
        (TableFlaw.NO_OBJECT, "{where}: se espera un objeto", "{where}: an object is expected"),
        (
            TableFlaw.UNKNOWN_NAME,
            "{where}: no se conoce; se esperan modo e intervalo_envio",
            "{where}: unknown; modo and intervalo_envio are expected",
        ),
        (
            TableFlaw.NO_MODE,
            "{where}: se espera manual u horario",
            "{where}: manual or horario is expected",
        ),
        (TableFlaw.NO_BOUNDS, "{where}: se esperan min y max", "{where}: min and max are expected"),
        (TableFlaw.BOUNDS_CROSSED, "{where}: min es mayor que max", "{where}: min is greater than max"),
        (TableFlaw.NO_NUMBER, "{where}: se espera un número", "{where}: a number is expected"),
        (TableFlaw.NO_KIND, "{where}: no es una clase de dispositivo", "{where}: is no kind of device"),
        (TableFlaw.NO_LIST, "{where}: se espera una lista", "{where}: a list is expected"),
        (
            TableFlaw.NAMED_TWICE,
            "{where}: dos consejos se llaman igual",
            "{where}: two advices have one name",
        ),
        (
            TableFlaw.NO_PART_OF_ADVICE,
            "{where}: no se conoce; se esperan consejo, si, propone, devuelve y gravedad",
            "{where}: is not known; consejo, si, propone, devuelve and gravedad are expected",
        ),
        (TableFlaw.NO_WORD, "{where}: se espera una palabra", "{where}: a word is expected"),
        (
            TableFlaw.NO_MEASURE,
            f"{{where}}: se espera alguna de {', '.join(MEASURES)}",
            f"{{where}}: one of {', '.join(MEASURES)} is expected",
        ),
        (
            TableFlaw.NOT_PROPOSED,
            "{where}: se espera una lista de lo que propone",
            "{where}: a list of what it proposes is expected",
        ),
        (
            TableFlaw.NO_SEVERITY,
            "{where}: se espera info, low, medium, high o critical",
            "{where}: info, low, medium, high or critical is expected",
        ),
    )
}
_ALL: Final = {Language.SPANISH: "la tabla", Language.ENGLISH: "the table"}
_INSTEAD: Final = {Language.SPANISH: "se usa {instead}", Language.ENGLISH: "{instead} is used"}
_NOTHING: Final = {
    Language.SPANISH: "no hay otra, así que no se comprueba nada",
    Language.ENGLISH: "there is no other, so nothing is checked",
}


def storage_told(trouble: StorageTrouble | None, language: Language) -> str | None:
    if trouble is None or language is Language.SPANISH or trouble.hindrance is None:
        return None if trouble is None else trouble.line
    clause = HINDRANCES[trouble.hindrance][language]
    return f"{clause[0].upper()}{clause[1:]}."


def damage_told(recovery: Recovery, language: Language) -> str:
    """A clause, of which the database is the subject. What an older version did is told in its Spanish."""
    if language is Language.SPANISH or recovery.damage is None:
        return recovery.reason
    return DAMAGES[recovery.damage]


def table_told(trouble: TableTrouble, language: Language) -> str:
    flaw = FLAWS[trouble.flaw][language].format(where=trouble.where or _ALL[language])
    then = (_NOTHING if trouble.instead is None else _INSTEAD)[language].format(instead=trouble.instead)
    return f"{trouble.path}: {flaw}; {then}."
