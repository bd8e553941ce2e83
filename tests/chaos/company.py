"""What becomes of the system's company: nobody reads what it says any more, or a copy of it is about."""

from __future__ import annotations

import shutil
import time

from tests.chaos.devices import Trusting, serials
from tests.chaos.fault import Outcome, Trial
from tests.chaos.victim import START_S, Place, mosquitto
from tests.system.backend import run_as_users_do

_DEVICES = 12
_RATE = 300
_TWIN = "otro sistema con la misma identidad"


def unheard(trial: Trial) -> Outcome:
    """Standard output and error are gone, as of a closed terminal: it goes on, and ends in order."""
    outcome = Outcome(tried=trial.pick(2, 10))
    with mosquitto(trial.folder) as broker:
        place = Place(trial.folder / "home", broker)
        with place.victim() as victim:
            victim.until_health_is(200)  # from now on the broker keeps a session for it
        with Trusting(place.mqtt, place.ledger, serials(_DEVICES), _RATE) as devices:
            for _ in range(outcome.tried):
                with place.victim() as victim:
                    outcome.recoveries.append(devices.until_receipt_after(time.monotonic()))
                    victim.deafen()
                    devices.until_receipt_after(time.monotonic() + 1)
                    status = victim.end_in_silence()
                    outcome.expect(status == 0, f"it has ended with status {status}")
                    outcome.survived += 1
            with place.victim() as victim:
                devices.finish()
                victim.until_idle()
        return outcome.judged(place.ledger.examine(place.data))


def copied(trial: Trial) -> Outcome:
    """A copy of DATA_DIR is started against the same broker: it says so and ends, and takes nothing."""
    outcome = Outcome(tried=trial.pick(3, 15))
    with mosquitto(trial.folder) as broker:
        place = Place(trial.folder / "home", broker)
        with (
            place.victim() as victim,
            Trusting(place.mqtt, place.ledger, serials(_DEVICES), _RATE) as devices,
        ):
            devices.until_receipt_after(time.monotonic())
            for number in range(outcome.tried):
                twin = trial.folder / f"twin{number}"
                shutil.copytree(place.data, twin / "instance")
                ended = run_as_users_do(
                    twin,
                    "run",
                    data_dir=twin / "instance",
                    backend_port=0,
                    mqtt_broker_url="127.0.0.1",
                    mqtt_broker_port=place.mqtt,
                )
                told = ended.stderr.splitlines()[-1:]
                outcome.expect(ended.returncode == 2, f"the copy has ended with status {ended.returncode}")
                outcome.expect(any(_TWIN in line for line in told), f"the copy says {told}")
                outcome.recoveries.append(devices.until_receipt_after(time.monotonic()))
                outcome.survived += 1
            devices.finish()
            victim.until_idle(START_S)
        return outcome.judged(place.ledger.examine(place.data))
