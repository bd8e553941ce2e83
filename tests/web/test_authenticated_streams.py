"""Streams end when their caller may no longer call; tickets and cookies lead into them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actors.domain.people import CONSOLE, Role, TokenKind
from tests.brokers import wait_until
from tests.stage import FakeClock
from tests.web.keys import Keys, bearer, denied
from tests.web.site import BLIND, PATIENCE, Listener, Site
from web.http.services import Limits

STREAMS = ("/stream/dispositivos", "/stream/ai", "/stream/casa")


def ticket(site: Site, headers: dict[str, str]) -> str:
    answer = site.ask("POST", "/auth/ticket", headers=headers)
    assert (answer.status, answer.json["caduca_s"]) == (201, 30)
    return str(answer.json["ticket"])


def ended(stream: Listener) -> bool:
    """Waits for the end; a stream that goes on fails here by its time-out."""
    return all(event.name in ("hello", "ping") for event in stream)


def listeners(site: Site, headers: dict[str, str]) -> int:
    return int(site.ask("GET", "/salud", headers=headers).json["hub"]["clientes"])


# -- how a stream ends -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", STREAMS)
def test_revoking_ends_the_streams_of_that_token_alone(keys: Keys, path: str) -> None:
    """Whichever way they were come by; another token of the same person goes on."""
    other = bearer(keys.issue(Role.READER))
    session = keys.issue(Role.READER, kind=TokenKind.SESSION)
    with (
        keys.site() as site,
        site.listen(path, headers=other) as stays,
        site.listen(path, headers={"Cookie": f"iot_sesion={session}"}) as stays_too,
        site.listen(path, headers=keys.bearer(Role.READER)) as by_token,
        site.listen(f"{path}?ticket={ticket(site, keys.bearer(Role.READER))}") as by_ticket,
    ):
        for stream in (stays, stays_too, by_token, by_ticket):
            assert stream.next().name == "hello"
        keys.revoke(Role.READER)
        assert ended(by_token)
        assert ended(by_ticket)
        assert listeners(site, other) == 2


def test_who_is_removed_or_gets_another_role_comes_in_anew(keys: Keys, site: Site) -> None:
    """At once when it is done here: before the admin has the answer nothing more is sent."""
    admin = keys.bearer(Role.ADMIN)
    with (
        site.listen(headers=keys.bearer(Role.READER)) as reader,
        site.listen(headers=keys.bearer(Role.MEMBER)) as member,
    ):
        paths = {role: f"/usuarios/{person.id}" for role, person in keys.people.items()}
        assert site.ask("PUT", paths[Role.READER], {"rol": "miembro"}, admin).status == 200
        assert site.ask("DELETE", paths[Role.MEMBER], headers=admin).status == 204
        assert denied(site.ask("GET", "/dispositivos", headers=keys.bearer(Role.MEMBER)), 401)
        assert ended(reader)
        assert ended(member)
        changed = site.ask("GET", "/auth/yo", headers=keys.bearer(Role.READER)).json
        assert changed["rol"] == "miembro"


def test_a_stream_ends_with_its_token(keys: Keys) -> None:
    """When it expires, too."""
    clock = keys.clock
    assert isinstance(clock, FakeClock)
    short = bearer(keys.issue(Role.READER, lifetime=60))
    with keys.site() as site, site.listen(headers=short) as stream:
        assert stream.next().name == "hello"
        clock.advance_to(61)
        assert ended(stream)


def test_a_stream_that_is_not_read_is_cut(keys: Keys) -> None:
    """It cannot be ended properly, and is not waited for."""
    big = replace(BLIND, description="x" * 600_000)
    path, reader = "/stream/dispositivos", keys.bearer(Role.READER)
    with (
        keys.site(limits=Limits(stall=100 * PATIENCE)) as site,
        Listener(site.server.port, path, None, receive_buffer=4_096, headers=reader),
    ):
        for version in range(20):  # 12 MB, more than the kernel takes for a client
            site.hub.device_updated(replace(big, version=version))
        keys.revoke(Role.READER)
        wait_until(lambda: listeners(site, keys.bearer(Role.ADMIN)) == 0, PATIENCE)


# -- tickets ---------------------------------------------------------------------------------------


def test_a_ticket_is_good_once(keys: Keys, site: Site) -> None:
    """For one stream, and for nothing but streams."""
    reader = keys.bearer(Role.READER)
    used = ticket(site, reader)
    assert denied(site.get(f"/dispositivos?ticket={used}"), 401)
    with site.listen(f"/stream/ai?ticket={used}") as stream:
        assert stream.next().name == "hello"
    assert denied(site.get(f"/stream/ai?ticket={used}"), 401)
    assert denied(site.get("/stream/ai?ticket=nada"), 401)


def test_a_ticket_lasts_thirty_seconds(keys: Keys, site: Site) -> None:
    clock = keys.clock
    assert isinstance(clock, FakeClock)
    early, late = (ticket(site, keys.bearer(Role.READER)) for _ in range(2))
    clock.advance_to(29)
    with site.listen(f"/stream/ai?ticket={early}") as stream:
        assert stream.next().name == "hello"
    clock.advance_to(30)
    assert denied(site.get(f"/stream/ai?ticket={late}"), 401)


def test_a_ticket_is_no_better_than_its_token(keys: Keys, site: Site) -> None:
    """Revoked in between, it leads nowhere; and without a token there is none."""
    held = ticket(site, keys.bearer(Role.READER))
    path = f"/tokens/{keys.ids[Role.READER]}"
    assert site.ask("DELETE", path, headers=keys.bearer(Role.READER)).status == 204
    assert denied(site.get(f"/stream/ai?ticket={held}"), 401)
    assert denied(site.post("/auth/ticket"), 401)


def test_tickets_are_limited(keys: Keys, site: Site) -> None:
    """Whoever asks for thousands holds the newest thousand."""
    first = ticket(site, keys.bearer(Role.READER))
    tickets = [ticket(site, keys.bearer(Role.READER)) for _ in range(1_024)]
    assert denied(site.get(f"/stream/ai?ticket={first}"), 401)
    with site.listen(f"/stream/ai?ticket={tickets[0]}") as stream:
        assert stream.next().name == "hello"


def test_a_removed_person_leaves_nothing_behind(keys: Keys) -> None:
    """Neither their tokens nor their codes come back with the same name."""
    code = keys.accounts.make_code(keys.people[Role.READER].id, CONSOLE)
    keys.accounts.remove_person(keys.people[Role.READER].id, CONSOLE)
    keys.accounts.add_person("Doña lectura", Role.READER, None, CONSOLE)
    with keys.site() as site:
        assert denied(site.ask("GET", "/dispositivos", headers=keys.bearer(Role.READER)), 401)
        assert denied(site.post("/auth/emparejar", {"codigo": code.text, "nombre": "x"}), 401)
