"""The timekeeper is told what a device cannot keep by itself: once, and until that is taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

import pykka

from actors.context import ActorContext
from actors.domain.model import Device
from actors.domain.patience import Patience
from actors.domain.sun import Sun
from actors.messages import FollowSun, Scheduled, SetByHand
from actors.runtime.dispatch import PooledActor
from actors.schedule_handover import ScheduleHandover
from tests.stage import FakeClock, Stage

WEEK = {"horarios": [{"dias": "L", "inicio": "08:00", "fin": "09:00"}]}
KEPT = Device(
    id=1,
    serial="LGT0AAAA",
    claimed=True,
    configuration={"modo": "horario", **WEEK},
    reported={"horario_servidor": True},
)


class Ear(PooledActor):
    """Stands for everybody: notes what it is told."""

    def __init__(self, stage: Stage, told: list[object]) -> None:
        super().__init__(stage)
        self._told = told

    def on_receive(self, message: object) -> None:
        self._told.append(message)


class Desk:
    def __init__(self) -> None:
        self.stage = Stage(FakeClock())
        self.told: list[Any] = []
        self.heard: list[Any] = []
        ear = Ear.start(self.stage, self.told)
        owner: pykka.ActorRef[Any] = Ear.start(self.stage, self.heard)
        nobody: Any = None
        context = ActorContext(
            *(self.stage, self.stage.clock, ear, ear, nobody, nobody, {}, Patience(120.0), 60.0, ear),
            sun=Sun(40.4, -3.7, UTC),
        )
        self.handover = ScheduleHandover(context, owner)

    def news(self) -> list[Any]:
        """What the timekeeper was told since it was last asked for."""
        self.stage.settle()
        told, self.told[:] = [*self.told], []
        return told


def test_a_schedule_is_handed_over_once_and_taken_back() -> None:
    desk = Desk()
    desk.handover.keep_up_with(KEPT)
    desk.handover.keep_up_with(replace(KEPT, name="other"))
    [told] = desk.news()
    assert isinstance(told, Scheduled)
    assert told.configuration == WEEK
    desk.handover.take_back(KEPT)
    desk.handover.take_back(KEPT)
    [told] = desk.news()
    assert told.configuration is None


def test_the_end_of_what_was_set_by_hand_is_handed_over_until_nobody_claims_the_device() -> None:
    desk = Desk()
    by_hand = replace(KEPT, configuration={"modo": "manual", "manual_hasta": "2027-01-15T08:00:00Z"})
    desk.handover.keep_up_with(by_hand)
    [told] = desk.news()
    assert isinstance(told, SetByHand)
    assert told.until == by_hand.resumes_at is not None
    desk.handover.keep_up_with(replace(by_hand, claimed=False))
    [told] = desk.news()
    assert told.until is None


def test_what_the_timekeeper_answers_reaches_the_device() -> None:
    desk = Desk()
    window = {"dias": "L", "inicio": "18:00", "fin": "23:00", "sol": {"inicio": "ocaso+30"}}
    desk.handover.keep_up_with(replace(KEPT, configuration={"modo": "horario", "horarios": [window]}))
    told = desk.news()
    assert [type(each) for each in told] == [Scheduled, FollowSun]
    for each in told:
        each.to(type(each).__name__)
    desk.stage.settle()
    assert desk.heard == ["Scheduled", "FollowSun"]
