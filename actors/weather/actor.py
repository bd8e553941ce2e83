"""Who knows the weather at the house, and tells the rules of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final, Protocol

import pykka

from actors.context import ActorContext
from actors.domain.status import WeatherStatus
from actors.messages import WeatherKnown
from actors.runtime.backoff import Backoff
from actors.runtime.clock import Timer
from actors.runtime.dispatch import tell_if_alive
from actors.runtime.supervision import Part, SupervisedActor
from actors.weather.client import PART_S, WHOLE_S, Unanswered
from actors.weather.open_meteo import BadWeather, question, weather_in

logger = logging.getLogger(__name__)

# After a failure; a provider that is paid by nobody is not to be pressed.
AGAIN: Final = Backoff(60.0, 3_600.0)
# A server may keep a client reading its headers for hours.
LATE_S: Final = WHOLE_S + 2 * PART_S


class Client(Protocol):
    """As :class:`actors.weather.client.WebClient`."""

    def ask(self, url: str, reply: Callable[[bytes | Unanswered], object]) -> None: ...


@dataclass(frozen=True, slots=True)
class _Ask:
    """It is time to."""


@dataclass(frozen=True, slots=True)
class _Answered:
    question: int
    answer: bytes | Unanswered


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is asked for."""

    url: str
    """The provider's."""
    place: tuple[float, float]
    """Latitude and longitude, degrees."""
    every: float
    """Seconds from one answer to the next question."""


class WeatherActor(SupervisedActor):
    """Asks as often as it is told to, keeps the last good answer, and tells the directory of each."""

    part: ClassVar[Part] = Part.WEATHER

    def __init__(
        self,
        context: ActorContext,
        directory: pykka.ActorRef[Any],
        client: Client,
        status: WeatherStatus,
        forecast: Forecast,
    ) -> None:
        super().__init__(context.dispatcher, context.clock, context.failure_registry)
        self._directory = directory
        self._client = client
        self._status = status
        self._question = question(forecast.url, *forecast.place)
        self._every = forecast.every
        self._failures = 0
        self._lateness: Timer | None = None
        self._asked = 0
        """Counts the questions and their answers, so that none has two."""

    def on_start(self) -> None:
        self._ask()

    def on_fault(self, error: BaseException) -> None:  # noqa: ARG002
        """Whatever it was at, it goes on asking."""
        self._go_without("internal")

    def on_receive(self, message: object) -> None:
        match message:
            case _Ask():
                self._ask()
            case _Answered(question) if question != self._asked:
                pass  # too late
            case _Answered(_, Unanswered() as problem):
                self._go_without(str(problem))
            case _Answered(_, bytes() as body):
                self._take(body)
            case _:
                super().on_receive(message)

    def _ask(self) -> None:
        self._asked += 1
        number, ref = self._asked, self.actor_ref
        self._client.ask(self._question, lambda answer: tell_if_alive(ref, _Answered(number, answer)))
        late = _Answered(number, Unanswered("no answer"))
        self._lateness = self._clock.call_later(LATE_S, partial(tell_if_alive, ref, late))

    def _take(self, body: bytes) -> None:
        try:
            weather = weather_in(body, self._clock.now())
        except BadWeather as problem:
            self._go_without(str(problem))
            return
        self._failures = 0
        self._status.weather, self._status.error = weather, None
        tell_if_alive(self._directory, WeatherKnown(weather))
        self._wait(self._every)

    def _go_without(self, why: str) -> None:
        self._failures += 1
        self._status.error = why
        logger.warning("weather_unknown failures=%d error=%s", self._failures, why)
        self._wait(AGAIN.after(self._failures))

    def _wait(self, seconds: float) -> None:
        self._asked += 1
        if self._lateness is not None:
            self._lateness.cancel()
        self._clock.call_later(seconds, partial(tell_if_alive, self.actor_ref, _Ask()))
