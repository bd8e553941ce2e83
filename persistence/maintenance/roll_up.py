"""Adding rows of the log to the summaries of their hour and day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from persistence.forms.local_time import LocalTime
from persistence.forms.summaries import Aggregate, Cell, MetricNames, RawRow
from persistence.storage.upkeep import TidiedStore


@dataclass(frozen=True, slots=True)
class RollUp:
    """Adds the device's rows ``after < n <= upto`` to its hours and days; they are added once or never."""

    device_id: int
    after: int
    upto: int
    hours: Mapping[Cell, Aggregate] = field(repr=False)
    days: Mapping[Cell, Aggregate] = field(repr=False)

    def __call__(self, store: TidiedStore) -> int:
        return store.tidying.add_summaries(self.device_id, self.after, self.upto, self.hours, self.days)


def roll_up(
    device_id: int,
    after: int,
    upto: int,
    rows: Iterable[RawRow],
    names: MetricNames,
    local: LocalTime,
    most_cells: int,
) -> RollUp:
    """The step for ``rows``, which are all those there are ``after < n <= upto``, oldest first.

    It ends early with the row that makes more than ``most_cells`` hours of metrics. Rows at no known
    moment are counted nowhere.
    """
    hours: dict[Cell, Aggregate] = {}
    for row in rows:
        if local.knows(row.at):
            hour = local.hour(row.at)
            for metric, value in row.readings.items():
                if (known := hours.get((metric, hour))) is not None:
                    known.take_value(value, row.n)
                elif names.admit(metric):
                    hours[metric, hour] = Aggregate.of(value, row.n)
        if len(hours) > most_cells:
            upto = row.n
            break
    days: dict[Cell, Aggregate] = {}
    for (metric, hour), tally in hours.items():
        day = metric, local.day(hour)
        if day in days:
            days[day].take(tally)
        else:
            days[day] = replace(tally)
    return RollUp(device_id, after, upto, hours, days)
