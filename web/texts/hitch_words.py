"""What people are told of a message that could not be sent, or was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actors.domain.notices import Hitch
from web.texts.languages import Language

_WORDS: Final[Mapping[Hitch | None, Mapping[Language, str]]] = {
    hitch: {Language.SPANISH: spanish, Language.ENGLISH: english}
    for hitch, spanish, english in (
        (None, "El servicio lo ha aceptado.", "The service has taken it."),
        (
            Hitch.NO_ANSWER,
            "El servicio no contesta; quizá lo haya recibido.",
            "The service does not answer; it may have received it.",
        ),
        (
            Hitch.NOT_TAKEN,
            "El servicio no lo ha aceptado; revisa su dirección y sus claves.",
            "The service has not taken it; look at its address and its keys.",
        ),
        (
            Hitch.OVERLOADED,
            "El servicio sigue sin contestar a lo anterior; se intentará más tarde.",
            "The service has still not answered what came before; it will be tried later.",
        ),
        (
            Hitch.NO_CHANNEL,
            "El canal ya no existe, o el navegador ya no quiere avisos.",
            "The channel is gone, or the browser does not want notifications any more.",
        ),
    )
}
_SAID: Final[Mapping[Language, str]] = {
    Language.SPANISH: "{told} Dice: {said}",
    Language.ENGLISH: "{told} It says: {said}",
}


def hitch_told(hitch: Hitch | None, said: str, language: Language) -> str:
    told = _WORDS[hitch][language]
    return _SAID[language].format(told=told, said=said) if said else told
