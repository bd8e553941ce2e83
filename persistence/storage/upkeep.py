"""What maintenance needs of an engine: to see what is due, and to have it done a little at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from actors.messages import Removal
from persistence.forms.deed_rows import Share
from persistence.forms.energy_rows import MeteredRow
from persistence.forms.summaries import Aggregate, Cell, StoredRow

Stamp: TypeAlias = tuple[int, float]
"""The number of a row, and its moment."""


@dataclass(frozen=True, slots=True)
class Logged:
    """How far a device's log goes, how far it is rolled up, and how far its consumption is added up."""

    device_id: int
    serial: str
    newest: int
    rolled_up: int
    metered: int


class Due(Protocol):
    """Looks beside the writer for what there is to tidy up. Calls raise
    :class:`persistence.storage.faults.StorageFault`.

    Moments are seconds since the epoch; tables of summaries are named as :mod:`persistence.forms.summaries`
    does. At most ``most`` rows come of a question.
    """

    @property
    def part_s(self) -> float:
        """How much time a part of the log tells of, s; 0 where it has none."""

    def reading(self) -> AbstractContextManager[None]:
        """All that is asked meanwhile is read by one connection."""

    def devices(self) -> Sequence[Logged]: ...

    def metrics(self, device_id: int) -> Sequence[str]: ...

    def all_metrics(self) -> Sequence[tuple[int, str]]:
        """Devices and names of theirs."""

    def next_rows(self, device_id: int, after: int, upto: int, most: int) -> Sequence[StoredRow]:
        """Those whose time is not in doubt, the oldest first."""

    def meter(self, device_id: int) -> tuple[int, bytes]:
        """After which row it is other hardware, and what its counters said, as it is stored."""

    def rows_to_meter(self, device_id: int, after: int, upto: int, most: int) -> Sequence[MeteredRow]:
        """As :meth:`next_rows`."""

    def rows_ahead(self, device_id: int, after: int, upto: int, later: float, most: int) -> Sequence[int]:
        """Rows stamped later than ``later`` whose time is not in doubt, the oldest first."""

    def oldest_rows(self, device_id: int, upto: int, most: int) -> Sequence[Stamp]: ...

    def next_believable(self, device_id: int, after: int, upto: int, now: float) -> Sequence[Stamp]:
        """The first row that is not stamped later than ``now``, if there is one."""

    def old_parts(self, before: float, metered: Sequence[int]) -> Sequence[int]:
        """Parts of the log that hold nothing but what is older, and of which nothing is to be made any more;
        ``metered`` are the devices of which consumption is added up. None where the log has no parts."""

    def oldest_summaries(self, table: str, device_id: int, before: float, most: int) -> Sequence[int]:
        """When they begin, the oldest first."""

    def newest_summaries(self, table: str, device_id: int, since: float, most: int) -> Sequence[int]:
        """When they begin, the newest first."""

    def oldest_used(self, device_id: int, before: float, most: int) -> Sequence[int]:
        """When hours of consumption begin, the oldest first."""

    def has_used_after(self, device_id: int, after: float) -> bool:
        """Whether an hour of consumption begins then."""

    def oldest_findings(self, most: int) -> Sequence[Stamp]:
        """But for those that last."""

    def oldest_deeds(self, most: int) -> Sequence[Stamp]: ...

    def too_many_notices(self) -> bool: ...

    def deeds_of(self, share: Share) -> Mapping[int, int]:
        """How many entries of the logbook each device has in it; of one that is not full, perhaps none."""

    def removed(self) -> Sequence[int]:
        """Devices of which something may be left."""

    def is_left_of(self, device_id: int) -> bool:
        """Whether there is."""

    def unheard(self, since: float) -> Sequence[Removal]:
        """Unclaimed devices that were not heard from then on."""

    def last_sign(self) -> float | None:
        """When a device was last heard."""

    def spoken(self, since: float, until: float) -> bool:
        """Whether a summary tells of that time."""

    def reported(self, since: float, until: float) -> bool:
        """Whether a row is of that time, its time not being in doubt."""

    def reported_before(self, until: float) -> bool:
        """Whether any row is."""


class HasDue(Protocol):
    def due(self) -> Due: ...


class Tidying(Protocol):
    """Does one small step, in the transaction of whoever calls; each tells how many rows it dealt with."""

    def add_summaries(
        self,
        device_id: int,
        after: int,
        upto: int,
        hours: Mapping[Cell, Aggregate],
        days: Mapping[Cell, Aggregate],
    ) -> int:
        """Rows ``after < n <= upto``, once or never: nothing where others are rolled up, or the device has
        gone."""

    def add_used(self, device_id: int, after: int, upto: int, hours: Mapping[int, float], meter: str) -> int:
        """The same of consumption."""

    def drop_part(self, part: int, /) -> int:
        """A part of the log that :meth:`Due.old_parts` has named; nothing, where the log has no parts."""

    def drop_rows(self, device_id: int, upto: int) -> int:
        """Of those that are rolled up."""

    def mark_ahead(self, device_id: int, first: int, last: int, after: float) -> int:
        """Rows ``first`` to ``last`` stamped later than ``after``: their time is in doubt."""

    def drop_hours(self, device_id: int, upto: int, before: int) -> int:
        """Hours up to the one that begins at ``upto``; none before ``before`` is to be read any more."""

    def drop_days(self, device_id: int, upto: int) -> int:
        """Days up to the one that begins at ``upto``, and the names of metrics that nothing is left of."""

    def drop_ahead(self, device_id: int, since: int, day: int) -> int:
        """Summaries from ``since`` on; what is left of the hours of its ``day`` makes that anew."""

    def drop_used(self, device_id: int, upto: int) -> int:
        """Hours of consumption up to the one that begins at ``upto``."""

    def drop_used_ahead(self, device_id: int, after: float) -> int:
        """Hours of consumption that begin later."""

    def drop_findings(self, upto: int) -> int:
        """Up to this id, but for episodes that last."""

    def drop_deeds(self, upto: int) -> int:
        """Up to this id."""

    def trim_notices(self, most: int) -> int:
        """Of those that are too many."""

    def trim_deeds(self, share: Share, device_id: int, most: int) -> int:
        """The oldest ones that the device has in it."""

    def sweep(self, device_id: int) -> int:
        """Of what is left of a removed device."""


class TidiedStore(Protocol):
    """What a step of upkeep is given."""

    @property
    def tidying(self) -> Tidying: ...
