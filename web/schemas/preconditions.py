"""``ETag`` and ``If-Match`` (RFC 9110): that nobody overwrites what they have not seen.

The tag of a device stands for what people make of it, and not for what it reports: one that changed with
every reading would never match. So it says nothing of whether the readings are still the same, and
``If-None-Match`` is not looked at: a device is always sent anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from actors.domain.model import Editions, Json
from web.schemas.query import Parameter
from web.schemas.validators import Schema
from web.texts.faults import Fault
from web.texts.problem import Problem

# One entry of the list, which may be empty, and what ends it. Possessive, so that it takes linear time.
_ENTRY: Final = re.compile(r'[ \t]*+(?:(W/)?"([!#-~\x80-\xff]*+)"[ \t]*+)?(?:,|\Z)')
_TAG: Final = r'(W/)?"[!#-~]*"'


def quoted(edition: str) -> str:
    """As an entity tag."""
    return f'"{edition}"'


def tags_in(header: str) -> frozenset[str]:
    """The strong tags of an ``If-Match``, since a weak one is not good enough to change things."""
    tags: list[tuple[str | None, str]] = []
    at = 0
    while at < len(header):
        entry = _ENTRY.match(header, at)
        if entry is None:
            raise _malformed()
        if entry[2] is not None:
            tags.append((entry[1], entry[2]))
        at = entry.end()
    if not tags:
        raise _malformed()
    return frozenset(tag for weak, tag in tags if weak is None)


class Tags:
    """The shape of an ``If-Match``."""

    @property
    def schema(self) -> Schema:
        return {"type": "string", "pattern": rf"^(\*|{_TAG}( *, *{_TAG})*)$"}

    def parse(self, text: str, name: str) -> Editions:  # noqa: ARG002
        return None if text.strip(" \t") == "*" else tags_in(text)


IF_MATCH: Final = Parameter[Editions](
    "If-Match", Tags(), None, "El ETag del dispositivo que se leyó; si ya no es el suyo, 412.", "*"
)


def _malformed() -> Problem:
    return Problem(Fault.BAD_PRECONDITION)


ETAG: Final[Mapping[str, Json]] = {
    "ETag": {
        "required": True,
        "schema": {"type": "string"},
        "description": "Cambia con lo que editan personas, no con lo que informa el dispositivo.",
    }
}
"""How the header is described."""
