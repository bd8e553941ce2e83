"""What people are told of each finding that a rule may make, in both languages."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.findings import Episode, Finding, KeptFinding
from actors.domain.metrics import Hazard
from actors.domain.model import Json, JsonObject
from actors.domain.notices import Occurrence, Told
from actors.domain.rule_events import EVENTS
from actors.domain.weather import MEASURES
from tests.docs.pages import HOUSE
from web.texts.notice_words import NoticeWords

# Friday 15 January 2027, 08:00 UTC.
EIGHT: Final = 1_800_000_000.0
WORDS: Final = NoticeWords(UTC)
LANGUAGES: Final = ("es", "en")
BOUNDS: Final[JsonObject] = {"min": 1, "max": 6.5, "source": "hist"}
# By event, its own fields as the rule gives them; what people are told, in both languages.
TOLD: Final[dict[str, tuple[JsonObject, Told, Told]]] = {
    "ai_anomaly": (
        {"metric": "temperatura", "value": 19.25, "bounds": BOUNDS},
        Told(
            "Temperatura de 19,25 °C en Nevera (Cocina)",
            "Lo normal es de 1 °C a 6,5 °C.\nDesde el 15/1 a las 08:00.",
        ),
        Told(
            "Temperature of 19.25 °C at Nevera (Cocina)",
            "Normal is 1 °C to 6.5 °C.\nSince 15 Jan at 08:00.",
        ),
    ),
    "ai_alarm": (
        {"metric": "humo", "value": True, "peligro": "humo"},
        Told("¡Humo! Nevera (Cocina)", "Lo dice el propio aparato (Humo).\nDesde el 15/1 a las 08:00."),
        Told("Smoke! Nevera (Cocina)", "The device itself says so (Smoke).\nSince 15 Jan at 08:00."),
    ),
    "ai_offline": (
        {"seconds_offline": 129, "since_ts_local": "2027-01-15T08:00:00+00:00"},
        Told("Nevera (Cocina) no responde", "Desde el 15/1 a las 08:00."),
        Told("Nevera (Cocina) does not respond", "Since 15 Jan at 08:00."),
    ),
    "ai_back_online": (
        {"was_offline_secs": 149},
        Told("Nevera (Cocina) vuelve a responder", "Desde el 15/1 a las 08:00."),
        Told("Nevera (Cocina) responds again", "Since 15 Jan at 08:00."),
    ),
    "ai_misconfig": (
        {"suggested_patch": {"configuracion": {"modo": "horario"}}},
        Told("Nevera (Cocina) se puede ajustar mejor", "Desde el 15/1 a las 08:00."),
        Told("Nevera (Cocina) could be set up better", "Since 15 Jan at 08:00."),
    ),
    "ai_suggest": (
        {"suggested_horarios": {"diario": [["07:00", "08:00"]]}},
        Told("Un horario para Nevera (Cocina)", "Desde el 15/1 a las 08:00."),
        Told("A timetable for Nevera (Cocina)", "Since 15 Jan at 08:00."),
    ),
    "ai_weather": (
        {"consejo": "viento", "medidas": {"rafagas_kmh": 81.2}},
        Told(
            "Viene viento fuerte: cuida Nevera (Cocina)",
            "Rachas de 81,2 km/h en las próximas 3 horas.\nDesde el 15/1 a las 08:00.",
        ),
        Told(
            "A strong wind is coming: look after Nevera (Cocina)",
            "Gusts of 81.2 km/h in the next 3 hours.\nSince 15 Jan at 08:00.",
        ),
    ),
}


def occurrence(event: str, details: JsonObject, until: float | None = None) -> Occurrence:
    rule = next(rule for rule, events in EVENTS.items() if event in events)
    finding = Finding(rule, event, 7, "TMP0A", EIGHT, details, episode=Episode("a", EIGHT, until, 1))
    return Occurrence(KeptFinding(1, finding, None), "Nevera", 2, "Cocina", 1)


def titles(event: str, **details: Json) -> list[str]:
    what = occurrence(event, details)
    return [WORDS.begun(what, language).title for language in LANGUAGES]


@pytest.mark.parametrize("event", [event for events in EVENTS.values() for event in events])
def test_each_event_has_words_of_its_own(event: str) -> None:
    details, *told = TOLD[event]
    assert [WORDS.begun(occurrence(event, details), language) for language in LANGUAGES] == told
    over = occurrence(event, details, EIGHT + 3600)
    assert WORDS.ended(over, "es") == Told(
        f"Ya pasó: {told[0].title}", "Del 15/1 a las 08:00 al 15/1 a las 09:00."
    )
    assert WORDS.ended(over, "en").title == f"Over: {told[1].title}"
    assert WORDS.begun(over, "es").title == f"Ya pasó: {told[0].title}"


def test_what_people_have_muted_has_not_passed() -> None:
    details, *_ = TOLD["ai_alarm"]
    over = occurrence("ai_alarm", {**details, "silenciado": True}, EIGHT + 3600)
    for told in (WORDS.ended, WORDS.begun):
        assert told(over, "es").title == "Ya no se avisa: ¡Humo! Nevera (Cocina)"
        assert told(over, "en").title == "Told no more: Smoke! Nevera (Cocina)"


def test_each_hazard_has_a_title_of_its_own() -> None:
    told = [title for hazard in Hazard for title in titles("ai_alarm", peligro=hazard.value)]
    assert len(set(told)) == 2 * len(Hazard)
    assert titles("ai_alarm", peligro="dragón") == titles("ai_alarm", peligro=Hazard.OTHER.value)


def test_an_alarm_that_comes_and_goes_says_so() -> None:
    details = {"metric": "humo", "value": True, "peligro": "humo", "intermitente": True}
    told = [WORDS.begun(occurrence("ai_alarm", details), language).text for language in LANGUAGES]
    assert "Va y viene." in told[0]
    assert "It comes and goes." in told[1]


def test_each_advice_of_the_table_has_a_title_of_its_own() -> None:
    """One that people have added is told in general, and the end of the weather as such."""
    table = json.loads((HOUSE / "rules" / "data" / "clima.json").read_text())
    general = titles("ai_weather", consejo="granizo")
    advice = {each["consejo"] for kind in table.values() for each in kind}
    told = [title for name in advice for title in titles("ai_weather", consejo=name)]
    assert len({*told, *general}) == 2 * len(advice) + 2
    assert titles("ai_weather", consejo="sol", fin=True)[0] == (
        "Pasó el mal tiempo: Nevera (Cocina) puede volver a lo de antes"
    )


@pytest.mark.parametrize("measure", MEASURES)
def test_each_measure_of_the_weather_is_told(measure: str) -> None:
    what = occurrence("ai_weather", {"consejo": "sol", "medidas": {measure: 12.0}})
    for language in LANGUAGES:
        assert "12 " in WORDS.begun(what, language).text


def test_more_specific_titles() -> None:
    assert titles("ai_offline", inestable=True)[0] == "Nevera (Cocina) pierde la conexión a menudo"
    assert titles("ai_anomaly", motivo="sensor", metric="humedad")[0] == (
        "El sensor de Nevera (Cocina) parece averiado (Humedad)"
    )


def test_a_device_without_a_name_goes_by_its_serial_number() -> None:
    nobody = replace(occurrence("ai_offline", {}), device_name="No definido", room="")
    assert WORDS.begun(nobody, "es").title == "TMP0A no responde"


def test_digests_and_rests_count() -> None:
    assert WORDS.digest(["a"], 0, "es") == Told("Resumen de la casa: 1 aviso", "· a")
    assert WORDS.rest(["a", "b"], 3, "es") == Told("Y 5 avisos más", "· a\n· b\n… y 3 más.")
    assert WORDS.rest(["a", "b"], 0, "en") == Told("And another 2 notices", "· a\n· b")


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES: Final = (
    "metric",
    "value",
    "bounds",
    "peligro",
    "consejo",
    "medidas",
    "fin",
    "inestable",
    "intermitente",
    "motivo",
)


@given(
    st.sampled_from(sorted(TOLD)), st.dictionaries(st.sampled_from(NAMES), JSON), st.sampled_from(LANGUAGES)
)
def test_whatever_an_older_version_has_kept_is_worded(event: str, details: JsonObject, language: str) -> None:
    what = occurrence(event, details)
    assert WORDS.begun(what, language).title
    assert "Nevera" in WORDS.ended(what, language).title
