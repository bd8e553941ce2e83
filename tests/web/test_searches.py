"""Searches through the history asked for by real HTTP: queued, or explained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.site import BLIND, LAMP, PATIENCE, Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(LAMP, BLIND) as running:
        yield running


# Devices may name their readings as they like; a former name of 200 dots is 400 characters.
@pytest.mark.parametrize("metric", ["temp. media °C", r"a\.b", "a\nb", "\u202eoba", r"\." * 200])
def test_a_search_is_queued(site: Site, metric: str) -> None:
    """202 at once; the scanner is told of which device, what and how far back."""
    answer = site.post("/ai/anomaly", {"dispositivo_id": 2, "metric": metric, "days": 30})
    assert (answer.status, answer.json) == (202, {"status": "queued"})
    scan = site.scans.get(timeout=PATIENCE)
    assert (scan.device, scan.metric, scan.days) == (BLIND, metric, 30)


ASKED = {"dispositivo_id": 2, "metric": "posicion", "days": 30}


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({**ASKED, "dispositivo_id": 99}, 404, "99"),
        ({**ASKED, "dispositivo_id": "2"}, 400, "dispositivo_id"),
        ({**ASKED, "dispositivo_id": True}, 400, "dispositivo_id"),
        ({**ASKED, "dispositivo_id": 0}, 400, "dispositivo_id"),
        ({**ASKED, "dispositivo_id": 2.5}, 400, "dispositivo_id"),
        ({**ASKED, "metric": ""}, 400, "metric"),
        ({**ASKED, "metric": "x" * 401}, 400, "metric"),
        ({**ASKED, "metric": ["posicion"]}, 400, "metric"),
        ({**ASKED, "days": 0}, 400, "days"),
        ({**ASKED, "days": 3651}, 400, "3650"),
        ({**ASKED, "days": 1.5}, 400, "days"),
        ({**ASKED, "days": None}, 400, "days"),
        ({"metric": "posicion", "days": 30}, 400, "dispositivo_id"),
        ({"dispositivo_id": 2, "days": 30}, 400, "metric"),
        ({"dispositivo_id": 2, "metric": "posicion"}, 400, "days"),
        (b"", 400, "vac"),
        (b"[]", 400, "objeto"),
    ],
)
def test_a_search_that_makes_no_sense_is_explained(
    site: Site, body: dict[str, Any] | bytes, status: int, named: str
) -> None:
    """Nobody is told to search."""
    answer = site.post("/ai/anomaly", body)
    assert answer.status == status
    assert named in answer.json["detalle"]
    assert site.scans.empty()


def test_a_search_needs_a_scanner(site: Site) -> None:
    """503 when there is nobody to tell."""
    site.scanner.stop(timeout=PATIENCE)
    assert site.post("/ai/anomaly", ASKED).status == 503
