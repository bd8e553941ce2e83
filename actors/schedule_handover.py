"""What one device has the timekeeper see to, because it cannot do so itself."""

from __future__ import annotations

from functools import partial
from typing import Any

import pykka

from actors.context import ActorContext
from actors.domain.model import Device, JsonObject
from actors.messages import FollowSun, Scheduled, SetByHand
from actors.runtime.dispatch import tell_if_alive


class ScheduleHandover:
    """Its schedule, the end of what was set by hand, and that something in it follows the sun, which is set
    anew each day. The timekeeper is told of each when it changes, and tells ``owner``, the device's actor.
    """

    __slots__ = ("_context", "_follows_sun", "_owner", "_resumes_at", "_schedule")

    def __init__(self, context: ActorContext, owner: pykka.ActorRef[Any]) -> None:
        self._context = context
        self._owner = owner
        self._schedule: JsonObject | None = None
        """All three as the timekeeper was told."""
        self._resumes_at: float | None = None
        self._follows_sun = False

    def keep_up_with(self, device: Device) -> None:
        schedule, resumes_at = device.server_schedule, device.resumes_at
        if schedule != self._schedule:
            self._hand_over(device, schedule)
        if resumes_at != self._resumes_at:
            self._have_it_resume(device, resumes_at)
        follows_sun = self._context.sun is not None and device.follows_sun
        if follows_sun is not self._follows_sun:
            self._have_it_follow_sun(device, follows=follows_sun)

    def take_back(self, device: Device) -> None:
        """It has gone, or goes by another serial number from now on."""
        if self._schedule is not None:
            self._hand_over(device, None)
        if self._resumes_at is not None:
            self._have_it_resume(device, None)
        if self._follows_sun:
            self._have_it_follow_sun(device, follows=False)

    def _hand_over(self, device: Device, schedule: JsonObject | None) -> None:
        self._schedule = schedule
        self._tell(Scheduled(device.serial, self._answer, schedule, device.scheduled_at))

    def _have_it_resume(self, device: Device, at: float | None) -> None:
        self._resumes_at = at
        self._tell(SetByHand(device.serial, self._answer, at))

    def _have_it_follow_sun(self, device: Device, *, follows: bool) -> None:
        self._follows_sun = follows
        self._tell(FollowSun(device.serial, self._answer if follows else None))

    def _tell(self, news: Scheduled | SetByHand | FollowSun) -> None:
        if self._context.timekeeper is not None:
            tell_if_alive(self._context.timekeeper, news)

    @property
    def _answer(self) -> partial[bool]:
        return partial(tell_if_alive, self._owner)
