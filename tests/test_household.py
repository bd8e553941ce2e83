"""A household lives through anything, in any order, and what it was promised holds.

Hypothesis chooses what happens and whose mailbox is emptied next; a failure replays and shrinks.
"""

from __future__ import annotations

import itertools
import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from actors.domain.by_hand import UNTIL
from actors.domain.claiming import code_digest
from actors.domain.model import Change, Claim, Decided, Device, MetricChange, Report
from actors.domain.refusals import Refusal, Refused
from actors.messages import ChangeDevice, ChangeLimits, ClaimDevice, Reported
from actors.runtime.supervision import LONGEST_DELAY
from tests.household import IN_MEMORY, MAX_DEVICES, Bomb, House, World
from tests.household_replacements import Replacements
from tests.household_rooms import Promises
from tests.household_rules import RULES, Alarmist
from tests.household_truths import Known
from web.live.ring import LOST, mark
from web.schemas.serializers import iso

SERIALS = st.sampled_from([f"TMP0{n}" for n in range(MAX_DEVICES + 1)])
CODES = ("K7WQ", "ANOTHER")
WRONG = st.sampled_from(
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"serial_number":"TMP00","estado":"' + b"a" * 21 + b'"}',
        b'{"serial_number":"SOMEBODY-ELSE"}',
        b'{"serial_number":"TMP00","estado":"\\ud800"}',
        b'{"serial_number":"TMP00","seq":-1,"boot":"a"}',
        b'{"serial_number":"TMP00","parametros":{"a":{"b":{"c":{"d":{"e":{}}}}}}}',
        b'{"serial_number":"TMP00"' + b" " * 65_536 + b"}",
    ]
)


class Household(Replacements, RuleBasedStateMachine):
    @initialize(
        times=st.sampled_from([(120.0, 30.0), (20.0, 60.0), (60.0, 0.0)]),
        claimed=st.sampled_from([(), ("TMP00",), ("TMP00", "TMP01")]),
    )
    def build(self, times: tuple[float, float], claimed: tuple[str, ...]) -> None:
        """``times`` are the patience with a silent device, and that with one at the start."""
        self.folder = Path(tempfile.mkdtemp(prefix="household-", dir=IN_MEMORY))
        self.world = World(self.folder / "iot.db", *times, maintained=True)
        self.known = {}
        self.refused = []
        self.clock_was_ahead = False
        self.maybe_twice = set()
        self.of_those_gone = set()
        self.marker = 0
        self.edits = itertools.count()
        self.cursors: list[str] = []
        self.codes = {}
        self.promises = Promises()
        self.rulebook = {**RULES, "alarmist": Alarmist(self.world)}
        self.house = House(self.world, self.rulebook)
        for serial in claimed:
            self.report(serial, state=None, tells_rule=None, sequenced=False)
            self.claim(serial, code=None)

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
        """It is refused, and tells that a device which is known is there."""
        self.refused.append(0)
        if "TMP00" in self.known:
            self.known["TMP00"].will = False
        self.house.publish("dispositivos/TMP00/estado", payload)

    @rule(serial=SERIALS, number=st.sampled_from(["NaN", "-Infinity", "1e400", "1180591620717411303424"]))
    def report_a_number_that_is_none(self, serial: str, number: str) -> None:
        """That reading is left out, and the rest is as good as any report."""
        known = self.expect(serial)
        if known is not None:
            known.will = False
        payload = f'{{"parametros":{{"n":{self.marker},"t":{number}}}}}'
        self.house.publish(f"dispositivos/{serial}/estado", payload.encode())

    @rule(serial=SERIALS, online=st.booleans(), retained=st.booleans())
    def presence(self, serial: str, online: bool, retained: bool) -> None:
        if serial in self.known and not retained:
            self.known[serial].will = not online
            self.known[serial].connected = online
        self.house.publish(f"dispositivos/{serial}/conexion", b"online" if online else b"offline", retained)

    # -- people want something -----------------------------------------------------------------

    @rule(serial=SERIALS, code=st.sampled_from([None, *CODES]))
    def claim(self, serial: str, code: str | None) -> None:
        @self.world.witness()
        def answered(outcome: Device | Refused) -> None:
            if isinstance(outcome, Device):
                claimed = self.stored(serial)["reclamado"] or self.known[serial].releases_asked
                assert claimed, "answered before it was on disk"
                assert outcome.code_digest in (None, code and code_digest(serial, code)), "nothing was proved"
                self.known[serial].claims += 1
            elif outcome.why is Refusal.UNPROVEN and serial in asked:
                assert self.house.devices()[serial].code_digest, "refused a device that it has heard"

        asked = self.house.devices()
        claim = Claim(serial, name="Uno", configuration={"modo": "manual"}, code=code)
        self.house.directory.tell(ClaimDevice(claim, answered))

    @rule(
        serial=SERIALS,
        mode=st.sampled_from(["manual", "horario"]),
        on=st.booleans(),
        seconds=st.none() | st.sampled_from([-1, 1, 90, 4_000]),
    )
    def change(self, serial: str, mode: str, on: bool, seconds: int | None) -> None:
        """Some by hand for so many seconds alone: they are the same everywhere after that, too."""

        @self.world.witness()
        def answered(outcome: Device | Refused) -> None:
            if isinstance(outcome, Device):
                assert self.stored(serial)["version"] >= outcome.version, "answered before it was on disk"
                self.known[serial].version = max(self.known[serial].version, outcome.version)

        until = {} if seconds is None else {UNTIL: iso(self.world.clock.now() + seconds)}
        change = Change(configuration={"modo": mode, "encendido": on, **until})
        self.house.directory.tell(ChangeDevice(serial, change, answered))

    @rule(serial=SERIALS, low=st.none() | st.integers(0, 9), muted=st.booleans())
    def decide_on_a_metric(self, serial: str, low: int | None, muted: bool) -> None:
        """That it is the same in hub, device and database is looked at with the rest of the device."""

        @self.world.witness()
        def answered(outcome: Device | Refused) -> None:
            answers.append(outcome)
            assert len(answers) == 1, "answered twice"

        answers: list[Device | Refused] = []
        change = MetricChange(low=Decided(low), muted=Decided(muted)) if low or muted else None
        self.house.directory.tell(ChangeLimits(serial, {"n": change}, answered))

    @rule(serial=SERIALS)
    def two_people_edit(self, serial: str) -> None:
        """Both as they see it now: at most one of them changes it."""
        shown = self.house.devices().get(serial)
        if shown is None:
            return
        heard: list[Device] = []

        @self.world.witness()
        def answered(outcome: Device | Refused) -> None:
            if isinstance(outcome, Device):
                heard.append(outcome)
                assert len(heard) == 1, "one has overwritten what the other did, unseen"

        for number in next(self.edits), next(self.edits):
            change = Change(name=f"Número {number}")
            self.house.directory.tell(ChangeDevice(serial, change, answered, frozenset({shown.edition})))

    @rule()
    def somebody_subscribes(self) -> None:
        self.house.loop.run()
        stream = self.house.hub.devices
        self.cursors.append(ids_in(mark(b"hello", [(stream, stream.last)]))[0])

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
            self.cursors.append(ids_in(mark(b"hello", [(stream, now)]))[0])

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
        self.clock_was_ahead = self.clock_was_ahead or seconds < 0

    # -- things break --------------------------------------------------------------------------

    @rule(serial=SERIALS, behind=st.integers(0, 2), later=st.integers(0, 2))
    def a_device_actor_fails(self, serial: str, behind: int, later: int) -> None:
        """What it died of is refused, and a sign of life; what waits behind it, and comes later, is kept."""
        if self.house.device_actor(serial) is None:
            return
        self.marker += 1
        self.refused.append(self.marker)
        self.known[serial].failures += 1
        self.known[serial].will = False
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
        self.will_come_again()
        self.restart_after_a_crash()
        self.settle()

    def restart_after_a_crash(self) -> None:
        self.start_again()
        self.after_a_crash_releases()
        self.after_a_crash()

    def start_again(self) -> None:
        self.house.kill()
        self.house = House(self.world, self.rulebook)
        self.house.flush()
        self.after_a_crash_those_gone()

    # -- what must hold ------------------------------------------------------------------------

    @rule()
    def settle(self) -> None:
        self.house.flush()
        self.look()
        self.check_presence()
        self.check_views_agree()
        self.check_farewells()
        self.check_rooms()
        self.check_books()
        self.check_findings()
        self.check_notices()


def ids_in(frames: bytes) -> list[str]:
    return [line[4:] for line in frames.decode().splitlines() if line.startswith("id: ")]


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """The failures here are planted."""
    caplog.set_level(logging.CRITICAL)


TestHousehold = pytest.mark.timeout(400)(Household.TestCase)
TestHousehold.settings = settings(
    max_examples=120,
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.fixture
def household() -> Iterator[Household]:
    """Two claimed devices, and one that is anybody's."""
    machine = Household()
    machine.build(times=(120.0, 30.0), claimed=("TMP00", "TMP01"))
    machine.report("TMP02", state=None, tells_rule=None, sequenced=False)
    machine.settle()
    yield machine
    machine.teardown()


@pytest.mark.parametrize("crash_later", [False, True])
@pytest.mark.parametrize("crash", [False, True])
@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("before", [0, 2])
def test_one_is_forgotten_while_anothers_mail_waits(
    household: Household, before: int, after: int, crash: bool, crash_later: bool
) -> None:
    """Which chance alone seldom brings about: what it had said is not acknowledged, and comes again."""
    household.forget(
        serial="TMP00",
        waiting="TMP01",
        before=before,
        after=after,
        turns=[],
        crash=crash,
        crash_later=crash_later,
    )
    assert household.known["TMP01"].failures == 1
    household.wait(LONGEST_DELAY)
    if not (before or after or crash):
        assert "TMP00" not in household.house.devices()


def test_no_report_is_old_by_a_clock_that_leapt(household: Household) -> None:
    """Once it was set back by a day, what came before is at a time in doubt, and in no summary."""
    household.the_wall_clock_jumps(-86_400.0)
    household.wait(500.0)
    household.the_wall_clock_jumps(315_360_000.0)
    household.presence("TMP00", online=True, retained=False)
    household.restart(orderly=False)
    household.restart(orderly=False)
    household.wait(500.0)
    assert household.house.rows("SELECT * FROM estado_log")


def test_a_start_is_no_sign_of_life(household: Household) -> None:
    """Nor one where the clock is in doubt, and what the start before did not believe is as it was."""
    for _ in range(2):
        household.the_wall_clock_jumps(-86_400.0)
        household.report("TMP01", state=None, tells_rule=None, sequenced=False)
        household.wait(500.0)
        household.restart(orderly=False)
    assert not household.house.devices()["TMP00"].online


@pytest.mark.parametrize("crash", [False, True])
@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("before", [0, 2])
def test_one_is_replaced_while_anothers_mail_waits(
    household: Household, before: int, after: int, crash: bool
) -> None:
    household.replace(
        serial="TMP00",
        spare="TMP02",
        waiting="TMP01",
        code=None,
        before=before,
        after=after,
        turns=[],
        crash=crash,
    )
    household.restart(orderly=False)
    household.wait(LONGEST_DELAY)
    assert crash or household.house.devices()["TMP02"].claimed
