"""One's own notifications over REST: what one wants, one's channels, and what became of messages."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from queue import SimpleQueue
from typing import Any

import pykka
import pytest

from actors.domain.findings import Severity
from actors.domain.notices import Hitch, Moment, Notice, NoticeKey, NoticeState
from actors.domain.people import Role
from actors.messages import RecipientsChanged
from tests.notifier.receivers import PATIENCE_S, Browser, http_receiver, is_signed
from tests.web.keys import Keys, denied
from tests.web.site import Answer, Site
from web.security.access import Mode

WISHES = {
    "gravedad": "high",
    "fin": False,
    "idioma": "en",
    "habitaciones": [1, 2],
    "reglas": ["offline"],
    "silencio": {"desde": "22:30", "hasta": "07:00"},
    "resumen": "08:05",
}


class Caller:
    def __init__(self, site: Site, keys: Keys, role: Role) -> None:
        self._site = site
        self._headers = keys.bearer(role)

    def __call__(self, method: str, path: str = "", body: object = None) -> Answer:
        return self._site.ask(method, f"/notificaciones{path}", body, self._headers)  # type: ignore[arg-type]


@pytest.fixture
def anna(site: Site, keys: Keys) -> Caller:
    return Caller(site, keys, Role.MEMBER)


@pytest.fixture
def reader(site: Site, keys: Keys) -> Caller:
    return Caller(site, keys, Role.READER)


def test_what_one_wants_is_one_s_own(anna: Caller, reader: Caller) -> None:
    assert anna("PUT", body=WISHES).json.items() >= WISHES.items()
    assert anna("GET").json.items() >= WISHES.items()
    assert reader("GET").json["gravedad"] == "medium"
    bare = anna("PUT", body={"gravedad": "ninguna", "fin": True, "idioma": "es"}).json
    assert [bare[name] for name in ("gravedad", "habitaciones", "silencio", "resumen")] == [
        "ninguna",
        *[None] * 3,
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"gravedad": "peor"},
        {"gravedad": None},
        {"fin": 1},
        {"idioma": "fr"},
        {"habitaciones": 1},
        {"habitaciones": ["1"]},
        {"habitaciones": [0]},
        {"reglas": [1]},
        {"reglas": ["alarmas"]},
        {"reglas": ["x"] * 201},
        {"silencio": "22:00"},
        {"silencio": {"desde": "22:00"}},
        {"silencio": {"desde": "22:00", "hasta": "22:00"}},
        {"silencio": {"desde": "24:00", "hasta": "07:00"}},
        {"resumen": "8:00"},
        {"resumen": "08:60"},
        {"resumen": "\u0660\u0668:\u0660\u0660"},
    ],
)
def test_what_cannot_be_wanted_changes_nothing(anna: Caller, change: dict[str, object]) -> None:
    assert denied(anna("PUT", body={**WISHES, **change}), 400)
    assert anna("GET").json["gravedad"] == "medium"


def test_a_service_is_added_tried_and_removed_and_its_secret_is_never_told(
    anna: Caller, reader: Caller, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with http_receiver() as hook:
        secret = {"nombre": "Gancho", "url": f"json://ana:clave-secreta@{hook.address}/tema-secreto"}
        added = anna("POST", "/canales", secret)
        assert (added.status, added.json["servicio"]) == (201, "JSON")
        path = f"/canales/{added.json['id']}"
        tried = anna("POST", f"{path}/prueba")
        assert tried.json == {"enviado": True, "detalle": "El servicio lo ha aceptado."}
        assert hook.next().json["title"] == "Prueba de los avisos de la casa"
        hook.status = 403
        refused = anna("POST", f"{path}/prueba").json
        assert (refused["enviado"], "403" in refused["detalle"]) == (False, True)
    for answer in (added, anna("GET"), tried):
        assert b"secret" not in answer.body
    assert "secret" not in str(refused)
    assert "secret" not in caplog.text
    assert not any("secret" in repr(act) for act in keys.accounts.acts(50))
    assert denied(reader("POST", f"{path}/prueba"), 404)
    assert denied(reader("DELETE", path), 404)
    assert anna("DELETE", path).status == 204
    assert anna("GET").json["canales"] == []
    assert denied(anna("DELETE", path), 404)


def test_one_channel_of_a_person_is_tried_at_a_time(anna: Caller) -> None:
    """Whatever hangs, the threads are there for what has to be told."""
    with http_receiver(status=None) as hangs, ThreadPoolExecutor(1) as other:
        added = anna("POST", "/canales", {"nombre": "x", "url": f"json://{hangs.address}/"})
        path = f"/canales/{added.json['id']}/prueba"
        first = other.submit(anna, "POST", path)
        assert hangs.asked.wait(PATIENCE_S)
        assert "sigue sin contestar" in anna("POST", path).json["detalle"]
        hangs.closing.set()
        assert first.result(PATIENCE_S).json["enviado"] is False


def test_a_service_takes_a_member(reader: Caller) -> None:
    """It has the house send requests, also in its own network."""
    assert denied(reader("POST", "/canales", {"nombre": "x", "url": "json://192.168.1.1/"}), 403)


@pytest.mark.parametrize("url", ["syslog://", "file:///etc/passwd", "https://", "x", "json://"])
def test_what_is_no_service_is_refused(anna: Caller, url: str) -> None:
    assert denied(anna("POST", "/canales", {"nombre": "x", "url": url}), 400)


def test_a_browser_is_told_by_web_push(keys: Keys) -> None:
    browser = Browser()
    with http_receiver(status=201) as push:
        keys.push.append(push.address)
        with keys.site() as site:
            reader = Caller(site, keys, Role.READER)
            given = browser.subscription(f"http://{push.address}/abc")
            body = {
                "nombre": "Móvil",
                "endpoint": given.endpoint,
                "p256dh": given.public_key,
                "auth": given.auth,
            }
            added = reader("POST", "/navegador", body)
            assert (added.status, added.json["tipo"]) == (201, "push")
            assert reader("POST", f"/canales/{added.json['id']}/prueba").json["enviado"] is True
            taken = push.next()
            assert browser.read(taken)["titulo"] == "Prueba de los avisos de la casa"
            assert is_signed(taken, reader("GET").json["clave_push"])
            push.status = 410
            assert reader("POST", f"/canales/{added.json['id']}/prueba").json["enviado"] is False
            assert reader("GET").json["canales"] == []
            elsewhere = {**body, "endpoint": "https://192.168.1.1/abc"}
            assert denied(reader("POST", "/navegador", elsewhere), 400)


def test_a_browser_is_told_as_long_as_its_token_is_good(keys: Keys) -> None:
    """By a new address too; whoever revokes the token, another process as well, has the notifier hear."""
    told: SimpleQueue[RecipientsChanged] = SimpleQueue()

    class Notifier(pykka.ThreadingActor):
        def on_receive(self, message: Any) -> None:
            told.put(message)

    keys.push.append("push.example")
    desk = keys.desk()
    with keys.site(desk=desk) as site:
        reader = Caller(site, keys, Role.READER)
        first, second = (Browser().subscription(f"http://push.example/{name}") for name in "ab")
        one, two = (
            {"endpoint": each.endpoint, "p256dh": each.public_key, "auth": each.auth}
            for each in (first, second)
        )
        assert denied(reader("PUT", "/navegador", one), 404)
        channel = reader("POST", "/navegador", {"nombre": "Móvil", **one}).json
        assert reader("PUT", "/navegador", two).json == channel
        assert denied(reader("PUT", "/navegador", {**two, "endpoint": "https://192.168.1.1/"}), 400)
        desk.attach(Notifier.start())
        keys.revoke(Role.READER)
        channels = [each.channels for each in told.get(timeout=PATIENCE_S).recipients]
        assert all(each == [] for each in channels)


def test_the_outbox_says_what_became_of_each(anna: Caller, keys: Keys) -> None:
    channel = anna("POST", "/canales", {"nombre": "Gancho", "url": "json://127.0.0.1:1/"}).json["id"]
    key = NoticeKey(Moment.BEGIN, 7, 1, channel)
    notice = Notice(key, Severity.HIGH, "Humo", "Desde las 8", 3, 1.8e9, 1.8e9, NoticeState.WAITING, 2, 1.8e9)
    keys.outbox += [replace(notice, hitch=Hitch.NOT_TAKEN, said="HTTP 500"), notice]
    failed, waits = anna("GET", "/avisos").json
    assert (failed["canal"], failed["estado"], failed["intentos"]) == ("Gancho", "espera", 2)
    assert failed["motivo"].endswith("HTTP 500")
    assert waits["motivo"] is None


def test_who_sits_at_an_open_house_s_machine_is_told_too(keys: Keys) -> None:
    with keys.site(Mode.HERE) as site:
        assert site.ask("GET", "/notificaciones").status == 200
    with keys.site(Mode.OPEN) as site:
        assert site.ask("GET", "/notificaciones").status == 401
