"""Where orders may go and what may be heard: a device says so itself, and not everything is its own."""

from __future__ import annotations

import re
from typing import Final

from actors.mqtt.dialects.dialect import OURS, NotUnderstood
from actors.mqtt.dialects.home_assistant.announcement import Entity, Malformed

_UNFIT: Final = re.compile(r"[+#\x00-\x1f\x7f]|^/*$|^\$")
MAX_TOPIC: Final = 256
_LEAST_LITERAL: Final = 2


def commanded(entity: Entity, name: str) -> str:
    """The topic of this name, empty where there is none. Raises :class:`Malformed` if it is not allowed."""
    topic = entity.topic(name)
    if topic and not may_be_told(topic):
        raise Malformed(f"no se ordena nada por {topic[:80]!r}")
    return topic


def may_be_told(topic: str) -> bool:
    """Whether orders may go there, as far as the topic itself tells. Where announcements have their place is
    a setting, which :class:`actors.mqtt.outlet.Outlet` keeps.
    """
    if len(topic) > MAX_TOPIC or _UNFIT.search(topic):
        return False
    return not any(f"{topic}/".startswith(f"{prefix}/") for prefix in OURS)


def check_topics(entity: Entity) -> None:
    """Raises :class:`NotUnderstood` where one of its topics is nobody's to name."""
    for name, told in entity.config.items():
        if not isinstance(told, str) or not told or not name.endswith("topic"):
            continue
        if name.endswith("command_topic") or name == "set_position_topic":
            if not may_be_told(told):
                raise NotUnderstood(f"no se ordena nada por {told[:80]!r}")
        elif not may_be_heard(told):
            raise NotUnderstood(f"no se oye {told[:80]!r}")


def may_be_heard(filter: str) -> bool:
    """Whether it is narrow enough: a wildcard stands beside two levels that are none."""
    levels = filter.split("/")
    if filter.startswith("$") or levels[0] in OURS:
        return False
    literal = [level for level in levels if level not in ("+", "#", "")]
    return not {"+", "#"} & {*levels} or len(literal) >= _LEAST_LITERAL
