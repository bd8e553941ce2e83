"""Actors fail: each for itself, and not for long."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator

from tests.brokers import Device, wait_until
from tests.chaos.devices import Trusting, serials
from tests.chaos.fault import Outcome, Trial
from tests.chaos.victim import BUILDS, Place, Victim, mosquitto

_RATE = 100
# What everybody else may notice of it: so long without a receipt, s.
_UNNOTICED = 5.0
_PATIENCE = 60.0
# A device that fails five times in a minute is tried again after five.
_QUARANTINE_PATIENCE = 400.0
_FAILURES_TO_QUARANTINE = 5
_HARD_TO_START = "LGT0CAOSPEREZA"
_INCURABLE = "LGT0CAOSGRAVE"
# Who is poisoned with what.
_POISONED = {
    "LGT0CAOSEXC": "dispositivo",
    "LGT0CAOSPANICO": "pánico",
    "LGT0CAOSREGLA": "regla",
    "LGT0CAOSDIR": "directorio",
    "LGT0CAOSESCRITOR": "escritor",
}


class Patient:
    """A device that reports what it is told to, and whose recovery can be waited for."""

    _numbers: Iterator[int] = itertools.count(1)

    def __init__(self, device: Device, victim: Victim, serial: str) -> None:
        self.serial = serial
        self._device = device
        self._victim = victim

    def report(self, **parameters: object) -> None:
        payload = json.dumps({"estado": "activo", "parametros": parameters})
        self._device.publish(f"dispositivos/{self.serial}/estado", payload)

    def poison(self, kind: str) -> None:
        self.report(veneno=kind)

    def until_well(self, patience: float = _PATIENCE) -> None:
        """It reports until a report is taken in."""
        pause = threading.Event()

        def is_well() -> bool:
            number = next(self._numbers)
            self.report(n=number)
            pause.wait(0.2)
            known = self._victim.devices().get(self.serial)
            return known is not None and known["parametros"] == {"n": number}

        wait_until(is_well, patience)


def failures(trial: Trial) -> Outcome:
    outcome = Outcome()
    with mosquitto(trial.folder) as broker:
        place = Place(trial.folder / "home", broker, BUILDS / "fails_on_poison.py")
        with (
            place.victim() as victim,
            Trusting(place.mqtt, place.ledger, serials(4), _RATE) as others,
            Device(place.mqtt) as device,
        ):
            others.until_receipt_after(time.monotonic())
            for serial, kind in _POISONED.items():
                patient = Patient(device, victim, serial)
                patient.until_well()
                victim.claim({"serial_number": serial, "configuracion": {"modo": "manual"}})
                patient.poison(kind)
                _heal(outcome, patient, others)
            _heal(outcome, Patient(device, victim, _HARD_TO_START), others)
            _quarantine(trial, outcome, Patient(device, victim, _INCURABLE), victim, others)
            others.finish()
            victim.until_idle()
            _check_failures(outcome, victim)
    return outcome.judged(place.ledger.examine(place.data))


def _heal(outcome: Outcome, patient: Patient, others: Trusting) -> None:
    outcome.tried += 1
    began = time.monotonic()
    others.until_receipt_after(began, _UNNOTICED)
    patient.until_well()
    outcome.recoveries.append(time.monotonic() - began)
    outcome.survived += 1


def _quarantine(trial: Trial, outcome: Outcome, patient: Patient, victim: Victim, others: Trusting) -> None:
    """It fails until it is out of service, which is shown; only the long form waits until it is back."""
    outcome.tried += 1
    for _ in range(_FAILURES_TO_QUARANTINE):
        before = victim.health["actores"]["fallos_de_dispositivo"]
        patient.until_well()
        patient.poison("dispositivo")
        wait_until(lambda b=before: victim.health["actores"]["fallos_de_dispositivo"] > b, _PATIENCE)  # type: ignore[misc]
    wait_until(lambda: _is_quarantined(victim, patient.serial), _PATIENCE)
    others.until_receipt_after(time.monotonic(), _UNNOTICED)
    if trial.long:
        patient.until_well(_QUARANTINE_PATIENCE)
        outcome.expect(
            not _is_quarantined(victim, patient.serial), f"{patient.serial} is well and shown as ill"
        )
    outcome.survived += 1


def _is_quarantined(victim: Victim, serial: str) -> bool:
    return any(serial in case["actor"] for case in victim.health["actores"]["cuarentena"])


def _check_failures(outcome: Outcome, victim: Victim) -> None:
    """The poison has worked, or nothing was shown by all this."""
    told = victim.health["actores"]
    counts = {name: count for name, count in told.items() if name.startswith("fallos_")}
    outcome.expect(all(counts.values()), f"not everybody has failed who should have: {counts}")
    outcome.extra = f"{sum(counts.values())} failures told of"
