"""Types of answers as JSON Schema."""

from __future__ import annotations

from typing import TypedDict

import pytest

from web.schemas.json_schema import Components, named


@named("Nevera")
class FridgeJson(TypedDict):
    grados: float


@named("Nevera")
class OtherJson(TypedDict):
    grados: int


class NamelessJson(FridgeJson):
    luz: bool


def test_a_record_stands_once_under_its_name() -> None:
    components = Components()
    assert components.schema_of(list[FridgeJson]) == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Nevera"},
    }
    assert components.schema_of(FridgeJson) == {"$ref": "#/components/schemas/Nevera"}
    assert components.found == {
        "Nevera": {
            "type": "object",
            "properties": {"grados": {"type": "number"}},
            "required": ["grados"],
        }
    }


@pytest.mark.parametrize("record", [NamelessJson, OtherJson])
def test_every_record_has_a_name_of_its_own(record: type) -> None:
    """Not that of what it extends, nor one that another has."""
    components = Components()
    components.schema_of(FridgeJson)
    with pytest.raises(TypeError, match="needs a name of its own"):
        components.schema_of(record)
