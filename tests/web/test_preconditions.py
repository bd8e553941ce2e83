"""Nobody overwrites what they have not seen, if they say what they have."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.model import Report
from tests.web.site import BLIND, LAMP, PATIENCE, Answer, Site, at_once
from web.schemas.preconditions import IF_MATCH, quoted, tags_in
from web.texts.problem import Problem

TAGS = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"], exclude_characters=' "\x7f\xa0'))


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(LAMP, BLIND) as running:
        yield running


def change(site: Site, if_match: str, body: dict[str, Any] | None = None, device: int = 2) -> Answer:
    headers = {"If-Match": if_match}
    return site.ask("PUT", f"/dispositivos/{device}", body or {"nombre": "Salón"}, headers)


def tag_of(site: Site, device: int = 2) -> str:
    return site.get(f"/dispositivos/{device}").headers["Etag"]


def test_the_tag_is_in_header_and_lists_alike(site: Site) -> None:
    """So who has the device from a list, or from the stream, need not read it again to change it."""
    tags = {device["id"]: quoted(device["edicion"]) for device in site.get("/dispositivos").json}
    assert tags == {number: tag_of(site, number) for number in (1, 2)}
    assert site.ask("HEAD", "/dispositivos/2").headers["Etag"] == tags[2]
    with site.listen() as client:
        client.next()
        answer = change(site, tags[2])
        assert quoted(client.next().data["edicion"]) == answer.headers["Etag"] == tag_of(site)


def test_who_has_seen_the_present_may_change_it(site: Site) -> None:
    """And with the tag of the answer again."""
    first = change(site, tag_of(site))
    assert (first.status, first.json["nombre"]) == (200, "Salón")
    assert change(site, first.headers["Etag"], {"encendido": True}).status == 200


def test_who_has_not_is_shown_it(site: Site) -> None:
    """412 changes nothing and has the device as it is, with its tag."""
    seen = tag_of(site)
    site.put("/dispositivos/2", {"nombre": "Comedor"})
    refused = change(site, seen, {"nombre": "Salón"})
    assert refused.status == 412
    assert refused.json["error"] == "ha cambiado"
    assert refused.json["dispositivo"] == site.get("/dispositivos/2").json
    assert refused.json["dispositivo"]["nombre"] == "Comedor"
    assert change(site, refused.headers["Etag"], {"nombre": "Salón"}).status == 200


def test_readings_do_not_stand_in_the_way(site: Site) -> None:
    """What the device reports, in either mode, is no edit."""
    site.put("/dispositivos/2", {"configuracion": {"modo": "horario"}})
    seen = tag_of(site)
    for n, state in enumerate(["activo", "inactivo", "activo"]):
        site.directory.tell(Report(BLIND.serial, 1.8e9 + n, state, {"pos": n}, {"sabe": n}))
    assert change(site, seen).status == 200


EDITS: list[dict[str, Any]] = [
    {"nombre": "Otra"},
    {"tipo": "luz"},
    {"modelo": "P-02"},
    {"descripcion": "La del salón"},
    {"configuracion": {"pos": 7}},
    {"encendido": True},
    {"configuracion": {"modo": "horario", "horarios": []}},
]


@pytest.mark.parametrize("edit", EDITS, ids=str)
def test_every_edit_makes_another_tag(site: Site, edit: dict[str, Any]) -> None:
    """So of two edits from the same state the second is refused, whichever they are."""
    seen = tag_of(site)
    assert change(site, seen, edit).status == 200
    assert [change(site, seen, other).status for other in EDITS] == len(EDITS) * [412]


def test_a_state_that_people_set_is_an_edit() -> None:
    """In mode ``horario``, even if it says of ``encendido`` what was so already."""
    scheduled = replace(LAMP, state="desconocido", configuration={"modo": "horario", "encendido": False})
    with Site(scheduled) as site:
        seen = tag_of(site, 1)
        assert change(site, seen, {"estado": "inactivo"}, 1).status == 200
        assert change(site, seen, {"estado": "activo"}, 1).status == 412


def test_a_claim_is_an_edit(site: Site) -> None:
    """Even one that says nothing of the device."""
    seen = tag_of(site, 1)
    site.post("/dispositivos/reclamar", {"serial_number": LAMP.serial})
    assert change(site, seen, device=1).status == 412


def test_of_racing_changes_from_one_state_one_wins(site: Site) -> None:
    """All are let in by the same tag; the device decides."""
    seen = tag_of(site)
    statuses = at_once(lambda n: change(site, seen, {"nombre": f"N{n}"}).status, range(8))
    assert statuses == [200, *7 * [412]]


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("*", 200),
        (" * ", 200),
        ("{tag}", 200),
        ('"otra", {tag}', 200),
        ('"a,b" ,, {tag} ,', 200),
        ('"otra"', 412),
        ('""', 412),
        ("W/{tag}", 412),
        ('W/{tag}, "x"', 412),
        ("w/{tag}", 400),
        ("", 400),
        (",", 400),
        ("*, {tag}", 400),
        ('{tag} "x"', 400),
        ("{bare}", 400),
        ('"abierta', 400),
        ('"con espacio"', 400),
    ],
)
def test_the_header_is_read_as_rfc_9110_says(site: Site, header: str, status: int) -> None:
    """Compared strongly; and what is no such header is said to be none, rather than let pass."""
    tag = tag_of(site)
    answer = change(site, header.format(tag=tag, bare=tag.strip('"')))
    assert answer.status == status, answer.json


def test_lines_of_one_header_are_one_list(site: Site) -> None:
    """As proxies may split them."""
    lines = f'Host: x\r\nIf-Match: "x"\r\nIf-Match: {tag_of(site)}\r\nContent-Length: 15\r\n'
    with socket.create_connection(("127.0.0.1", site.server.port), timeout=PATIENCE) as client:
        client.sendall(f'PUT /dispositivos/2 HTTP/1.1\r\n{lines}\r\n{{"nombre":"Ab"}}'.encode())
        assert client.recv(4096).split()[1] == b"200"


def test_what_is_not_there_is_not_found(site: Site) -> None:
    """``*`` does not make a device."""
    assert change(site, "*", device=99).status == 404


def test_a_device_is_never_unmodified(site: Site) -> None:
    """The tag says nothing of the readings, so whoever asks for news gets the device."""
    answer = site.ask("GET", "/dispositivos/2", headers={"If-None-Match": tag_of(site)})
    assert (answer.status, answer.json["id"]) == (200, 2)


@given(st.lists(st.tuples(st.booleans(), TAGS), min_size=1))
def test_any_list_of_tags_is_read(tags: list[tuple[bool, str]]) -> None:
    """Commas within quotes are no ends."""
    header = ", ".join(f'{"W/" * weak}"{tag}"' for weak, tag in tags)
    assert tags_in(header) == {tag for weak, tag in tags if not weak}


@given(st.text(st.sampled_from('"W/,* \tab')))
def test_any_other_header_is_refused(header: str) -> None:
    """Whatever it is made of, it is read or told to be wrong."""
    try:
        read = IF_MATCH.shape.parse(header, "If-Match")
    except Problem as problem:
        assert problem.status == 400  # noqa: PT017
    else:
        assert read is None or '"' in header
