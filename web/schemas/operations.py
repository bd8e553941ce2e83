"""What can be asked of a route: what comes in, what goes out, and what it is for, in Spanish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from actors.domain.model import Json
from actors.domain.people import Role
from web.schemas.query import Parameter
from web.schemas.validators import Body

NOTHING: Final = None
"""The answer that has no body."""


@dataclass(frozen=True, slots=True)
class Media:
    """An answer that is not JSON. ``value`` is the type of a whole one, or of one event of a stream."""

    type: str
    value: Any
    example: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Operation:
    """One method of one route. Whoever handles it reads only the parameters and fields named here."""

    summary: str
    role: Role | None
    """Who may; ``None`` is everybody."""
    english: str
    """What it answers, for docs/api.md."""
    description: str = ""
    query: tuple[Parameter[Any], ...] = ()
    headers: tuple[Parameter[Any], ...] = ()
    body: Body | None = None
    status: int = 200
    also: tuple[int, ...] = ()
    """Statuses that the same answer may have."""
    answer: Any = NOTHING
    """A type of :mod:`web.schemas.answers`, a list of it, :class:`Media`, or :data:`NOTHING`; or a tuple of
    these, where it is one or another."""
    answer_headers: Mapping[str, Json] = field(default_factory=dict)
    """As OpenAPI describes them."""
    refusals: tuple[int, ...] = ()
    """Statuses beside those that any request may get."""
