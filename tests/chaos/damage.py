"""The database is damaged while the system is off: it comes up with what the backup has, and says so."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.devices import Keeping, serials
from tests.chaos.fault import Outcome, Trial
from tests.chaos.ledger import Ledger
from tests.chaos.victim import Place, Victim, mosquitto
from tests.system.backend import run_as_users_do

_RATE = 200
_PAGE = 4096
_GARBAGE = b"\xde\xad\xbe\xef"


def _header(database: Path) -> None:
    _overwrite(database, 0, 100)


def _page_in_the_middle(database: Path) -> None:
    _overwrite(database, database.stat().st_size // _PAGE // 2 * _PAGE, _PAGE)


def _zero_length(database: Path) -> None:
    database.write_bytes(b"")


def _early_page_of_wal(database: Path) -> None:
    """Far enough to the front that whole transactions follow it: SQLite would pass over them in silence."""
    wal = database.with_name(database.name + "-wal")
    assert wal.stat().st_size > 100 * _PAGE, "there is no write-ahead log to tear"
    _overwrite(wal, 4 * _PAGE, 64)


def _altered_backup(database: Path) -> None:
    """The newest one is sound, and has a trigger that would let nobody write: the one before it is taken."""
    newest = max((database.parent / "copias").glob("*.db"))
    altered = newest.with_name("iot-29991231T235959Z.db")
    shutil.copy(newest, altered)
    with closing(sqlite3.connect(altered)) as db:
        db.execute("CREATE TRIGGER ajeno BEFORE INSERT ON estado_log BEGIN SELECT raise(ABORT, 'ajeno'); END")
    _header(database)


def _overwrite(file: Path, at: int, count: int) -> None:
    with file.open("r+b") as damaged:
        damaged.seek(at)
        damaged.write((_GARBAGE * (count // 4 + 1))[:count])


@dataclass(frozen=True)
class Damage:
    what: str
    end: Callable[[Victim], None]
    """How the victim ends before. Killed, it leaves a write-ahead log, which heals a damaged file."""
    do: Callable[[Path], None]


DAMAGES = (
    Damage("header", Victim.end, _header),
    Damage("page", Victim.end, _page_in_the_middle),
    Damage("zero length", Victim.end, _zero_length),
    Damage("torn WAL", Victim.kill, _early_page_of_wal),
    Damage("altered backup", Victim.end, _altered_backup),
)


def damaged(trial: Trial) -> Outcome:
    outcome = Outcome()
    with mosquitto(trial.folder) as broker:
        for number, damage in enumerate(DAMAGES):
            trial.progress(number, len(DAMAGES))
            outcome.tried += 1
            place = Place(trial.folder / f"home{number}", broker)
            _fill_and_back_up(outcome, place, damage.end)
            damage.do(place.data / "iot.db")
            began = time.monotonic()
            with (
                place.victim() as victim,
                Keeping(place.mqtt, place.ledger, serials(4, "TMP0DESPUES"), _RATE) as devices,
            ):
                outcome.recoveries.append(devices.until_receipt_after(began))
                _check_told(outcome, damage.what, victim, place.data)
                devices.finish()
            outcome.survived += 1
            outcome.judged(place.ledger.examine(place.data))
    outcome.extra = ", ".join(damage.what for damage in DAMAGES)
    return outcome


def _fill_and_back_up(outcome: Outcome, place: Place, end: Callable[[Victim], None]) -> None:
    """Reports that the backup has, and then some that it has not; of those nothing is promised."""
    with place.victim() as victim:
        with Keeping(place.mqtt, place.ledger, serials(4), _RATE) as devices:
            devices.until_receipt_after(time.monotonic() + 1)
            devices.finish()
        ended = run_as_users_do(place.data.parent, "backup", data_dir=place.data)
        outcome.expect(ended.returncode == 0, f"backup: {ended.stdout}{ended.stderr}")
        outcome.expect(any((place.data / "copias").glob("*")), "there is no backup in copias/")
        with Keeping(place.mqtt, Ledger(), serials(4, "TMP0SINCOPIA"), _RATE) as devices:
            devices.until_receipt_after(time.monotonic() + 1)
            devices.finish()
        end(victim)


def _check_told(outcome: Outcome, what: str, victim: Victim, data: Path) -> None:
    told = victim.health.get("base_de_datos", {}).get("recuperada")
    outcome.expect(bool(told), f"{what}: /salud does not tell of it ({told!r})")
    outcome.expect(any((data / "apartados").glob("*")), f"{what}: the damaged files are not in apartados/")
