"""Claims of devices that have a code, over HTTP, with real actors and a real disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from actors.domain.claiming import TRIES, code_digest
from actors.domain.model import Device
from actors.domain.people import Role
from tests.web.home import LiveSite
from tests.web.keys import Keys
from tests.web.site import Answer, Site, at_once
from web.routes.devices import UNPROVEN_S

SERIAL = "TMP0603IF1WD"
UNKNOWN = "TMP0NOSUCH00"
CODE = "K7WQ2M4RT5VN3XPA"
DIGEST = code_digest(SERIAL, CODE)
GUARDED = Device(id=1, serial=SERIAL, reports=1, code_digest=DIGEST)
RACERS = 50
# Two clocks may disagree on the last of them.
MILLISECOND = 0.001


@pytest.fixture
def home(tmp_path: Path) -> Iterator[LiveSite]:
    with LiveSite(tmp_path / "iot.db", GUARDED) as running:
        yield running


def claim(site: Site, serial: str = SERIAL, **fields: Any) -> Answer:
    return site.post("/dispositivos/reclamar", {"serial_number": serial, **fields})


def seen(answer: Answer, serial: str) -> tuple[int, dict[str, str], bytes]:
    """All that an answer tells, but for when it was given and what was asked."""
    headers = {name: value for name, value in answer.headers.items() if name != "Date"}
    return answer.status, headers, answer.body.replace(serial.encode(), b"SERIAL")


def test_nobody_can_tell_a_wrong_code_from_a_device_that_is_not_there(home: LiveSite) -> None:
    """Nor from a lock, or from a device that somebody else has claimed: status, headers, body, and time."""
    asked = [(UNKNOWN, CODE), (SERIAL, None), *[(SERIAL, f"wrong{n}") for n in range(TRIES)]]
    answers, times = [], []
    for serial, code in [*asked, (SERIAL, CODE)]:
        began = monotonic()
        answer = claim(home.site, serial, nombre="Sala", codigo=code)
        times.append(monotonic() - began)
        answers.append(seen(answer, serial))
    assert answers[0][0] == 404
    assert answers == [answers[0]] * len(answers)
    assert min(times) > UNPROVEN_S - MILLISECOND
    assert not home.stored().claimed


def test_a_claimed_device_is_told_of_to_whom_has_its_code(home: LiveSite) -> None:
    """To the others it might as well not be there."""
    assert claim(home.site, codigo=CODE).status == 200
    assert claim(home.site, codigo=CODE).status == 409
    stranger = claim(home.site, codigo="wrong")
    assert seen(stranger, SERIAL) == seen(claim(home.site, UNKNOWN), UNKNOWN)


def test_of_fifty_with_the_right_code_one_wins(home: LiveSite) -> None:
    """The others learn that it is claimed; the winner's words are what is stored and sent out."""
    names = [f"Sala {n}" for n in range(RACERS)]
    won: list[str] = []

    def race(name: str) -> int:
        answer = claim(home.site, nombre=name, codigo=CODE)
        if answer.status == 200:
            won.append(name)
        return answer.status

    assert at_once(race, names) == [200] + [409] * (RACERS - 1)
    stored = home.stored()
    assert (stored.claimed, stored.version, [stored.name]) == (True, 1, won)
    assert home.network.configurations == [(SERIAL, 1, {})]


def test_neither_code_nor_digest_is_shown(home: LiveSite) -> None:
    """Not in lists, not of one device, not in a stream, not in what a claim or a change is answered."""
    with home.site.listen() as client:
        client.next()
        claimed = claim(home.site, codigo=CODE)
        told = str(client.next())
    paths = ("/dispositivos", f"/dispositivos/{home.device.id}")
    answers = [claimed, home.site.put(paths[1], {"nombre": "Sala"}), *map(home.site.get, paths)]
    assert [answer.status for answer in answers] == [200] * 4
    assert not [text for text in (told, *map(str, answers)) if CODE in text or DIGEST in text]


@pytest.mark.parametrize("code", [7, True, ["a"], {}, "x" * 101])
def test_what_is_no_code_is_said_to_be_none(home: LiveSite, code: object) -> None:
    """Of whatever device, so that it tells nothing, and it is no try."""
    for _ in range(TRIES):
        answers = [seen(claim(home.site, serial, codigo=code), serial) for serial in (SERIAL, UNKNOWN)]
        assert answers[0] == answers[1]
        assert answers[0][0] == 400
    assert claim(home.site, codigo=CODE).status == 200


def test_a_code_that_nobody_asked_for_does_no_harm(tmp_path: Path) -> None:
    """A device whose QR has one, and which has not announced it, is claimed as before."""
    with LiveSite(tmp_path / "iot.db", replace(GUARDED, code_digest=None)) as home:
        assert claim(home.site, codigo="superfluous").status == 200


def test_refused_claims_are_written_down_and_ban_nobody(tmp_path: Path) -> None:
    """Who made them, and of what; the code is not, and the same address goes on being heard."""
    keys = Keys(tmp_path)
    with keys.site() as site:

        def guess(code: str) -> int:
            body = {"serial_number": UNKNOWN, "codigo": code}
            return site.ask("POST", "/dispositivos/reclamar", body, keys.bearer(Role.MEMBER)).status

        assert at_once(guess, map(str, range(30))) == [404] * 30
    acts = keys.acts()
    assert {(who, what) for who, what, _ in acts[:-6]} == {("Doña miembro", "reclamación rechazada")}
    assert all(about.startswith(UNKNOWN) for _, _, about in acts[:-6])
