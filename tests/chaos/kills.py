"""The process dies: with Mosquitto, and with the embedded broker, which dies along."""

from __future__ import annotations

import threading
import time
from enum import Enum
from pathlib import Path

from tests.chaos.devices import Devices, Keeping, Plain, Trusting, serials
from tests.chaos.fault import Outcome, Trial
from tests.chaos.ledger import Verdict
from tests.chaos.victim import Place, mosquitto
from tests.system.backend import SCRIPT

# Reports a second: a backlog grows while the process is away, and is worked off between two deaths.
RATE = 1500
RATE_WITH_RECEIPTS = 300
DEVICES = 12


class Moment(Enum):
    """When it dies; the value is how long it lives at most, s."""

    STARTING = 1.5
    """From its very beginning."""
    CATCHING_UP = 0.3
    """From when it says that it runs: the backlog is on its way through."""
    RUNNING = 1.0
    """From the first receipt."""


_TURNS = (Moment.CATCHING_UP, Moment.RUNNING, Moment.CATCHING_UP, Moment.STARTING)


def mosquitto_outlives(trial: Trial) -> Outcome:
    outcome, verdict = killed(trial, SCRIPT, trial.pick(12, 100))
    return outcome.judged(verdict)


def killed(trial: Trial, script: Path, times: int) -> tuple[Outcome, Verdict]:
    """Kill the build ``script`` so often, at random moments under load; what the checker then finds."""
    outcome = Outcome(tried=times)
    with mosquitto(trial.folder) as broker:
        place = Place(trial.folder / "home", broker, script)
        with place.victim():
            pass  # from now on the broker keeps a session for it
        with Trusting(place.mqtt, place.ledger, serials(DEVICES), RATE) as devices:
            for done in range(times):
                trial.progress(done, times)
                _live_and_die(trial, outcome, place, devices, _TURNS[done % len(_TURNS)])
            with place.victim() as last:
                devices.finish()
                last.until_idle()
    return outcome, place.ledger.examine(place.data)


def _live_and_die(trial: Trial, outcome: Outcome, place: Place, devices: Devices, when: Moment) -> None:
    span = trial.random.uniform(0, when.value)
    began = time.monotonic()
    victim = place.victim()
    with victim.starting() if when is Moment.STARTING else victim:
        if when is Moment.RUNNING:
            outcome.recoveries.append(devices.until_receipt_after(began))
        threading.Event().wait(span)
    outcome.survived += 1


def together(trial: Trial) -> Outcome:
    """Backend and embedded broker at once; the broker's word counts, of devices that number nothing too."""
    outcome = Outcome(tried=trial.pick(12, 100))
    place = Place(trial.folder / "home")
    with place.victim():
        pass  # from now on the broker keeps a session for it
    plain = serials(DEVICES, "TMP0LISO")
    with (
        Trusting(place.mqtt, place.ledger, serials(DEVICES), RATE / 2) as devices,
        Plain(place.mqtt, place.ledger, plain, RATE / 2) as others,
    ):
        for done in range(outcome.tried):
            trial.progress(done, outcome.tried)
            _live_and_die(trial, outcome, place, devices, _TURNS[done % len(_TURNS)])
        with place.victim() as last:
            devices.finish()
            others.finish()
            last.until_idle()
    return outcome.judged(place.ledger.examine(place.data))


def embedded(trial: Trial) -> Outcome:
    """The broker dies with its parent, and with it all that it had in memory."""
    outcome = Outcome(tried=trial.pick(6, 50))
    place = Place(trial.folder / "home")
    with Keeping(place.mqtt, place.ledger, serials(DEVICES), RATE_WITH_RECEIPTS) as devices:
        for done in range(outcome.tried):
            trial.progress(done, outcome.tried)
            _live_and_die(trial, outcome, place, devices, Moment.RUNNING)
        with place.victim():
            devices.finish()
    outcome.expect(not place.ledger.outstanding, f"{place.ledger.outstanding} without a receipt in the end")
    return outcome.judged(place.ledger.examine(place.data))
