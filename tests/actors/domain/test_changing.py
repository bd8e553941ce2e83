"""A frozen value is changed as `dataclasses.replace` would change it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.changing import changer


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    name: str
    size: int = 1
    parts: tuple[int, ...] = ()
    found: int | None = field(default=None, init=False, compare=False)


changed = changer(Thing)


@given(
    st.fixed_dictionaries(
        {}, optional={"name": st.text(), "size": st.integers(), "parts": st.tuples(st.integers())}
    )
)
def test_it_is_as_by_replace(changes: dict[str, object]) -> None:
    before = Thing(name="a", size=2, parts=(3,))
    after = changed(before, **changes)
    assert after == replace(before, **changes)  # type: ignore[arg-type]
    assert before == Thing(name="a", size=2, parts=(3,))


def test_what_was_found_of_the_one_before_is_not_so_of_the_next() -> None:
    before = Thing(name="a")
    object.__setattr__(before, "found", 7)
    assert changed(before, size=3).found is None


def test_what_there_is_not_cannot_be_changed_and_the_result_is_frozen() -> None:
    with pytest.raises(KeyError):
        changed(Thing(name="a"), colour="red")
    with pytest.raises(FrozenInstanceError):
        changed(Thing(name="a"), size=3).size = 4  # type: ignore[misc]
