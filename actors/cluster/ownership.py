"""Who owns which part of the log: what a node knows of its own, and the words for it.

The devices are dealt to partitions by their serial numbers; what a partition's devices say is in its part of
the log, in order. Of each partition there is one owner, and whoever is not may write nothing for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Final, Protocol

PARTITIONS: Final = 64
# How long a node is believed to live that says nothing, s; by the database's clock.
LEASE_S: Final = 6.0
RENEW_EVERY_S: Final = 1.0


class Deposed(Exception):
    """What this node writes for is somebody else's, or may be: the process must end at once.

    It starts again as a node that owns nothing, so that whatever it believed is gone.
    """


@dataclass(frozen=True, slots=True)
class Holding:
    """A partition as its owner knows it."""

    partition: int
    epoch: int
    """One more with each owner."""
    seal: int
    """Another one after each commit of its owner's, so that a database that went back in time is noticed."""
    upto: int
    """The last position of its part of the log that is stored."""

    def moved(self, upto: int) -> Holding:
        """As it is once what stands in the log up to there is committed."""
        return replace(self, seal=self.seal + 1, upto=upto)


@dataclass(frozen=True, slots=True)
class Move:
    """What a transaction is to make of a holding, if it is as its owner knows it."""

    holding: Holding
    upto: int


def share(live: int, partitions: int = PARTITIONS) -> int:
    """How many each of so many nodes may own."""
    return -(-partitions // max(live, 1))


class Registry(Protocol):
    """Where nodes and owners are written down, for all of them. Its clock is the only one that counts.

    Raises :class:`actors.domain.people.Unreadable` where it cannot be asked.
    """

    def join(self, node: str) -> None: ...

    def renew(self, node: str) -> int:
        """Have the node live for :data:`LEASE_S` more, strike off those that have not, end their sessions.

        Returns how many live. Raises :class:`Deposed` if the node has been struck off itself.
        """

    def take(self, node: str, held: Sequence[int], most: int) -> Sequence[Holding]:
        """At most so many partitions whose owner is none that lives; they are the node's from then on.

        What it is said to own and does not hold is free before: a registry that went back in time, or was not
        there to be told, knows of no release.
        """

    def release(self, node: str, partitions: Collection[int]) -> None:
        """Whoever comes first may take them."""

    def leave(self, node: str) -> None:
        """Whatever it owns is free at once."""


@dataclass(slots=True)
class Holdings:
    """What this node owns. Who keeps the lease adds and takes away, who writes moves; each on its thread."""

    _held: dict[int, Holding] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def add(self, taken: Iterable[Holding]) -> None:
        with self._lock:
            self._held.update({each.partition: each for each in taken})

    def drop(self, partitions: Iterable[int]) -> None:
        with self._lock:
            for each in partitions:
                self._held.pop(each, None)

    def all(self) -> Sequence[Holding]:
        with self._lock:
            return tuple(self._held[each] for each in sorted(self._held))

    def moves(self, upto: Mapping[int, int]) -> Sequence[Move]:
        """What a transaction is to begin with that stores so much of each partition's log.

        Raises :class:`Deposed` for a partition that is not held.
        """
        with self._lock:
            if missing := upto.keys() - self._held.keys():
                raise Deposed(f"partitions {sorted(missing)} are not this node's")
            return tuple(Move(self._held[each], upto[each]) for each in sorted(upto))

    def committed(self, moves: Iterable[Move]) -> None:
        self.add(each.holding.moved(each.upto) for each in moves)

    def settle(self, found: Iterable[Holding]) -> None:
        """Take over what the database has, where nobody has heard what became of the last commit.

        That is as it was, or one commit further. Raises :class:`Deposed` for anything else.
        """
        known = {each.partition: each for each in found}
        for each in self.all():
            there = known.get(each.partition)
            if there is None or there.epoch != each.epoch or there.seal - each.seal not in (0, 1):
                raise Deposed(f"partition {each.partition} is {there}, not {each}")
        self.add(known[each.partition] for each in self.all())
