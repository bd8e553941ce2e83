"""The feed of findings: what the house has noticed, why, and what people make of it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.brokers import wait_until
from tests.page.browsing import Complaints, assert_accessible, assert_fits, expect_live
from tests.page.conftest import PHONE, OpenPage
from tests.page.home import Home
from tests.page.opened import open_modules

THERMOMETER = "TMP0AAAAAAAA"
LAMP = "LGT0AAAAAAAA"
# The one that the demonstration has a schedule for.
SPRINKLER = "RGD0ABC123"
DEMO = Path(__file__).resolve().parents[2] / "rules" / "data" / "river_models"
LONG_NAME = "Termometrodelinvernaderodetrasdelacasadelosabuelosdelpueblo1"
WRONG = {"modo": "manual", "intervalo_envio": 7200}
MENDED = {"modo": "horario", "intervalo_envio": 3600}
# What the demonstration suggests, as a hand would write it.
DRAWN = {
    "modo": "horario",
    "horarios": [
        {"dias": ["jueves"], "inicio": "08:30", "fin": "09:00"},
        {"dias": ["lunes"], "inicio": "18:00", "fin": "18:15"},
        {"dias": ["lunes"], "inicio": "18:15", "fin": "18:30"},
        {"dias": ["Monday"], "inicio": "06:00", "fin": "06:30"},
    ],
}
HOT = {"temperatura": 120.5}
CONFLICT = "409"
# As the stream does, many at once.
HEAR = "async (heard) => { (await import('/pagina/js/house.js')).fresh.value = heard; }"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """One that demonstrates a learned schedule, and warns of each odd reading and each silence."""
    settings = {
        "ai_r3_demo_mode": "true",
        "ai_r3_demo_csv_dir": DEMO,
        "ai_alert_cooldown_s": 0,
        "ai_r4_grace_secs": 0,
    }
    with Home(tmp_path, **settings) as home:
        yield home


def overheat(home: Home) -> int:
    """The id of a thermometer that has told an impossible temperature, which has been found."""
    device = home.claim(THERMOMETER, nombre="Sensor Temp")
    home.report(THERMOMETER, parametros=HOT)
    until_found(home, 1)
    return device


def odd(home: Home, *temperatures: float) -> None:
    """Anomalies of their own: in between the thermometer tells what is normal."""
    for temperature in temperatures:
        for each in (20, temperature):
            home.report(THERMOMETER, parametros={"temperatura": each})


def until_found(home: Home, findings: int) -> None:
    """A finding is kept a moment after the report that it is about."""
    wait_until(lambda: home.get("/ai/eventos")["total"] >= findings)


def finding(page: Page, title: str) -> Locator:
    return page.get_by_role("article", name=title)


def decisions(home: Home, device: int) -> list[tuple[str, str]]:
    """Newest first."""
    return [
        (each["event"], each["decision"]) for each in home.get(f"/ai/eventos?dispositivo={device}")["data"]
    ]


def test_an_odd_value_is_told_with_what_is_normal(home: Home, page: Page) -> None:
    """And leads to its device."""
    device = overheat(home)
    page.goto("/#/avisos")
    expect(page.get_by_role("heading", level=2, name="Hoy")).to_be_visible()
    card = finding(page, "Temperatura de 120,5 °C en Sensor Temp")
    expect(card).to_contain_text(
        "Lo normal es de -55 a 100 °C, según lo que mide un aparato de su clase (termómetro)."
    )
    link = card.get_by_role("heading").get_by_role("link")
    expect(link).to_have_attribute("href", f"#/dispositivo/{device}")
    expect(card.get_by_role("button")).to_have_text(["Visto"])


def test_it_is_told_in_english_too(home: Home, open_page: OpenPage) -> None:
    overheat(home)
    page = open_page(locale="en-GB")
    page.goto("/#/avisos")
    card = finding(page, "Temperature of 120.5 °C at Sensor Temp")
    expect(card).to_contain_text("Normal is from -55 to 100 °C, for a device of its kind (thermometer).")


def test_what_lasts_is_one_card_from_its_beginning_to_its_end(home: Home, page: Page) -> None:
    """Drawn anew where it stands, with the farthest reading, and how many there were."""
    overheat(home)
    page.goto("/#/avisos")
    card = finding(page, "Temperatura de 120,5 °C en Sensor Temp")
    expect(card.get_by_text("sigue", exact=True)).to_be_visible()
    expect(card.get_by_role("time")).to_have_count(1)
    home.report(THERMOMETER, parametros={"temperatura": 131})
    home.report(THERMOMETER, parametros={"temperatura": 20})
    card = finding(page, "Temperatura de 131 °C en Sensor Temp")
    expect(card.get_by_role("time")).to_have_count(2)
    expect(card).to_contain_text("Ha habido 2 lecturas así.")
    expect(card.get_by_text("sigue", exact=True)).to_have_count(0)
    expect(page.get_by_role("article")).to_have_count(1)
    assert_accessible(page)
    assert_fits(page)


def test_an_outage_is_one_card_until_it_is_over(home: Home, open_page: OpenPage) -> None:
    home.claim(THERMOMETER, nombre="Sensor Temp")
    home.depart(THERMOMETER)
    page = open_page(locale="en-GB")
    page.goto("/#/avisos")
    card = finding(page, "Sensor Temp went silent")
    expect(card.get_by_text("ongoing", exact=True)).to_be_visible()
    home.report(THERMOMETER, parametros={"temperatura": 20})
    expect(card).to_contain_text("It was silent for")
    expect(card.get_by_text("ongoing", exact=True)).to_have_count(0)


def test_findings_come_live_and_the_badge_goes_when_they_are_looked_at(home: Home, page: Page) -> None:
    """What has come since the last visit is marked as new, and only that."""
    overheat(home)
    page.goto("/")
    badge = page.get_by_role("navigation").get_by_text("hay avisos sin ver")
    expect(badge).to_be_attached()
    page.goto("/#/avisos")
    expect(badge).not_to_be_attached()
    page.goto("/#/")
    expect(page.get_by_role("heading", level=1, name="Dispositivos")).to_be_visible()
    page.goto("/#/avisos")
    expect(page.get_by_role("article")).to_have_count(1)
    odd(home, -64)
    expect(page.get_by_role("article")).to_have_count(2)
    expect(page.get_by_role("article").first).to_contain_text("Temperatura de -64 °C en Sensor Temp")
    expect(page.get_by_role("article").first.get_by_text("nuevo")).to_be_visible()
    expect(page.get_by_text("nuevo", exact=True)).to_have_count(1)
    expect(badge).not_to_be_attached()


def test_what_is_seen_on_one_screen_is_seen_on_all(home: Home, page: Page, open_page: OpenPage) -> None:
    """The badge of the others goes at once; one that comes later knows it from the server."""
    overheat(home)
    badge = "hay avisos sin ver"
    page.goto("/")
    expect(page.get_by_text(badge)).to_be_attached()
    phone = open_page(**PHONE)
    phone.goto("/#/avisos")
    expect(finding(phone, "Temperatura de 120,5 °C en Sensor Temp")).to_be_visible()
    expect(page.get_by_text(badge)).not_to_be_attached()
    phone.close()
    late = open_page()
    late.goto("/")
    expect_live(late)
    expect(late.get_by_text(badge)).not_to_be_attached()
    odd(home, -64)
    for each in (page, late):
        expect(each.get_by_text(badge)).to_be_attached()


def test_those_of_one_device_on_a_day_stand_together_and_are_put_aside_at_once(
    home: Home, any_page: Page
) -> None:
    """What proposes something stays; each leads to its place in the chart."""
    device = overheat(home)
    odd(home, 130, 140, 150)
    home.claim(LAMP, nombre="Lámpara", configuracion=WRONG)
    until_found(home, 5)
    any_page.goto("/#/avisos")
    group = any_page.get_by_role("region", name="Sensor Temp")
    expect(group.get_by_role("article")).to_have_count(3)
    group.get_by_text("Y 1 más").click()
    expect(group.get_by_role("article")).to_have_count(4)
    assert_accessible(any_page)
    assert_fits(any_page)
    group.get_by_role("button", name="Dar por vistos los 4").click()
    expect(any_page.get_by_text("Hecho: 4 vistos")).to_be_visible()
    expect(any_page.get_by_text("Dar por vistos")).to_have_count(0)
    assert {decision for _, decision in decisions(home, device)} == {"descartado"}
    expect(finding(any_page, "Lámpara se puede ajustar mejor").get_by_role("button")).to_have_count(2)
    group.get_by_role("link", name="Ver en la gráfica: Temperatura de 150 °C en Sensor Temp").click()
    expect(any_page.get_by_role("heading", level=1, name="Sensor Temp")).to_be_visible()
    expect(any_page.get_by_role("button", name="Ver todo de nuevo")).to_be_visible()
    expect(any_page.get_by_role("figure", name="Temperatura")).to_be_in_viewport(ratio=0.5)


def test_a_link_to_a_chart_leads_to_that_of_what_it_is_about(home: Home, any_page: Page) -> None:
    """However many the device has: it comes first, before what its kind lives by, and is what one sees."""
    device = overheat(home)
    home.report(THERMOMETER, parametros={**HOT, **{f"medida_{n}": n for n in range(6)}})
    any_page.goto("/#/avisos")
    asked = any_page.get_by_role("link", name="Ver en la gráfica").first.get_attribute("href")
    assert asked is not None
    assert asked.endswith("&metrica=temperatura")
    any_page.goto(f"/{asked.replace('temperatura', 'medida_4')}")
    sought = any_page.get_by_role("figure").first
    expect(sought).to_have_attribute("data-metric", "medida_4")
    expect(sought).to_be_in_viewport(ratio=0.9)
    any_page.get_by_role("link", name="Registro").click()
    expect(any_page.get_by_role("heading", name="Quién lo ha cambiado")).to_be_visible()
    any_page.goto(f"/#/dispositivo/{device}")
    expect(any_page.get_by_role("figure").first).to_have_attribute("data-metric", "temperatura")


def test_what_proposes_nothing_is_marked_as_seen(home: Home, page: Page) -> None:
    device = overheat(home)
    page.goto("/#/avisos")
    page.get_by_role("button", name="Visto: Temperatura de 120,5 °C").click()
    expect(page.get_by_role("article").get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("article")).to_be_focused()
    assert decisions(home, device) == [("ai_anomaly", "descartado")]
    page.get_by_label("Estado").select_option("Sin decidir")
    expect(page.get_by_text("Ningún aviso coincide")).to_be_visible()
    page.get_by_role("button", name="Mostrar todos").click()
    expect(page.get_by_role("article")).to_have_count(1)


def test_a_fix_is_shown_against_what_is_and_applied(home: Home, page: Page) -> None:
    """The device gets it."""
    device = home.claim(LAMP, nombre="Lámpara", configuracion=WRONG)
    home.ordered(LAMP)
    page.goto("/#/avisos")
    card = finding(page, "Lámpara se puede ajustar mejor")
    expect(card.get_by_role("row").nth(1)).to_have_text("Cada cuánto envía sus datos2 h1 h")
    expect(card).to_contain_text("Envía sus datos muy de tarde en tarde; es mejor al menos cada 1 h.")
    card.get_by_role("button", name="Aplicar").click()
    expect(card.get_by_text("Aplicado", exact=True)).to_be_visible()
    assert home.ordered(LAMP)["configuracion"].items() >= {"modo": "manual", "intervalo_envio": 3600}.items()
    assert decisions(home, device) == [("ai_misconfig", "aplicado")]


def test_a_schedule_that_is_yet_to_be_drawn_is_proposed_with_a_way_to_draw_it(home: Home, page: Page) -> None:
    """Nothing is to be applied, and the way goes once there are windows; with some the mode is proposed."""
    device = home.claim("RGD0AAAAAAAA", nombre="Huerto", configuracion={"modo": "manual"})
    page.goto("/#/avisos")
    card = finding(page, "Huerto se puede ajustar mejor")
    expect(card).to_contain_text(
        "va mejor con un horario que a mano. Aún no tiene ningún tramo en su horario."
    )
    expect(card.get_by_role("button")).to_have_text(["Visto"])
    draw = card.get_by_role("link", name="Dibujar su horario")
    expect(draw).to_have_attribute("href", f"#/dispositivo/{device}/horario")
    home.put(f"/dispositivos/{device}", {"configuracion": {"horarios": DRAWN["horarios"]}})
    expect(draw).to_have_count(0)


def test_a_learned_schedule_is_drawn_and_applied(home: Home, page: Page) -> None:
    """Over the one that there is, with how often each window was seen; of its old times none goes on."""
    present = {"modo": "manual", "horarios_riego": {"martes": [["21:00", 20]]}}
    device = home.claim(SPRINKLER, nombre="Riego", configuracion=present)
    page.goto("/#/avisos")
    card = finding(page, "Un horario para Riego")
    expect(card).to_contain_text("Parece que se riega los lunes de 06:00 a 06:30 (8 de las últimas 8 veces).")
    expect(card.get_by_role("listitem")).to_have_text(
        [
            "Los lunes de 06:00 a 06:308 de las últimas 8 veces · casi seguro",
            "Los lunes de 18:00 a 18:307 de las últimas 8 veces · bastante seguro",
            "Los jueves de 08:30 a 09:007 de las últimas 8 veces · bastante seguro",
        ]
    )
    expect(card.get_by_role("img")).to_have_accessible_name(
        re.compile("^Ahora: martes de 21:00 a 21:20. Propuesto: .*jueves de 08:30 a 09:00")
    )
    card.get_by_role("button", name="Aplicar").click()
    expect(card.get_by_text("Aplicado", exact=True)).to_be_visible()
    now = home.get(f"/dispositivos/{device}")["configuracion"]
    assert now["horarios_riego"] == {}
    assert now["modo"] == "horario"
    assert {"dias": ["jueves"], "inicio": "08:30", "fin": "09:00"} in now["horarios"]


def test_silence_and_return_are_told(home: Home, page: Page) -> None:
    overheat(home)
    page.goto("/#/avisos")
    home.depart(THERMOMETER)
    gone = finding(page, "Sensor Temp dejó de dar señales")
    expect(gone).to_contain_text("conviene mirarlo")
    expect(gone).to_contain_text("No se sabe nada desde el")
    home.report(THERMOMETER, parametros={"temperatura": 20})
    expect(finding(page, "Sensor Temp vuelve a estar en línea")).to_contain_text("sin conexión")


def test_a_proposal_that_no_longer_fits_says_so(home: Home, page: Page, complaints: Complaints) -> None:
    """And shows what is set by now; it can still be dismissed."""
    complaints.expect(CONFLICT)
    device = home.claim(LAMP, nombre="Lámpara", configuracion=WRONG)
    page.goto("/#/avisos")
    card = finding(page, "Lámpara se puede ajustar mejor")
    expect(card.get_by_role("button", name="Aplicar")).to_be_visible()
    home.put(f"/dispositivos/{device}", {"configuracion": {"intervalo_envio": 5400}})
    card.get_by_role("button", name="Aplicar").click()
    expect(card.get_by_role("status")).to_contain_text("ya ha cambiado después de este aviso")
    expect(card.get_by_role("row").nth(1)).to_contain_text("1 h 30 min")
    expect(card.get_by_role("button", name="Aplicar")).to_have_count(0)
    card.get_by_role("button", name="Descartar").click()
    expect(card.get_by_text("Descartado", exact=True)).to_be_visible()
    assert decisions(home, device) == [("ai_misconfig", "descartado")]


def test_what_the_server_refuses_to_close_can_be_dismissed(
    home: Home, page: Page, complaints: Complaints
) -> None:
    complaints.expect(CONFLICT)
    device = home.claim(LAMP, nombre="Lámpara", configuracion=WRONG)
    home.put(f"/dispositivos/{device}", {"configuracion": MENDED})
    page.route("**/aplicar", lambda route: route.fulfill(status=409, json={"error": "", "detalle": ""}))
    page.goto("/#/avisos")
    page.get_by_role("button", name="Cerrar").click()
    page.get_by_role("button", name="Descartar").click()
    expect(page.get_by_text("Descartado", exact=True)).to_be_visible()
    assert decisions(home, device) == [("ai_misconfig", "descartado")]


def test_what_is_so_already_has_only_to_be_closed(home: Home, page: Page) -> None:
    """It says so instead of comparing like with like, also of windows drawn by hand; nothing is sent."""
    lamp = home.claim(LAMP, nombre="Lámpara", configuracion=WRONG)
    sprinkler = home.claim(SPRINKLER, nombre="Riego", configuracion={"modo": "manual"})
    page.goto("/#/avisos")
    cards = finding(page, "Lámpara se puede ajustar mejor"), finding(page, "Un horario para Riego")
    for card in cards:
        expect(card.get_by_role("button")).to_have_text(["Aplicar", "Descartar"])
    by_hand = {
        lamp: home.put(f"/dispositivos/{lamp}", {"configuracion": MENDED}),
        sprinkler: home.put(f"/dispositivos/{sprinkler}", {"configuracion": DRAWN}),
    }
    for card in cards:
        expect(card.get_by_role("status")).to_contain_text("Ya está así")
        expect(card.get_by_role("table").or_(card.get_by_role("img"))).to_have_count(0)
        card.get_by_role("button").click()
        expect(card.get_by_text("Aplicado", exact=True)).to_be_visible()
    for number, device in by_hand.items():
        assert home.get(f"/dispositivos/{number}")["version"] == device["version"]
    assert ("ai_misconfig", "aplicado") in decisions(home, lamp)
    assert ("ai_suggest", "aplicado") in decisions(home, sprinkler)


def test_what_was_decided_elsewhere_is_shown_as_decided(
    home: Home, page: Page, complaints: Complaints
) -> None:
    complaints.expect(CONFLICT)
    device = home.claim(LAMP, nombre="Lámpara", configuracion=WRONG)
    page.goto("/#/avisos")
    card = finding(page, "Lámpara se puede ajustar mejor")
    expect(card.get_by_role("button", name="Descartar")).to_be_visible()
    [told] = home.get(f"/ai/eventos?dispositivo={device}")["data"]

    def after_another(route: Route) -> None:
        """Whoever is told of the other decision first has no button any more."""
        home.post(f"/ai/eventos/{told['evento_id']}/descartar")
        route.continue_()

    page.route("**/aplicar", after_another)
    card.get_by_role("button", name="Aplicar").click()
    expect(page.get_by_text("Alguien de la casa ya lo había decidido.")).to_be_visible()
    expect(card.get_by_text("Descartado", exact=True)).to_be_visible()


def test_who_may_only_look_decides_nothing(home: Home, open_page: OpenPage) -> None:
    home.claim(LAMP, nombre="Lámpara", configuracion=WRONG)
    page = open_page(extra_http_headers={"Authorization": f"Bearer {home.token('lectura')}"})
    page.goto("/#/avisos/buscar")
    expect(finding(page, "Lámpara se puede ajustar mejor")).to_be_visible()
    expect(page.get_by_role("article").get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("link", name="Buscar en el historial")).to_have_count(0)


def test_only_those_of_a_kind_or_device_are_shown(home: Home, page: Page) -> None:
    overheat(home)
    home.claim(LAMP, nombre="Lámpara", configuracion=WRONG)
    page.goto("/#/avisos")
    expect(page.get_by_role("article")).to_have_count(2)
    page.get_by_label("Clase").select_option("Valores raros")
    expect(page.get_by_role("article")).to_have_count(1)
    odd(home, 109)
    expect(page.get_by_role("article")).to_have_count(2)
    page.get_by_label("Dispositivo").select_option("Lámpara")
    expect(page.get_by_text("Ningún aviso coincide")).to_be_visible()
    page.get_by_label("Clase").select_option("Todos")
    expect(page.get_by_role("article")).to_have_count(1)


def test_older_ones_are_shown_on_demand(home: Home, page: Page) -> None:
    """None of them twice, whatever has come meanwhile."""
    home.claim(THERMOMETER, nombre="Sensor Temp")
    odd(home, *range(110, 165))
    until_found(home, 55)
    page.goto("/#/avisos")
    page.get_by_text("Y 47 más").click()
    expect(page.get_by_role("article")).to_have_count(50)
    odd(home, 170)
    expect(page.get_by_role("article")).to_have_count(51)
    page.get_by_role("button", name="Ver más").click()
    expect(page.get_by_role("article")).to_have_count(56)
    expect(page.get_by_role("button", name="Ver más")).to_have_count(0)
    expect(page.get_by_role("article").last).to_contain_text("Temperatura de 110 °C")


def test_a_feed_that_is_left_open_keeps_the_newest(home: Home, page: Page) -> None:
    """Those that have made way come back on demand, in order and none left out."""
    overheat(home)
    [told] = home.get("/ai/eventos")["data"]
    there = [told]

    def answer(route: Route) -> None:
        asked = parse_qs(urlsplit(route.request.url).query)
        size, number = (int(asked.get(name, ["1"])[0]) for name in ("per_page", "page"))
        pages = math.ceil(len(there) / size)
        route.fulfill(json={"data": there[size * (number - 1) : size * number], "pages": pages})

    page.route("**/ai/eventos?*", answer)
    open_modules(page, "house.js")
    page.goto("/#/avisos")
    articles = page.get_by_role("article")
    expect(articles).to_have_count(1)
    for _ in range(5):
        there[:0] = heard = [{**told, "evento_id": there[0]["evento_id"] + n} for n in range(50, 0, -1)]
        page.evaluate(HEAR, heard)
        expect(page.locator(f"#aviso-{heard[0]['evento_id']}")).to_be_visible()
    page.get_by_text("Y 197 más").click()
    expect(articles).to_have_count(200)
    for count in (250, 251):
        page.get_by_role("button", name="Ver más").click()
        expect(articles).to_have_count(count)
    expect(page.get_by_role("button", name="Ver más")).to_have_count(0)
    shown = articles.get_by_role("heading").evaluate_all("all => all.map(({ id }) => id)")
    assert shown == [f"aviso-{each['evento_id']}" for each in there]


def test_the_history_is_searched(home: Home, page: Page) -> None:
    """What it finds is no finding to decide on."""
    overheat(home)
    page.goto("/#/avisos")
    page.get_by_role("link", name="Buscar en el historial").click()
    expect(page.get_by_label("Qué mide")).to_be_visible()  # the list of findings has a "Dispositivo", too
    page.get_by_label("Dispositivo").select_option("Sensor Temp")
    page.get_by_label("Qué mide").select_option("Temperatura")
    page.get_by_role("button", name="Buscar").click()
    result = page.get_by_role("region", name="Temperatura de Sensor Temp")
    expect(result.get_by_role("status")).to_have_text("1 valor raro entre 1.")
    expect(result.get_by_role("listitem")).to_contain_text("120,5 °C")
    assert_accessible(page)
    page.get_by_role("link", name="Avisos", exact=True).last.click()
    expect(page.get_by_role("article")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_for_everybody(home: Home, open_page: OpenPage, scheme: str) -> None:
    """Readable, usable by any means, and within a small screen, whatever things are called."""
    home.claim(THERMOMETER, nombre=LONG_NAME)
    home.report(THERMOMETER, parametros=HOT)
    home.claim(LAMP, nombre="Lámpara", configuracion=WRONG)
    home.claim(SPRINKLER, nombre="Riego", configuracion={"modo": "manual"})
    page = open_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    page.goto("/#/avisos")
    expect(page.get_by_role("article")).to_have_count(4)
    finding(page, "Lámpara se puede ajustar mejor").get_by_role("button", name="Descartar").click()
    expect(page.get_by_text("Descartado", exact=True)).to_be_visible()
    assert_fits(page)
    assert_accessible(page)


def test_a_calm_house_says_so(any_page: Page) -> None:
    any_page.goto("/#/avisos")
    expect(any_page.get_by_text("Todo está en calma")).to_be_visible()
    assert_accessible(any_page)
