"""What may stand in the query string, where everything is text: each shape both checks and describes it.

Everything that is wrong raises :class:`web.texts.problem.Problem`, naming the parameter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from actors.domain.model import SERIAL, Json
from web.schemas.validators import Schema
from web.texts.faults import Fault
from web.texts.problem import Problem

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class TextShape(Protocol[T_co]):
    @property
    def schema(self) -> Schema:
        """In JSON Schema 2020-12."""

    def parse(self, text: str, name: str) -> T_co: ...


@dataclass(frozen=True, slots=True)
class Anything:
    @property
    def schema(self) -> Schema:
        return {"type": "string"}

    def parse(self, text: str, name: str) -> str:  # noqa: ARG002
        return text


@dataclass(frozen=True, slots=True)
class Serial:
    @property
    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{SERIAL.pattern}$"}

    def parse(self, text: str, name: str) -> str:
        if not SERIAL.fullmatch(text):
            raise Problem(Fault.PARAMETER_NO_SERIAL, name=name, given=text)
        return text


@dataclass(frozen=True, slots=True)
class Word:
    words: tuple[str, ...]

    @property
    def schema(self) -> Schema:
        return {"type": "string", "enum": list(self.words)}

    def parse(self, text: str, name: str) -> str:
        if text not in self.words:
            raise Problem(Fault.PARAMETER_NO_WORD, name=name, given=text, words=", ".join(self.words))
        return text


@dataclass(frozen=True, slots=True)
class Flag:
    @property
    def schema(self) -> Schema:
        return {"type": "boolean"}

    def parse(self, text: str, name: str) -> bool:
        if text.lower() not in ("true", "false"):
            raise Problem(Fault.PARAMETER_NO_FLAG, name=name, given=text)
        return text.lower() == "true"


@dataclass(frozen=True, slots=True)
class Number:
    """From 1 to ``highest``."""

    highest: int

    @property
    def schema(self) -> Schema:
        return {"type": "integer", "minimum": 1, "maximum": self.highest}

    def parse(self, text: str, name: str) -> int:
        known = text.isascii() and text.isdigit() and len(text) <= 18
        if not (known and 1 <= int(text) <= self.highest):
            raise Problem(Fault.PARAMETER_NO_NUMBER, name=name, given=text, highest=self.highest)
        return int(text)


@dataclass(frozen=True, slots=True)
class AtMost:
    """A number from 1 on, of which one beyond ``highest`` is as good as that."""

    highest: int

    @property
    def schema(self) -> Schema:
        return {"type": "integer", "minimum": 1}

    def parse(self, text: str, name: str) -> int:
        digits = text.lstrip("0") if text.isascii() and text.isdigit() else ""
        if not digits:
            raise Problem(Fault.PARAMETER_NO_NUMBER, name=name, given=text, highest=self.highest)
        return self.highest if len(digits) > 9 else min(int(digits), self.highest)


@dataclass(frozen=True, eq=False)
class Parameter(Generic[T]):
    """A name in the query string, what it takes, and how it is explained, in Spanish."""

    name: str
    shape: TextShape[T]
    default: T
    """Where it is absent or empty."""
    description: str
    example: Json = None

    @property
    def schema(self) -> Schema:
        default = {} if self.default is None else {"default": self.default}
        return {**self.shape.schema, **default}

    def of(self, texts: Iterable[str]) -> T:
        """``texts`` are all that stand there under this name."""
        text, *more = texts or ("",)
        if more:
            raise Problem(Fault.PARAMETER_TWICE, name=self.name)
        return self.shape.parse(text, self.name) if text else self.default
