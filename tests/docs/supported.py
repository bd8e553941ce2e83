"""The table in docs/devices/supported.md, made by the dialects of what :mod:`specimens` say.

``python -m tests.docs.supported`` writes it; a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import Final

from actors.domain.kinds import KINDS
from actors.mqtt.dialects.dialect import Definition, Dialect, Message, NotUnderstood
from actors.mqtt.dialects.registry import ALL, Prefixes, dialects
from actors.mqtt.topics.filters import is_wild, matches
from tests.docs.pages import HOUSE
from tests.docs.specimens import SPECIMENS, Specimen

DOCUMENT: Final = HOUSE / "docs" / "devices" / "supported.md"
HEAD: Final = ("| family | kind | orders | readings |", "|---|---|---|---|")
# As devices that tell one value a topic say it.
_PLAIN: Final = (b"1", b"20.5", b"on", b"ON", b"true", b"open", b"home")
_FURTHER: Final = re.compile(r"(.+)_(?:\d+|[abc])")
_ORDER: Final = [kind.name for kind in KINDS]


def definitions(dialect: Dialect, specimen: Specimen) -> Iterator[Definition]:
    """The devices that it is, by the very steps of the translator."""
    kept: dict[str, dict[str, bytes]] = {}
    for topic, payload in specimen.announced:
        if any(matches(filter, topic) for filter in dialect.filters):
            for each in dialect.announced(Message(topic, payload)).announcements:
                kept.setdefault(each.group, {})[each.key] = each.payload
    for group, announcements in kept.items():
        yield from dialect.define(group, announcements)


def readings(dialect: Dialect, definition: Definition, specimen: Specimen) -> set[str]:
    """Names in ``parametros`` of what was understood."""
    plain = [(topic, value) for topic in definition.topics if not is_wild(topic) for value in _PLAIN]
    found: set[str] = set()
    for topic, payload in chain(specimen.said, plain):
        if any(matches(filter, topic) for filter in definition.topics):
            with suppress(NotUnderstood):
                reading = dialect.read(definition, Message(topic, payload))
                found |= set(reading.parameters if reading is not None else ())
    return found


def table() -> Iterator[str]:
    """Its lines."""
    yield from HEAD
    for dialect in dialects([ALL], Prefixes()):
        told: dict[str, tuple[set[str], set[str]]] = {}
        for specimen in SPECIMENS:
            if specimen.family != dialect.name:
                continue
            for definition in definitions(dialect, specimen):
                orders, read = told.setdefault(definition.profile.kind, (set(), set()))
                orders.update(definition.profile.controls)
                read.update(readings(dialect, definition, specimen))
        for kind in sorted(told, key=_ORDER.index):
            orders, read = told[kind]
            yield f"| {dialect.name} | `{kind}` | {_listed(orders)} | {_listed(read)} |"


def _listed(names: set[str]) -> str:
    """Without what is the same of a further meter, phase or probe."""
    further = {name for name in names if (found := _FURTHER.fullmatch(name)) and found[1] in names}
    names = names - further
    return ", ".join(f"`{name}`" for name in sorted(names)) or "none"


def written(document: str) -> str:
    """``document`` with the table as it should be."""
    before, _, rest = document.partition(HEAD[0])
    _, _, after = rest.partition("\n\n")
    lines = "\n".join(table())
    return f"{before}{lines}\n\n{after}"


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text("utf-8")), "utf-8")
