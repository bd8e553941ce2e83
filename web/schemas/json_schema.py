"""From the types of answers to JSON Schema 2020-12."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NotRequired,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)
from typing import is_typeddict as is_record

from actors.domain.model import Json
from web.schemas.validators import Schema

_PLAIN: Final[Mapping[object, Schema]] = {
    Any: {},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    type(None): {"type": "null"},
}


T = TypeVar("T")


def named(name: str) -> Callable[[type[T]], type[T]]:
    """What a record is called in the description."""

    def name_it(record: type[T]) -> type[T]:
        record.__schema_name__ = name  # type: ignore[attr-defined]
        return record

    return name_it


class Components:
    """The schemas of the records that have been asked for; each stands once, under its name."""

    def __init__(self) -> None:
        self.found: dict[str, Schema] = {}
        self._records: dict[str, type] = {}

    def schema_of(self, kind: Any) -> Schema:
        """Raises ``TypeError`` for a record without a name of its own (:func:`named`), or an unknown type."""
        if is_record(kind):
            return self._reference(kind)
        origin, inner = get_origin(kind), get_args(kind)
        if origin is Annotated:
            base, *notes = inner
            return {
                **self.schema_of(base),
                **{key: each for note in notes for key, each in note.schema.items()},
            }
        if origin is NotRequired:
            return self.schema_of(inner[0])
        if origin is Literal:
            return {**self.schema_of(type(inner[0])), "enum": list(inner)}
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.schema_of(each) for each in inner]}
        if origin in (list, Sequence):
            return {"type": "array", "items": self.schema_of(inner[0])}
        if origin is Mapping:
            return {"type": "object", "additionalProperties": self.schema_of(inner[1])}
        if kind in _PLAIN:
            return _PLAIN[kind]
        raise TypeError(f"no schema for {kind}")

    def _reference(self, record: type) -> Schema:
        name = getattr(record, "__schema_name__", None)
        if name is None or self._records.setdefault(name, record) is not record:
            raise TypeError(f"{record} needs a name of its own")
        if name not in self.found:
            self.found[name] = {}  # a record may hold itself
            self.found[name] = self._record(record)
        return {"$ref": f"#/components/schemas/{name}"}

    def _record(self, record: type) -> Schema:
        hints = get_type_hints(record, include_extras=True)
        schema: dict[str, Json] = {
            "type": "object",
            "properties": {name: self.schema_of(hint) for name, hint in hints.items()},
        }
        required = [name for name, hint in hints.items() if get_origin(hint) is not NotRequired]
        return {**schema, "required": required}
