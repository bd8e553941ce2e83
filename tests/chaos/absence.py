"""DATA_DIR is moved away under the running system, and back: nothing is promised meanwhile."""

from __future__ import annotations

import threading
import time

from tests.chaos.devices import Trusting, serials
from tests.chaos.fault import Outcome, Trial
from tests.chaos.victim import Place, mosquitto

_RATE = 200
# A commit that was under way may still be told of, s.
_GRACE = 1.0


def moved_away(trial: Trial) -> Outcome:
    outcome = Outcome(tried=trial.pick(2, 10))
    with mosquitto(trial.folder) as broker:
        place = Place(trial.folder / "home", broker)
        away = place.data.with_name("away")
        with place.victim() as victim, Trusting(place.mqtt, place.ledger, serials(8), _RATE) as devices:
            for done in range(outcome.tried):
                trial.progress(done, outcome.tried)
                devices.until_receipt_after(time.monotonic())
                place.data.rename(away)
                victim.until_health_is(503)
                threading.Event().wait(_GRACE)
                gone_since = time.monotonic()
                threading.Event().wait(trial.pick(2.0, 30.0))
                told = devices.receipted_at >= gone_since
                outcome.expect(not told, "a receipt was given while the database was away")
                outcome.expect(not place.data.exists(), "a new database was made in its place")
                away.rename(place.data)
                outcome.recoveries.append(devices.until_receipt_after(time.monotonic()))
                victim.until_health_is(200)
                outcome.survived += 1
            devices.finish()
            victim.until_idle()
        return outcome.judged(place.ledger.examine(place.data))
