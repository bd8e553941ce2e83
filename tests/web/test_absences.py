"""Absences from the page to the disk and back: the real actors, a real database, real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.domain.model import Device
from tests.web.home import LiveSite
from tests.web.site import at_once
from tests.web.test_openapi import check_answer

LAMP = Device(id=1, serial="LGT0AAAAAAAA", claimed=True, version=1, configuration={"modo": "manual"})
WHERE = "/casa/ausencia"
# On the day on which the clock of a LiveSite stands.
TODAY = "2027-01-15"
HOLIDAY = {"desde": "2027-01-02T09:00:00.000Z", "hasta": "2027-01-09T20:00:00.000Z"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "iot.db"


@pytest.fixture
def home(path: Path) -> Iterator[LiveSite]:
    with LiveSite(path, LAMP) as running:
        yield running


def absences(home: LiveSite) -> list[dict[str, Any]]:
    answer = home.site.get(WHERE)
    assert answer.status == 200
    found = answer.json
    assert isinstance(found, list)
    return found


def test_people_leave_and_come_back(home: LiveSite) -> None:
    """Now and until further notice, unless they say otherwise; each answer is what is stored by then."""
    assert absences(home) == []
    left = home.site.post(WHERE, {})
    assert (left.status, left.json["id"], left.json["hasta"]) == (201, 1, None)
    assert left.json["desde"].startswith(TODAY)
    assert absences(home) == [left.json]
    away = home.site.put(f"{WHERE}/1", {"desde": HOLIDAY["desde"], "hasta": None})
    assert away.status == 200
    assert away.json == {**left.json, "desde": HOLIDAY["desde"], "dura": away.json["dura"]}
    ended = home.site.post(f"{WHERE}/1/acabar", {})
    assert (ended.status, ended.json["hasta"][: len(TODAY)]) == (200, TODAY)
    assert home.site.post(f"{WHERE}/1/acabar", {}).json == ended.json
    back = home.site.put(f"{WHERE}/1", HOLIDAY)
    assert back.status == 200
    assert {**back.json, **HOLIDAY, "id": 1} == back.json
    again = home.site.post(WHERE, {"hasta": "2999-01-01"})
    assert absences(home) == [again.json, back.json]
    assert home.site.ask("DELETE", f"{WHERE}/2").status == 204
    assert absences(home) == [back.json]
    assert home.site.post(WHERE, {"desde": "2999-01-01T00:00:00Z"}).json["id"] == 3


def test_a_time_is_said_as_elsewhere(home: LiveSite) -> None:
    """In ISO 8601, or as seconds since 1970."""
    told = home.site.post(WHERE, {"desde": "1798880400", "hasta": "2027-01-09T22:00:00+02:00"}).json
    assert (told["desde"], told["hasta"]) == (HOLIDAY["desde"], HOLIDAY["hasta"])


def test_it_is_told_whether_one_lasts(home: LiveSite) -> None:
    since = {"desde": "2001-01-01T00:00:00Z", "hasta": None}
    assert home.site.post(WHERE, since).json["dura"] is True
    assert home.site.put(f"{WHERE}/1", {**since, "hasta": "2001-01-02T00:00:00Z"}).json["dura"] is False
    assert home.site.put(f"{WHERE}/1", {"desde": "2999-01-01T00:00:00Z"}).json["dura"] is False


def test_what_cannot_be_done_is_said(home: LiveSite) -> None:
    """By its status; and nothing has changed."""
    home.site.post(WHERE, HOLIDAY)
    before = absences(home)
    for method, where, body, status, code in (
        ("POST", WHERE, HOLIDAY, 409, "absences_meet"),
        ("POST", WHERE, {"hasta": "2020-01-01"}, 400, "absence_ends_first"),
        ("POST", WHERE, {"desde": "mañana"}, 400, "parameter_not_a_time"),
        ("POST", WHERE, {"desde": 1596272400}, 400, "parameter_not_a_time"),
        ("PUT", f"{WHERE}/1", {"hasta": None}, 400, "fields_missing"),
        ("POST", f"{WHERE}/9/acabar", {}, 404, "no_such_absence"),
        ("PUT", f"{WHERE}/9", HOLIDAY, 404, "no_such_absence"),
        ("DELETE", f"{WHERE}/9", None, 404, "no_such_absence"),
    ):
        answer = home.site.ask(method, where, body)
        assert (answer.status, answer.json["codigo"]) == (status, code), (
            method,
            where,
            body,
        )
    assert absences(home) == before


def test_of_racing_absences_one_is_said(home: LiveSite) -> None:
    assert at_once(lambda _: home.site.post(WHERE, {}).status, range(4)) == [201, 409, 409, 409]
    assert len(absences(home)) == 1


def test_what_is_answered_is_described(home: LiveSite) -> None:
    """To the last key."""
    for method, path, body in (
        ("POST", WHERE, HOLIDAY),
        ("POST", WHERE, {}),
        ("POST", WHERE, {}),
        ("GET", WHERE, None),
        ("PUT", WHERE + "/{id}", HOLIDAY),
        ("PUT", WHERE + "/{id}", {}),
        ("POST", WHERE + "/{id}/acabar", {}),
    ):
        check_answer(method, path, home.site.ask(method, path.replace("{id}", "1"), body))


def test_absences_are_there_after_a_restart(path: Path) -> None:
    with LiveSite(path, LAMP) as home:
        said = home.site.post(WHERE, {}).json
        stored = home.stored()
    with LiveSite(path, stored) as home:
        assert absences(home) == [said]
        assert home.site.post(WHERE, {}).status == 409
        assert home.site.ask("DELETE", f"{WHERE}/1").status == 204
        assert home.site.post(WHERE, {}).json["id"] == 2
