"""The process was away for long, and all that was said meanwhile arrives at once."""

from __future__ import annotations

import time

from tests.brokers import wait_until
from tests.chaos.devices import Trusting, serials
from tests.chaos.fault import Outcome, Trial
from tests.chaos.victim import Place, mosquitto

# The recommended broker keeps 100,000 messages for who is away; one in fifty is sent twice here, and
# some more go out before the devices are told to stop.
_MOST = 97_000
_RATE = 10_000
_PATIENCE = 180.0
# Resident with the backlog on its way through; 75 were measured.
_BOUND_MIB = 150


def backlog(trial: Trial) -> Outcome:
    outcome = Outcome(tried=1)
    size = trial.pick(30_000, _MOST)
    with mosquitto(trial.folder) as broker:
        place = Place(trial.folder / "home", broker)
        with place.victim():
            pass  # from now on the broker keeps a session for it
        with Trusting(place.mqtt, place.ledger, serials(50), _RATE) as devices:
            wait_until(lambda: place.ledger.sent >= size, _PATIENCE)
            devices.finish(_PATIENCE)
            began = time.monotonic()
            with place.victim() as victim:
                victim.until_idle(_PATIENCE)
                outcome.recoveries.append(time.monotonic() - began)
                peak = victim.peak_mib
        outcome.survived = 1
        outcome.extra = f"peak {peak:.0f} MiB"
        outcome.expect(peak <= _BOUND_MIB, f"{peak:.0f} MiB resident; {_BOUND_MIB} are allowed")
        return outcome.judged(place.ledger.examine(place.data))
