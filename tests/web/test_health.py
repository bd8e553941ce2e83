"""What an operator, and a load balancer, is told of actors that fail."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actors.domain.clock_doubt import ClockDoubt, Doubt
from actors.domain.status import MaintenanceStatus, NoticeStatus, StrangersStatus, WriterStatus
from actors.domain.unserved import Trouble, Unserved
from actors.runtime.supervision import Name, Part, Quarantined
from tests.web.site import BLIND, HEALTHY, Site
from web.http.handler import MOST_QUEUED
from web.texts.languages import Language
from web.texts.unserved_words import line

DEVICE = Quarantined(Name(Part.DEVICE, "TMP0"), 1_800_000_000.0, 5, "ValueError('planted')")
RULE = replace(DEVICE, name=Name(Part.RULE, "TMP0", "learn"))


def test_what_is_in_quarantine_is_told_and_a_device_takes_nothing_from_the_others() -> None:
    """200, so that nobody takes the whole house out of service for it."""
    health = replace(HEALTHY, rule_failures=7, core_failures=2, quarantined=[DEVICE, RULE])
    with Site(health=lambda: health) as site:
        answer = site.get("/salud")
    assert (answer.status, answer.json["estado"]) == (200, "degradado")
    told = answer.json["actores"]
    assert told["cuarentena"] == [
        {
            "actor": "dispositivo TMP0",
            "desde": "2027-01-15T08:00:00.000Z",
            "fallos": 5,
            "error": "ValueError('planted')",
        },
        {
            "actor": "regla learn de TMP0",
            "desde": "2027-01-15T08:00:00.000Z",
            "fallos": 5,
            "error": "ValueError('planted')",
        },
    ]
    assert (told["en_cuarentena"], told["fallos_de_regla"], told["fallos_internos"]) == (2, 7, 2)


@pytest.mark.parametrize("part", [part for part in Part if Name(part).is_core])
def test_without_one_of_the_core_the_house_is_not_served(part: Part) -> None:
    """503; and each has a name that an operator can read."""
    health = replace(HEALTHY, quarantined=[replace(DEVICE, name=Name(part))])
    with Site(health=lambda: health) as site:
        answer = site.get("/salud")
    assert (answer.status, answer.json["estado"]) == (503, "degradado")
    assert answer.json["actores"]["cuarentena"][0]["actor"].isalpha()


@pytest.mark.parametrize("part", [Part.NOTIFIER, Part.WEATHER])
def test_the_house_is_served_without_who_only_tells_or_advises(part: Part) -> None:
    """It is shown, and whatever watches the service starts nothing anew."""
    health = replace(HEALTHY, quarantined=[replace(DEVICE, name=Name(part))])
    with Site(health=lambda: health) as site:
        answer = site.get("/salud")
    assert (answer.status, len(answer.json["actores"]["cuarentena"])) == (200, 1)


def test_of_very_many_in_quarantine_fifty_are_shown_and_all_are_counted() -> None:
    many = [replace(DEVICE, name=Name(Part.DEVICE, f"TMP0{n}")) for n in range(1000)]
    with Site(health=lambda: replace(HEALTHY, quarantined=many)) as site:
        told = site.get("/salud").json["actores"]
    assert (len(told["cuarentena"]), told["en_cuarentena"]) == (50, 1000)


@pytest.mark.parametrize(
    "writer",
    [replace(HEALTHY.writer, healthy=False), replace(HEALTHY.writer, queued=MOST_QUEUED + 1)],
    ids=["disk full", "disk slow"],
)
def test_a_change_that_cannot_be_kept_is_refused_at_once(writer: WriterStatus) -> None:
    """It would wait for the disk in memory, and a disk can be full for days."""
    with Site(BLIND, health=lambda: replace(HEALTHY, writer=writer)) as site:
        assert site.ask("PUT", f"/dispositivos/{BLIND.id}", {"nombre": "Otra"}).status == 503
        assert site.ask("GET", f"/dispositivos/{BLIND.id}").json["nombre"] == BLIND.name


@pytest.mark.parametrize(
    ("language", "way_out"), [(Language.SPANISH, "cambia el nombre"), (Language.ENGLISH, "change the name")]
)
def test_who_cannot_be_served_is_told_of_with_a_way_out(language: Language, way_out: str) -> None:
    """In the language of whoever asks."""
    broker = replace(HEALTHY.broker, unserved=[Unserved("zigbee{2}mqtt", Trouble.SPACES)])
    with Site(health=lambda: replace(HEALTHY, broker=broker)) as site:
        answer = site.ask("GET", "/salud", headers={"Accept-Language": language.value})
    [told] = answer.json["broker"]["avisos"]
    assert told.startswith("zigbee{2}mqtt ")
    assert "MQTT_EMBEDDED=mosquitto" in told
    assert way_out in told
    assert answer.headers["Vary"] == "Accept-Language"


@pytest.mark.parametrize(
    ("language", "says"),
    [(Language.SPANISH, "El reloj ha saltado"), (Language.ENGLISH, "The clock has jumped by")],
)
def test_a_clock_that_is_not_believed_is_told_of_in_the_readers_language(
    language: Language, says: str
) -> None:
    """So is why nothing is deleted meanwhile."""
    maintenance = MaintenanceStatus(deletion_paused=ClockDoubt(Doubt.JUMP_WITHIN_A_DAY, -86_400))
    doubt = ClockDoubt(Doubt.JUMPED, 7_200)
    with Site(health=lambda: replace(HEALTHY, clock_doubt=doubt, maintenance=maintenance)) as site:
        told = site.ask("GET", "/salud", headers={"Accept-Language": language.value}).json
    assert told["estado"] == "degradado"
    assert told["reloj_en_duda"] == f"{says} +7200 s"
    assert told["base_de_datos"]["borrado_en_pausa"].startswith(says)


@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_of_a_client_has_words(trouble: Trouble) -> None:
    spanish, english = (line(Unserved("caldera", trouble), language) for language in Language)
    assert spanish != english


@pytest.mark.parametrize(
    ("minutes", "state", "spanish", "english"),
    [
        (15, "ok", "15 min", "15 min"),
        (16, "degradado", "16 min", "16 min"),
        (130, "degradado", "2 h", "2 h"),
        (3 * 1_440, "degradado", "3 días", "3 days"),
    ],
)
def test_notifications_that_fail_are_told(minutes: int, state: str, spanish: str, english: str) -> None:
    """In figures, and in words of both languages; who fails for long wants looking at."""
    since = HEALTHY.at - 60 * minutes
    notices = NoticeStatus(sent=4, failed=9, given_up=1, waiting=3, failing=2, silent=1, failing_since=since)
    with Site(health=lambda: replace(HEALTHY, notices=notices)) as site:
        languages = [{"Accept-Language": each} for each in ("es", "en")]
        told = [site.ask("GET", "/salud", headers=each).json for each in languages]
    assert {each["estado"] for each in told} == {state}
    lines = [each["avisos"].pop("detalle") for each in told]
    assert lines == [
        [
            f"2 canales de avisos fallan desde hace {spanish} (sin respuesta: 1); esperan 3 avisos.",
            "Un aviso se ha abandonado tras un día de intentos.",
        ],
        [
            f"2 channels of notifications have failed for {english} (without an answer: 1); "
            "3 notifications wait.",
            "A notification was given up after a day of trying.",
        ],
    ]
    assert told[0]["avisos"].pop("fallan_desde")
    assert told[0]["avisos"] == {
        "esperan": 3,
        "enviados": 4,
        "fallidos": 9,
        "abandonados": 1,
        "canales_que_fallan": 2,
        "sin_respuesta": 1,
    }


def test_devices_that_found_no_room_are_counted() -> None:
    with Site(health=lambda: replace(HEALTHY, strangers=StrangersStatus(500, 12, 1))) as site:
        answer = site.ask("GET", "/salud", headers={"Accept-Language": "en"}).json
    told = answer["dispositivos"]
    assert (answer["estado"], told["sin_sitio"], told["cedieron"]) == ("ok", 12, 1)
    assert told["detalle"] == [
        "There is no room for more unclaimed devices (500, MAX_NO_RECLAMADOS): those that have sent "
        "12 messages were not served.",
        "An unclaimed device has given way to another one.",
    ]
