"""What is refused whoever asks: wrong names, pages of others, words of proxies that are not ours."""

from __future__ import annotations

import http.client
import socket
import statistics
from time import perf_counter
from typing import Final

import pytest

from actors.domain.people import Role, TokenKind
from tests.web.keys import Keys, bearer, cookie_of, denied
from tests.web.site import BLIND, LAMP, PATIENCE, Site
from web.app import ROUTES
from web.http.services import Limits
from web.identity.hosts import Hosts, host_of
from web.security.access import Access, Mode
from web.security.defences import Proxies

OWN: Final = "http://127.0.0.1:{port}"


# -- by which name ---------------------------------------------------------------------------------

OUR_HOSTS = [
    *("127.0.0.1", "127.0.0.1:5000", "localhost", "LOCALHOST:1", "localhost.", "[::1]:5000"),
    *("smarthome.local", "Smarthome.Local.:443", "casa.example", "127.0.0.1.sslip.io", "127-0-0-1.sslip.io"),
]
OTHER_HOSTS = [
    *("evil.example", "evil.example:5000", "localhost.evil.example", "127.0.0.1.evil.example", "a.localhost"),
    *(
        "192.168.1.77",
        "[2001:db8::1]",
        "10-0-0-1.sslip.io",
        "evil.127-0-0-1.sslip.io",
        "smarthome.local.evil",
    ),
    *("user@localhost", "localhost:5000:1", "localhost/", "", " ", "[::1", "localhost:x", "a" * 300),
]


@pytest.mark.parametrize("host", OUR_HOSTS)
def test_our_own_names_are_answered(host: str) -> None:
    """Settings', this machine's, and the address that was connected to, with any port."""
    with Site(LAMP, access=Access(hosts=Hosts(["smarthome.local", "casa.example"]))) as site:
        assert site.ask("GET", "/dispositivos", headers={"Host": host}).status == 200


@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_any_other_name_is_refused(keys: Keys, host: str) -> None:
    """On every route, with a token and without, on this machine too: a rebound name reads nothing."""
    with keys.site(Mode.HERE) as site:
        for path in ("/", "/dispositivos", "/stream/ai", "/salud", "/no/existe"):
            for token in ({}, keys.bearer(Role.ADMIN)):
                answer = site.ask("GET", path, headers={"Host": host, **token})
                assert answer.status in (400, 421), answer
                assert LAMP.serial.encode() not in answer.body
        assert denied(site.ask("PUT", "/dispositivos/1", {"nombre": "x"}, {"Host": "evil.example"}), 421)


def test_a_name_may_come_later() -> None:
    """As when a neighbour already had the one that was announced."""
    hosts = Hosts()
    assert not hosts.allow("smarthome-2.local", "192.168.1.5")
    hosts.add("smarthome-2.local.")
    assert hosts.allow("smarthome-2.local", "192.168.1.5")


@pytest.mark.parametrize(
    ("host", "connected_to", "ours"),
    [
        ("192.168.1.5", "192.168.1.5", True),
        ("192.168.1.6", "192.168.1.5", False),
        ("192.168.1.5", "::ffff:192.168.1.5", True),
        ("[fe80::1]:5000", "fe80::1%eth0", True),
        ("192-168-1-5.sslip.io", "192.168.1.5", True),
        ("2001-db8--5.sslip.io", "2001:db8::5", True),
        (None, "192.168.1.5", True),
    ],
)
def test_the_address_connected_to_is_ours(host: str | None, connected_to: str, ours: bool) -> None:
    assert Hosts().allow(host, connected_to) is ours


def test_the_host_of_a_url_is_as_a_header_has_it() -> None:
    assert host_of("https://Casa.example:8443/x") == "casa.example"
    assert host_of("http://[2001:db8::1]:5000") == "[2001:db8::1]"
    assert Hosts([host_of("http://[2001:db8::1]:5000")]).allow("[2001:db8::1]:5000", "10.0.0.1")


# -- pages of other sites --------------------------------------------------------------------------

FOREIGN = [
    {"Origin": "https://otro.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "http://app.127.0.0.1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://otra.casa.local"},
    {},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_session_acts_only_from_our_own_page(keys: Keys, headers: dict[str, str]) -> None:
    """Not from another site, not from another name or port of the same one, not from who says nothing."""
    cookie = {"Cookie": f"iot_sesion={keys.issue(Role.ADMIN, kind=TokenKind.SESSION)}"}
    with keys.site() as site:
        for method, path in (("PUT", "/dispositivos/2"), ("DELETE", "/tokens/1"), ("POST", "/auth/codigos")):
            assert denied(site.ask(method, path, {"nombre": "x"}, {**cookie, **headers}), 403)
        own = OWN.format(port=site.server.port)
        for good in ({"Origin": own}, {"Sec-Fetch-Site": "same-origin", "Origin": own}):
            assert site.ask("PUT", "/dispositivos/2", {"nombre": "x"}, {**cookie, **good}).status == 200
        read = site.ask("GET", "/dispositivos", headers={**cookie, **headers})
        assert denied(read, 403) if headers else read.status == 200


LINK: Final = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize("headers", [headers for headers in FOREIGN if headers])
def test_other_sites_get_nothing_in_the_default_state(keys: Keys, headers: dict[str, str]) -> None:
    """Open to this machine, which the browser on it is part of: no route, method, ticket, or token even."""
    with keys.site(Mode.HERE) as site:
        for pattern, handler in ROUTES:
            path = pattern.replace("([0-9]{1,18})", "2").replace("/?", "").replace("(.+)", "app.css")
            for method in {"GET", *handler.operations}:
                for more in ({}, keys.bearer(Role.ADMIN)):
                    answer = site.ask(method, path.replace("\\", ""), headers={**headers, **more})
                    assert denied(answer, 403), (method, path, answer)
        assert denied(site.ask("GET", "/stream/dispositivos?ticket=x", headers=headers), 403)
        assert denied(site.ask("GET", "/no/existe", headers=headers), 403)
        assert site.ask("OPTIONS", "/dispositivos", headers=headers).status == 204
        site.until_listeners_are(0)
    assert keys.acts() == [act for act in keys.acts() if act[0] == "consola"]


def test_other_sites_are_refused_before_their_body_is_taken(keys: Keys) -> None:
    """A form's 3 MB, none of which is sent."""
    with (
        keys.site(Mode.HERE) as site,
        socket.create_connection(("127.0.0.1", site.server.port), PATIENCE) as client,
    ):
        head = "POST /dispositivos/reclamar HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000\r\n"
        client.sendall(f"{head}Sec-Fetch-Site: cross-site\r\n\r\n".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 403 ")


def test_a_link_leads_to_the_page(keys: Keys) -> None:
    """From another site, in the window; and to the certificate. Not into a frame, and to nothing else."""
    with keys.site(Mode.HERE) as site:
        for headers in (LINK, LINK | {"Sec-Fetch-Dest": "empty"}):  # the latter by way of the service worker
            found = site.ask("GET", "/", headers=headers).status
            assert found in (200, 503)  # where its libraries are missing
        assert site.ask("GET", "/ca.pem", headers=LINK).status == 404
        for headers in (LINK | {"Sec-Fetch-Dest": "iframe"}, LINK | {"Sec-Fetch-Mode": "no-cors"}):
            assert denied(site.ask("GET", "/", headers=headers), 403)
        for path in ("/dispositivos", "/stream/ai", "/pagina/app.css", "/dispositivos/2/exportar"):
            assert denied(site.ask("GET", path, headers=LINK), 403)
        assert denied(site.ask("POST", "/auth/sesion", {"codigo": "x"}, LINK), 403)


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://LOCALHOST:7"}],
)
def test_our_own_page_and_programs_are_no_other_site(keys: Keys, headers: dict[str, str]) -> None:
    with keys.site(Mode.HERE) as site:
        assert site.ask("GET", "/dispositivos", headers={"Host": "localhost:7", **headers}).status == 200


def test_no_other_origin_reads_unless_configured(keys: Keys) -> None:
    """Exactly that origin, by token; the preflight is answered without one."""
    app, asking = "https://app.example", {"Access-Control-Request-Method": "PUT"}
    with keys.site(cors_origins=frozenset([app])) as site:
        allowed = site.ask("OPTIONS", "/dispositivos/2", headers={"Origin": app, **asking})
        assert allowed.status == 204
        assert allowed.headers["Access-Control-Allow-Origin"] == app
        assert allowed.headers["Access-Control-Allow-Methods"] == "GET, PUT, DELETE, HEAD, OPTIONS"
        assert "Authorization" in allowed.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in allowed.headers
        headers = {"Origin": app, "Sec-Fetch-Site": "cross-site", **keys.bearer(Role.MEMBER)}
        changed = site.ask("PUT", "/dispositivos/2", {"nombre": "x"}, headers)
        assert (changed.status, changed.headers["Access-Control-Allow-Origin"]) == (200, app)
        refused = site.ask("GET", "/dispositivos", headers={"Origin": app})
        assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (401, app)
        for origin in (f"{app}.evil", "http://app.example", f"{app}:444", "null", f"{app}/"):
            answer = site.ask("OPTIONS", "/dispositivos/2", headers={"Origin": origin, **asking})
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert answer.headers["Vary"] == "Origin"
    with keys.site() as closed:
        answer = closed.ask("OPTIONS", "/dispositivos/2", headers={"Origin": app, **asking})
        assert not [name for name in answer.headers if name.startswith("Access-Control")]


# -- headers of every answer -----------------------------------------------------------------------


def test_every_answer_carries_the_defences(keys: Keys, site: Site) -> None:
    """Good ones, refusals, streams, and what does not exist."""
    admin = keys.bearer(Role.ADMIN)
    answers = [
        site.ask(method, path, headers=headers).headers
        for method in ("GET", "PUT", "OPTIONS", "PATCH", "BREW")
        for path in ("/salud", "/dispositivos", "/usuarios/1", "/pagina/no", "/no/existe")
        for headers in ({}, admin, {"Host": "evil.example"})
    ]
    with site.listen(headers=admin) as stream:
        answers.append(stream.headers)
    for headers in answers:
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "Server" not in headers


# -- proxies ---------------------------------------------------------------------------------------


def addresses(keys: Keys) -> set[str]:
    return {each.act.author.address for each in keys.accounts.acts(200)} - {""}


@pytest.mark.parametrize(
    ("trusted", "forwarded", "client"),
    [
        ((), "203.0.113.9", "127.0.0.1"),
        (("10.0.0.0/8",), "203.0.113.9", "127.0.0.1"),
        (("127.0.0.1",), "203.0.113.9", "203.0.113.9"),
        (("127.0.0.0/8",), "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (("127.0.0.1", "10.0.0.0/8"), "6.6.6.6, 203.0.113.9, 10.1.1.1", "203.0.113.9"),
        (("127.0.0.1",), "203.0.113.9, basura", "127.0.0.1"),
        (("127.0.0.1",), "", "127.0.0.1"),
        (("127.0.0.1",), "::ffff:203.0.113.9", "203.0.113.9"),
        (("127.0.0.1",), "2001:db8::7", "2001:db8::7"),
    ],
)
def test_only_a_configured_proxy_is_believed(
    keys: Keys, trusted: tuple[str, ...], forwarded: str, client: str
) -> None:
    """And only as far as it saw for itself: what the client wrote before that is the client's word."""
    headers = {"X-Forwarded-For": forwarded, "X-Real-Ip": "9.9.9.9", "Forwarded": "for=9.9.9.9"}
    with keys.site(proxies=Proxies(trusted)) as site:
        site.ask("GET", "/dispositivos", headers={**headers, **bearer("malo")})
    assert addresses(keys) == {client}


def test_a_spoofed_address_washes_off_no_ban(site: Site) -> None:
    """A new one with each try makes no difference, from whom is no proxy of ours."""
    wrong = {"codigo": "AAAAA-AAAAA", "nombre": "x"}
    statuses = [
        site.ask("POST", "/auth/emparejar", wrong, {"X-Forwarded-For": f"203.0.113.{n}"}).status
        for n in range(12)
    ]
    assert statuses == [401] * 10 + [429] * 2


def test_behind_a_proxy_with_tls_the_session_is_for_tls(keys: Keys) -> None:
    """Its cookie is Secure and of this host alone; without a trusted proxy the scheme is what it is."""
    code = keys.accounts.make_code(keys.people[Role.READER].id, keys.accounts.acts(1)[0].act.author)
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    with keys.site(proxies=Proxies(["127.0.0.1"])) as site:
        answer = site.ask("POST", "/auth/sesion", {"codigo": code.text}, headers)
        assert answer.headers["Set-Cookie"].startswith("__Host-iot_sesion=iot_")
        assert "; Secure" in answer.headers["Set-Cookie"]
        cookie = cookie_of(answer)
        assert site.ask("GET", "/auth/yo", headers={**headers, **cookie}).status == 200
        assert denied(site.ask("GET", "/auth/yo", headers=cookie), 401)


# -- connections that say nothing ------------------------------------------------------------------


def test_half_open_connections_keep_nobody_out(keys: Keys) -> None:
    """Five hundred that send a header without end: of the others' requests 99 % take less than 1 s."""
    with keys.site() as site:
        held: list[socket.socket] = []
        taken: list[float] = []
        for number in range(500):
            client = socket.create_connection(("127.0.0.1", site.server.port), PATIENCE)
            client.sendall(b"GET /dispositivos HTTP/1.1\r\nX-Slow: ")
            held.append(client)
            if number % 5 == 4:
                began = perf_counter()
                assert site.ask("GET", "/dispositivos", headers=keys.bearer(Role.READER)).status == 200
                taken.append(perf_counter() - began)
        with site.listen(headers=keys.bearer(Role.READER)) as stream:
            assert stream.next().name == "hello"
        for client in held:
            client.close()
    assert statistics.quantiles(taken, n=100)[98] < 1


def test_who_has_been_let_in_does_not_give_way(keys: Keys) -> None:
    """A connection with a good token on it is kept, and used again, while strangers push each other out."""
    with keys.site() as site:
        ours = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=PATIENCE)
        ours.request("GET", "/dispositivos", headers=keys.bearer(Role.READER))
        ours.getresponse().read()
        port = ours.sock.getsockname()[1]
        strangers = [
            socket.create_connection(("127.0.0.1", site.server.port), PATIENCE)
            for _ in range(Limits().clients + 150)
        ]
        ours.request("GET", "/dispositivos", headers=keys.bearer(Role.READER))
        assert ours.getresponse().read()
        assert ours.sock.getsockname()[1] == port
        assert strangers[0].recv(1) == b""
        ours.close()
        for client in strangers:
            client.close()


def test_every_route_limits_its_body(keys: Keys, site: Site) -> None:
    """64 KiB, whoever sends more."""
    for path, handler in ROUTES:
        for method in {"PUT", "POST"} & set(handler.allow.split(", ")):
            where = path.replace("([0-9]{1,18})", "1").replace("/?", "")
            if where.endswith(
                ("aplicar", "descartar", "aceptar", "ticket", "copias", "soltar", "parar", "acabar", "prueba")
            ):
                continue  # these take no body, and drop it
            answer = site.ask(method, where, b"x" * 70_000, keys.bearer(Role.ADMIN))
            assert denied(answer, 413), (method, where, answer)
    assert site.ask("GET", f"/dispositivos/{BLIND.id}", headers=keys.bearer(Role.READER)).status == 200
