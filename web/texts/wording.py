"""How people are told what is wrong: a sentence a language, with places for what it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Formatter

from actors.domain.status import Hindrance
from web.texts.hindrance_words import HINDRANCES
from web.texts.languages import Language


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
        sentence = self.spanish if language is Language.SPANISH else self.english
        return sentence.format_map({name: _worded(value, language) for name, value in about.items()})


def _worded(value: object, language: Language) -> object:
    return HINDRANCES[value][language] if isinstance(value, Hindrance) else value


def _places(sentence: str) -> Iterator[tuple[str, str]]:
    for _, name, form, _ in Formatter().parse(sentence):
        if name is not None:
            yield name, form or ""
