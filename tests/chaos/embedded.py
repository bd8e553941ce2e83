"""What happens to the embedded broker: it hangs, its store fills, much waits in it, it forgets."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.brokers import wait_until
from tests.chaos.devices import Keeping, Plain, Trusting, serials
from tests.chaos.fault import Outcome, Trial
from tests.chaos.victim import START_S, Place, Victim

_DEVICES = 12
_RATE = 300
# It is noticed after 15 s without an answer to a ping, which is sent every 5 s.
_NOTICED_S = 40
_AS_FAST_AS_IT_GOES = 20_000


def hung(trial: Trial) -> Outcome:
    """SIGSTOP, for ever: it is killed and started anew, and nothing that it acknowledged is lost."""
    outcome = Outcome(tried=trial.pick(1, 5))
    place = Place(trial.folder / "home")
    with place.victim() as victim, Trusting(place.mqtt, place.ledger, serials(_DEVICES), _RATE) as devices:
        for _ in range(outcome.tried):
            devices.until_receipt_after(time.monotonic())
            os.kill(_broker_of(victim), signal.SIGSTOP)
            threading.Event().wait(1)  # what is still on its way arrives
            outcome.recoveries.append(devices.until_receipt_after(time.monotonic(), _NOTICED_S))
            outcome.survived += 1
        devices.finish()
        victim.until_idle()
    return outcome.judged(place.ledger.examine(place.data))


def waiting(trial: Trial) -> Outcome:
    """Much is acknowledged while the backend does nothing; then both die, and start again."""
    wanted = trial.pick(10_000, 100_000)
    outcome = Outcome(tried=1)
    place = Place(trial.folder / "home")
    with place.victim():
        pass  # from now on the broker keeps a session for it
    with (
        place.victim() as victim,
        _asleep(victim),
        Plain(place.mqtt, place.ledger, serials(_DEVICES), _AS_FAST_AS_IT_GOES) as devices,
    ):
        wait_until(lambda: place.ledger.promised >= wanted, 2 * START_S)
        devices.finish()
    began = time.monotonic()
    with place.victim() as victim:
        victim.until_idle(2 * START_S)
        outcome.recoveries.append(time.monotonic() - began)
        outcome.survived = 1
    return outcome.judged(place.ledger.examine(place.data))


def full(trial: Trial) -> Outcome:
    """Its store fills while the backend does nothing: publishers are refused, and nothing is forgotten."""
    outcome = Outcome(tried=1)
    place = Place(trial.folder / "home")
    large = {"texto": "x" * 20_000}
    with place.victim():
        pass
    with (
        place.victim(mqtt_disco_mb=64) as victim,
        Plain(place.mqtt, place.ledger, serials(_DEVICES), _RATE, lambda _: large) as devices,
    ):
        with _asleep(victim):
            _until_no_more_is_promised(place)
            devices.pause()
        outcome.expect(place.ledger.outstanding > 0, "nothing was refused")
        outcome.expect(any("MQTT_DISCO_MB" in each for each in victim.health["broker"]["avisos"]), "not told")
        devices.finish()
        victim.until_idle(2 * START_S)
        outcome.survived = 1
    return outcome.judged(place.ledger.examine(place.data))


def forgets(trial: Trial) -> Outcome:
    """A Mosquitto that is killed with the backend, and has not saved: only a receipt is a promise here."""
    outcome = Outcome(tried=trial.pick(6, 50))
    place = Place(trial.folder / "home")
    with Keeping(place.mqtt, place.ledger, serials(_DEVICES), _RATE) as devices:
        for done in range(outcome.tried):
            trial.progress(done, outcome.tried)
            began = time.monotonic()
            with place.victim(mqtt_embedded="mosquitto") as victim:
                outcome.recoveries.append(devices.until_receipt_after(began))
                threading.Event().wait(trial.random.uniform(0, 2))
                os.kill(_broker_of(victim), signal.SIGKILL)
            outcome.survived += 1
        with place.victim(mqtt_embedded="mosquitto"):
            devices.finish()
    outcome.expect(not place.ledger.outstanding, f"{place.ledger.outstanding} without a receipt in the end")
    return outcome.judged(place.ledger.examine(place.data))


def _until_no_more_is_promised(place: Place) -> None:
    before, pause = -1, threading.Event()
    while place.ledger.promised != before:
        before = place.ledger.promised
        pause.wait(5)


@contextmanager
def _asleep(victim: Victim) -> Iterator[None]:
    """The backend alone stands still; the broker does not."""
    os.kill(victim.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(victim.pid, signal.SIGCONT)


def _broker_of(victim: Victim) -> int:
    """Of the processes that descend from the backend, the last."""
    pid = victim.pid
    while children := _children(pid):
        pid = children[0]
    return pid


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for each in found for child in each.read_text().split()]
