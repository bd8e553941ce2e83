"""What the rules of every device are told of the house as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from actors.domain.absences import Absence
from actors.domain.weather import Weather


@dataclass(frozen=True, slots=True)
class House:
    weather: Weather | None = None
    """The last that is known; ``None`` where nobody asks for it, or none has come yet."""
    absences: tuple[Absence, ...] = ()
    """When nobody is there, as people have said it; in order of time."""
    switched: frozenset[int] = frozenset()
    """The ordinals of the days on which people have switched something, of those that are remembered."""
