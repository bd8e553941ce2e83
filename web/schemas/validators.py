"""What people may send. A shape both checks a value and describes it, so that the two cannot differ.

What is checked here is what a single value must be; what depends on others, or on how things are, is
checked where it is used. Everything that is wrong raises :class:`web.texts.problem.Problem`, naming the
field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeGuard, TypeVar

from actors.domain.model import Json
from web.schemas.body import Object
from web.texts.faults import Fault
from web.texts.problem import Problem

Schema: TypeAlias = Mapping[str, Json]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
E = TypeVar("E", bound=Enum)

# What is not seen, or turns what is: control and format characters, line ends, other spaces than the usual.
_UNSEEN: Final = (
    r"\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e0fff"
)
# What stands in no name: control characters, line ends, what turns the letters around (U+202A to 202E, U+2066
# to 2069), and formats that no emoji and no script needs.
_NEVER: Final = (
    r"\u0000-\u001f\u007f-\u009f\u00ad\u180e\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff"
)
# What is not seen by itself: spaces, letters without a shape, joiners, marks of direction, variation
# selectors, and the letters of a region's flag.
_BLANK: Final = (
    r" \u00a0\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180d\u180f\u2000-\u200f\u202f\u205f\u2800"
    r"\u3000\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0020-\U000e007f\U000e0100-\U000e01ef"
)
_LONGEST_LIST: Final = 200
# JSON has room for half a letter, and nothing else has.
_HALF: Final = re.compile("[\ud800-\udfff]")
_VISIBLE: Final = f"[^ {_UNSEEN}]"
_PRINTABLE: Final = f"[^{_UNSEEN}]"


class Shape(Protocol[T_co]):
    """Of a value in a JSON body."""

    @property
    def schema(self) -> Schema:
        """In JSON Schema 2020-12."""

    def read(self, value: Json, name: str) -> T_co: ...


@dataclass(frozen=True, slots=True)
class Text:
    """Any text of so many characters."""

    longest: int
    shortest: int = 0

    @property
    def schema(self) -> Schema:
        return {"type": "string", "minLength": self.shortest, "maxLength": self.longest}

    def read(self, value: Json, name: str) -> str:
        if not isinstance(value, str):
            raise Problem(Fault.NO_TEXT, field=name)
        if not self.shortest <= len(value) <= self.longest:
            raise Problem(
                Fault.WRONG_LENGTH,
                field=name,
                length=len(value),
                shortest=self.shortest,
                longest=self.longest,
            )
        return value


def _is_like(value: Json, schema: Schema) -> TypeGuard[str]:
    """Whether it is a text with the length and pattern that the schema says."""
    fits = isinstance(value, str) and len(value) <= schema["maxLength"]
    return fits and re.fullmatch(schema["pattern"], value) is not None


@dataclass(frozen=True, slots=True)
class Name:
    """What something or somebody is called, in any script; the space around it is dropped.

    It may hold what joins the parts of an emoji and what sets the direction of the letters beside it, but
    neither what turns the rest of a line around nor what cannot be seen at all.
    """

    longest: int

    @property
    def schema(self) -> Schema:
        pattern = f"^[^{_NEVER}]*[^{_NEVER}{_BLANK}][^{_NEVER}]*$"
        return {"type": "string", "maxLength": self.longest, "pattern": pattern}

    def read(self, value: Json, name: str) -> str:
        if not self.takes(value):
            raise Problem(Fault.NO_NAME, field=name, longest=self.longest)
        return str(value).strip()

    def takes(self, value: Json) -> bool:
        return _is_like(value, self.schema) and not _HALF.search(value)


@dataclass(frozen=True, slots=True)
class Line:
    """A text of one line; the space around it is dropped and does not count for the shortest."""

    longest: int
    shortest: int = 1

    @property
    def schema(self) -> Schema:
        within = f"{_PRINTABLE}{{{self.shortest - 2},}}{_VISIBLE}" if self.shortest > 1 else ""
        pattern = f"^ *{_VISIBLE}{within}{_PRINTABLE}*$"
        return {"type": "string", "maxLength": self.longest, "pattern": pattern}

    def read(self, value: Json, name: str) -> str:
        if not _is_like(value, self.schema):
            raise Problem(Fault.NO_LINE, field=name, shortest=self.shortest, longest=self.longest)
        return value.strip(" ")


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from ``lowest`` to ``highest``."""

    highest: int
    lowest: int = 1

    @property
    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.lowest, "maximum": self.highest}

    def read(self, value: Json, name: str) -> int:
        # In JSON 7.0 is the number 7.
        whole = int(value) if isinstance(value, float) and value.is_integer() else value
        if isinstance(whole, bool) or not isinstance(whole, int) or not self.lowest <= whole <= self.highest:
            raise Problem(Fault.NO_WHOLE_NUMBER, field=name, lowest=self.lowest, highest=self.highest)
        return whole


@dataclass(frozen=True, slots=True)
class Real:
    """Any number from ``lowest`` to ``highest``."""

    lowest: float
    highest: float

    @property
    def schema(self) -> Schema:
        return {"type": "number", "minimum": self.lowest, "maximum": self.highest}

    def read(self, value: Json, name: str) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not self.lowest <= value <= self.highest:
            raise Problem(Fault.NO_NUMBER, field=name, lowest=self.lowest, highest=self.highest)
        return float(value)


@dataclass(frozen=True, slots=True)
class Switch:
    """``true`` or ``false``."""

    @property
    def schema(self) -> Schema:
        return {"type": "boolean"}

    def read(self, value: Json, name: str) -> bool:
        if not isinstance(value, bool):
            raise Problem(Fault.NO_SWITCH, field=name)
        return value


@dataclass(frozen=True, slots=True)
class OneOf(Generic[E]):
    """The value of one of the members."""

    members: type[E]

    @property
    def schema(self) -> Schema:
        return {"type": "string", "enum": [member.value for member in self.members]}

    def read(self, value: Json, name: str) -> E:
        try:
            return self.members(value)
        except ValueError:
            words = ", ".join(member.value for member in self.members)
            raise Problem(Fault.NO_MEMBER, field=name, words=words) from None


@dataclass(frozen=True, slots=True)
class ListOf(Generic[T]):
    shape: Shape[T]
    longest: int = _LONGEST_LIST

    @property
    def schema(self) -> Schema:
        return {"type": "array", "maxItems": self.longest, "items": dict(self.shape.schema)}

    def read(self, value: Json, name: str) -> list[T]:
        if not isinstance(value, list) or len(value) > self.longest:
            raise Problem(Fault.NO_LIST, field=name, most=self.longest)
        return [self.shape.read(each, f"{name}[{number}]") for number, each in enumerate(value)]


@dataclass(frozen=True, slots=True)
class OneWord:
    words: tuple[str, ...]

    @property
    def schema(self) -> Schema:
        return {"type": "string", "enum": list(self.words)}

    def read(self, value: Json, name: str) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise Problem(Fault.NO_MEMBER, field=name, words=", ".join(self.words))
        return value


@dataclass(frozen=True, slots=True)
class OrNull(Generic[T]):
    """``null`` is as good as absent."""

    shape: Shape[T]

    @property
    def schema(self) -> Schema:
        return {"anyOf": [self.shape.schema, {"type": "null"}]}

    def read(self, value: Json, name: str) -> T | None:
        return None if value is None else self.shape.read(value, name)


@dataclass(frozen=True, eq=False)
class Field(Generic[T]):
    """A name in a body, what it takes, and how it is explained, in Spanish."""

    name: str
    shape: Shape[T]
    description: str
    example: Json

    @property
    def schema(self) -> Schema:
        return {**self.shape.schema, "description": self.description, "examples": [self.example]}

    def of(self, body: Object) -> T | None:
        """``None`` if it is not there."""
        return self.shape.read(body[self.name], self.name) if self.name in body else None

    def or_null(self) -> Field[T | None]:
        """The same where ``null`` is as good as absent."""
        return Field(self.name, OrNull(self.shape), self.description, self.example)

    def not_null(self) -> Field[Any]:
        """The same where ``null`` is not enough."""
        shape = self.shape.shape if isinstance(self.shape, OrNull) else self.shape
        return Field(self.name, shape, self.description, self.example)


@dataclass(frozen=True, eq=False)
class Body:
    """A JSON object. What is not named in it is left alone."""

    fields: tuple[Field[Any], ...]
    needs: tuple[tuple[Field[Any], ...], ...] = ((),)
    """All of the fields of one of these must be there, and not be ``null``."""

    @property
    def schema(self) -> Schema:
        """Each way is whole: generators of clients pass over what stands beside ``anyOf``."""
        ways = [self._with(each) for each in self.needs]
        return ways[0] if len(ways) == 1 else {"anyOf": ways}

    def _with(self, needed: tuple[Field[Any], ...]) -> Schema:
        fields = [field.not_null() if field in needed else field for field in self.fields]
        schema = {"type": "object", "properties": {field.name: field.schema for field in fields}}
        return schema | ({"required": [field.name for field in needed]} if needed else {})

    @property
    def example(self) -> Object:
        """With all fields of the first of its needs, and those that nothing needs."""
        optional = set(self.fields).difference(*self.needs)
        return {field.name: field.example for field in self.fields if field in {*self.needs[0], *optional}}

    def read(self, body: Object) -> Given:
        """Check every field that is there."""
        if not any(all(body.get(field.name) is not None for field in each) for each in self.needs):
            ways = " / ".join(" + ".join(field.name for field in each) for each in self.needs)
            raise Problem(Fault.SOMETHING_MISSING, ways=ways)
        return Given({field: field.of(body) for field in self.fields})


@dataclass(frozen=True, eq=False)
class Record:
    """An object within a body, with all of these fields and no others."""

    fields: tuple[Field[Any], ...]

    @property
    def schema(self) -> Schema:
        names: list[Json] = [field.name for field in self.fields]
        properties: Json = {field.name: dict(field.schema) for field in self.fields}
        return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}

    def read(self, value: Json, name: str) -> Given:
        names = [field.name for field in self.fields]
        if not isinstance(value, dict) or value.keys() != {*names}:
            raise Problem(Fault.NO_RECORD, field=name, names=", ".join(names))
        return Given(
            {field: field.shape.read(value[field.name], f"{name}.{field.name}") for field in self.fields}
        )


@dataclass(frozen=True, eq=False)
class Returned(Body):
    """Something that was read may be sent back: its other names may stand there unchanged, and no others."""

    unchanged: tuple[str, ...] = ()

    @property
    def schema(self) -> Schema:
        schema = super().schema
        others = {name: {"readOnly": True} for name in self.unchanged}
        return {**schema, "properties": {**schema["properties"], **others}, "additionalProperties": False}


class Given:
    """What a body holds, checked."""

    def __init__(self, values: Mapping[Field[Any], Any]) -> None:
        self._values = values

    def __getitem__(self, field: Field[T]) -> T:
        """Of a field that the body needs."""
        value: T = self._values[field]
        return value

    def get(self, field: Field[T]) -> T | None:
        """``None`` if it is not there. Raises :class:`KeyError` if the body does not know the field."""
        value: T | None = self._values[field]
        return value
