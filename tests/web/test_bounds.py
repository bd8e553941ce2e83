"""``GET /dispositivos/<id>/limites`` through real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pykka
import pytest

from actors.domain.refusals import Refusal, Refused
from actors.domain.status import StorageTrouble, WriterStatus
from actors.messages import AskBounds
from tests.web.site import BLIND, HEALTHY, LAMP, PATIENCE, Site
from tests.web.stand_ins import NoAnswer
from web.http.services import Limits


class Refusing(pykka.ThreadingActor):
    def on_receive(self, message: Any) -> None:
        match message:
            case AskBounds(BLIND.serial, "extremos", reply):
                reply(Refused(Refusal.QUARANTINED))


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(LAMP, BLIND) as running:
        yield running


def test_bounds_are_told_as_in_an_anomaly(site: Site) -> None:
    """By metric; ``null`` is no bound."""
    answer = site.get("/dispositivos/2/limites")
    assert (answer.status, answer.json) == (
        200,
        {
            "dispositivo_id": 2,
            "data": {
                "temperatura": {"min": 10.0, "max": 80.0, "source": "limits"},
                "aire °C": {"min": None, "max": 1013.25, "source": "limits+hist"},
            },
        },
    )


def test_a_refusal_is_explained() -> None:
    with Site(BLIND, directory=lambda _: Refusing.start()) as site:
        refused = site.get("/dispositivos/2/limites")
    assert (refused.status, refused.json["codigo"]) == (503, "device_quarantined")


@pytest.mark.parametrize(("path", "status"), [("99/limites", 404), ("x/limites", 404), ("2/limites/x", 404)])
def test_who_is_not_there_has_none(site: Site, path: str, status: int) -> None:
    assert site.get(f"/dispositivos/{path}").status == status


def test_nobody_waits_for_ever() -> None:
    """503 when no answer comes, and when there is nobody to ask."""
    directory = NoAnswer.start()
    with Site(BLIND, directory=lambda _: directory, limits=Limits(reply=0.1)) as site:
        assert site.get("/dispositivos/2/limites").status == 503
        directory.stop(timeout=PATIENCE)
        assert site.get("/dispositivos/2/limites").status == 503


def test_a_disk_that_fails_keeps_nobody_from_asking() -> None:
    """Nothing of the question is stored."""
    broken = WriterStatus(healthy=False, queued=9, last_error=StorageTrouble("disk full"))
    health = replace(HEALTHY, writer=broken)
    with Site(BLIND, health=lambda: health) as site:
        assert site.get("/dispositivos/2/limites").status == 200
