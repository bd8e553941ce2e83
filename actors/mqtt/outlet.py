"""Where messages to devices of other makes go out, and where none may."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from actors.mqtt.carried import Lost
from actors.mqtt.catalogue import Carries
from actors.mqtt.dialects.dialect import OURS, Outgoing
from actors.mqtt.topics.filters import is_topic


class Publisher(Protocol):
    def publish(self, messages: Iterable[Outgoing], lost: Lost = ...) -> bool:
        """As :meth:`actors.mqtt.bridge.Bridge.publish`."""


class Outlet:
    """Whatever a device announces and a dialect says, what is ours, the broker's own, or the place of
    announcements under one of these ``prefixes`` is published to by nobody.
    """

    def __init__(self, publisher: Publisher, prefixes: Sequence[str], carries: Carries) -> None:
        self._publisher = publisher
        self._forbidden = (*OURS, *(prefix.strip("/") for prefix in prefixes))
        self._carries = carries

    def sort(self, messages: Iterable[Outgoing]) -> tuple[list[Outgoing], list[Outgoing]]:
        """Those that may go out, and those that may not."""
        fit: list[Outgoing] = []
        unfit: list[Outgoing] = []
        for each in messages:
            (fit if self._may_go_to(each.topic) else unfit).append(each)
        return fit, unfit

    def _may_go_to(self, topic: str) -> bool:
        if not is_topic(topic) or topic.startswith("$") or not self._carries(topic):
            return False
        return not any(topic == prefix or topic.startswith(f"{prefix}/") for prefix in self._forbidden)

    def publish(self, messages: Sequence[Outgoing], lost: Lost = lambda: None) -> bool:
        """Whether there was a broker to carry them, if any were to be carried."""
        return not messages or self._publisher.publish(messages, lost)
