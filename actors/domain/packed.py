"""Large JSON objects held as their text: decoded, 64 KiB of nested ones take up to 1.9 MiB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import orjson

# Bytes of JSON beyond which an object is held packed. What devices of a house say takes less than half.
LARGE: Final = 1024
# Objects that stay decoded: one report reads its device's three again and again. At most 16 MiB.
_DECODED: Final = 8


class Packed(Mapping[str, Any]):
    """A JSON object that is decoded when it is read. ``text`` has to be one, in UTF-8."""

    __slots__ = ("text",)

    def __init__(self, text: bytes) -> None:
        self.text = text

    def __getitem__(self, name: str) -> Any:
        return _decoded(self.text)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_decoded(self.text))

    def __len__(self) -> int:
        return len(_decoded(self.text))

    def __repr__(self) -> str:
        return f"Packed({self.text!r})"


def packed(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """``values`` as they are to be held: packed if they are large. It takes 1 µs where they are not."""
    if isinstance(values, Packed):
        return values
    text = orjson.dumps(values)
    return Packed(text) if len(text) > LARGE else values


def encoded(value: Any) -> bytes:
    """JSON in UTF-8 of what may hold packed objects; their text goes out as it is."""
    return orjson.dumps(value, default=_text_of)


def _text_of(value: object) -> orjson.Fragment:
    if isinstance(value, Packed):
        return orjson.Fragment(value.text)
    raise TypeError


@lru_cache(maxsize=_DECODED)
def _decoded(text: bytes) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(text)
    return found
