"""Claiming: by typing, from a picture, with the camera, before it is heard; and what stands in the way."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, FilePayload, Page, expect

from actors.domain.claiming import code_digest
from actors.simulator.claim_code import claim_text, print_claim_code
from actors.simulator.device import demo_code
from tests.page.browsing import CHROMIUM, Complaints, assert_accessible, assert_fits, launched
from tests.page.conftest import OpenPage
from tests.page.home import Home
from tests.page.opened import open_modules

LAMP = "LGT0AAAAAAAA"
BLIND = "SHD0BBBBBBBB"
READ_CODE = """async (text) => (await import("/pagina/js/views/claim/qr_text.js")).readCode(text)"""


def appear(home: Home, serial: str) -> None:
    """The device reports for the first time, and that its QR code holds a secret."""
    home.report(serial, estado="activo", codigo_sha256=code_digest(serial, demo_code(serial)))


def picture(text: str) -> FilePayload:
    image = io.BytesIO()
    segno.make_qr(text).save(image, kind="png", scale=6)
    return {"name": "codigo.png", "mimeType": "image/png", "buffer": image.getvalue()}


def add(page: Page) -> None:
    page.get_by_role("button", name="Añadir a la casa").click()


def expect_done(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=f"{name} ya está en la casa")).to_be_visible()


# -- the ways ----------------------------------------------------------------------------------------


def test_one_that_announces_itself(home: Home, any_page: Page) -> None:
    """It comes into the list by itself; named, with its code and in a room that is made on the way, it is the
    house's, and its page is one step away."""
    page = any_page
    page.goto("/#/reclamar")
    expect(page.get_by_text("Ahora no se anuncia ninguno")).to_be_visible()
    appear(home, LAMP)
    page.get_by_role("link", name=LAMP).click()
    name = "Lámpara" + "x" * 60
    page.get_by_label("Nombre", exact=True).fill(name)
    page.get_by_label("Habitación", exact=True).select_option(label="Otra nueva…")
    page.get_by_label("Nombre de la habitación nueva").fill("Salón")
    page.get_by_label("Código del aparato").fill(demo_code(LAMP))
    assert_accessible(page)
    assert_fits(page)
    add(page)
    expect_done(page, name)
    assert_accessible(page)
    assert_fits(page)
    [room] = home.get("/habitaciones")
    device = home.device(LAMP)
    assert (device["nombre"], device["reclamado"], device["habitacion_id"]) == (name, True, room["id"])
    page.get_by_role("link", name="Ver el dispositivo").click()
    expect(page).to_have_url(f"{home.url}/#/dispositivo/{device['id']}")


def test_by_typing(home: Home, page: Page) -> None:
    """The serial number first, in whatever case, then what is missing; a room that there is can be chosen."""
    room = home.post("/habitaciones", {"nombre": "Cocina"})
    appear(home, LAMP)
    page.goto("/#/reclamar")
    page.get_by_label("Número de serie").fill(f" {LAMP.lower()} ")
    page.get_by_role("button", name="Continuar").click()
    expect(page.get_by_label("Nombre", exact=True)).to_have_value("Luz")
    page.get_by_label("Habitación", exact=True).select_option(label="Cocina")
    page.get_by_label("Código del aparato").fill(demo_code(LAMP))
    add(page)
    expect_done(page, "Luz")
    assert home.device(LAMP)["habitacion_id"] == room["id"]


def test_from_a_picture(home: Home, any_page: Page, tmp_path: Path) -> None:
    """All that the code says is kept, and only what it says otherwise is to be typed: nothing."""
    appear(home, LAMP)
    label = tmp_path / "etiqueta.png"
    print_claim_code(LAMP, io.StringIO(), label)
    any_page.goto("/#/reclamar")
    any_page.get_by_label("Elegir una foto").set_input_files(label)
    expect(any_page.get_by_label("Nombre", exact=True)).to_have_value("Luz AAAA")
    assert demo_code(LAMP) not in any_page.url
    add(any_page)
    expect_done(any_page, "Luz AAAA")
    device = home.device(LAMP)
    assert (device["modelo"], device["descripcion"]) == ("L-01", "Bombilla regulable")
    assert (
        device["configuracion"]["intervalo_envio"]
        == json.loads(claim_text(LAMP))["configuracion"]["intervalo_envio"]
    )


def test_what_is_no_devices_code_is_told_kindly(page: Page) -> None:
    """And the next picture may be the right one."""
    page.goto("/#/reclamar")
    file = page.get_by_label("Elegir una foto")
    for given, told in [
        (picture("https://example.org/"), "no es de un dispositivo"),
        (picture("https://casa:5000/#codigo=ABCDE-FGHJK"), "es para entrar en la casa"),
        (FilePayload(name="a.png", mimeType="image/png", buffer=b"no"), "no es una foto"),
        (blank(), "No se ve ningún código"),
    ]:
        file.set_input_files(given)
        expect(page.get_by_role("status").filter(has_text=told)).to_be_visible()
    assert_accessible(page)
    file.set_input_files(picture(LAMP))
    expect(page.get_by_text("Aún no se anuncia")).to_be_visible()


def blank() -> FilePayload:
    """A picture that holds no code: another kind of one."""
    image = io.BytesIO()
    segno.make_micro("1").save(image, kind="png", scale=6)
    return {"name": "nada.png", "mimeType": "image/png", "buffer": image.getvalue()}


def test_what_a_code_says(page: Page) -> None:
    """A claim's body as JSON or a bare serial number; a link to come in with is known as such."""
    open_modules(page, "views/claim/qr_text.js")
    page.goto("/")
    foreign = {"problem": "foreign"}
    for text, meaning in {
        f" {LAMP}\n": {"body": {"serial_number": LAMP}},
        '{"serial":"A:1","codigo":"K7","x":[]}': {"body": {"serial_number": "A:1", "codigo": "K7", "x": []}},
        '{"serial_number":7}': foreign,
        '{"serial_number":"a b"}': foreign,
        "[null]": foreign,
        "": foreign,
        "WIFI:T:WPA;S:casa;P:x;;": foreign,
        "https://[::1]:5000/#codigo=ABCDE-FGHJK&ca=AB:CD": {"problem": "pairing"},
        "https://casa/?codigo=ABCDE-FGHJK": foreign,
    }.items():
        assert page.evaluate(READ_CODE, text) == meaning, text


# -- the camera --------------------------------------------------------------------------------------


WIDTH, HEIGHT = 640, 480
GREY = bytes([128])


def film(path: Path, text: str) -> Path:
    """What a camera sees that looks at the code, as uncompressed video."""
    rows = [
        bytes(0 if dark else 255 for dark in row)
        for row in segno.make_qr(text).matrix_iter(scale=6, border=4)
    ]
    left, top = (WIDTH - len(rows[0])) // 2, (HEIGHT - len(rows)) // 2
    beside = WIDTH - len(rows[0]) - left
    light = b"\xff" * WIDTH
    picture = [light] * top + [b"\xff" * left + row + b"\xff" * beside for row in rows]
    picture += [light] * (HEIGHT - len(picture))
    frame = b"FRAME\n" + b"".join(picture) + GREY * (WIDTH * HEIGHT // 2)
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420\n".encode() + 3 * frame)
    return path


@pytest.fixture
def open_filming(
    browser: Browser, home: Home, complaints: Complaints, tmp_path: Path
) -> Iterator[Callable[[str, list[str]], Page]]:
    """``open_filming(text, permissions)``: a page whose camera sees the code of ``text``."""
    browsers = []

    def open_one(text: str, permissions: list[str]) -> Page:
        camera = f"--use-file-for-fake-video-capture={film(tmp_path / 'film.y4m', text)}"
        filming = launched(browser.browser_type, CHROMIUM, "--use-fake-device-for-media-stream", camera)
        browsers.append(filming)
        context = filming.new_context(base_url=home.url, locale="es-ES", permissions=permissions)
        page = context.new_page()
        complaints.listen_to(page)
        return page

    yield open_one
    for filming in browsers:
        filming.close()
    assert complaints.unexpected() == []


def test_with_the_camera(home: Home, open_filming: Callable[[str, list[str]], Page]) -> None:
    """It is let go of as soon as the code is read."""
    appear(home, LAMP)
    page = open_filming(claim_text(LAMP), ["camera"])
    page.add_init_script(
        """
        const { getUserMedia } = MediaDevices.prototype;
        MediaDevices.prototype.getUserMedia = async function (...wanted) {
          window.camera = await getUserMedia.apply(this, wanted);
          return window.camera;
        };
        """
    )
    page.goto("/#/reclamar")
    page.get_by_role("button", name="Escanear con la cámara").click()
    expect(page.get_by_label("Nombre", exact=True)).to_have_value("Luz AAAA")
    assert page.evaluate("camera.getTracks().map((track) => track.readyState)") == ["ended"]
    add(page)
    expect_done(page, "Luz AAAA")


def test_the_camera_goes_on_after_a_foreign_code(open_filming: Callable[[str, list[str]], Page]) -> None:
    """And is closed by who does not want it any more."""
    page = open_filming("https://example.org/", ["camera"])
    page.goto("/#/reclamar")
    page.get_by_role("button", name="Escanear con la cámara").click()
    expect(page.get_by_text("no es de un dispositivo")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Cerrar la cámara").click()
    expect(page.locator("video")).to_have_count(0)


def test_a_camera_that_is_forbidden(open_filming: Callable[[str, list[str]], Page]) -> None:
    """Says so, and leaves the other ways."""
    page = open_filming(LAMP, [])
    page.goto("/#/reclamar")
    page.get_by_role("button", name="Escanear con la cámara").click()
    expect(page.get_by_text("no deja usar la cámara")).to_be_visible()
    expect(page.locator("video")).to_have_count(0)
    expect(page.get_by_role("button", name="Escanear con la cámara")).to_be_visible()


def test_without_a_secure_connection_there_is_no_camera(page: Page) -> None:
    """It is said why, and no button promises one."""
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    page.goto("/#/reclamar")
    expect(page.get_by_text("solo funciona con una conexión segura")).to_be_visible()
    expect(page.get_by_role("button", name="Escanear con la cámara")).to_have_count(0)
    expect(page.get_by_label("Elegir una foto")).to_be_attached()


# -- what stands in the way --------------------------------------------------------------------------


def test_not_heard_yet(home: Home, page: Page) -> None:
    """It is waited for, and claimed as soon as it is heard."""
    page.goto(f"/#/reclamar/{BLIND}")
    page.get_by_label("Nombre", exact=True).fill("Persiana")
    page.get_by_label("Código del aparato").fill(demo_code(BLIND))
    add(page)
    expect(page.get_by_role("heading", name="Esperando a que se anuncie")).to_be_visible()
    assert_accessible(page)
    appear(home, BLIND)
    expect_done(page, "Persiana")
    assert home.device(BLIND)["reclamado"]


def test_who_waits_no_longer_claims_no_more(home: Home, page: Page) -> None:
    """What was written is still there; and who leaves the page has given up too."""
    page.goto(f"/#/reclamar/{BLIND}")
    page.get_by_label("Nombre", exact=True).fill("Persiana")
    add(page)
    page.get_by_role("button", name="Cancelar").click()
    expect(page.get_by_label("Nombre", exact=True)).to_have_value("Persiana")
    add(page)
    expect(page.get_by_role("heading", name="Esperando a que se anuncie")).to_be_visible()
    page.get_by_role("link", name="Volver").click()
    expect(page.get_by_text("Ahora no se anuncia ninguno")).to_be_visible()
    home.report(BLIND, estado="activo")
    expect(page.get_by_role("link", name=BLIND)).to_be_visible()
    assert not home.device(BLIND)["reclamado"]


def test_a_wrong_code(home: Home, page: Page, complaints: Complaints) -> None:
    """Is told from none; what was written stays, and the right one does it, in small letters too."""
    complaints.expect("404")
    appear(home, LAMP)
    page.goto(f"/#/reclamar/{LAMP}")
    add(page)
    expect(page.get_by_role("alert")).to_contain_text("pide su código")
    page.get_by_label("Código del aparato").fill("AAAA")
    add(page)
    expect(page.get_by_role("alert")).to_contain_text("no es el de este aparato")
    page.get_by_label("Código del aparato").fill(demo_code(LAMP).lower())
    add(page)
    expect_done(page, "Luz")


def test_somebody_else_was_faster(home: Home, page: Page, complaints: Complaints) -> None:
    """Before the page was opened, or while its form was filled in."""
    complaints.expect("409")
    home.report(LAMP, estado="activo")
    page.goto(f"/#/reclamar/{LAMP}")
    expect(page.get_by_label("Nombre", exact=True)).to_be_visible()
    device_id = home.claim(LAMP, nombre="De Ana")
    add(page)
    for _ in range(2):
        expect(page.get_by_role("heading", name="Ya está en la casa")).to_be_visible()
        expect(page.get_by_role("link", name="Ver el dispositivo")).to_have_attribute(
            "href", f"#/dispositivo/{device_id}"
        )
        page.reload()


def test_who_may_only_look(home: Home, open_page: OpenPage) -> None:
    """Is told whom to ask, and shown no form."""
    page = open_page(extra_http_headers={"Authorization": f"Bearer {home.token('lectura')}"})
    page.goto(f"/#/reclamar/{LAMP}")
    expect(page.get_by_role("heading", name="Solo puedes mirar")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_count(0)
