"""The clock on the wall jumps; time itself does not."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

from tests.brokers import wait_until
from tests.chaos.devices import Trusting, serials
from tests.chaos.fault import Outcome, Trial
from tests.chaos.victim import Place, Victim, mosquitto

_LIBRARIES = Path("/usr/lib")
_DAY = 86_400
_TEN_YEARS = 3652 * _DAY
# From each to the next: forwards and back by a day, forwards and back by ten years, and there again at once.
_OFFSETS = (_DAY, 0, _TEN_YEARS, 0, -_DAY, 0, -_TEN_YEARS, _TEN_YEARS)
_RATE = 40
# Silence after which a device is offline, s; and how long it lasts after the last jump until it must be.
_SILENCE = 8
_PATIENCE = 60.0


class WallClock:
    """What the victim takes for the time of day: an offset in a file that its libfaketime reads."""

    def __init__(self, folder: Path) -> None:
        self._library = next(_LIBRARIES.glob("*/faketime/libfaketimeMT.so.1"), None)
        self._file = folder / "offset"
        self.jump_to(0)

    @property
    def can_be_set(self) -> bool:
        return self._library is not None

    def jump_to(self, offset: int) -> None:
        beside = self._file.with_suffix(".new")
        beside.write_text(f"{offset:+d}\n")
        beside.replace(self._file)

    @property
    def settings(self) -> dict[str, object]:
        return {
            "ld_preload": self._library,
            "faketime_timestamp_file": self._file,
            "faketime_no_cache": 1,
            "faketime_dont_fake_monotonic": 1,
            "dont_fake_monotonic": 1,
            "no_fake_stat": 1,
        }


def jumps(trial: Trial) -> Outcome:
    outcome = Outcome(tried=len(_OFFSETS) * trial.pick(1, 5))
    clock = WallClock(trial.folder)
    if not clock.can_be_set:
        outcome.expect(False, "libfaketime is missing: apt-get install faketime")
        return outcome
    with mosquitto(trial.folder) as broker:
        place = Place(trial.folder / "home", broker)
        names = serials(3)
        settings = {
            **clock.settings,
            "ai_r4_offline_secs": _SILENCE,
            "ai_r4_startup_grace_secs": 1,
            "ai_r4_grace_secs": 0,
        }
        with ExitStack() as running:
            # Once before, so that there is a log, which a clock can be held against.
            with place.victim(**settings) as victim:
                devices = running.enter_context(Trusting(place.mqtt, place.ledger, names, _RATE))
                victim.until_known(*names)
                for name in names:
                    victim.claim({"serial_number": name, "configuracion": {"modo": "horario"}})
                devices.until_receipt_after(time.monotonic())
            with place.victim(**settings) as victim:
                victim.until_known(*names)
                for done in range(outcome.tried):
                    trial.progress(done, outcome.tried)
                    offset = _OFFSETS[done % len(_OFFSETS)]
                    clock.jump_to(offset)
                    jumped = time.monotonic()
                    _until_doubted(victim, doubted=bool(offset))
                    outcome.recoveries.append(devices.until_receipt_after(jumped))
                    threading.Event().wait(1)
                    _check_time_goes_on(outcome, victim, names, offset)
                    outcome.survived += 1
                clock.jump_to(0)
                devices.finish()
                victim.until_idle()
                _check_silence_is_noticed(outcome, victim, names)
    _check_log(outcome, place.data)
    return outcome.judged(place.ledger.examine(place.data))


def _until_doubted(victim: Victim, *, doubted: bool) -> None:
    """The victim has seen the jump, and says so; or is content again."""
    wait_until(lambda: (victim.health["reloj_en_duda"] is not None) is doubted, _PATIENCE)


def _check_time_goes_on(outcome: Outcome, victim: Victim, names: list[str], offset: int) -> None:
    """Whatever the clock says, the devices are there, and were heard just now."""
    known = victim.devices()
    outcome.expect(all(known[name]["en_linea"] for name in names), f"offline after {offset:+d} s")
    seen_at = datetime.fromisoformat(known[names[0]]["visto_en"]).timestamp()
    outcome.expect(abs(seen_at - time.time()) < _PATIENCE, f"heard at {seen_at:.0f} while {offset:+d} s off")


def starts(trial: Trial) -> Outcome:
    """In 1970, ten years ahead, and behind the log; each is put right while it runs."""
    offsets = (-int(time.time()) + 60, _TEN_YEARS, -2 * _DAY) * trial.pick(1, 3)
    outcome = Outcome(tried=len(offsets))
    clock = WallClock(trial.folder)
    if not clock.can_be_set:
        outcome.expect(False, "libfaketime is missing: apt-get install faketime")
        return outcome
    with mosquitto(trial.folder) as broker:
        place = Place(trial.folder / "home", broker)
        names = serials(3)
        with ExitStack() as running:
            with place.victim(**clock.settings) as victim:
                devices = running.enter_context(Trusting(place.mqtt, place.ledger, names, _RATE))
                victim.until_known(*names)
                devices.until_receipt_after(time.monotonic())
            for done, offset in enumerate(offsets):
                trial.progress(done, outcome.tried)
                clock.jump_to(offset)
                with place.victim(**clock.settings) as victim:
                    _until_doubted(victim, doubted=True)
                    outcome.recoveries.append(devices.until_receipt_after(time.monotonic()))
                    clock.jump_to(0)
                    _until_doubted(victim, doubted=False)
                    devices.until_receipt_after(time.monotonic())
                    threading.Event().wait(1)
                    _check_time_goes_on(outcome, victim, names, 0)
                outcome.survived += 1
            with place.victim(**clock.settings) as victim:
                _until_doubted(victim, doubted=False)
                devices.finish()
                victim.until_idle()
    with closing(sqlite3.connect(place.data / "iot.db")) as db:
        wrong = "SELECT count(*) FROM estado_log WHERE NOT hora_dudosa AND abs(timestamp - ?) > 3600"
        (unmarked,) = db.execute(wrong, [time.time()]).fetchone()
        (marked,) = db.execute("SELECT count(*) FROM estado_log WHERE hora_dudosa").fetchone()
    outcome.expect(not unmarked, f"{unmarked} rows of a wrong time are not marked")
    outcome.expect(marked > 0, "no row is marked")
    return outcome.judged(place.ledger.examine(place.data))


def _alarms(victim: Victim) -> list[str]:
    """Who was called offline, sorted."""
    found = victim.get("/ai/eventos?regla=offline&per_page=200")["data"]
    return sorted(each["serial_number"] for each in found if each["event"] == "ai_offline")


def _check_silence_is_noticed(outcome: Outcome, victim: Victim, names: list[str]) -> None:
    """After all those jumps the timers still count real seconds, and not before."""
    outcome.expect(not _alarms(victim), f"called offline although they reported: {_alarms(victim)}")
    began = time.monotonic()
    wait_until(lambda: _alarms(victim) == sorted(names), _PATIENCE)
    took = time.monotonic() - began
    outcome.expect(took <= 3 * _SILENCE, f"{took:.0f} s of silence until a device was offline")
    outcome.extra = f"silence noticed after {took:.0f} s"


def _check_log(outcome: Outcome, data: Path) -> None:
    """Row after row in the order of arrival, whatever the clock said; and those of a doubtful time say so."""
    with closing(sqlite3.connect(data / "iot.db")) as db:
        rows = db.execute("SELECT dispositivo_id, n, parametros FROM estado_log ORDER BY 1, 2").fetchall()
    places = [(device, json.loads(parameters)["n"]) for device, _, parameters in rows]
    outcome.expect(places == sorted(places), "the log is out of order")
    with closing(sqlite3.connect(data / "iot.db")) as db:
        marked, off = db.execute(
            "SELECT sum(hora_dudosa), sum(abs(timestamp - ?) > 3600) FROM estado_log", [time.time()]
        ).fetchone()
    outcome.expect(0 < marked < len(rows), f"{marked} of {len(rows)} rows are marked")
    outcome.expect(not off, f"{off} rows are stamped by the clock that was wrong")
