"""How far each subscription has been kept, in the very transaction that keeps what came by it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from sqlite_utils import Database

from actors.messages import Floor, Place, Resumption

# Where it cannot be told what of what comes was kept: numbers that nothing under way can have.
_FAR: Final = 1_000_000
# More numbers than this are never under way at once, so that the oldest that is missing was never to come.
_MOST_BEYOND: Final = 5_000
_READ: Final = "SELECT filtro, base, hasta, sueltos, desde FROM recepcion"
_WRITE: Final = """
    INSERT INTO recepcion (filtro, base, hasta, sueltos, desde) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (filtro) DO UPDATE SET
    base = excluded.base, hasta = excluded.hasta, sueltos = excluded.sueltos, desde = excluded.desde
"""


class Reception:
    """The table ``recepcion``; within the transactions of whoever calls."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[Resumption, int | None]] = {
            subscription: (Resumption(base, upto, frozenset(json.loads(beyond))), since)
            for subscription, base, upto, beyond, since in database.conn.execute(_READ)
        }
        self._changed: dict[str, tuple[Resumption, int | None]] = {}

    def add(self, places: Iterable[Place]) -> None:
        """These are being kept."""
        numbers: dict[str, set[int]] = defaultdict(set)
        for place in places:
            numbers[place.subscription].add(place.number)
        for subscription, added in numbers.items():
            known, since = self._known.get(subscription, (Resumption(0, 0, frozenset()), None))
            self._change(subscription, _with(known, added), since)

    def resume(self, floors: Mapping[str, Floor]) -> Mapping[str, Resumption]:
        """What is known of each subscription, counted from where the broker will begin."""
        for subscription, floor in floors.items():
            known, since = self._known.get(subscription, (None, None))
            self._change(subscription, _resumed(known, since, floor), floor.after)
        return {subscription: self._changed[subscription][0] for subscription in floors}

    def committed(self) -> None:
        self._known.update(self._changed)
        self._changed.clear()

    def rolled_back(self) -> None:
        self._changed.clear()

    def _change(self, subscription: str, known: Resumption, since: int | None) -> None:
        self._changed[subscription] = known, since
        row = subscription, known.base, known.upto, json.dumps(sorted(known.beyond)), since
        self._database.conn.execute(_WRITE, row)


def _resumed(known: Resumption | None, since: int | None, floor: Floor) -> Resumption:
    """``since`` is where the broker began the last time, if it knew the subscription then."""
    if known is None:
        return Resumption(floor.acknowledged, floor.acknowledged, frozenset())
    anew = floor.after is None and known != Resumption(known.base, known.base, frozenset())
    if not anew and (floor.after == since or (since is None and not floor.acknowledged)):
        return known
    if floor.acknowledged and floor.after is not None and floor.after > (since or 0):
        return Resumption(known.base + floor.acknowledged, known.upto, known.beyond)
    # It is another broker, or one that was put back: none of what it delivers is known to be kept.
    base = max(known.base, known.upto, *known.beyond) + _FAR
    return Resumption(base, base, frozenset())


def _with(known: Resumption, added: set[int]) -> Resumption:
    beyond = known.beyond | added
    upto = min(beyond) - 1 if len(beyond) > _MOST_BEYOND else known.upto
    while upto + 1 in beyond:
        upto += 1
    return Resumption(known.base, upto, frozenset(number for number in beyond if number > upto))
