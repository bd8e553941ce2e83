"""A device's own page: its history as charts, its log, its settings."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Response, Route, expect

from tests.brokers import wait_until
from tests.page.browsing import Complaints, assert_accessible, assert_fits, no_time_passing
from tests.page.home import Home
from tests.page.opened import open_modules
from tests.page.past import write_past

SERIAL = "TMP0AAAAAAAA"
TEMPERATURE = "figure[data-metric=temperatura]"
# Whether the time without connection, which is most of what is opaque, is drawn in this colour.
OUTAGE_IS = """
(colour) => {
  const canvas = document.querySelector("figure[data-metric=temperatura] canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const counts = new Map();
  for (let at = 0; at < data.length; at += 4) {
    const seen = data.slice(at, at + 3).join();
    if (data[at + 3] === 255) counts.set(seen, (counts.get(seen) ?? 0) + 1);
  }
  return Math.max(...counts.values()) === counts.get(colour);
}
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A running system with one thermometer and three days of its past."""
    home = Home(tmp_path)
    write_past(home.data, SERIAL)
    with home:
        yield home


def answers_to(page: Page, metric: str) -> list[Response]:
    """What the page is answered about a metric from now on; grows."""
    heard: list[Response] = []

    def take(response: Response) -> None:
        asked = parse_qs(urlsplit(response.url).query)
        if "/estadisticas" in response.url and asked.get("metric") == [metric]:
            heard.append(response)

    page.on("response", take)
    return heard


def told(response: Response) -> dict[str, Any]:
    answer: dict[str, Any] = response.json()
    return answer


def plot(page: Page) -> Locator:
    """The drawn curve of the temperature."""
    return page.locator(f"{TEMPERATURE} .u-over")


def open_history(page: Page) -> None:
    page.goto("/#/dispositivo/1")
    expect(plot(page)).to_be_visible()


def test_a_chart_says_what_its_signs_mean(any_page: Page) -> None:
    """Bounds, anomalies and outages are in the legend, and the numbers beside the curve."""
    open_history(any_page)
    legend = any_page.locator(f"{TEMPERATURE} .legend")
    expect(legend).to_contain_text("lo normal")
    expect(legend).to_contain_text("1 valor fuera de lo normal")
    expect(legend).to_contain_text("sin conexión")
    expect(any_page.locator(f"{TEMPERATURE} .summary")).to_contain_text("Máximo97,5 °C")
    assert_fits(any_page)


def test_there_are_never_more_points_than_pixels(any_page: Page) -> None:
    heard = answers_to(any_page, "temperatura")
    open_history(any_page)
    box = plot(any_page).bounding_box()
    assert box is not None
    for name in ("Última hora", "Últimos 30 días", "Último año"):
        with any_page.expect_response(lambda response: "metric=temperatura" in response.url):
            any_page.get_by_role("button", name=name).click()
    for response in heard:
        answer = told(response)
        asked = {key: int(value) for [key, [value]] in _query(response) if key != "metric"}
        assert len(answer["data"]) <= box["width"]
        assert (asked["hasta"] - asked["desde"]) / answer["paso"] <= box["width"]


def _query(response: Response) -> Any:
    return parse_qs(urlsplit(response.url).query).items()


def test_dragging_asks_the_server_more_closely(page: Page) -> None:
    """And a double click shows all again."""
    heard = answers_to(page, "temperatura")
    open_history(page)
    before = told(heard[-1])
    box = plot(page).bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    with page.expect_response(lambda response: "metric=temperatura" in response.url) as asked:
        page.mouse.move(box["x"] + box["width"] * 0.25, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.5, middle, steps=4)
        page.mouse.up()
    closer = told(asked.value)
    assert closer["paso"] < before["paso"]
    expect(page.get_by_role("button", name="Ver todo de nuevo")).to_be_visible()
    plot(page).dblclick()
    expect(page.get_by_role("button", name="Ver todo de nuevo")).to_be_hidden()


def test_two_touches_enlarge_the_part_between_them(phone: Page) -> None:
    open_history(phone)
    phone.get_by_role("button", name="Ampliar un tramo").tap()
    box = plot(phone).bounding_box()
    assert box is not None
    plot(phone).tap(position={"x": box["width"] * 0.2, "y": 60})
    expect(phone.get_by_text("Toca ahora dónde acaba.")).to_be_visible()
    plot(phone).tap(position={"x": box["width"] * 0.6, "y": 60})
    expect(phone.get_by_role("button", name="Ver todo de nuevo")).to_be_visible()


def test_the_cursor_goes_by_arrow_keys(page: Page) -> None:
    """It tells each point, and Enter twice enlarges what lies between."""
    open_history(page)
    cursor = page.get_by_role("slider", name="Temperatura")
    cursor.focus()
    page.keyboard.press("Home")
    expect(cursor).to_have_attribute("aria-valuetext", re.compile(r"\d\s°C"))
    first = cursor.get_attribute("aria-valuetext")
    assert first is not None
    page.keyboard.press("ArrowRight")
    expect(cursor).not_to_have_attribute("aria-valuetext", first)
    page.get_by_role("button", name="Ampliar un tramo").click()
    cursor.focus()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Ver todo de nuevo")).to_be_visible()


def test_two_metrics_stand_in_one_chart(page: Page) -> None:
    """With an axis of its own for what has another unit; where nothing was reported nothing is told."""
    open_history(page)
    readout = page.locator(f"{TEMPERATURE} .readout")
    box = plot(page).bounding_box()
    assert box is not None

    def point_at(share: float) -> None:
        plot(page).hover(position={"x": box["width"] * share, "y": 60})

    point_at(0.3)
    expect(readout).to_contain_text("°C")
    # Amid the outage, 8 to 5 of 24 hours ago.
    point_at(17.5 / 24)
    expect(readout).to_have_text("")
    page.get_by_role("button", name="Comparar Temperatura con otra medida").click()
    page.get_by_label("Qué medida").select_option(label="Humedad")
    assert_accessible(page)
    page.get_by_role("button", name="Comparar", exact=True).click()
    expect(page.locator(f"{TEMPERATURE} .legend")).to_contain_text("Termómetro del salón · Humedad")
    point_at(0.3)
    expect(readout).to_have_text(re.compile(r"°C.*Humedad: \d\d\s%"))
    page.get_by_role("button", name="Comparar Temperatura con otra medida").click()
    page.get_by_role("button", name="Dejar de comparar").click()
    expect(page.locator(f"{TEMPERATURE} .legend")).not_to_contain_text("Humedad")


def test_a_new_devices_chart_opens_at_the_minutes_that_it_has(home: Home, page: Page) -> None:
    home.report("LUX0BBBBBBBB", estado="activo", parametros={"bateria": 80, "luz_lux": 300})
    home.claim("LUX0BBBBBBBB", nombre="Patio")
    page.goto("/#/dispositivo/2")
    expect(page.get_by_text("Desde que llegó")).to_be_visible()
    # What it lives by stands first, whatever it has told first.
    expect(page.locator("figure.chart").first).to_have_attribute("data-metric", "luz_lux")


def test_a_new_report_reaches_the_chart(home: Home, page: Page) -> None:
    open_history(page)
    page.get_by_role("button", name="Última hora").click()
    home.report(SERIAL, estado="activo", parametros={"temperatura": 33.3})
    expect(page.locator(f"{TEMPERATURE} .summary")).to_contain_text("Máximo33,3 °C")


def test_the_last_reading_is_the_devices_own(home: Home, page: Page) -> None:
    """However much time a point of the curve tells of; of a stretch that is past there is none."""
    summary = page.locator(f"{TEMPERATURE} .summary")
    open_history(page)
    page.get_by_role("button", name="Último año").click()
    for value, words in ((33.3, "Último33,3 °C"), (-12.1, "Último-12,1 °C")):
        home.report(SERIAL, estado="activo", parametros={"temperatura": value})
        expect(summary).to_contain_text(words)
    page.get_by_role("button", name="Últimas 24 horas").click()
    expect(summary).to_contain_text("Último-12,1 °C")
    home.report(SERIAL, estado="activo", parametros={"temperatura": -30})
    # With the very report that says so, before the points are asked for again.
    expect(summary).to_have_text(re.compile(r"Mínimo-30\s°C.*Último-30\s°C"))
    box = plot(page).bounding_box()
    assert box is not None
    page.get_by_role("button", name="Ampliar un tramo").click()
    for share in (0.2, 0.6):
        plot(page).click(position={"x": box["width"] * share, "y": 60})
    expect(page.get_by_role("button", name="Ver todo de nuevo")).to_be_visible()
    expect(summary).not_to_contain_text("Último")


def test_a_chart_is_saved_as_a_picture(page: Page) -> None:
    """A PNG as wide as the chart and its margins, higher for title and legend."""
    open_history(page)
    canvas = page.locator(f"{TEMPERATURE} canvas")
    width, height = canvas.evaluate("canvas => [canvas.width, canvas.height]")
    with page.expect_download() as download:
        page.get_by_role("button", name="Guardar el gráfico de Temperatura").click()
    assert download.value.suggested_filename == f"{SERIAL}-temperatura-24h.png"
    picture = Path(download.value.path()).read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    saved_width, saved_height = struct.unpack(">II", picture[16:24])
    assert saved_width == width + 32
    assert saved_height > height + 60
    drawn = page.evaluate(
        "async bytes => (await createImageBitmap(new Blob([new Uint8Array(bytes)]))).width", list(picture)
    )
    assert drawn == saved_width


def test_what_is_exported_is_what_is_shown(page: Page) -> None:
    open_history(page)
    page.get_by_role("button", name="Exportar").click()
    links = page.get_by_role("dialog").get_by_role("link", name="Historial (CSV)")
    shown, everything = (links.nth(index).get_attribute("href") or "" for index in (0, 1))
    asked = parse_qs(urlsplit(shown).query)
    assert (asked["formato"], asked["tabla"]) == (["csv"], ["historial"])
    assert int(asked["hasta"][0]) - int(asked["desde"][0]) == 24 * 3_600
    assert parse_qs(urlsplit(everything).query)["desde"] == ["0"]
    assert_accessible(page)


def test_the_log_is_turned_over_page_by_page(any_page: Page) -> None:
    any_page.goto("/#/dispositivo/1/registro")
    rows = any_page.locator("table.log tbody tr")
    expect(rows).to_have_count(50)
    newest = rows.first.locator("time").get_attribute("datetime")
    assert newest is not None
    any_page.get_by_role("button", name="Más antiguos").click()
    expect(any_page.get_by_text("Página 2 de")).to_be_visible()
    expect(rows.first.locator("time")).not_to_have_attribute("datetime", newest)
    assert_fits(any_page)


def test_the_log_says_how_many_rows_have_come(home: Home, page: Page) -> None:
    page.goto("/#/dispositivo/1/registro")
    expect(page.locator("table.log tbody tr")).to_have_count(50)
    home.report(SERIAL, estado="activo", parametros={"temperatura": 33.3})
    page.get_by_role("button", name="nuevo: mostrarlo").click()
    expect(page.locator("table.log tbody tr").first).to_contain_text("33,3 °C")


def test_only_what_was_changed_is_sent_and_the_device_is_told(home: Home, any_page: Page) -> None:
    any_page.goto("/#/dispositivo/1/ajustes")
    any_page.get_by_label("Segundos entre envíos").fill("45")
    with any_page.expect_request(lambda request: request.method == "PUT") as sent:
        any_page.get_by_role("button", name="Guardar").click()
    assert json.loads(sent.value.post_data or "") == {"configuracion": {"intervalo_envio": 45}}
    expect(any_page.get_by_text("Guardado.")).to_be_visible()
    assert home.device(SERIAL)["configuracion"]["intervalo_envio"] == 45
    orders = iter(lambda: home.ordered(SERIAL)["configuracion"], None)
    # What it was told before, at its claim, may still stand in the line.
    assert any(order.get("intervalo_envio") == 45 for order in orders)
    assert_fits(any_page)


def test_what_the_device_says_otherwise_is_shown_beside_what_was_asked(home: Home, page: Page) -> None:
    home.put("/dispositivos/1", {"configuracion": {"intervalo_envio": 45}})
    home.report(SERIAL, estado="activo", configuracion={"intervalo_envio": 60})
    page.goto("/#/dispositivo/1/ajustes")
    row = page.get_by_role("row", name="Segundos entre envíos")
    expect(row).to_contain_text("45")
    expect(row).to_contain_text("60")
    expect(page.get_by_text("El aparato dice: 60")).to_be_visible()


def test_what_the_server_refuses_is_told_in_its_words(home: Home, page: Page, complaints: Complaints) -> None:
    """And what was typed stays."""
    complaints.expect("status of 400")
    home.put("/dispositivos/1", {"configuracion": {"nota": "corta"}})
    page.goto("/#/dispositivo/1/ajustes")
    page.get_by_label("Nota").fill("x" * 50_000)
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_role("alert")).to_contain_text("configuracion")
    expect(page.get_by_label("Nota")).to_have_value("x" * 50_000)


def test_name_and_place_are_changed_in_a_dialog(home: Home, any_page: Page) -> None:
    room = home.post("/habitaciones", {"nombre": "Salón"})
    any_page.goto("/#/dispositivo/1")
    any_page.get_by_role("button", name="Cambiar nombre y lugar").click()
    any_page.get_by_role("textbox", name="Nombre").fill("N" * 60)
    any_page.get_by_label("Habitación").select_option(label="Salón")
    any_page.get_by_label("Cuánto puede estar sin dar señales").select_option("604800")
    any_page.get_by_role("button", name="Guardar", exact=True).click()
    expect(any_page.get_by_role("heading", level=1)).to_have_text("N" * 60)
    device = home.device(SERIAL)
    assert (device["habitacion_id"], device["paciencia_s"]) == (room["id"], 604_800)
    assert_fits(any_page)


def test_who_is_unclaimed_says_so(home: Home, any_page: Page) -> None:
    device = home.report("CO20CCCCCCCC", estado="activo", parametros={"co2_ppm": 600})
    any_page.goto(f"/#/dispositivo/{device['id']}")
    expect(any_page.get_by_role("link", name="Añadirlo")).to_have_attribute("href", "#/reclamar/CO20CCCCCCCC")
    expect(any_page.get_by_role("link", name="Ajustes")).to_have_count(0)
    assert_fits(any_page)


def test_an_unknown_device_leads_back(page: Page) -> None:
    page.goto("/#/dispositivo/99")
    expect(page.get_by_role("heading", name="Este dispositivo no existe")).to_be_visible()
    page.get_by_role("link", name="Todos los dispositivos").click()
    expect(page).to_have_url(re.compile("#/$"))


def test_the_chart_follows_the_theme(page: Page) -> None:
    """Of the system, or of this browser against the system's, as the rest of the page does."""
    light, dark = "236,232,223", "38,47,52"
    open_modules(page, "theme.js")
    open_history(page)
    page.wait_for_function(OUTAGE_IS, arg=light)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(OUTAGE_IS, arg=dark)
    page.evaluate("async () => { (await import('/pagina/js/theme.js')).theme.value = 'light'; }")
    page.wait_for_function(OUTAGE_IS, arg=light)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", ["", "/registro", "/ajustes"])
def test_nobody_is_kept_out(any_page: Page, tab: str, scheme: Any) -> None:
    any_page.emulate_media(color_scheme=scheme)
    any_page.goto(f"/#/dispositivo/1{tab}")
    shown = {"": f"{TEMPERATURE} canvas", "/registro": "table.log", "/ajustes": "form"}[tab]
    expect(any_page.locator(shown).first).to_be_visible()
    assert_accessible(any_page)


def limits_of(home: Home) -> dict[str, Any]:
    found: dict[str, Any] = home.get("/dispositivos/1/limites")["medidas"]["temperatura"]
    return found


def open_limits(page: Page) -> Locator:
    open_history(page)
    page.locator(f"{TEMPERATURE} .limits summary").click()
    return page.locator(f"{TEMPERATURE} .limits")


def test_a_person_drags_the_bounds_on_the_chart_and_takes_them_back(home: Home, any_page: Page) -> None:
    """By mouse or finger on the line, by arrow keys, or by typing; what was saved can be undone."""
    panel = open_limits(any_page)
    upper = any_page.get_by_role("slider", name="Límite superior de Temperatura")
    lower = any_page.get_by_role("slider", name="Límite inferior de Temperatura")
    upper.hover()
    box, knob = plot(any_page).bounding_box(), upper.bounding_box()
    assert box is not None
    assert knob is not None
    x, y = knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2
    any_page.mouse.down()
    any_page.mouse.move(x, y + box["height"] / 3, steps=4)
    any_page.mouse.up()
    expect(any_page.locator(".toast")).to_have_text("Guardado")
    dragged = limits_of(home)["persona"]["max"]
    low, high = (float(upper.get_attribute(f"aria-value{end}") or "nan") for end in ("min", "max"))
    assert dragged == pytest.approx(high - (high - low) / 3, abs=(high - low) / 20)
    expect(panel.get_by_label("Avisar por encima de (°C)")).to_have_value(f"{dragged:g}")
    assert limits_of(home)["persona"]["min"] is None
    lower.focus()
    any_page.keyboard.press("PageUp")
    expect(panel.get_by_label("Avisar por debajo de (°C)")).not_to_have_value("")
    assert limits_of(home)["persona"]["min"] == pytest.approx(low + (high - low) / 10, rel=0.05, abs=0.5)
    panel.get_by_label("Avisar por encima de (°C)").fill("30.5")
    panel.get_by_label("Avisar por encima de (°C)").press("Enter")
    expect(upper).to_have_attribute("aria-valuenow", "30.5")
    panel.get_by_role("button", name="Deshacer").click()
    expect(panel.get_by_label("Avisar por encima de (°C)")).to_have_value(f"{dragged:g}")
    assert limits_of(home)["persona"]["max"] == dragged
    assert_accessible(any_page)
    assert_fits(any_page)


def test_a_person_mutes_a_metric_and_says_what_it_is(home: Home, any_page: Page) -> None:
    panel = open_limits(any_page)
    nature = panel.get_by_label("Qué es")
    expect(nature.locator("option").first).to_have_text("Automático: sube y baja")
    panel.get_by_role("switch", name="No avisar de Temperatura").click()
    expect(panel.locator("summary .chip")).to_have_text("silenciada")
    with any_page.expect_response(lambda response: response.request.method == "PUT"):
        nature.select_option("Solo sube")
    expect(nature).to_have_value("contador")
    told = limits_of(home)
    assert (told["silenciada"], told["naturaleza"], told["naturaleza_de"]) == (True, "contador", "persona")
    with any_page.expect_response(lambda response: response.request.method == "PUT"):
        panel.get_by_role("button", name="Deshacer").click()
    expect(nature).to_have_value("")
    assert limits_of(home)["naturaleza_de"] == "declarada"


# The left ends of what is written to the left of a curve, in pixels of the canvas.
NOTE_LABELS = """
window.leftEnds = new Map();
const write = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
  if (this.textAlign === "right") leftEnds.set(text, x - this.measureText(text).width);
  return write.call(this, text, x, y);
};
"""


def test_a_label_beside_a_curve_is_never_cut(home: Home, any_page: Page) -> None:
    """However many digits a meter has; in either language."""
    any_page.add_init_script(NOTE_LABELS)
    for total in (1_212_889.5, 1_212_892.25, 1_212_894):
        home.report("MET0DDDDDDDD", estado="activo", parametros={"energia_kwh": total})
    id = home.claim("MET0DDDDDDDD", nombre="Contador")
    for language, grouped in (("Español", "1.21"), ("English", "1,21")):
        any_page.goto("/#/casa")
        any_page.get_by_label(language).check()
        any_page.goto(f"/#/dispositivo/{id}")
        any_page.reload()
        any_page.wait_for_function(
            "start => [...leftEnds.keys()].some(each => each.startsWith(start))", arg=grouped
        )
        ends: dict[str, float] = any_page.evaluate("Object.fromEntries(leftEnds)")
        assert min(ends.values()) >= 0, ends


class HeldChanges:
    """Changes of the bounds, on their way until the test lets them go on; and how they were answered."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.routes: list[Route] = []
        self.statuses: list[int] = []
        page.route("**/dispositivos/1/limites", self._take)
        page.on("response", self._hear)

    def _take(self, route: Route) -> None:
        if route.request.method == "PUT":
            self.routes.append(route)
        else:
            route.fallback()

    def _hear(self, response: Response) -> None:
        if response.request.method == "PUT":
            self.statuses.append(response.status)

    def wait_for(self, routes: int, answers: int) -> None:
        """There are as many, and no more."""
        # Playwright tells of them while it is asked something.
        wait_until(lambda: self._page.evaluate("true") and len(self.routes) >= routes)
        wait_until(lambda: self._page.evaluate("true") and len(self.statuses) >= answers)
        assert (len(self.routes), len(self.statuses)) == (routes, answers)


def test_bounds_moved_by_keys_are_saved_once_and_one_after_the_other(home: Home, page: Page) -> None:
    """When the keys rest, on Enter, and on leaving; who goes on meanwhile is nobody else."""
    page.clock.install()
    open_limits(page)
    upper = page.get_by_role("slider", name="Límite superior de Temperatura")
    upper.focus()
    held = HeldChanges(page)
    with no_time_passing(page):
        for _ in range(8):
            page.keyboard.press("ArrowDown")
    held.wait_for(routes=1, answers=0)
    first = upper.get_attribute("aria-valuenow")
    with no_time_passing(page):
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowDown")
        upper.blur()
    last = upper.get_attribute("aria-valuenow")
    assert last is not None
    assert last != first
    for n in range(3):
        held.wait_for(routes=n + 1, answers=n)
        held.routes[n].continue_()
    held.wait_for(routes=3, answers=3)
    assert held.statuses == [200] * 3
    bodies = [json.loads(route.request.post_data or "") for route in held.routes]
    assert bodies[0] == {"temperatura": {"max": float(first or "nan")}}
    assert bodies[2] == {"temperatura": {"max": float(last)}}
    expect(page.locator(".toast")).to_have_text(["Guardado"] * 3)
    expect(upper).to_have_attribute("aria-valuenow", last)
    assert limits_of(home)["persona"] == {"min": None, "max": float(last)}


def test_what_a_metric_is_is_saved_once_the_keys_rest(home: Home, page: Page) -> None:
    page.clock.install()
    nature = open_limits(page).get_by_label("Qué es")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "PUT" else None)
    with no_time_passing(page):
        for _ in range(3):
            nature.press("ArrowDown")
    expect(page.locator(".toast")).to_have_text("Guardado")
    expect(nature).to_have_value("estado")
    assert limits_of(home)["naturaleza"] == "estado"
    assert len(sent) == 1


def test_the_field_of_a_bound_is_saved_once_its_arrows_rest(home: Home, page: Page) -> None:
    page.clock.install()
    panel = open_limits(page)
    field = panel.get_by_label("Avisar por encima de (°C)")
    field.fill("30")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "PUT" else None)
    with no_time_passing(page):
        for _ in range(5):
            field.press("ArrowUp")
    expect(page.locator(".toast")).to_have_text("Guardado")
    assert limits_of(home)["persona"]["max"] == 35
    assert len(sent) == 1


def test_the_legend_says_which_bounds_people_have_set(home: Home, page: Page) -> None:
    legend = page.locator(f"{TEMPERATURE} .legend li:has([data-sign=normal])")
    open_history(page)
    expect(legend).to_contain_text(re.compile(r"lo normal: de -?\d+[,\d]* a \d+"))
    expect(legend).not_to_contain_text("a mano")
    home.put("/dispositivos/1/limites", {"temperatura": {"max": 87.8}})
    expect(legend).to_contain_text(re.compile(r"lo normal: desde -?\d+.* · tope puesto a mano: 87,8\s°C"))
    home.put("/dispositivos/1/limites", {"temperatura": {"min": 2, "max": None}})
    expect(legend).to_contain_text(re.compile(r"lo normal: hasta \d+.* · mínimo puesto a mano: 2\s°C"))
    home.put("/dispositivos/1/limites", {"temperatura": {"max": 30}})
    expect(legend).to_contain_text(re.compile(r"topes puestos a mano: de 2 a 30\s°C"))
    expect(legend).not_to_contain_text("lo normal")
