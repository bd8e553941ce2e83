"""What people are told of whatever may go wrong. A new one takes a member of :class:`web.texts.faults.Fault`,
or of :class:`actors.domain.refusals.Refusal`, and its words in :mod:`web.texts.fault_words` or
:mod:`web.texts.refusal_words`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from actors.domain.refusals import Refusal
from actors.domain.schedule import Misfit
from web.texts.fault_words import FAULTS
from web.texts.faults import Fault
from web.texts.languages import Language
from web.texts.refusal_words import MISFITS, REFUSALS
from web.texts.wording import Wording

Reason: TypeAlias = Fault | Refusal | Misfit

TITLES: Final[Mapping[int, Mapping[Language, str]]] = {
    status: {Language.SPANISH: spanish, Language.ENGLISH: english}
    for status, spanish, english in (
        (400, "petición incorrecta", "bad request"),
        (401, "no autorizado", "unauthorized"),
        (403, "prohibido", "forbidden"),
        (404, "no encontrado", "not found"),
        (405, "método no permitido", "method not allowed"),
        (409, "conflicto", "conflict"),
        (412, "ha cambiado", "it has changed"),
        (413, "cuerpo demasiado grande", "body too large"),
        (421, "servidor equivocado", "wrong server"),
        (429, "demasiados intentos", "too many attempts"),
        (500, "error interno", "internal error"),
        (503, "servicio no disponible", "service unavailable"),
    )
}

_WORDS: Final[Sequence[Mapping[Any, Wording]]] = (FAULTS, REFUSALS, MISFITS)
SENTENCES: Final[Mapping[Reason, Wording]] = {
    reason: wording for words in _WORDS for reason, wording in words.items()
}


def title_of(status: int, language: Language) -> str:
    titles = TITLES.get(status)
    return "error" if titles is None else titles[language]
