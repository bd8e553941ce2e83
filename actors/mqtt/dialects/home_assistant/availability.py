"""Whether a device is there, by what its entities say of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from actors.mqtt.dialects.home_assistant.announcement import Entity
from actors.mqtt.dialects.home_assistant.parts import Said
from actors.mqtt.dialects.home_assistant.template import Template
from actors.mqtt.dialects.home_assistant.words import TemplateFailed

MAX_TOPICS: Final = 16
"""Of one entity's presence; more would have thousands of topics heard for one announcement."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A topic that tells of presence. Other words than its two say nothing."""

    topic: str
    template: Template | None
    here: str
    gone: str
    is_enough: bool = True
    """Whether its word for here is enough, and not one of several that have to be."""
    is_needed: bool = True
    """Whether its word for gone is enough, and not one of several that have to be."""

    def read(self, said: Said) -> bool | None:
        """Whether the device is there; ``None`` if this does not say."""
        try:
            text = said.by(self.template)
        except TemplateFailed:
            return None
        if text == self.here and self.is_enough:
            return True
        return False if text == self.gone and self.is_needed else None


def watches_of(entities: Sequence[Entity], main: Entity | None) -> tuple[Watch, ...]:
    """What tells of the device: what all of its entities that say something have in common.

    One entity's own word is about that entity alone, as of a reading that is not in every message; but the
    ``main`` one's is the device's.
    """
    told = [watches for each in entities if (watches := tuple(_watches(each)))]
    if not told:
        return ()
    counts = Counter(watch for watches in told for watch in watches)
    shared = tuple(watch for watch in told[0] if counts[watch] == len(told))
    return shared or (tuple(_watches(main)) if main is not None else ())


def _watches(entity: Entity) -> Iterator[Watch]:
    found = [*_configured(entity)]
    if len(found) < 2:
        yield from found
        return
    mode = entity.word("availability_mode", "latest")
    for number, watch in enumerate(found, 1):
        # Nothing is remembered here of the other topics. The last one is the device's own, as a rule: it
        # decides what only all together can say.
        is_last = number == len(found)
        if mode == "all":
            yield replace(watch, is_enough=is_last)
        elif mode == "any":
            yield replace(watch, is_needed=is_last)
        else:
            yield watch


def _configured(entity: Entity) -> Iterator[Watch]:
    here, gone = entity.word("payload_available", "online"), entity.word("payload_not_available", "offline")
    if topic := entity.topic("availability_topic"):
        yield Watch(topic, entity.template("availability_template"), here, gone)
    told = entity.config.get("availability")
    for each in told[:MAX_TOPICS] if isinstance(told, list) else ():
        if not isinstance(each, Mapping):
            continue
        one = replace(entity, config=each)
        if topic := one.topic("topic"):
            own_here = one.word("payload_available", "online")
            own_gone = one.word("payload_not_available", "offline")
            yield Watch(topic, one.template("value_template"), own_here, own_gone)


def said_by(watches: Iterable[Watch], topic: str, said: Said) -> bool | None:
    """Whether a message by ``topic`` says that the device is there. One that says no counts for more."""
    words = [watch.read(said) for watch in watches if watch.topic == topic]
    if False in words:
        return False
    return True if True in words else None
