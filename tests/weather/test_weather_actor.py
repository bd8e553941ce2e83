"""Who asks for the weather: as often as told, patiently after a failure, and the rest lives without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any
from unittest.mock import ANY

import pykka
import pytest

from actors.context import ActorContext
from actors.domain.patience import Patience
from actors.domain.status import WeatherStatus
from actors.domain.weather import Weather
from actors.messages import WeatherKnown
from actors.runtime.clock import SystemClock
from actors.runtime.supervision import FailureRegistry
from actors.weather.actor import AGAIN, LATE_S, Forecast, WeatherActor
from actors.weather.client import Unanswered, WebClient
from tests.mqtt.backend import Ear
from tests.stage import FakeClock, Stage
from tests.weather.provider import Provider, answers, forecast

PATIENCE = 20
EVERY = 1800.0


class Told:
    """The actor on a stage, and a real server that it asks; an answer is taken when it has come."""

    def __init__(self, url: str) -> None:
        self.clock = FakeClock()
        self.stage = Stage(self.clock)
        self.status = WeatherStatus("127.0.0.1")
        self.heard: SimpleQueue[object] = SimpleQueue()
        self.directory = Ear.start(self.heard)
        self._answers: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._web = WebClient(SystemClock())
        context: Any = ActorContext(
            dispatcher=self.stage,
            clock=self.clock,
            writer=self.directory,
            log_reader=self.directory,
            events=ANY,
            commands=ANY,
            rules={},
            patience=Patience(1.0),
            startup_grace=1.0,
            failure_registry=FailureRegistry(),
        )
        place = Forecast(url, (40.4, -3.7), EVERY)
        self.actor = WeatherActor.start(context, self.directory, self, self.status, place)
        self.stage.settle()

    def ask(self, url: str, reply: Callable[[bytes | Unanswered], object]) -> None:
        self._web.ask(url, lambda answer: self._answers.put(lambda: reply(answer)))

    def answered(self) -> None:
        """Wait for what was asked, and let the actor take it."""
        self._answers.get(timeout=PATIENCE)()
        self.stage.settle()

    def unanswered(self) -> Callable[[], object]:
        """Let the time pass in which an answer is waited for; what came is the answer that came too late."""
        late = self._answers.get(timeout=PATIENCE)
        self.stage.wait(LATE_S)
        return late

    @property
    def asks_in(self) -> float:
        """Seconds until it asks again."""
        due = min(at for at, _, alarm in self.clock._alarms if alarm.action is not None)
        return due - self.clock.monotonic()

    def let_pass(self, seconds: float) -> None:
        """So much time, after which it has asked."""
        self.stage.wait(seconds)
        self.answered()


@pytest.fixture
def provider() -> Provider:
    return Provider()


@contextmanager
def told(provider: Provider) -> Iterator[Told]:
    with provider.running() as url:
        one = Told(url)
        try:
            yield one
        finally:
            one.actor.stop(block=False)
            one.stage.settle()
            one.directory.stop(timeout=PATIENCE)
            pykka.ActorRegistry.stop_all(block=False)


BEGIN = 1_799_992_800.0
GOOD = answers(forecast(BEGIN, 48, temperature_2m=12.0, precipitation=0.5))


def test_it_asks_at_the_start_and_each_half_hour(provider: Provider) -> None:
    provider.play = GOOD
    with told(provider) as one:
        one.answered()
        assert isinstance(one.heard.get(timeout=PATIENCE), WeatherKnown)
        assert one.status.weather is not None
        assert one.status.weather.asked_at == one.clock.now()
        assert one.asks_in == EVERY
        one.let_pass(EVERY)
        assert isinstance(one.heard.get(timeout=PATIENCE), WeatherKnown)
    assert len(provider.asked) == 2
    assert (provider.asked[0]["latitude"], provider.asked[0]["longitude"]) == ("40.40", "-3.70")


def test_what_is_known_stands_while_nobody_answers(provider: Provider) -> None:
    """It presses nobody: from failure to failure it waits longer, and then goes on as before."""
    provider.play = GOOD
    with told(provider) as one:
        one.answered()
        known: Weather | None = one.status.weather
        for n, broken in enumerate(
            (answers(b"", 503), answers(b"<html>"), answers(b"{}"), answers(b"", 429)), 1
        ):
            provider.play = broken
            one.let_pass(one.asks_in)
            assert one.status.error
            assert one.status.weather is known
            assert one.asks_in == AGAIN.after(n)
        for _ in range(8):
            one.let_pass(one.asks_in)
        assert one.asks_in == AGAIN.longest
        provider.play = GOOD
        one.let_pass(one.asks_in)
        assert one.status.error is None
        assert one.asks_in == EVERY
        assert one.status.weather is not known


def test_who_never_ends_an_answer_is_not_waited_for(provider: Provider) -> None:
    """It counts as a failure, once, though the answer comes at last."""
    provider.play = GOOD
    with told(provider) as one:
        late = one.unanswered()
        assert one.status.error == "no answer"
        assert one.asks_in == AGAIN.after(1)
        late()
        one.stage.settle()
        assert one.status.weather is None
        one.let_pass(one.asks_in)
        assert one.status.weather is not None
        assert one.asks_in == EVERY
        one.stage.wait(LATE_S)
        assert one.status.error is None
