"""The table of what is supported is the one that the dialects make."""

from __future__ import annotations

from actors.mqtt.dialects.registry import FAMILIES
from tests.docs.specimens import SPECIMENS
from tests.docs.supported import DOCUMENT, table, written


def test_the_documented_table_is_what_the_dialects_make_of_the_specimens() -> None:
    document = DOCUMENT.read_text("utf-8")
    assert document == written(document), "python -m tests.docs.supported writes it as it should be"


def test_every_family_stands_in_it_with_what_it_can_be_told_and_what_it_reads() -> None:
    """A family without specimens, or one that nothing can be read of, would go unnoticed."""
    assert {each.family for each in SPECIMENS} == set(FAMILIES)
    lines = [line.split(" | ") for line in table()][2:]
    for family in FAMILIES:
        of_family = [line for line in lines if line[0] == f"| {family}"]
        assert any("`encendido`" in line[2] for line in of_family), family
        assert any("`temperatura`" in line[3] for line in of_family), family
