"""Passwords and their hashes."""

from __future__ import annotations

from statistics import median
from time import perf_counter

import pytest

from web.security.passwords import fault_in, fits, hashed


def test_a_password_fits_its_own_hash_alone() -> None:
    """However its accents were typed; and a hash does not show which passwords are the same."""
    stored = hashed("Contrase\u00f1a 1")
    assert stored.startswith("$argon2id$")
    assert fits("Contrasen\u0303a 1", stored)
    assert not fits("contrase\u00f1a 1", stored)
    assert hashed("Contrase\u00f1a 1") != stored


def test_without_a_stored_password_nothing_fits() -> None:
    for stored in (None, "", "basura", "$argon2id$v=19$m=1,t=1,p=1$$"):
        assert not fits("", stored)
        assert not fits("lo que sea", stored)
    assert not fits("\ud800", hashed("lo que sea"))


def test_it_takes_as_long_where_there_is_no_password() -> None:
    """So that nobody learns by the clock who has one."""
    stored = hashed("caballo correcto")

    def takes(against: str | None) -> float:
        times = []
        for _ in range(7):
            began = perf_counter()
            fits("otra cosa", against)
            times.append(perf_counter() - began)
        return median(times)

    takes(None)
    assert 0.25 < takes(None) / takes(stored) < 4


@pytest.mark.parametrize(
    ("password", "good"), [("x" * 9, False), ("x" * 10, True), ("x" * 200, True), ("x" * 201, False)]
)
def test_length_is_what_makes_a_password(password: str, good: bool) -> None:
    assert (fault_in(password) is None) is good
