"""Findings from the writer to people and back: the real actors, a real database, real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.domain.findings import Proposal
from actors.domain.model import Device
from tests.web.home import LiveSite
from tests.web.site import at_once

SERIAL = "RGD0ABC123"
CLAIMED = Device(id=1, serial=SERIAL, claimed=True, version=3, configuration={"modo": "manual"})
PATCH = {"suggested_patch": {"configuracion": {"modo": "horario"}}, "issues": ["…"], "severity": "low"}
LESS_OFTEN = {"suggested_patch": {"configuracion": {"intervalo_envio": 60}}, "severity": "medium"}
TO_SCHEDULE = Proposal({"modo": "horario"}, frozenset({"modo"}))
EVENING = {"horarios": [{"dias": ["todos"], "inicio": "20:00", "fin": "22:00"}]}
TO_LESS_OFTEN = Proposal({"intervalo_envio": 60}, frozenset({"intervalo_envio"}))
WEEK = {"modo": "horario", "horarios": [{"dias": ["lunes"], "inicio": "06:00", "fin": "06:30"}]}
TO_WEEK = Proposal(WEEK, frozenset({"horarios"}))
SUGGESTED = {"suggested_horarios": {"lunes": [{"inicio": "06:00", "fin": "06:30"}]}}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[LiveSite]:
    with LiveSite(tmp_path / "iot.db", CLAIMED) as running:
        yield running


def test_an_applied_suggestion_is_stored_and_sent_to_the_device(home: LiveSite) -> None:
    """By the time of the answer; and the event says what was made of it."""
    number = home.conclude("learn", "ai_suggest", SUGGESTED, TO_WEEK)
    answer = home.site.post(f"/ai/eventos/{number}/aplicar")
    assert answer.status == 200
    assert WEEK.items() <= answer.json["configuracion"].items()
    assert (home.stored().configuration, home.stored().version) == (answer.json["configuracion"], 4)
    assert home.network.configurations == [(SERIAL, 4, answer.json["configuracion"])]
    (event,) = home.site.get(f"/ai/eventos?dispositivo={home.device.id}&regla=learn").json["data"]
    assert (event["evento_id"], event["decision"]) == (number, "aplicado")
    assert event["suggested_horarios"] == SUGGESTED["suggested_horarios"]
    assert event["propuesta"] == {"configuracion": WEEK, "depende_de": ["horarios"]}
    for way in ("aplicar", "descartar"):
        assert home.site.post(f"/ai/eventos/{number}/{way}").status == 409


def test_a_suggestion_of_yesterday_is_not_applied(home: LiveSite) -> None:
    """A change since then wins; the suggestion can still be dismissed, once."""
    number = home.conclude("misconfig", "ai_misconfig", LESS_OFTEN, TO_LESS_OFTEN)
    assert home.site.put("/dispositivos/1", {"configuracion": {"intervalo_envio": 30}}).status == 200
    assert home.site.post(f"/ai/eventos/{number}/aplicar").status == 409
    assert home.stored().configuration == {"modo": "manual", "intervalo_envio": 30}
    assert home.site.get("/ai/eventos").json["data"][0]["decision"] == "abierto"
    assert home.site.post(f"/ai/eventos/{number}/descartar").status == 200
    assert home.site.get("/ai/eventos").json["data"][0]["decision"] == "descartado"
    assert home.site.post(f"/ai/eventos/{number}/descartar").status == 409


def test_what_somebody_has_done_by_hand_counts_as_applied(home: LiveSite) -> None:
    """Once; the device hears nothing that it has not heard."""
    number = home.conclude("misconfig", "ai_misconfig", LESS_OFTEN, TO_LESS_OFTEN)
    by_hand = home.site.put("/dispositivos/1", {"configuracion": {"intervalo_envio": 60}}).json
    answer = home.site.post(f"/ai/eventos/{number}/aplicar")
    assert (answer.status, answer.json) == (200, by_hand)
    assert home.site.get("/ai/eventos").json["data"][0]["decision"] == "aplicado"
    assert home.network.configurations == [(SERIAL, 4, by_hand["configuracion"])]
    assert home.stored().version == 4


def test_of_racing_decisions_the_stored_one_is_the_one_carried_out(home: LiveSite) -> None:
    """Exactly one of four is answered with 200, and the database agrees with the device."""
    home.site.put("/dispositivos/1", {"configuracion": EVENING})
    for _ in range(5):
        home.device = home.stored()
        number = home.conclude("misconfig", "ai_misconfig", PATCH, TO_SCHEDULE)
        ways = ["aplicar", "descartar"] * 2

        def decide(way: str, number: int = number) -> int:
            return home.site.post(f"/ai/eventos/{number}/{way}").status

        assert at_once(decide, ways) == [200, 409, 409, 409]
        applied = home.site.get("/ai/eventos").json["data"][0]["decision"] == "aplicado"
        assert (home.stored().configuration["modo"] == "horario") == applied
        assert home.site.put("/dispositivos/1", {"configuracion": {"modo": "manual"}}).status == 200
