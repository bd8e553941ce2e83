"""Which of the messages that the broker delivers have come before.

A broker that numbers nothing that it sends can still be followed: of each subscription it delivers in
order, and begins each time with what was not acknowledged. So, told how many were acknowledged when it
began, whoever counts knows each message again, also one of a device that numbers nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from actors.messages import Place, Resumption
from actors.mqtt import payloads


class Numbering:
    """Counts what comes of each subscription. Of the network thread alone."""

    def __init__(self) -> None:
        self._known: Mapping[str, Resumption] = {}
        self._count: dict[str, int] = {}

    def begin(self, known: Mapping[str, Resumption]) -> None:
        """The broker begins anew, by subscription, with what was not acknowledged."""
        self._known = known
        self._count = {subscription: known[subscription].base for subscription in known}

    def next(self, topic: str) -> Place:
        """The place of a message that has come, at QoS 1 and not because it was retained."""
        subscription = payloads.subscription_of(topic)
        number = self._count.get(subscription, 0) + 1
        self._count[subscription] = number
        return Place(subscription, number)

    def is_kept(self, place: Place) -> bool:
        """Whether it was on disk when the broker began."""
        known = self._known.get(place.subscription)
        return known is not None and known.holds(place.number)
