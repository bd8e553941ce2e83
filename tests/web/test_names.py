"""What a name may be: the same for devices, rooms, people and tokens, by whatever way it comes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from actors.domain.people import key_of
from tests.web.site import LAMP
from web.routes.auth import MAX_NAME
from web.routes.auth import NAME as TOKEN_NAME
from web.routes.people import PERSON_NAME
from web.routes.rooms import ROOM_NAME
from web.schemas.commands import change_of, claim_of
from web.schemas.serializers import device_json
from web.schemas.validators import Name
from web.texts.problem import Problem

FAMILY = "\u200d".join("👨👩👧👦")
GOOD = [
    *(
        "Salón",
        f"{FAMILY} Familia",
        "❤\ufe0f",
        "\u2600\ufe0e",
        "👍\U0001f3fd",
        "1\ufe0f\u20e3",
        "a",
        "Luz\u00a02",
    ),
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "\U0001f1ea\U0001f1f8 Casa",
    *(
        "\u200f\u063a\u0631\u0641\u0629\u200f",
        "\u200eCocina",
        "\u061c\u0628\u064a\u062a",
        "\u0645\u06cc\u200c\u062e",
    ),
]
BAD = [
    *("", " ", "\u00a0", "\u200f", "\u200d", "\ufe0f", "\u3164", "\u3000\u200e", "\U000e0067\U000e007f"),
    *(
        "a\nb",
        "a\n",
        "\ta",
        "a\0",
        "a\x1b[31m",
        "a\x7f",
        "a\x85",
        "a\u2028b",
        "a\u2029",
        "a\u200bb",
        "\ufeffa",
    ),
    *(f"a{chr(sign)}b" for sign in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
    *("a\ud800", "\udfffa"),
]


@pytest.mark.parametrize("name", GOOD)
def test_a_name_may_be_in_any_script_and_of_any_emoji(name: str) -> None:
    assert Name(60).read(f" {name} ", "nombre") == name


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_seen_or_turns_a_line_around_is_no_name(name: str) -> None:
    with pytest.raises(Problem, match="nombre"):
        Name(60).read(name, "nombre")


CURRENT: Any = device_json(LAMP)


@pytest.mark.parametrize("name", GOOD + BAD)
def test_everybody_and_everything_is_called_by_the_same_rule(name: str) -> None:
    """By a change, by a claim, as a room, a person, a token, and from the command line."""

    def is_taken(read: Callable[[], object]) -> bool:
        try:
            read()
        except Problem:
            return False
        return True

    taken = [
        is_taken(lambda: change_of({"nombre": name}, CURRENT, ())),
        is_taken(lambda: claim_of({"nombre": name}, LAMP.serial, {})),
        *(is_taken(partial(field.of, {"nombre": name})) for field in (ROOM_NAME, PERSON_NAME, TOKEN_NAME)),
        Name(MAX_NAME).takes(name),
    ]
    assert taken == [name in GOOD] * len(taken)


def test_names_that_differ_in_what_is_not_seen_are_one() -> None:
    assert key_of("Cocina\u200f") == key_of("\u200ecocina") == key_of("COCINA")
    assert key_of("❤\ufe0f") == key_of("❤")
    assert key_of(FAMILY) != key_of(FAMILY[::-1])
