"""What an observer of a household knows, and what must hold of it however it fares."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from actors.domain.notices import Moment
from actors.domain.patience import Patience
from rules.offline import MOST_OUTAGES
from tests.household import House, World, actor
from tests.household_rules import SETTINGS

# Restarts within a minute during which a device's mail waits for it: 0.1, 0.2, 0.4 and 0.8 s.
FAILURES_BORNE = 4
# Sums of seconds differ in their last digits.
ROUNDING = 1e-5
PAUSES = {"misconfig": SETTINGS.ai_misconfig_cooldown_s}


@dataclass
class Known:
    """What an observer knows of one device."""

    markers: list[int] = field(default_factory=list)
    """Of the reports that must be in the log, in their order."""
    sequenced: dict[str, Any] = field(default_factory=dict)
    """The last report that carried a sequence number."""
    seq: int = 0
    actor: object = field(default=None, repr=False)
    """Which actor plays it now; another one counts its patience anew."""
    seen_at: float | None = None
    online_until: float = 0.0
    offline_from: float = 0.0
    """Unless it is heard, in monotonic time. They differ only after its actor was started anew: nobody
    outside can tell whether the last that it let hear was taken in by this actor or the one before."""
    will: bool = False
    """Its last will was the last that it let hear."""
    connected: bool | None = False
    """It said so since it last let its will be heard; ``None`` where its actor may have forgotten that."""
    came_back: bool = False
    """It had left, and a broker that was not told so sent once more what it had said: who knows what."""
    version: int = 0
    """Of the configuration that somebody was told is stored."""
    claims: int = 0
    releases_asked: int = 0
    """Those that are not answered."""
    was_released: bool = False
    failures: int = 0


class Truths:
    """Mixed into the household's state machine."""

    house: House
    world: World
    known: dict[str, Known]
    refused: list[int]
    clock_was_ahead: bool
    """It was set back, so what was stamped before may lie ahead."""
    maybe_twice: set[int]
    codes: dict[str, str | None]

    def stored(self, serial: str) -> sqlite3.Row:
        return self.house.rows("SELECT * FROM dispositivos WHERE serial_number = ?", serial)[0]

    def look(self) -> None:
        """Note who was heard, and whose actor was started anew."""
        clock = self.world.clock
        for serial, device in self.house.devices().items():
            known = self.known[serial]
            # Kept itself, since the next one may stand where it stood.
            started = known.actor is not (actor := self.house.device_actor(serial))
            known.actor = actor
            patience = Patience(self.world.offline_after).with_device(device)
            assert patience is not None
            if started and known.connected:
                known.connected = None
            heard = clock.monotonic() + patience
            if started and device.online:
                silent_for = min(max(self.house.clock.now() - (device.seen_at or 0.0), 0.0), patience)
                begun = clock.monotonic() + max(patience - silent_for, self.world.grace)
                known.online_until, known.offline_from = min(heard, begun), max(heard, begun)
            elif device.seen_at not in (None, known.seen_at):
                known.online_until = known.offline_from = heard
            if device.seen_at is not None:
                # Where a start does not believe it, the next one may, and that is no news.
                known.seen_at = device.seen_at

    def check_presence(self) -> None:
        """Offline exactly when silent for the time set, or when the last will has said so."""
        now = self.world.clock.monotonic()
        for serial, device in self.house.devices().items():
            known = self.known[serial]
            # In quarantine mail is refused unheard; which of it that was, nobody outside can tell.
            sure = known.failures <= FAILURES_BORNE and not known.came_back
            gone = known.will and sure
            silent = now >= known.offline_from + ROUNDING and known.connected is False
            # A start believes no sign of life that lies ahead.
            unheard = known.seen_at is None and not self.clock_was_ahead
            if unheard or gone or silent:
                assert not device.online, f"{serial} is silent: {known} now={now}"
            elif sure and (known.connected or now < known.online_until - ROUNDING):
                assert device.online, f"{serial} was heard: {known} now={now}"

    def check_views_agree(self) -> None:
        """Hub = device = database; ids and codes are for ever; who is not claimed runs no rules."""
        for serial, device in self.house.devices().items():
            shown = self.house.hub.device_cache.by_serial(serial)
            assert shown is not None
            assert shown.device == device
            assert self.world.ids.setdefault(serial, device.id) == device.id
            if serial in self.codes or device.code_digest:
                assert self.codes.setdefault(serial, device.code_digest) == device.code_digest
            rules = self.house.rules_of(serial)
            assert not rules or device.claimed, "an unclaimed device runs rules"
        assert len(set(self.world.ids.values())) == len(self.world.ids)
        kept = self.house.kept()
        for serial, device in self.house.devices().items():
            # A sign of life that lies ahead is not believed at a start; the disk learns of that later.
            seen_at = device.seen_at if self.clock_was_ahead else kept[serial].seen_at
            assert replace(kept[serial], seen_at=seen_at) == device
        for serial, known in self.known.items():
            assert known.claims <= 1, f"{serial} was claimed twice"
            if serial in kept:
                assert kept[serial].version >= known.version, "an answered change is lost"
                assert kept[serial].claimed or not known.claims or known.releases_asked, (
                    "an answered claim is lost"
                )

    def check_books(self) -> None:
        """Every report is in the log once, or refused with a reason, once all mail is read."""
        if not self.house.all_alive:
            return
        assert not self.world.unacknowledged, "settled, and not acknowledged"
        log = "SELECT estado_log.parametros FROM estado_log JOIN dispositivos ON dispositivo_id = id"
        logged = [json.loads(row[0])["n"] for row in self.house.rows(f"{log} ORDER BY serial_number, n")]
        refused = [
            marker_in(("", row[0], False)) for row in self.house.rows("SELECT payload FROM rechazados")
        ]
        expected = []
        for _, known in sorted(self.known.items()):
            # Who fails again and again has its mail refused until it is started the next time.
            given_up = set(refused) if known.failures > FAILURES_BORNE else set()
            expected += [n for n in known.markers if n not in given_up]
        once = list(dict.fromkeys(logged))
        assert [n for n in once if n in set(expected)] == expected
        assert all(logged.count(n) == 1 or n in self.maybe_twice for n in once)
        if all(known.failures <= FAILURES_BORNE for known in self.known.values()):
            certain = Counter(n for n in self.refused if n not in self.maybe_twice)
            assert Counter(n for n in refused if n not in self.maybe_twice) == certain

    def check_notices(self) -> None:
        """Nobody is told twice of a beginning or an end, and of no end who was not told of a beginning.

        Nothing is remembered to be told of a device that is gone.
        """
        arrived = self.house.world.courier.arrived
        assert set(arrived.values()) <= {1}, arrived
        begun = {key.about for key, _ in arrived if key.moment is Moment.BEGIN}
        otherwise = (
            "SELECT sobre FROM avisos WHERE momento = 'inicio' AND estado IN ('en_duda', 'en_resumen')"
        )
        begun |= {row["sobre"] for row in self.house.rows(otherwise)}
        assert {key.about for key, _ in arrived if key.moment is Moment.END} <= begun
        about = {notice.device_id for notice in actor(self.house.actors.notifier)._outbox}
        assert about <= {None, *(row["id"] for row in self.house.rows("SELECT id FROM dispositivos"))}

    def check_findings(self) -> None:
        """Only of devices that were claimed; one notice a cooldown; one thing ends before the next begins."""
        self.check_episodes()
        what = "e.*, d.reclamado, d.serial_number"
        query = f"SELECT {what} FROM eventos_ia e JOIN dispositivos d ON d.id = dispositivo_id"
        rows = self.house.rows(f"{query} ORDER BY e.id")
        assert all(row["reclamado"] or self.known[row["serial_number"]].was_released for row in rows)
        for device in {row["dispositivo_id"] for row in rows}:
            told = [row for row in rows if row["dispositivo_id"] == device]
            of_silence = [row for row in told if row["regla"] == "offline"]
            unstable = [row for row in of_silence if "inestable" in row["datos"]]
            assert all(json.loads(row["datos"])["cortes"] > MOST_OUTAGES for row in unstable)
            times = [row["creado_en"] for row in unstable]
            assert all(later - sooner > 3_600 for sooner, later in pairwise(times) if later >= sooner)
            outages = [row["evento"] for row in of_silence if row not in unstable]
            assert outages == ["ai_offline", "ai_back_online"] * (len(outages) // 2) + ["ai_offline"] * (
                len(outages) % 2
            )
            for name, pause in PAUSES.items():
                times = [row["creado_en"] for row in told if row["regla"] == name]
                # Set back, the clock says nothing of how long ago the last one was.
                assert all(later - sooner >= pause for sooner, later in pairwise(times) if later >= sooner)

    def check_episodes(self) -> None:
        """One beginning and at most one end each, on the stream; on disk one of a kind lasts at a time, and
        none of a device that is nobody's.
        """
        begun: set[int] = set()
        over: set[int] = set()
        for kept in self.world.told:
            assert kept.begins is (kept.id not in begun)
            assert kept.id not in over
            begun.add(kept.id)
            over |= {kept.id} if kept.ends else set()
        what = "e.regla, e.episodio, e.dispositivo_id, d.reclamado"
        lasting = self.house.rows(
            f"SELECT {what} FROM eventos_ia e JOIN dispositivos d ON d.id = dispositivo_id"
            " WHERE e.episodio IS NOT NULL AND e.hasta IS NULL"
        )
        assert all(row["reclamado"] for row in lasting)
        kinds = [(row["dispositivo_id"], row["regla"], row["episodio"].split("@")[0]) for row in lasting]
        assert len(kinds) == len({*kinds})
        assert not self.house.rows("SELECT * FROM eventos_ia WHERE hasta < desde")


def marker_in(message: tuple[str, bytes, bool]) -> int:
    """The number of the report, or 0 of what has none; the standard library's reader knows NaN too."""
    try:
        return int(json.loads(message[1])["parametros"]["n"])
    except (KeyError, TypeError, ValueError):
        return 0
