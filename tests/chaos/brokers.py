"""The broker goes: for a while, frozen with its connections open, or for good with all that it knew."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.brokers import Mosquitto
from tests.chaos.devices import Devices, Keeping, Trusting, serials
from tests.chaos.fault import Outcome, Trial
from tests.chaos.victim import Place

_RATE = 300
_DEVICES = 8
_KEEPALIVE = 5
# After two minutes without a broker the next attempt may be half a minute away, s.
_PATIENCE = 90.0
# So many attempts a second to get in are no storm.
_CALM = 1.5
_SESSION = re.compile(r"connected from \S+ as (iot-backend-\w+) ")
# Whoever looks for a twin, by two connections of a name of their own: at the start, and when connections
# have been cut off soon, as by a broker that is replaced again and again.
_ASKING = re.compile(r"connected from \S+ as (iot-backend-\w+-\w+) ")
_ASKED = 2


class TalkativeMosquitto(Mosquitto):
    """Says who comes and goes."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._database = directory / "mosquitto.db"

    def _adapted(self, conf: str, directory: Path) -> str:
        quiet = "\nconnection_messages false"
        assert conf.count(quiet) == 1
        return super()._adapted(conf, directory).replace(quiet, "\nconnection_messages true")

    @property
    def sessions(self) -> list[str]:
        """The session that the backend has come with, each time that it has come."""
        return _SESSION.findall("\n".join(list(self.said)))

    @property
    def asked(self) -> int:
        """How often the backend has come to look for a twin."""
        return len(_ASKING.findall("\n".join(list(self.said))))

    def replace(self) -> None:
        """By one that has the same address and knows nothing."""
        self.stop()
        self._database.unlink()
        self.start()


@contextmanager
def talkative_mosquitto(folder: Path) -> Iterator[TalkativeMosquitto]:
    broker = TalkativeMosquitto(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


class Doorman:
    """In the broker's place: takes every connection, notes who it is, and sends it away."""

    def __init__(self, port: int) -> None:
        self.turned_away = 0
        """Attempts of the backend."""
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.settimeout(0.1)

    def stand(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        with self._listener:
            while time.monotonic() < end:
                try:
                    guest, _ = self._listener.accept()
                except TimeoutError:
                    continue
                with guest:
                    guest.settimeout(1)
                    self.turned_away += b"iot-backend-" in guest.recv(256)


def stopped(trial: Trial) -> Outcome:
    seconds = trial.pick(15, 120)
    outcome = Outcome(tried=1)
    with talkative_mosquitto(trial.folder) as broker:
        place = Place(trial.folder / "home", broker)
        with (
            place.victim(mqtt_keepalive=_KEEPALIVE) as victim,
            Trusting(place.mqtt, place.ledger, serials(_DEVICES), _RATE) as devices,
        ):
            devices.until_receipt_after(time.monotonic())
            broker.stop()
            doorman = Doorman(broker.port)
            doorman.stand(seconds / 2)
            threading.Event().wait(seconds / 2)
            broker.start()
            _recover(outcome, devices)
            devices.finish()
            victim.until_idle()
        outcome.extra = f"{doorman.turned_away} attempts in {seconds / 2:.0f} s"
        outcome.expect(doorman.turned_away <= _CALM * seconds / 2, "a storm of attempts to connect")
        _expect_one_session(outcome, broker, comings=2)
        return outcome.judged(place.ledger.examine(place.data))


def frozen(trial: Trial) -> Outcome:
    seconds = trial.pick(8.0, 30.0)
    outcome = Outcome(tried=trial.pick(1, 3))
    with talkative_mosquitto(trial.folder) as broker:
        place = Place(trial.folder / "home", broker)
        with (
            place.victim(mqtt_keepalive=_KEEPALIVE) as victim,
            Trusting(place.mqtt, place.ledger, serials(_DEVICES), _RATE) as devices,
        ):
            for _ in range(outcome.tried):
                devices.until_receipt_after(time.monotonic())
                broker.freeze()
                threading.Event().wait(seconds)
                broker.thaw()
                _recover(outcome, devices)
            devices.finish()
            victim.until_idle()
        # A frozen broker's kernel goes on taking connections, which it finds when it thaws.
        _expect_one_session(outcome, broker, comings=1 + outcome.tried * int(1 + _CALM * seconds))
        return outcome.judged(place.ledger.examine(place.data))


def replaced(trial: Trial) -> Outcome:
    """What it had taken over is gone with it: only a receipt is a promise here."""
    outcome = Outcome(tried=trial.pick(3, 20))
    with talkative_mosquitto(trial.folder) as broker:
        place = Place(trial.folder / "home", broker)
        with (
            place.victim(mqtt_keepalive=_KEEPALIVE) as victim,
            Keeping(place.mqtt, place.ledger, serials(_DEVICES), _RATE) as devices,
        ):
            for done in range(outcome.tried):
                trial.progress(done, outcome.tried)
                devices.until_receipt_after(time.monotonic())
                threading.Event().wait(trial.random.uniform(0, 1))
                broker.replace()
                _recover(outcome, devices)
            devices.finish()
            victim.until_idle()
        _expect_one_session(outcome, broker, 1 + 3 * outcome.tried, asked=_ASKED * (1 + outcome.tried))
        return outcome.judged(place.ledger.examine(place.data))


def _recover(outcome: Outcome, devices: Devices) -> None:
    outcome.recoveries.append(devices.until_receipt_after(time.monotonic(), _PATIENCE))
    outcome.survived += 1


def _expect_one_session(
    outcome: Outcome, broker: TalkativeMosquitto, comings: int, asked: int = _ASKED
) -> None:
    sessions = broker.sessions
    outcome.expect(len(set(sessions)) == 1, f"not one session but {sorted(set(sessions))}")
    outcome.expect(len(sessions) <= comings, f"it came {len(sessions)} times, and at most {comings} is calm")
    outcome.expect(broker.asked <= asked, f"{broker.asked} connections to look for a twin, not {asked}")
