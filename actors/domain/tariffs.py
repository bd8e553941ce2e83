"""What current costs and which meter counts the whole house, as people have said it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from actors.domain.refusals import Refusal, Refused

MAX_TARIFFS: Final = 100
MAX_BANDS: Final = 24
HOURS_A_DAY: Final = 24


@dataclass(frozen=True, slots=True)
class Band:
    """Hours of the week with a price of their own."""

    name: str
    days: frozenset[int]
    """0 is Monday."""
    begin: int
    """Hour on the wall."""
    end: int
    """Hour on the wall; one that is not after ``begin`` is of the next morning."""
    price: float

    def holds(self, at: datetime) -> bool:
        """Whether the hour of ``at``, on the wall, is in it; past midnight, in that of the day before."""
        since = (at.hour - self.begin) % HOURS_A_DAY
        begun = at.weekday() if at.hour >= self.begin else (at.weekday() - 1) % 7
        return since < self.length and begun in self.days

    @property
    def length(self) -> int:
        """Hours, 1 to 24."""
        return (self.end - self.begin - 1) % HOURS_A_DAY + 1


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices of a kWh from a day on."""

    since: date | None
    """On the wall; ``None`` is since ever."""
    price: float
    """Where no band says otherwise."""
    bands: tuple[Band, ...] = ()
    """The first that fits counts."""

    def price_at(self, at: datetime) -> float:
        return next((band.price for band in self.bands if band.holds(at)), self.price)


@dataclass(frozen=True, slots=True)
class EnergyPlan:
    """What people have said of the house's current."""

    currency: str = "€"
    tariffs: tuple[Tariff, ...] = ()
    """In order of time; what was used keeps the price that held then."""
    mains: frozenset[int] = field(default_factory=frozenset)
    """Ids of the devices that count the whole house: the others are parts of it, and are not added to it."""
    apart: frozenset[int] = field(default_factory=frozenset)
    """Ids of devices that count for nothing: panels on the roof, or a meter behind another."""

    def in_order(self) -> EnergyPlan | Refused:
        """Its tariffs by their days, of which no two may be the same."""
        ordered = sorted(self.tariffs, key=_first_day)
        if len(set(map(_first_day, ordered))) < len(ordered):
            return Refused(Refusal.TARIFFS_MEET)
        return replace(self, tariffs=tuple(ordered))

    def or_price(self, price: float | None) -> EnergyPlan:
        """The same, or, as long as nobody has said a tariff, with this one ``price`` since ever."""
        return self if self.tariffs or price is None else replace(self, tariffs=(Tariff(None, price),))

    def price_at(self, at: datetime) -> float | None:
        """Of a kWh at a moment on the wall; ``None`` where none was said."""
        tariff = self.tariff_on(at.date())
        return None if tariff is None else tariff.price_at(at)

    def tariff_on(self, day: date) -> Tariff | None:
        """The one that holds on that day."""
        holding = [each for each in self.tariffs if each.since is None or each.since <= day]
        return holding[-1] if holding else None


def _first_day(tariff: Tariff) -> date:
    return tariff.since or date.min
