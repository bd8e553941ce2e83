"""A household lives through anything, in any order, and what it was promised holds.

Hypothesis chooses what happens and whose mailbox is emptied next; a failure replays and shrinks.
"""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from actors.claiming import code_digest
from actors.findings import Bounds, Finding, RuleMemory
from actors.messages import ChangeDevice, ClaimDevice, Reported
from actors.model import Change, Claim, Device, JsonObject, Refusal, Refused, Report
from actors.ports import RuleFactory, Start
from actors.supervision import LONGEST_DELAY
from config import Settings
from rules.rulebook import rulebook
from rules.tables import Limit, Standard
from tests.household import MAX_DEVICES, House, World
from tests.household_rooms import Promises, RoomLife
from web.ring import LOST

SERIALS = st.sampled_from([f"TMP0{n}" for n in range(MAX_DEVICES + 1)])
CODES = ("K7WQ", "ANOTHER")
WRONG = st.sampled_from(
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"serial_number":"TMP00","parametros":{"t":NaN}}',
        b'{"serial_number":"TMP00","parametros":{"t":1180591620717411303424}}',
        b'{"serial_number":"TMP00","estado":"' + b"a" * 21 + b'"}',
        b'{"serial_number":"SOMEBODY-ELSE"}',
        b'{"serial_number":"TMP00","estado":"\\ud800"}',
        b'{"serial_number":"TMP00","seq":-1,"boot":"a"}',
        b'{"serial_number":"TMP00","parametros":{"a":{"b":{"c":{"d":{"e":{}}}}}}}',
        b'{"serial_number":"TMP00"' + b" " * 65_536 + b"}",
    ]
)


class Bomb(dict[str, Any]):
    """A configuration that cannot be merged: stands for a fault in the device's own code."""

    def __len__(self) -> int:
        return 1

    def keys(self) -> Any:
        raise RuntimeError("planted")

    __iter__ = keys  # without which merging takes a short cut past keys()


class Alarmist:
    """A rule that finds something in every report that says so, and dies of one that says ``crash``."""

    name = "alarmist"
    wake_in = None
    save_due = False
    watches_reports = True

    def start(self, device: Device, memory: RuleMemory | None, at: float) -> Start:  # noqa: ARG002
        return Start(self, device.reports, at)

    def observe(self, device: Device, report: Report | None, at: float) -> Sequence[Finding]:
        assert device.claimed, "a rule has seen an unclaimed device"
        if report is None or report.parameters is None:
            return ()
        match report.parameters.get("rule"):
            case "crash":
                raise RuntimeError("planted")
            case "find":
                details = {"n": report.parameters["n"]}
                return [Finding(self.name, "ai_alarm", device.id, device.serial, at, details)]
        return ()

    def wake(self, at: float) -> Sequence[Finding]:  # noqa: ARG002
        return ()

    def learn(self, at: float, state: str, parameters: JsonObject) -> None: ...

    def dismiss(self, details: JsonObject) -> None: ...

    def bounds(self, at: float) -> Mapping[str, Bounds]:  # noqa: ARG002
        return {}

    def state(self) -> JsonObject:
        return {}


SETTINGS = Settings()
LIMITS = {"TMP0": {"temperatura": Limit(10, 80)}}
RULES: dict[str, RuleFactory] = {
    **rulebook(SETTINGS, LIMITS, {"TMP0": Standard("horario")}, UTC, lambda _: None),
    "alarmist": Alarmist(),
}

# Nothing here depends on the disk's own promise, and thousands of synced commits take minutes.
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
# Restarts within a minute during which a device's mail waits for it: 0.1, 0.2, 0.4 and 0.8 s.
FAILURES_BORNE = 4
# Sums of seconds differ in their last digits.
ROUNDING = 1e-5
PAUSES = {"extremos": SETTINGS.ai_alert_cooldown_s, "misconfig": SETTINGS.ai_misconfig_cooldown_s}


@dataclass
class Known:
    """What an observer knows of one device."""

    markers: list[int] = field(default_factory=list)
    """Of the reports that must be in the log, in their order."""
    sequenced: dict[str, Any] = field(default_factory=dict)
    """The last report that carried a sequence number."""
    seq: int = 0
    actor: int = 0
    """Which actor plays it now; another one counts its patience anew."""
    seen_at: float | None = None
    online_until: float = 0.0
    offline_from: float = 0.0
    """Unless it is heard, in monotonic time. They differ only after its actor was started anew: nobody
    outside can tell whether the last that it let hear was taken in by this actor or the one before."""
    will: bool = False
    """Its last will was the last that it let hear."""
    version: int = 0
    """Of the configuration that somebody was told is stored."""
    claims: int = 0
    failures: int = 0


class Household(RoomLife, RuleBasedStateMachine):
    @initialize(times=st.sampled_from([(120.0, 30.0), (20.0, 60.0), (60.0, 0.0)]))
    def build(self, times: tuple[float, float]) -> None:
        """``times`` are the patience with a silent device, and that with one at the start."""
        self.folder = Path(tempfile.mkdtemp(prefix="household-", dir=IN_MEMORY))
        self.world = World(self.folder / "iot.db", *times)
        self.known: dict[str, Known] = {}
        self.refused: list[int] = []
        self.maybe_twice: set[int] = set()
        self.marker = 0
        self.cursors: list[str] = []
        self.codes: dict[str, str | None] = {}
        self.promises = Promises()
        self.house = House(self.world, RULES)

    def teardown(self) -> None:
        if hasattr(self, "house"):
            self.wait(LONGEST_DELAY)
            self.house.kill()
            shutil.rmtree(self.folder)

    # -- devices say something -----------------------------------------------------------------

    @rule(
        serial=SERIALS,
        state=st.sampled_from([None, "activo", "inactivo"]),
        tells_rule=st.sampled_from([None, None, "find", "crash"]),
        sequenced=st.booleans(),
        temperature=st.sampled_from([20, 20, 200]),
        code=st.sampled_from([None, None, None, *CODES]),
    )
    def report(
        self,
        serial: str,
        state: str | None,
        tells_rule: str | None,
        sequenced: bool,
        temperature: int = 20,
        code: str | None = None,
    ) -> None:
        known = self.expect(serial)
        readings = {"n": self.marker, "rule": tells_rule, "temperatura": temperature}
        fields: dict[str, Any] = {"parametros": readings}
        if state is not None:
            fields["estado"] = state
        if code is not None:
            fields["codigo_sha256"] = code_digest(serial, code)
        if known is not None:
            known.will = False
            if sequenced:
                known.seq += 1
                fields |= {"boot": "b", "seq": known.seq}
                known.sequenced = fields
        self.house.report(serial, **fields)

    @rule(serial=SERIALS, retained=st.booleans())
    def report_the_same_again(self, serial: str, retained: bool) -> None:
        known = self.known.get(serial)
        if known is not None and known.sequenced:
            known.will = known.will and retained
            self.house.report(serial, retained=retained, **known.sequenced)

    @rule(serial=SERIALS)
    def retained_copy(self, serial: str) -> None:
        """Of a device that is known it is old news; of another it is all there is."""
        if serial not in self.known:
            self.expect(serial)
            self.house.report(serial, retained=True, parametros={"n": self.marker})
        else:
            self.house.report(serial, retained=True, parametros={"n": 0})

    def expect(self, serial: str) -> Known | None:
        """A report with the next marker must be in the log, or refused where there is no room."""
        self.marker += 1
        if serial not in self.known and len(self.known) == MAX_DEVICES:
            self.refused.append(self.marker)
            return None
        known = self.known.setdefault(serial, Known())
        known.markers.append(self.marker)
        return known

    @rule(payload=WRONG)
    def report_nonsense(self, payload: bytes) -> None:
        self.refused.append(0)
        self.house.publish("dispositivos/TMP00/estado", payload)

    @rule(serial=SERIALS, online=st.booleans(), retained=st.booleans())
    def presence(self, serial: str, online: bool, retained: bool) -> None:
        if serial in self.known and not retained:
            self.known[serial].will = not online
        self.house.publish(f"dispositivos/{serial}/conexion", b"online" if online else b"offline", retained)

    # -- people want something -----------------------------------------------------------------

    @rule(serial=SERIALS, code=st.sampled_from([None, *CODES]))
    def claim(self, serial: str, code: str | None) -> None:
        def answered(outcome: Device | Refused) -> None:
            if isinstance(outcome, Device):
                assert self.stored(serial)["reclamado"], "answered before it was on disk"
                assert outcome.code_digest in (None, code and code_digest(serial, code)), "nothing was proved"
                self.known[serial].claims += 1
            elif outcome.why is Refusal.UNKNOWN and serial in asked:
                assert self.house.devices()[serial].code_digest, "refused a device that it has heard"

        asked = self.house.devices()
        claim = Claim(serial, name="Uno", configuration={"modo": "manual"}, code=code)
        self.house.directory.tell(ClaimDevice(claim, answered))

    @rule(serial=SERIALS, mode=st.sampled_from(["manual", "horario"]), on=st.booleans())
    def change(self, serial: str, mode: str, on: bool) -> None:
        def answered(outcome: Device | Refused) -> None:
            if isinstance(outcome, Device):
                assert self.stored(serial)["version"] >= outcome.version, "answered before it was on disk"
                self.known[serial].version = max(self.known[serial].version, outcome.version)

        change = Change(configuration={"modo": mode, "encendido": on})
        self.house.directory.tell(ChangeDevice(serial, change, answered))

    @rule()
    def somebody_subscribes(self) -> None:
        self.house.loop.run()
        stream = self.house.hub.devices
        self.cursors.append(ids_in(stream.hello(stream.last))[0])

    @precondition(lambda self: self.cursors)
    @rule(which=st.integers(0, 5), leaves=st.booleans())
    def a_subscriber_reads(self, which: int, leaves: bool) -> None:
        """All that came since it last read, in order, or one resync; however long it has stalled."""
        self.house.loop.run()
        stream = self.house.hub.devices
        last_id = self.cursors.pop(which % len(self.cursors))
        cursor = stream.cursor(last_id)
        frames, now = stream.since(cursor)
        if cursor == LOST or frames.startswith(b"event: resync"):
            assert frames.count(b"event: resync") == 1
            assert now == stream.last
        else:
            ids = [int(each.partition("-")[2]) for each in ids_in(frames)]
            assert ids == list(range(cursor + 1, stream.last + 1))
        if not leaves:
            self.cursors.append(ids_in(stream.hello(now))[0])

    # -- the world goes on ---------------------------------------------------------------------

    @rule(choices=st.lists(st.integers(0, 20), min_size=1, max_size=12))
    def a_few_turns(self, choices: list[int]) -> None:
        for choice in choices:
            if not self.house.stage.idle:
                self.house.stage.step(choice)

    @rule(seconds=st.sampled_from([0.05, 1.0, 29.0, 60.0, 119.9, 120.0, 500.0]))
    def wait(self, seconds: float) -> None:
        clock = self.world.clock
        end = clock.monotonic() + seconds
        self.settle()
        while (due := clock.next_due()) is not None and due <= end:
            clock.advance_to(due)
            clock.ring()
            self.settle()
        clock.advance_to(end)
        self.settle()

    @rule(seconds=st.sampled_from([-86_400.0, 3_600.0, 315_360_000.0]))
    def the_wall_clock_jumps(self, seconds: float) -> None:
        self.settle()
        self.world.clock.jump(seconds)

    # -- things break --------------------------------------------------------------------------

    @rule(serial=SERIALS, behind=st.integers(0, 2), later=st.integers(0, 2))
    def a_device_actor_fails(self, serial: str, behind: int, later: int) -> None:
        """What it died of is refused; what waits behind it, and what comes later, is not."""
        if self.house.device_actor(serial) is None:
            return
        self.marker += 1
        self.refused.append(self.marker)
        self.known[serial].failures += 1
        topic, payload = (
            f"dispositivos/{serial}/estado",
            orjson.dumps({"serial_number": serial, "parametros": {"n": self.marker}}),
        )
        report = Report(serial, self.world.clock.now(), configuration=Bomb())
        self.house.hand_on(topic, payload, lambda delivery: Reported(report, delivery, topic, payload))
        for _ in range(behind):
            self.report(serial, state=None, tells_rule=None, sequenced=False)
        if later:
            self.settle()
        for _ in range(later):
            self.report(serial, state=None, tells_rule=None, sequenced=False)

    @rule(orderly=st.booleans())
    def restart(self, orderly: bool) -> None:
        """Out of order, what the broker was not told is kept comes again; once more if it was."""
        if orderly:
            self.house.stop()
        self.maybe_twice |= set(map(marker_in, self.world.unacknowledged.values()))
        self.house.kill()
        self.house = House(self.world, RULES)
        self.house.flush()
        self.after_a_crash()
        self.settle()

    # -- what must hold ------------------------------------------------------------------------

    def stored(self, serial: str) -> sqlite3.Row:
        return self.house.rows("SELECT * FROM dispositivos WHERE serial_number = ?", serial)[0]

    @rule()
    def settle(self) -> None:
        self.house.flush()
        self.look()
        self.check_presence()
        self.check_views_agree()
        self.check_rooms()
        self.check_books()
        self.check_findings()

    def look(self) -> None:
        """Note who was heard, and whose actor was started anew."""
        clock = self.world.clock
        for serial, device in self.house.devices().items():
            known = self.known[serial]
            started = known.actor != (actor := id(self.house.device_actor(serial)))
            known.actor = actor
            patience = self.world.offline_after
            heard = clock.monotonic() + patience
            if started and device.online:
                silent_for = min(max(clock.now() - (device.seen_at or 0.0), 0.0), patience)
                begun = clock.monotonic() + max(patience - silent_for, self.world.grace)
                known.online_until, known.offline_from = min(heard, begun), max(heard, begun)
            elif device.seen_at != known.seen_at:
                known.online_until = known.offline_from = heard
            known.seen_at = device.seen_at

    def check_presence(self) -> None:
        """Offline exactly when silent for the time set, or when the last will has said so."""
        now = self.world.clock.monotonic()
        for serial, device in self.house.devices().items():
            known = self.known[serial]
            if known.seen_at is None or known.will or now >= known.offline_from + ROUNDING:
                assert not device.online, f"{serial} is silent: {known} now={now}"
            elif now < known.online_until - ROUNDING:
                assert device.online, f"{serial} was heard: {known} now={now}"

    def check_views_agree(self) -> None:
        """Hub = device = database; ids and codes are for ever; who is not claimed runs no rules."""
        for serial, device in self.house.devices().items():
            shown = self.house.hub.roster.by_serial(serial)
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
            assert kept[serial] == device
        for serial, known in self.known.items():
            assert known.claims <= 1, f"{serial} was claimed twice"
            if serial in kept:
                assert kept[serial].version >= known.version, "an answered change is lost"
                assert kept[serial].claimed or not known.claims, "an answered claim is lost"

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

    def check_findings(self) -> None:
        """Only of claimed devices; one alert a cooldown; an outage ends once before the next begins."""
        query = "SELECT e.*, d.reclamado FROM eventos_ia e JOIN dispositivos d ON d.id = dispositivo_id"
        rows = self.house.rows(f"{query} ORDER BY e.id")
        assert all(row["reclamado"] for row in rows)
        for device in {row["dispositivo_id"] for row in rows}:
            told = [row for row in rows if row["dispositivo_id"] == device]
            outages = [row["evento"] for row in told if row["regla"] == "offline"]
            assert outages == ["ai_offline", "ai_back_online"] * (len(outages) // 2) + ["ai_offline"] * (
                len(outages) % 2
            )
            for name, pause in PAUSES.items():
                times = [row["creado_en"] for row in told if row["regla"] == name]
                # Set back, the clock says nothing of how long ago the last one was.
                assert all(later - sooner >= pause for sooner, later in pairwise(times) if later >= sooner)


def ids_in(frames: bytes) -> list[str]:
    return [line[4:] for line in frames.decode().splitlines() if line.startswith("id: ")]


def marker_in(message: tuple[str, bytes, bool]) -> int:
    try:
        return int(orjson.loads(message[1])["parametros"]["n"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return 0


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """The failures here are planted."""
    caplog.set_level(logging.CRITICAL)


TestHousehold = pytest.mark.timeout(400)(Household.TestCase)
TestHousehold.settings = settings(
    max_examples=120,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
