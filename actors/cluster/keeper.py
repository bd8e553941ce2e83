"""How a node stays one: its lease, its share, and when it has to end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from actors.cluster.ownership import LEASE_S, PARTITIONS, Deposed, Holding, Holdings, Registry, share
from actors.domain.people import Unreadable


@dataclass(frozen=True, slots=True)
class Beat:
    """What has come of one renewal."""

    taken: Sequence[Holding] = ()
    """The node's from now on: their logs are to be read from the position after ``upto``."""
    surplus: Sequence[int] = ()
    """To be let go, as others are there to have them: nothing more is read of them, what was read is stored,
    their actors end; and then :meth:`Keeper.release`."""


class Keeper:
    """One node's lease. :meth:`beat` waits for the registry; :meth:`ensure_current` may be called beside it.

    ``since_boot`` gives seconds that go on while the machine sleeps.
    """

    def __init__(
        self,
        node: str,
        registry: Registry,
        holdings: Holdings,
        since_boot: Callable[[], float],
        partitions: int = PARTITIONS,
    ) -> None:
        self._node = node
        self._registry = registry
        self._holdings = holdings
        self._since_boot = since_boot
        self._partitions = partitions
        self.renewed_at = since_boot()
        """When the lease was last asked for with success; it lasts no less than from then."""
        self._leaving: Sequence[int] = ()

    def join(self) -> None:
        asked = self._since_boot()
        self._registry.join(self._node)
        self.renewed_at = asked

    def ensure_current(self) -> None:
        """Raises :class:`Deposed` where the lease has run out, as nobody could renew it."""
        if self._since_boot() - self.renewed_at >= LEASE_S:
            raise Deposed(f"the lease of {self._node} was not renewed within {LEASE_S:g} s")

    def beat(self) -> Beat:
        """To be called every :data:`RENEW_EVERY_S`. Raises :class:`Deposed`.

        A registry that cannot be asked is asked again, for as long as the lease lasts.
        """
        self.ensure_current()
        # Counted from before the question: the registry's lease ends no earlier than what is believed here.
        asked = self._since_boot()
        try:
            most = share(self._registry.renew(self._node), self._partitions)
            self.renewed_at = asked
            held = [each.partition for each in self._holdings.all()]
            taken = self._registry.take(self._node, held, max(most - len(held), 0))
        except Unreadable:
            self.ensure_current()
            return Beat()
        self._holdings.add(taken)
        return Beat(taken, self._surplus(most))

    def _surplus(self, most: int) -> Sequence[int]:
        """The highest numbers; what is being let go already is told once."""
        over = [each.partition for each in self._holdings.all()][most:]
        told = tuple(each for each in over if each not in self._leaving)
        self._leaving = over
        return told

    def release(self, partitions: Sequence[int]) -> None:
        """What was to be stored of them is. Raises :class:`actors.domain.people.Unreadable`."""
        self._holdings.drop(partitions)
        self._registry.release(self._node, partitions)

    def leave(self) -> None:
        """At an orderly stop, after the last commit: nobody has to wait for the lease to run out."""
        self._registry.leave(self._node)
