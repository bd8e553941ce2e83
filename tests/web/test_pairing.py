"""Coming in: by a one-time code, by a password, and how often one may be wrong."""

from __future__ import annotations

from typing import Any

import pytest

from actors.domain.people import CONSOLE, Role
from tests.stage import FakeClock
from tests.web.keys import Keys, bearer, cookie_of, denied
from tests.web.site import Answer, Site, at_once
from web.security.passwords import hashed

PASSWORD = "caballo correcto"


def code_for(keys: Keys, role: Role) -> str:
    return keys.accounts.make_code(keys.people[role].id, CONSOLE).text


def pair(site: Site, code: str, name: str = "móvil nuevo") -> Answer:
    return site.post("/auth/emparejar", {"codigo": code, "nombre": name})


def log_in(site: Site, name: str, password: str) -> Answer:
    return site.post("/auth/sesion", {"usuario": name, "clave": password})


def with_password(keys: Keys, role: Role) -> str:
    """The name of the one who now has it."""
    person = keys.people[role]
    keys.accounts.change_person(person.id, name=None, role=None, password=hashed(PASSWORD), by=CONSOLE)
    return person.name


# -- codes -----------------------------------------------------------------------------------------


def test_a_code_makes_a_named_token(keys: Keys, site: Site) -> None:
    """Of the one whom the code was made for, good at once."""
    answer = pair(site, code_for(keys, Role.MEMBER))
    assert answer.status == 201
    assert answer.json.keys() == {"token", "usuario", "rol", "id", "caduca_en"}
    assert (answer.json["usuario"], answer.json["rol"]) == ("Doña miembro", "miembro")
    mine = site.ask("GET", "/tokens", headers=bearer(answer.json["token"])).json
    assert [(token["nombre"], token["actual"]) for token in mine] == [("móvil nuevo", True), ("móvil", False)]
    assert keys.acts()[0] == ("Doña miembro", "token nuevo", "Doña miembro: móvil nuevo (token 4)")


@pytest.mark.parametrize("typed", [str.lower, lambda code: code.replace("-", " "), lambda code: f" {code} "])
def test_a_code_may_be_typed_as_people_do(keys: Keys, site: Site, typed: Any) -> None:
    assert pair(site, typed(code_for(keys, Role.READER))).status == 201


def test_look_alike_letters_are_no_mistake(keys: Keys, site: Site) -> None:
    """O is 0, I and L are 1, as codes have neither."""
    code = code_for(keys, Role.READER)
    assert not set("ILOU") & set(code)
    assert pair(site, code.replace("0", "O").replace("1", "l")).status == 201


def test_a_code_is_good_once_and_for_ten_minutes(keys: Keys, site: Site) -> None:
    clock = keys.clock
    assert isinstance(clock, FakeClock)
    used = code_for(keys, Role.READER)
    assert pair(site, used).status == 201
    assert denied(pair(site, used), 401)
    late = code_for(keys, Role.READER)
    clock.advance_to(600)
    assert denied(pair(site, late), 401)
    replaced, newest = code_for(keys, Role.READER), code_for(keys, Role.READER)
    assert denied(pair(site, replaced), 401)
    assert pair(site, newest).status == 201


def test_of_racing_phones_one_is_paired(keys: Keys, site: Site) -> None:
    code = code_for(keys, Role.READER)
    assert at_once(lambda _: pair(site, code).status, range(8)) == [201] + [401] * 7
    assert len(keys.accounts.tokens(keys.people[Role.READER].id)) == 2


def test_an_admin_makes_codes_for_known_and_new_people(keys: Keys, site: Site) -> None:
    """With an address that a QR can hold; the code is in the part of it that is never sent."""
    admin = keys.bearer(Role.ADMIN)
    answer = site.ask("POST", "/auth/codigos", {"nombre": "Abuela", "rol": "lectura"}, admin)
    assert answer.status == 201
    code = answer.json["codigo"]
    assert answer.json["url"] == f"http://127.0.0.1:{site.server.port}/#codigo={code}"
    assert (answer.json["usuario"], answer.json["rol"]) == ("Abuela", "lectura")
    assert pair(site, code).json["usuario"] == "Abuela"
    again = site.ask("POST", "/auth/codigos", {"usuario": "ABUELA"}, admin)
    assert pair(site, again.json["codigo"]).json["usuario"] == "Abuela"
    assert site.ask("POST", "/auth/codigos", {"nombre": "abuela", "rol": "lectura"}, admin).status == 409
    assert site.ask("POST", "/auth/codigos", {"usuario": "Nadie"}, admin).status == 404


def test_the_configured_address_and_certificate_are_in_the_code(keys: Keys) -> None:
    """For the app to find the house, and to know it by."""
    with keys.site(public_url="https://casa.example", ca_fingerprint="ab12") as site:
        answer = site.ask("POST", "/auth/codigos", {"usuario": "Doña lectura"}, keys.bearer(Role.ADMIN))
    assert answer.json["url"] == f"https://casa.example/#codigo={answer.json['codigo']}&ca=ab12"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"codigo": "A"},
        {"codigo": 7, "nombre": "x"},
        {"codigo": "A", "nombre": ""},
        {"codigo": "A\n", "nombre": "x"},
    ],
)
def test_what_is_no_try_does_not_count_as_one(site: Site, body: dict[str, Any]) -> None:
    for _ in range(12):
        assert site.post("/auth/emparejar", body).status == 400


# -- passwords -------------------------------------------------------------------------------------


def test_a_password_opens_a_session(keys: Keys, site: Site) -> None:
    """In a cookie that scripts cannot read and other sites cannot use; and it can be ended."""
    name = with_password(keys, Role.MEMBER)
    answer = log_in(site, name.upper(), PASSWORD)
    assert answer.status == 200
    assert answer.json.keys() == {"usuario", "rol", "id", "caduca_en"}
    rules = set(answer.headers["Set-Cookie"].split("; ")[1:])
    assert rules == {"Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Strict"}
    cookie = dict(cookie_of(answer))
    assert site.ask("GET", "/auth/yo", headers=cookie).json["tipo"] == "sesion"
    own = {**cookie, "Origin": f"http://127.0.0.1:{site.server.port}"}
    gone = site.ask("DELETE", "/auth/sesion", headers=own)
    assert (gone.status, "Max-Age=0" in gone.headers["Set-Cookie"]) == (204, True)
    assert denied(site.ask("GET", "/auth/yo", headers=cookie), 401)
    assert site.ask("DELETE", "/auth/sesion", headers=keys.bearer(Role.READER)).status == 409


def test_a_code_opens_a_session_too(keys: Keys, site: Site) -> None:
    """For those who have no password."""
    answer = site.post("/auth/sesion", {"codigo": code_for(keys, Role.READER)})
    assert site.ask("GET", "/auth/yo", headers=cookie_of(answer)).json["usuario"] == "Doña lectura"


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(keys: Keys, site: Site) -> None:
    """Nobody learns from it who lives here, or who has a password."""
    name = with_password(keys, Role.MEMBER)
    answers = [
        log_in(site, name, "no es esta"),
        log_in(site, "Doña Nadie", PASSWORD),
        log_in(site, "Doña lectura", PASSWORD),
    ]
    assert all(denied(answer, 401) for answer in answers)
    assert len({answer.body for answer in answers}) == 1


def test_a_new_password_ends_the_sessions(keys: Keys, site: Site) -> None:
    """The apps stay."""
    cookie = cookie_of(log_in(site, with_password(keys, Role.MEMBER), PASSWORD))
    path = f"/usuarios/{keys.people[Role.MEMBER].id}"
    assert site.ask("PUT", path, {"clave": "otra más larga"}, keys.bearer(Role.ADMIN)).status == 200
    assert denied(site.ask("GET", "/auth/yo", headers=cookie), 401)
    assert site.ask("GET", "/auth/yo", headers=keys.bearer(Role.MEMBER)).status == 200
    assert log_in(site, "Doña miembro", "otra más larga").status == 200


# -- trying ----------------------------------------------------------------------------------------


def test_a_thousand_wrong_codes(keys: Keys, site: Site) -> None:
    """Ten are looked at. Whoever has a token is served all the while; the right code has to wait."""
    clock = keys.clock
    assert isinstance(clock, FakeClock)
    code = code_for(keys, Role.READER)
    statuses = [pair(site, f"AAAAA-{number:05}").status for number in range(1_000)]
    assert statuses == [401] * 10 + [429] * 990
    refused = pair(site, code)
    assert denied(refused, 429)
    assert refused.headers["Retry-After"] == "300"
    assert denied(log_in(site, "Doña admin", PASSWORD), 429)
    assert site.ask("GET", "/dispositivos", headers=keys.bearer(Role.READER)).status == 200
    assert denied(site.get("/dispositivos"), 401)
    clock.advance_to(300)
    assert pair(site, code).status == 201


@pytest.mark.parametrize("wrong", ["token", "ticket", "cookie"])
def test_wrong_secrets_of_256_bits_ban_nobody(keys: Keys, site: Site, wrong: str) -> None:
    """Nobody guesses one; and an app whose token was revoked can pair anew."""
    for number in range(30):
        headers = {"token": bearer(f"x{number}"), "cookie": {"Cookie": f"iot_sesion=x{number}"}}.get(wrong)
        path = f"/stream/dispositivos?ticket=x{number}" if wrong == "ticket" else "/dispositivos"
        assert denied(site.ask("GET", path, headers=headers), 401)
    assert pair(site, code_for(keys, Role.READER)).status == 201


def test_racing_tries_are_counted_before_they_are_looked_at(site: Site) -> None:
    """Thirty at once are no more than ten tries."""
    assert at_once(lambda n: pair(site, f"BBBBB-{n:05}").status, range(30)) == [401] * 10 + [429] * 20


def test_failures_are_written_down_briefly(keys: Keys) -> None:
    """Each kind once a second and address, and the ban."""
    with keys.site() as site:
        for number in range(40):
            pair(site, f"CCCCC-{number:05}")
    acts = [(what, about) for _, what, about in keys.acts()]
    assert ("bloqueo", "300 s") in acts
    assert 1 <= sum(what == "código rechazado" for what, _ in acts) <= 10
