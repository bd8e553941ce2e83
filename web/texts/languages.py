"""Which language somebody wants to be told in, of those that we speak (RFC 9110, 12.5.4)."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final


class Language(Enum):
    SPANISH = "es"
    ENGLISH = "en"


# A language range, of which only the first part counts here, and how much it is wanted. Possessive, so that
# it takes linear time.
_RANGE: Final = re.compile(
    r"[ \t]*+([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9]{1,8})*+[ \t]*+"
    r"(?:;[ \t]*+[Qq]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?[ \t]*+"
)


def wanted(header: str) -> Language:
    """By an ``Accept-Language``; Spanish where it leaves us the choice, or cannot be read.

    Of two that are wanted as much it is the one that is named first.
    """
    weights: dict[str, float] = {}
    for entry in header.split(","):
        if (found := _RANGE.fullmatch(entry)) is not None:
            name = found[1].lower()
            weights[name] = max(weights.get(name, 0.0), float(found[2] or 1))
    named = [Language(name) for name in weights if name in ("es", "en")]
    others = [language for language in Language if language not in named]
    best = max([*named, *others], key=lambda language: weights.get(language.value, weights.get("*", 0.0)))
    return best if weights.get(best.value, weights.get("*", 0.0)) > 0 else Language.SPANISH
