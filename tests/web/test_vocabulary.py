"""What the page is told of kinds and readings, in its document."""

from __future__ import annotations

import json
import re
from datetime import UTC
from typing import Any

import pytest

from actors.domain.kinds import KINDS, Kind
from actors.domain.rule_events import EVENTS
from actors.domain.units import UNITS
from actors.mqtt.dialects.quantities import QUANTITIES
from actors.simulator.appliances import APPLIANCES
from config import Settings
from rules.rulebook import rulebook
from web.page.files import shipped
from web.page.reading_words import READINGS
from web.page.vocabulary import SHOWN

_STANDS = re.compile(r'<script type="application/json" id="vocabulary">(.*?)</script>', re.DOTALL)
# Letters of SVG's paths, numbers, and what keeps them apart.
_PATH = re.compile(r"[Mm][MmLlHhVvCcSsQqTtAaZz0-9 ,.-]+")


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    found = _STANDS.search(shipped().files["index.html"].plain.body.decode())
    assert found is not None
    vocabulary: dict[str, Any] = json.loads(found[1])
    return vocabulary


def test_the_document_says_what_there_is(told: dict[str, Any]) -> None:
    """Of a kind its words, its icon and which of its readings is shown first; of a reading words and unit."""
    assert told["kinds"].keys() == {kind.name for kind in KINDS} == SHOWN.keys()
    assert told["kinds"]["riego"]["en"] == "Sprinkler"
    assert told["kinds"]["riego"]["main"] == ["humedad_suelo", "caudal_lpm"]
    assert {name for name, kind in told["kinds"].items() if kind["off"]} == {"luz", "ventilador", "enchufe"}
    assert told["rules"]["offline"] == ["ai_offline", "ai_back_online"]
    assert told["readings"].keys() == READINGS.keys()
    assert told["readings"]["temperatura"] == {"es": "Temperatura", "en": "Temperature", "unit": "°C"}
    assert told["readings"]["humo"]["unit"] == "%"


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_kind_can_be_shown_whole(kind: Kind) -> None:
    """With words in both languages, a drawing, and a name for each reading that may be its main one."""
    shown = SHOWN[kind.name]
    assert shown.es
    assert shown.en
    assert _PATH.fullmatch(shown.icon)
    assert set(kind.main) <= READINGS.keys()


def test_what_has_a_unit_has_a_name() -> None:
    assert UNITS.keys() <= READINGS.keys()


def test_what_other_makes_measure_has_a_name_and_its_unit() -> None:
    """The same unit as it is kept in; without one in the name, the device itself tells it (``unidades``)."""
    for quantity in QUANTITIES.values():
        assert quantity.name in READINGS
        assert UNITS.get(quantity.name, quantity.unit) == quantity.unit
    assert {each.name for each in QUANTITIES.values() if each.unit} - UNITS.keys() == {"voc"}


def test_every_kind_that_a_serial_number_tells_can_be_simulated() -> None:
    """And its label calls it as the page does."""
    labels = {name: appliance.label.name for name, appliance in APPLIANCES.items()}
    assert labels == {kind.name: SHOWN[kind.name].es for kind in KINDS if kind.prefix}


def test_every_rule_has_its_events() -> None:
    assert rulebook(Settings(), {}, {}, UTC, lambda _: None).keys() == EVENTS.keys()
