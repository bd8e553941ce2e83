"""``GET /dispositivos/<id>/estadisticas``, over a real log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistence.storage import statistics
from tests.persistence.archive import DAY, HOUR, INDIA_S, Archive
from tests.persistence.conformance.engines import SqliteHouse
from tests.stage import FakeClock
from tests.web.site import Answer, Site
from web.routes.statistics import MAX_POINTS, Span, possible_step, step_text
from web.schemas.serializers import iso
from web.security.access import Access

# A midnight in India, where the archive's days begin.
MIDNIGHT = 20_000 * DAY - INDIA_S
NOW = float(MIDNIGHT + DAY)


class Room:
    """A site over an archive of one device, which has reported each minute of a day."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        archive.keep(*((MIDNIGHT + 60.0 * n, {"temp": n, "nivel": {"a": n % 2 == 0}}) for n in range(1440)))
        self.site = Site(archive.device, queries=archive.queries, access=Access(clock=FakeClock(NOW)))

    def ask(self, **query: object) -> Answer:
        return self.site.get(f"/dispositivos/{self.archive.device.id}/estadisticas?{urlencode(query)}")

    def data(self, **query: object) -> list[dict[str, Any]]:
        answer = self.ask(**query)
        assert answer.status == 200, answer.body
        found: list[dict[str, Any]] = answer.json["data"]
        return found

    def refusal(self, **query: object) -> str:
        answer = self.ask(**query)
        assert answer.status == 400, answer.body
        return str(answer.json["detalle"])


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with Archive(SqliteHouse(tmp_path / "iot.db")) as archive:
        room = Room(archive)
        with room.site:
            yield room


def test_an_hour_of_a_metric(room: Room) -> None:
    """Where nothing is rolled up yet and where all is, the answer is the same."""
    expected = {
        "dispositivo_id": 1,
        "metric": "temp",
        "metricas": ["temp", "nivel.a"],
        "desde": iso(MIDNIGHT + 3 * HOUR),
        "hasta": iso(MIDNIGHT + 5 * HOUR),
        "paso": HOUR,
        "total_n": 120,
        "data": [
            {"inicio": iso(MIDNIGHT + 3 * HOUR), "n": 60, "media": 209.5, "min": 180.0, "max": 239.0},
            {"inicio": iso(MIDNIGHT + 4 * HOUR), "n": 60, "media": 269.5, "min": 240.0, "max": 299.0},
        ],
    }
    query = {"metric": "temp", "desde": MIDNIGHT + 3 * HOUR + 7, "hasta": MIDNIGHT + 5 * HOUR, "paso": "1h"}
    assert room.ask(**query).json == expected
    assert room.archive.roll_up() == 1440
    assert room.ask(**query).json == expected | {"metricas": ["nivel.a", "temp"]}


def test_without_dates_it_is_the_last_day_in_about_two_hundred_points(room: Room) -> None:
    answer = room.ask(metric="temp").json
    assert (answer["desde"], answer["hasta"]) == (iso(MIDNIGHT), iso(NOW))
    assert (answer["paso"], len(answer["data"]), answer["total_n"]) == (600, 144, 1440)


def test_a_truth_value_is_a_share(room: Room) -> None:
    assert [point["media"] for point in room.data(metric="nivel.a", paso="1d")] == [0.5]


def test_without_a_metric_it_names_them(room: Room) -> None:
    assert room.ask().json == {"dispositivo_id": 1, "metricas": ["temp", "nivel.a"], "desde": iso(MIDNIGHT)}


def test_an_unknown_metric_has_no_data(room: Room) -> None:
    answer = room.ask(metric="presión").json
    assert (answer["data"], answer["total_n"]) == ([], 0)
    assert answer["metricas"] == ["temp", "nivel.a"]


def test_an_unknown_device_is_404(room: Room) -> None:
    assert room.site.get("/dispositivos/9/estadisticas?metric=temp").status == 404


@pytest.mark.parametrize(
    "written",
    [
        f"{MIDNIGHT + 18 * HOUR}",
        f"{MIDNIGHT + 18 * HOUR}.5",
        "2024-10-04T18:00:00+05:30",
        "2024-10-04T18:00+0530",
        "2024-10-04T12:30:00Z",
        "2024-10-04T12:30:00.250Z",
        "2024-10-04 12:30:00Z",
    ],
)
def test_moments_are_taken_in_every_way(room: Room, written: str) -> None:
    """Seconds, or ISO 8601 with its plus encoded or not."""
    assert room.data(metric="temp", desde=written, paso="1h")[0]["inicio"] == iso(MIDNIGHT + 18 * HOUR)
    bare = room.site.get(
        f"/dispositivos/1/estadisticas?metric=temp&paso=1h&desde={written.replace(' ', 'T')}"
    )
    assert bare.json["data"][0]["inicio"] == iso(MIDNIGHT + 18 * HOUR)


@pytest.mark.parametrize(
    ("paso", "taken"),
    [("60", 60), ("90s", 90), ("7m", 450), ("45m", HOUR), ("5h", 6 * HOUR), ("13h", DAY), ("25h", 2 * DAY)],
)
def test_a_step_is_made_one_that_fits(room: Room, paso: str, taken: int) -> None:
    """The next longer one that divides an hour or a day, or is of days."""
    assert room.ask(metric="temp", paso=paso).json["paso"] == taken


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"paso": "0"}, "paso=0 no se entiende"),
        ({"paso": "-5m"}, "paso=-5m no se entiende"),
        ({"paso": "1w"}, "usa segundos, o algo como 5m, 1h o 7d"),
        ({"paso": "9999d"}, "no se entiende"),
        ({"paso": "1s"}, "más de 2000 puntos; usa paso=45s o más"),
        ({"desde": 0, "paso": "1d"}, "usa paso=11d o más"),
        ({"desde": "ayer"}, "desde=ayer no se entiende"),
        ({"hasta": "2024-13-01"}, "hasta=2024-13-01 no se entiende"),
        ({"desde": NOW}, "desde no es anterior a hasta"),
        ({"desde": "nan"}, "no se entiende"),
    ],
)
def test_what_makes_no_sense_is_told(room: Room, query: dict[str, object], says: str) -> None:
    assert says in room.refusal(metric="temp", **query)


def test_all_time_may_be_asked_for(room: Room) -> None:
    """From before there were devices until after there will be any."""
    (point,) = room.data(metric="temp", desde=0, hasta="999999999999", paso="3650d")
    assert point["n"] == 1440


def test_more_rows_than_can_be_read_are_hours(room: Room) -> None:
    """Where a step is asked for, that is told instead."""
    room.archive.roll_up()
    with patch.object(statistics, "ROWS_MAX", 1000):
        assert room.ask(metric="temp").json["paso"] == HOUR
        assert "usa paso=1h o más" in room.refusal(metric="temp", paso="5m")


def test_a_log_that_is_not_rolled_up_yet_asks_for_patience(room: Room) -> None:
    with patch.object(statistics, "ROWS_MAX", 1000):
        answer = room.ask(metric="temp", paso="1d")
    assert answer.status == 503
    assert "1440 informes por resumir" in answer.json["detalle"]


def test_a_device_that_never_reported_has_no_data(room: Room) -> None:
    silent = replace(room.archive.device, id=7, serial="TMP0BBBBBBBB")
    room.site.hub.device_updated(silent)
    assert room.site.get("/dispositivos/7/estadisticas?metric=temp").json["data"] == []


@given(st.floats(0.001, 4000 * DAY))
def test_a_step_is_possible_and_as_short_as_can_be(seconds: float) -> None:
    step = possible_step(seconds)
    assert step >= seconds
    assert HOUR % step == 0 or DAY % step == 0 or step % DAY == 0
    assert step == possible_step(step)
    assert step <= max(1, 2 * seconds)
    assert int(step_text(step)[:-1]) > 0


@given(st.floats(1e6, 1e11), st.floats(1, 1e11))
def test_no_answer_has_too_many_points(since: float, length: float) -> None:
    span = Span(since, since + length)
    for points, step in ((MAX_POINTS, span.step(MAX_POINTS)), (200, span.round_step())):
        assert (span.until - span.since) / step + 2 <= points
