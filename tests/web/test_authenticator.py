"""Every route, every method, every kind of caller: who is let in, and who is told nothing."""

from __future__ import annotations

import http.client
import logging
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tornado.web import RequestHandler

from actors.domain.people import CONSOLE, Role
from config import Settings
from persistence.accounts.accounts import Accounts
from persistence.accounts.schema import AccountsFile
from tests.brokers import wait_until
from tests.stage import FakeClock
from tests.web.keys import Keys, bearer, denied
from tests.web.site import BLIND, LAMP, PATIENCE, Site
from web.app import ROUTES
from web.http.handler import Handler
from web.identity.endpoint import Endpoint, EndpointSettings
from web.identity.hosts import Hosts
from web.security.access import Mode, NobodyCanEnter, access_of, mode_of

PATHS = [
    (re.sub(r"\(.*?\)", "1", path).replace("/?", "").replace("\\", ""), handler) for path, handler in ROUTES
]
METHODS = [method for method in RequestHandler.SUPPORTED_METHODS if method != "OPTIONS"]
GUARDED = [
    (method, path, needed)
    for path, handler in PATHS
    for method in METHODS
    if (needed := handler.role_for(method)) is not None
]
OFFERED = [case for case in GUARDED if case[0] in dict(PATHS)[case[1]].allow.split(", ")]
RANKS = list(Role)


def later(keys: Keys) -> None:
    """So that what was tried before counts no more."""
    assert isinstance(keys.clock, FakeClock)
    keys.clock.advance_to(keys.clock.monotonic() + 61)


# -- the table of routes ---------------------------------------------------------------------------


def test_what_is_public_is_written_here_too() -> None:
    """A route that asks for no token is one that was meant to."""
    asked = [(method, path, each) for path, handler in PATHS for method, each in handler.operations.items()]
    assert {(method, path) for method, path, each in asked if each.role is None} == {
        ("GET", "/"),
        ("GET", "/pagina/1"),
        ("GET", "/salud"),
        ("GET", "/ca.pem"),
        ("POST", "/auth/emparejar"),
        ("POST", "/auth/sesion"),
    }


def test_a_new_route_is_guarded_unless_it_says_otherwise() -> None:
    """Whoever writes a handler and thinks of nothing has made one for readers and members."""

    class Fresh(Handler):
        async def get(self) -> None: ...

        async def post(self) -> None: ...

    roles = {method: Fresh.role_for(method) for method in METHODS}
    assert roles.pop("GET") is roles.pop("HEAD") is Role.READER
    assert set(roles.values()) == {Role.MEMBER}


def test_what_only_admins_may_is_written_here_too() -> None:
    found = {(method, path) for method, path, needed in OFFERED if needed is Role.ADMIN}
    assert found == {
        ("GET", "/diagnostico/rechazados"),
        ("PUT", "/energia/tarifas"),
        ("GET", "/ajustes"),
        ("GET", "/copias"),
        ("POST", "/copias"),
        ("GET", "/auditoria"),
        ("GET", "/usuarios"),
        ("POST", "/usuarios"),
        ("PUT", "/usuarios/1"),
        ("DELETE", "/usuarios/1"),
        ("POST", "/auth/codigos"),
        ("GET", "/mqtt/familias"),
        ("GET", "/mqtt/accesos"),
        ("POST", "/mqtt/accesos"),
        ("DELETE", "/mqtt/accesos/1"),
    } | {("HEAD", path) for method, path in found if method == "GET"}


def test_nobody_gets_past_without_a_good_token(keys: Keys) -> None:
    """No token, a malformed one, a made-up, expired or revoked one: 401 on every route, and no data."""
    expired, revoked = keys.issue(Role.ADMIN, lifetime=5), keys.issue(Role.ADMIN)
    keys.accounts.revoke(keys.accounts.tokens()[0].id, None, CONSOLE)
    assert isinstance(keys.clock, FakeClock)
    keys.clock.advance_to(6)
    ways: dict[str, dict[str, str]] = {
        "no token": {},
        "no secret": {"Authorization": "Bearer"},
        "another scheme": {"Authorization": "Basic YWRtaW46YWRtaW4="},
        "without a scheme": {"Authorization": keys.tokens[Role.ADMIN]},
        "made up": bearer("iot_" + "A" * 43),
        "broken text": {"Authorization": "Bearer \xff\xfe"},
        "expired": bearer(expired),
        "revoked": bearer(revoked),
        "a stale cookie": {"Cookie": "iot_sesion=iot_AAAA"},
        "a cookie for TLS": {"Cookie": f"__Host-iot_sesion={keys.tokens[Role.ADMIN]}"},
    }
    with keys.site() as site:
        for method, path, _ in GUARDED:
            for way, headers in ways.items():
                answer = site.ask(method, path, headers=headers)
                assert denied(answer, 401), (method, path, way, answer)
                assert LAMP.serial.encode() not in answer.body
            later(keys)


def test_nobody_gets_past_with_too_low_a_role(keys: Keys, site: Site) -> None:
    """403 in Spanish on every route that needs more, and no data."""
    for method, path, needed in GUARDED:
        for role in RANKS[: RANKS.index(needed)]:
            answer = site.ask(method, path, headers=keys.bearer(role))
            assert denied(answer, 403), (method, path, role, answer)
            if answer.body:
                assert needed.value in answer.json["detalle"]


def test_who_may_is_let_in(keys: Keys, site: Site) -> None:
    """On every route, whoever has the role or a higher one; what then is wrong is something else."""
    for method, path, needed in OFFERED:
        for role in RANKS[RANKS.index(needed) :]:
            if path.startswith("/stream") and method == "GET":
                with site.listen(path, headers=keys.bearer(role)) as stream:
                    assert stream.next().name == "hello"
            elif method != "DELETE":
                answer = site.ask(method, path, headers=keys.bearer(role))
                # Nor is it kept waiting in vain, 10 s for each.
                assert answer.status not in (401, 403, 405, 500, 503), (method, path, role, answer)


def test_anybody_learns_only_that_the_system_is_well(keys: Keys, site: Site) -> None:
    """``/salud`` says the rest to those who may know it."""
    assert site.get("/salud").json == {"estado": "ok"}
    assert "dispositivos" in site.ask("GET", "/salud", headers=keys.bearer(Role.READER)).json
    assert denied(site.ask("GET", "/salud", headers=bearer("x")), 401)


def test_a_token_in_the_query_is_none(keys: Keys, site: Site) -> None:
    """There it would stand in logs and histories."""
    for name in ("token", "access_token", "ticket", "authorization"):
        assert denied(site.get(f"/dispositivos?{name}={keys.tokens[Role.ADMIN]}"), 401)
    assert denied(site.get(f"/stream/ai?token={keys.tokens[Role.ADMIN]}"), 401)


def test_a_refusal_leaves_the_connection_open(keys: Keys, site: Site) -> None:
    """An app that learns that its token is revoked pairs on the same connection."""
    connection = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=PATIENCE)
    used = set()
    for method, headers in (
        ("GET", {}),
        ("PUT", keys.bearer(Role.READER)),
        ("PUT", {"Host": "evil.example"}),
    ):
        connection.request(method, "/dispositivos/1", b"x" * 60_000, headers)
        answer = connection.getresponse()
        assert answer.status in (401, 403, 421)
        assert answer.read()
        used.add(connection.sock.getsockname())
    assert len(used) == 1
    connection.close()


# -- modes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("auth_mode", "host", "proxies", "mode"),
    [
        ("", "127.0.0.1", (), Mode.HERE),
        ("", "127.8.8.8", (), Mode.HERE),
        ("", "::1", (), Mode.HERE),
        ("", "localhost", (), Mode.HERE),
        ("", "127.0.0.1", ("127.0.0.1",), Mode.TOKENS),
        ("", "0.0.0.0", (), Mode.TOKENS),
        ("", "::", (), Mode.TOKENS),
        ("", "192.168.1.7", (), Mode.TOKENS),
        ("", "casa.local", (), Mode.TOKENS),
        ("tokens", "127.0.0.1", (), Mode.TOKENS),
        ("abierto", "0.0.0.0", (), Mode.OPEN),
    ],
)
def test_only_loopback_is_open_by_itself(
    auth_mode: str, host: str, proxies: tuple[str, ...], mode: Mode
) -> None:
    """Everything else asks for tokens unless it was told, in so many words, not to."""
    assert mode_of(auth_mode, host, proxies) is mode


def test_a_house_without_people_does_not_open_to_the_network(tmp_path: Path) -> None:
    """It says what to do."""
    clock, hosts = FakeClock(), Hosts()
    accounts = Accounts(AccountsFile(tmp_path / "cuentas.db"), clock.now)
    network = Settings(data_dir=tmp_path, backend_host="0.0.0.0", ssl_enabled=False)
    endpoint = Endpoint(EndpointSettings.of(network), hosts, clock)
    with pytest.raises(NobodyCanEnter, match=r"run_system\.py setup"):
        access_of(network, accounts, endpoint, hosts, clock)
    for settings, mode in ((Settings(), Mode.HERE), (replace(network, auth_mode="abierto"), Mode.OPEN)):
        assert access_of(settings, accounts, endpoint, hosts, clock).mode is mode
    accounts.add_person("Ana", Role.ADMIN, None, CONSOLE)
    assert access_of(network, accounts, endpoint, hosts, clock).mode is Mode.TOKENS


def test_on_this_machine_no_token_is_needed(keys: Keys) -> None:
    """But for the accounts, and for what somebody else has forwarded; and a wrong token is wrong."""
    with keys.site(Mode.HERE) as site:
        assert site.get("/dispositivos").status == 200
        assert site.get("/auth/yo").json["abierto"] is True
        assert site.put("/dispositivos/2", {"nombre": "Sala"}).status == 200
        for name in ("X-Forwarded-For", "Forwarded"):
            assert denied(site.ask("GET", "/dispositivos", headers={name: "127.0.0.1"}), 401)
        assert denied(site.ask("GET", "/dispositivos", headers=bearer("x")), 401)
        for path in ("/usuarios", "/tokens", "/auditoria"):
            assert denied(site.get(path), 401)
            assert site.ask("GET", path, headers=keys.bearer(Role.ADMIN)).status == 200
        assert denied(site.post("/auth/codigos", {"nombre": "Yo", "rol": "admin"}), 401)


def test_wide_open_is_open_to_forwarded_requests_too(keys: Keys) -> None:
    with keys.site(Mode.OPEN) as site:
        assert site.ask("GET", "/dispositivos", headers={"X-Forwarded-For": "8.8.8.8"}).status == 200
        assert denied(site.get("/usuarios"), 401)


def test_a_server_without_accounts_has_no_people() -> None:
    with Site(LAMP) as site:
        assert site.get("/dispositivos").status == 200
        assert denied(site.get("/usuarios"), 401)
        assert site.post("/auth/emparejar", {"codigo": "ABC", "nombre": "x"}).status == 503


# -- the accounts change while it runs -------------------------------------------------------------


def until_refused(site: Site, headers: dict[str, str]) -> None:
    wait_until(lambda: site.ask("GET", "/dispositivos", headers=headers).status in (401, 429), PATIENCE)


def test_what_another_process_changes_holds_at_once(keys: Keys, site: Site) -> None:
    """A token made is good and one revoked is not, within a second or so; the others notice nothing."""
    fresh = bearer(keys.issue(Role.MEMBER))
    wait_until(lambda: site.ask("GET", "/dispositivos", headers=fresh).status == 200, PATIENCE)
    keys.revoke(Role.MEMBER)
    until_refused(site, keys.bearer(Role.MEMBER))
    assert site.ask("GET", "/dispositivos", headers=fresh).status == 200


def test_accounts_that_cannot_be_read_change_nothing(
    keys: Keys, site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Who was let in still is, it is logged once, and when they can be read again it goes on."""
    file = tmp_path / "cuentas.db"
    stored = file.read_bytes()
    with caplog.at_level(logging.ERROR, "web.security.authenticator"):
        file.write_bytes(b"no" * 5_000)
        wait_until(lambda: "accounts_unreadable" in caplog.text, PATIENCE)
        assert site.ask("GET", "/dispositivos", headers=keys.bearer(Role.READER)).status == 200
        file.write_bytes(stored)
        keys.revoke(Role.READER)
        until_refused(site, keys.bearer(Role.READER))
    assert caplog.text.count("accounts_unreadable") == 1


def test_last_use_is_written_lazily(keys: Keys) -> None:
    """To the minute, and what is left at the end."""
    with keys.site() as site:
        site.ask("GET", "/dispositivos", headers=keys.bearer(Role.READER))
    used = {token.person_id: token.used_at for token in keys.accounts.tokens()}
    assert used == {
        person.id: keys.clock.now() if role is Role.READER else None for role, person in keys.people.items()
    }


def test_changes_are_written_down_by_name(keys: Keys) -> None:
    """Who, which device, which fields; never a value."""
    with keys.site() as site:
        body = {"nombre": "Alcoba", "configuracion": {"modo": "manual", "encendido": True}}
        change = site.ask("PUT", "/dispositivos/2", body, keys.bearer(Role.MEMBER))
        assert change.status == 200
        claim = {"serial_number": LAMP.serial, "nombre": "Secreta"}
        site.ask("POST", "/dispositivos/reclamar", claim, keys.bearer(Role.ADMIN))
        assert site.ask("PUT", "/dispositivos/99", body, keys.bearer(Role.MEMBER)).status == 404
    fields = "configuracion.encendido, configuracion.modo, nombre"
    assert keys.acts()[:2] == [
        ("Doña admin", "cambio", f"POST /dispositivos/reclamar {LAMP.serial}: nombre, serial_number"),
        ("Doña miembro", "cambio", f"PUT /dispositivos/{BLIND.id}: {fields}"),
    ]
    assert not {"Alcoba", "Secreta"} & {word for act in keys.acts() for word in act[2].split()}
