"""What people are told of a clock that is not believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actors.domain.clock_doubt import ClockDoubt, Doubt
from web.texts.languages import Language

_WORDS: Final[Mapping[Doubt, Mapping[Language, str]]] = {
    doubt: {Language.SPANISH: spanish, Language.ENGLISH: english}
    for doubt, spanish, english in (
        (
            Doubt.BEFORE_RELEASE,
            "El reloj marca una fecha anterior a esta versión; ponlo en hora.",
            "The clock shows a date before this version was made; set it right.",
        ),
        (
            Doubt.BEHIND,
            "El reloj va por detrás de lo último que hay guardado; se creerá si sigue así un día.",
            "The clock is behind the newest of what is stored; it will be believed if that lasts a day.",
        ),
        (
            Doubt.SILENT_BEFORE_START,
            "Antes de arrancar no hubo datos en más de 7 días; el reloj se creerá si sigue así una hora.",
            "Before the start there were no data for more than 7 days; the clock will be believed if that "
            "lasts an hour.",
        ),
        (Doubt.JUMPED, "El reloj ha saltado {jump:+.0f} s", "The clock has jumped by {jump:+.0f} s"),
        (
            Doubt.JUMP_WITHIN_A_DAY,
            "El reloj ha saltado {jump:+.0f} s; no se borra nada hasta que el reloj lleve un día en hora.",
            "The clock has jumped by {jump:+.0f} s; nothing is deleted until it has been right for a day.",
        ),
        (
            Doubt.SILENCE_WITHIN_A_DAY,
            "Antes de arrancar no hubo datos en más de 7 días; no se borra nada hasta que el reloj lleve un "
            "día en hora.",
            "Before the start there were no data for more than 7 days; nothing is deleted until the clock "
            "has been right for a day.",
        ),
        (
            Doubt.SILENT_BEFORE_LAST_DAY,
            "Antes del último día no hay datos en una semana: el reloj puede estar adelantado; no se borra "
            "nada hasta que haya datos de más de un día.",
            "Before the last day there are no data for a week: the clock may be ahead; nothing is deleted "
            "until there are data of more than a day.",
        ),
    )
}


def doubt_told(doubt: ClockDoubt | None, language: Language) -> str | None:
    """A line, but for a jump as a clause; ``None`` of a clock that is believed."""
    return None if doubt is None else _WORDS[doubt.why][language].format(jump=doubt.jump)
