"""The weekly schedule on the page: drawn, moved, pulled and typed, undone, saved, and read by the server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.browsing import Complaints, Held, assert_accessible, assert_fits
from tests.page.home import Home

LAMP = "LGT0AAAAAAAA"
NIGHTS = {"dias": ["todos"], "inicio": "22:00", "fin": "06:00"}
MONDAY = {"dias": ["lunes"], "inicio": "08:00", "fin": "10:00"}


@dataclass(frozen=True)
class WeekPage:
    """The schedule of one device on a page, as hands reach it."""

    home: Home
    page: Page
    id: int

    @property
    def layer(self) -> Locator:
        return self.page.get_by_role("group", name="Tramos de la semana")

    def window(self, name: str) -> Locator:
        return self.layer.get_by_role("button", name=name, exact=True)

    def at(self, day: int, hour: float) -> tuple[float, float]:
        """The point of the screen; columns, so it is for a desktop."""
        box = self.layer.bounding_box()
        assert box is not None
        return box["x"] + box["width"] * (day + 0.5) / 7, box["y"] + box["height"] * hour / 24

    def drag(self, begin: tuple[int, float], end: tuple[int, float]) -> None:
        self.layer.scroll_into_view_if_needed()
        mouse = self.page.mouse
        mouse.move(*self.at(*begin))
        mouse.down()
        mouse.move(*self.at(*end), steps=5)
        mouse.up()

    def save(self) -> Any:
        """What the server has after it."""
        with self.page.expect_response(lambda response: response.request.method == "PUT"):
            self.page.get_by_role("button", name="Guardar").click()
        expect(self.page.get_by_text("Horario guardado")).to_be_visible()
        return self.home.get(f"/dispositivos/{self.id}")["configuracion"]


def open_week(
    home: Home, page: Page, *horarios: Any, serial: str = LAMP, modo: str = "horario", **others: Any
) -> WeekPage:
    configuration = {"modo": modo, "horarios": list(horarios), **others}
    device = home.claim(serial, nombre="Lámpara", configuracion=configuration)
    page.goto(f"/#/dispositivo/{device}/horario")
    expect(page.get_by_role("region", name="Horario de la semana")).to_be_visible()
    return WeekPage(home, page, device)


# Twelve hours of the grid and more are in sight.
TALL = {"viewport": {"width": 1280, "height": 1400}}


@pytest.fixture
def tall(open_page: Any) -> Page:
    page: Page = open_page(**TALL)
    return page


def test_a_window_drawn_by_mouse_is_what_the_server_gets(home: Home, tall: Page) -> None:
    week = open_week(home, tall)
    week.drag((2, 8), (2, 10.5))
    expect(week.window("miércoles de 08:00 a 10:30")).to_be_focused()
    expect(tall.get_by_text("Cambios sin guardar")).to_be_visible()
    assert week.save()["horarios"] == [{"dias": ["miercoles"], "inicio": "08:00", "fin": "10:30"}]
    expect(tall.get_by_text("Cambios sin guardar")).to_be_hidden()


def test_a_window_drawn_into_the_next_day_is_one_overnight(home: Home, tall: Page) -> None:
    """Seen on both days, and from Sunday to Monday too."""
    week = open_week(home, tall)
    week.drag((6, 22), (0, 6))
    expect(week.window("domingo de 22:00 a 06:00 del día siguiente")).to_be_visible()
    expect(week.layer.locator(".week-window")).to_have_count(2)
    assert week.save()["horarios"] == [{"dias": ["domingo"], "inicio": "22:00", "fin": "06:00"}]


def test_a_window_is_moved_to_another_day_and_pulled_at_its_edges(home: Home, tall: Page) -> None:
    week = open_week(home, tall, MONDAY)
    week.drag((0, 9), (3, 12))
    expect(week.window("jueves de 11:00 a 13:00")).to_be_visible()
    week.drag((3, 13), (3, 15.25))
    expect(week.window("jueves de 11:00 a 15:15")).to_be_visible()
    week.drag((3, 11), (3, 9.5))
    expect(week.window("jueves de 09:30 a 15:15")).to_be_visible()
    assert week.save()["horarios"] == [{"dias": ["jueves"], "inicio": "09:30", "fin": "15:15"}]


def test_the_times_are_shown_while_it_is_dragged_and_escape_lets_go(home: Home, tall: Page) -> None:
    week = open_week(home, tall, MONDAY)
    tall.mouse.move(*week.at(0, 9))
    tall.mouse.down()
    tall.mouse.move(*week.at(1, 14), steps=4)
    expect(week.layer.locator(".week-bubble")).to_have_text(re.compile("^mar 13:00.15:00$"))
    tall.keyboard.press("Escape")
    tall.mouse.up()
    expect(week.window("lunes de 08:00 a 10:00")).to_be_visible()
    expect(tall.get_by_role("dialog")).to_have_count(0)
    expect(tall.get_by_text("Cambios sin guardar")).to_be_hidden()


def test_by_keys_a_window_is_moved_stretched_deleted_and_brought_back(home: Home, page: Page) -> None:
    week = open_week(home, page, MONDAY)
    week.window("lunes de 08:00 a 10:00").focus()
    for key in ("ArrowDown", "ArrowDown", "Shift+ArrowDown", "Control+ArrowUp", "ArrowRight"):
        page.keyboard.press(key)
    moved = week.window("martes de 08:25 a 10:40")
    expect(moved).to_be_focused()
    # A series of keys is one change, done by Enter or when the window is left.
    page.keyboard.press("Enter")
    expect(page.get_by_text("Cambios sin guardar")).to_be_visible()
    expect(moved).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(moved).to_be_focused()
    page.keyboard.press("Delete")
    expect(moved).to_have_count(0)
    page.get_by_role("button", name="Deshacer").click()
    expect(moved).to_be_visible()
    moved.focus()
    page.keyboard.press("Control+z")
    expect(week.window("lunes de 08:00 a 10:00")).to_be_visible()
    expect(page.get_by_role("button", name="Deshacer")).to_be_disabled()


def test_the_form_copies_a_window_to_other_days(home: Home, page: Page) -> None:
    week = open_week(home, page, MONDAY)
    week.window("lunes de 08:00 a 10:00").press("Enter")
    form = page.get_by_role("dialog", name="Cambiar tramo")
    form.get_by_label("sábado").check()
    form.get_by_label("Desde").fill("21:10")
    form.get_by_label("Hasta").fill("05:00")
    expect(form.get_by_text("Acaba al día siguiente.")).to_be_visible()
    form.get_by_role("button", name="Aceptar").click()
    assert week.save()["horarios"] == [{"dias": ["lunes", "sabado"], "inicio": "21:10", "fin": "05:00"}]


def test_a_form_without_a_day_says_so(home: Home, page: Page) -> None:
    open_week(home, page)
    page.get_by_role("button", name="Añadir tramo").click()
    form = page.get_by_role("dialog", name="Añadir tramo")
    form.get_by_label("todos los días").check()
    form.get_by_label("todos los días").uncheck()
    form.get_by_role("button", name="Aceptar").click()
    expect(form.get_by_role("alert")).to_have_text("Elige al menos un día.")


def test_a_finger_draws_along_the_day(home: Home, phone: Page) -> None:
    """Rows of 24 hours; up and down the page scrolls."""
    week = open_week(home, phone, NIGHTS)
    week.layer.scroll_into_view_if_needed()
    box = week.layer.bounding_box()
    assert box is not None
    [y, *hours] = [
        box["y"] + box["height"] * 1.5 / 7,
        *(box["x"] + box["width"] * h / 24 for h in (9, 12, 15)),
    ]
    touch = phone.context.new_cdp_session(phone)
    for kind, x in zip(("touchStart", "touchMove", "touchMove"), hours, strict=True):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(week.window("martes de 09:00 a 15:00")).to_be_visible()
    assert {"dias": ["martes"], "inicio": "09:00", "fin": "15:00"} in week.save()["horarios"]


def test_a_window_is_tapped_to_change_it(home: Home, phone: Page) -> None:
    week = open_week(home, phone, MONDAY)
    week.window("lunes de 08:00 a 10:00").tap()
    form = phone.get_by_role("dialog", name="Cambiar tramo")
    form.get_by_label("Hasta").fill("14:00")
    form.get_by_role("button", name="Aceptar").tap()
    assert week.save()["horarios"] == [{"dias": ["lunes"], "inicio": "08:00", "fin": "14:00"}]
    assert_fits(phone)


def test_a_device_in_manual_is_put_under_its_schedule_if_so_wanted(home: Home, page: Page) -> None:
    week = open_week(home, page, MONDAY, modo="manual")
    follow = page.get_by_label("El dispositivo está en manual: que siga este horario.")
    follow.uncheck()
    week.window("lunes de 08:00 a 10:00").press("Shift+ArrowDown")
    page.keyboard.press("Tab")
    saved = week.save()
    assert (saved["modo"], saved["horarios"][0]["fin"]) == ("manual", "10:15")
    follow.check()
    page.get_by_role("button", name="Guardar").click()
    expect(follow).to_have_count(0)
    assert home.device(LAMP)["configuracion"]["modo"] == "horario"


def test_who_leaves_with_unsaved_changes_is_asked(home: Home, page: Page) -> None:
    week = open_week(home, page, MONDAY)
    week.window("lunes de 08:00 a 10:00").press("Delete")
    page.get_by_role("link", name="Casa").click()
    question = page.get_by_role("dialog", name="Hay cambios sin guardar")
    question.get_by_role("button", name="Cerrar").click()
    expect(page.get_by_text("Cambios sin guardar")).to_be_visible()
    page.get_by_role("link", name="Casa").click()
    question.get_by_role("button", name="Salir sin guardar").click()
    expect(page.get_by_role("region", name="Horario de la semana")).to_have_count(0)
    assert page.url.endswith("#/casa")


def test_what_somebody_else_saves_is_shown_or_told_of(home: Home, page: Page) -> None:
    """Shown where nothing is unsaved; told of where it would be lost."""
    week = open_week(home, page, MONDAY)
    home.put(f"/dispositivos/{week.id}", {"configuracion": {"horarios": [{**MONDAY, "fin": "11:00"}]}})
    shown = week.window("lunes de 08:00 a 11:00")
    expect(shown).to_be_visible()
    shown.press("Delete")
    home.put(f"/dispositivos/{week.id}", {"configuracion": {"horarios": [NIGHTS]}})
    expect(page.get_by_text("Alguien ha guardado otro horario mientras tanto.")).to_be_visible()
    page.get_by_role("button", name="Descartar").click()
    expect(week.window("lunes de 22:00 a 06:00 del día siguiente")).to_be_visible()


def test_the_week_waits_while_it_is_saved(home: Home, tall: Page) -> None:
    """Nothing can be drawn that the answer would wipe out."""
    week = open_week(home, tall, MONDAY)
    week.drag((2, 8), (2, 10))
    held = Held(tall, f"**/dispositivos/{week.id}", times=1)
    with tall.expect_request(lambda request: request.method == "PUT"):
        tall.get_by_role("button", name="Guardar").click()
    expect(tall.locator("[inert][aria-busy=true]")).to_be_attached()
    week.drag((4, 8), (4, 10))
    tall.keyboard.press("Control+z")
    expect(tall.get_by_role("button", name="Deshacer")).to_be_disabled()
    expect(week.layer.locator(".week-window")).to_have_count(2)
    held.first.continue_()
    expect(tall.get_by_text("Horario guardado")).to_be_visible()
    expect(tall.get_by_text("Cambios sin guardar")).to_be_hidden()
    week.drag((4, 8), (4, 10))
    expect(week.window("viernes de 08:00 a 10:00")).to_be_focused()


def test_what_the_server_refuses_is_said_beside_the_grid(
    home: Home, page: Page, complaints: Complaints
) -> None:
    week = open_week(home, page, MONDAY)
    complaints.expect("400")
    detail = "configuracion.horarios[0].fin: '10:15' no es una hora HH:MM."
    page.route(
        f"**/dispositivos/{week.id}",
        lambda route: route.fulfill(status=400, json={"error": "petición incorrecta", "detalle": detail}),
    )
    week.window("lunes de 08:00 a 10:00").press("Shift+ArrowDown")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_role("alert")).to_have_text(
        "El tramo de 08:00 a 10:15 no vale: '10:15' no es una hora HH:MM."
    )


def test_a_schedule_of_switching_times_is_shown_as_windows(home: Home, page: Page) -> None:
    events = {"lunes": [["08:00", True], ["10:00", "off"]]}
    id = home.claim(LAMP, configuracion={"modo": "horario", "horarios": events})
    page.goto(f"/#/dispositivo/{id}/horario")
    expect(WeekPage(home, page, id).window("lunes de 08:00 a 10:00")).to_be_visible()
    expect(page.get_by_text("se guardará como tramos")).to_be_visible()


def test_the_positions_of_a_blind_are_a_list_for_each_day(home: Home, any_page: Page) -> None:
    """What its capability calls for comes first."""
    schedule = {"diario": [["08:00", 100], ["20:00", 0]]}
    week = open_week(home, any_page, serial="SHD0AAAAAAAA", horarios_pos=schedule)
    expect(any_page.get_by_role("button", name="lunes a las 08:00: 100 %")).to_be_attached()
    any_page.get_by_role("button", name="domingo", exact=True).click()
    any_page.get_by_role("button", name="Cambiar", exact=True).click()
    form = any_page.get_by_role("dialog", name="Domingo")
    form.get_by_label("Apertura (%)").first.fill("40")
    form.get_by_role("button", name="Quitar las 20:00").click()
    form.get_by_role("button", name="Aceptar").click()
    saved = week.save()["horarios_pos"]
    assert saved["domingo"] == [["08:00", 40]]
    assert saved["lunes"] == [["08:00", 100], ["20:00", 0]]


def test_the_warmth_of_a_week_is_drawn_and_stepped(home: Home, page: Page) -> None:
    """With the value chosen above; a beginning is pulled, and both by keys."""
    schedule = {"diario": [["00:00", 17]]}
    week = open_week(home, page, serial="TMP0AAAAAAAA", horarios_temp=schedule)
    page.get_by_label("Temperatura (°C)").fill("21")
    week.drag((0, 7), (0, 9))
    expect(week.window("lunes a las 07:00: 21\u00a0°C")).to_be_visible()
    week.drag((0, 9.05), (0, 10))
    expect(week.window("lunes a las 10:00: 17\u00a0°C")).to_be_visible()
    week.window("lunes a las 07:00: 21\u00a0°C").press("ArrowUp")
    page.keyboard.press("ArrowRight")
    assert_accessible(page)
    saved = week.save()["horarios_temp"]
    assert saved["lunes"] == [["00:00", 17], ["06:45", 21.5], ["10:00", 17]]
    assert saved["martes"] == [["00:00", 17]]


def test_who_may_only_look_changes_nothing(home: Home, open_page: Any) -> None:
    page = open_page(extra_http_headers={"Authorization": f"Bearer {home.token('lectura')}"})
    open_week(home, page, NIGHTS, MONDAY)
    grid = page.get_by_role("list", name="Tramos de la semana")
    expect(grid.get_by_role("listitem").filter(has_text="lunes de 08:00 a 10:00")).to_be_visible()
    for name in ("Guardar", "Añadir tramo", "Borrar"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(grid.get_by_role("button")).to_have_count(0)
    assert_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out(home: Home, open_page: Any, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    week = open_week(home, page, NIGHTS, MONDAY)
    assert_accessible(page)
    week.window("lunes de 08:00 a 10:00").press("Enter")
    assert_accessible(page)
