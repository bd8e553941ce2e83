"""How people are told what is wrong: a sentence a language, with places for what it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Final

from web.texts.languages import Language

# What the archive says that the disk is hindered by, which stands within a sentence.
_CLAUSES: Final[Mapping[object, str]] = {
    "no queda sitio en el disco": "there is no space left on the disk",
    "el disco no deja escribir": "the disk cannot be written to",
    "la base de datos no se puede abrir": "the database cannot be opened",
    "la base de datos no se puede usar": "the database cannot be used",
    "falta la base de datos": "the database is missing",
    "falta la base de datos de las personas": "the database of the people is missing",
    "la base de datos de las personas está dañada": "the database of the people is damaged",
    "otro programa ocupa la base de datos": "another program occupies the database",
    "el disco falla o tiene una cuota agotada": "the disk fails or its quota is used up",
    "la base de datos está dañada": "the database is damaged",
    "la base de datos no es la que era": "the database is not the one that it was",
    "hay demasiado por guardar": "too much waits to be stored",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """What is wrong and what to do, and the HTTP status. The places are the same in all languages."""

    status: int
    spanish: str
    english: str

    def __post_init__(self) -> None:
        if sorted(_places(self.spanish)) != sorted(_places(self.english)):
            raise ValueError(f"the languages differ in their places: {self.spanish!r} {self.english!r}")

    @property
    def places(self) -> frozenset[str]:
        return frozenset(name for name, _ in _places(self.spanish))

    def filled(self, language: Language, about: Mapping[str, object]) -> str:
        if language is Language.SPANISH:
            return self.spanish.format_map(about)
        return self.english.format_map({name: _CLAUSES.get(value, value) for name, value in about.items()})


def _places(sentence: str) -> Iterator[tuple[str, str]]:
    for _, name, form, _ in Formatter().parse(sentence):
        if name is not None:
            yield name, form or ""
