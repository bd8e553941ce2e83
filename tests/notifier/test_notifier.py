"""Each finding is told once to each who wants to hear of it, whatever happens in between."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.domain.findings import Severity
from actors.domain.notices import (
    Hitch,
    Moment,
    Notice,
    NoticeKey,
    NoticeState,
    Occurrence,
    QuietHours,
    Told,
    Tried,
)
from actors.domain.status import NoticeStatus
from actors.messages import ChannelWorks, RecipientsChanged, StopSending
from actors.notifier.actor import MOST_AT_ONCE
from actors.notifier.deciding import MOST_HELD
from actors.notifier.pace import EACH_S, MOST_AT_A_TIME
from tests.notifier.given import PlainWords, recipient
from tests.notifier.house import NotifyingHouse

DAY = 86_400.0


@pytest.fixture
def house(tmp_path: Path) -> NotifyingHouse:
    return NotifyingHouse(tmp_path / "iot.db", [recipient(1, (10,))])


def states(house: NotifyingHouse) -> list[NoticeState]:
    """Newest first."""
    return [notice.state for notice in house.notices()]


def test_a_finding_is_told_and_then_its_end(house: NotifyingHouse) -> None:
    house.conclude(1)
    house.settle()
    assert states(house) == [NoticeState.SENDING]  # on disk before it goes
    assert house.carrier.arrive().title == "1"
    house.conclude(1, count=2)
    house.settle()
    assert house.carrier.underway == []
    house.conclude(1, count=3, until=1_800_000_100.0)
    house.settle()
    assert house.carrier.arrive().title == "end of 1"
    house.settle()
    assert states(house) == [NoticeState.SENT] * 2
    assert house.status == NoticeStatus(sent=2)


def test_what_fails_is_tried_again_less_and_less_often_and_given_up_after_a_day(
    house: NotifyingHouse,
) -> None:
    house.conclude(1)
    house.settle()
    tries = []
    began = house.clock.now()
    while house.carrier.underway:
        tries.append(house.clock.now() - began)
        house.carrier.arrive(0, Tried(Hitch.NOT_TAKEN, "HTTP 500"))
        house.settle()
        house.wait(901)
    assert tries[1] == pytest.approx(901)  # after 10 s, and so on: the test waits longer
    assert tries[-1] < DAY < tries[-1] + 1_000
    [notice] = house.notices()
    assert (notice.state, notice.hitch, notice.said) == (NoticeState.GIVEN_UP, Hitch.NOT_TAKEN, "HTTP 500")
    assert notice.tries == len(tries)
    assert house.status == NoticeStatus(failed=len(tries), given_up=1, failing=1, failing_since=began)


def test_which_channels_fail_and_since_when(tmp_path: Path) -> None:
    """Until one of their messages is taken, or somebody has tried them and they do: then what waits goes."""
    house = NotifyingHouse(tmp_path / "iot.db", [recipient(1, (10, 11))])
    house.conclude(1)
    house.settle()
    since = house.clock.now()
    house.carrier.arrive(0, Tried(Hitch.NO_ANSWER))
    house.settle()
    house.wait(5)
    house.carrier.arrive(0, Tried(Hitch.NOT_TAKEN))
    house.settle()
    assert house.status == NoticeStatus(failed=2, waiting=2, failing=2, silent=1, failing_since=since)
    house.notifier.tell(ChannelWorks(10))
    house.settle()
    assert house.status == NoticeStatus(failed=2, waiting=2, failing=1, failing_since=since + 5)
    assert house.carrier.arrive().key.channel_id == 10
    house.wait(10)
    house.carrier.arrive()
    house.settle()
    assert house.status == NoticeStatus(sent=2, failed=2)


def test_the_first_tries_come_soon(house: NotifyingHouse) -> None:
    house.conclude(1)
    house.settle()
    for wait in (10, 20, 40):
        house.carrier.arrive(0, Tried(Hitch.NO_ANSWER))
        house.wait(wait - 1)
        assert house.carrier.underway == []
        house.wait(1)
        assert len(house.carrier.underway) == 1


def test_a_channel_that_hangs_costs_the_others_nothing(tmp_path: Path) -> None:
    house = NotifyingHouse(tmp_path / "iot.db", [recipient(1, (10, 11))])
    for number in (1, 2, 3):
        house.conclude(number)
    house.settle()
    hangs, _ = house.carrier.underway
    assert hangs.notice.key.channel_id == 10
    for number in (1, 2, 3):
        assert house.carrier.arrive(1).key[1:] == (number, 1, 11)
        house.settle()
    assert house.carrier.underway == [hangs]


def test_what_is_critical_goes_first_and_past_the_others(tmp_path: Path) -> None:
    """However many channels hang, there is room for it."""
    channels = range(10, 10 + 3 * MOST_AT_ONCE)
    house = NotifyingHouse(tmp_path / "iot.db", [recipient(1, channels)])
    house.conclude(1)
    house.settle()
    assert len(house.carrier.underway) == MOST_AT_ONCE
    house.conclude(2, Severity.CRITICAL)
    house.settle()
    assert len(house.carrier.underway) == 2 * MOST_AT_ONCE
    assert {trip.notice.key.about for trip in house.carrier.underway[MOST_AT_ONCE:]} == {2}
    while house.carrier.underway:
        house.carrier.arrive()
        house.settle()
    assert Counter(states(house)) == {NoticeState.SENT: 2 * len(channels)}


def arrive_all(house: NotifyingHouse) -> list[str]:
    """The titles of all that goes now."""
    titles = []
    while house.carrier.underway:
        titles.append(house.carrier.arrive().title)
        house.settle()
    return titles


def test_what_is_more_than_anybody_reads_is_summed_up(house: NotifyingHouse) -> None:
    """What is critical is not; what is summed up in a crash is not lost, and an end has still its message."""
    for number in range(1, 31):
        house.conclude(number)
    house.settle()
    singles = MOST_AT_A_TIME - 1
    assert arrive_all(house) == [*map(str, range(1, singles + 1)), f"{30 - singles} more"]
    house.conclude(31)
    house.conclude(32)
    house.conclude(33, Severity.CRITICAL)
    house.settle()
    assert arrive_all(house) == ["33"]
    house.conclude(30, count=2, until=1_800_000_100.0)
    house.wait(EACH_S - 1)
    assert arrive_all(house) == []
    house.wait(1)
    assert arrive_all(house) == ["3 more"]
    house.wait(DAY)
    assert arrive_all(house) == []
    assert Counter(states(house)) == {NoticeState.SENT: singles + 3, NoticeState.GATHERED: 30 - singles + 3}


def test_what_waits_too_long_for_a_channel_does_not_pile_up(house: NotifyingHouse) -> None:
    """A service that is away for hours while much is found."""
    for number in range(1, 2 * MOST_HELD + 10):
        house.conclude(number)
        if number == 1:
            house.settle()
            house.carrier.arrive(0, Tried(Hitch.NOT_TAKEN))
    house.settle()
    waiting = [notice for notice in house.notices() if notice.state is NoticeState.WAITING]
    assert len(waiting) <= MOST_HELD + 2
    told = arrive_within(house, DAY / 2)
    rests = [int(title.split()[0]) for title in told if title.endswith(" more")]
    assert sum(rests) + len(told) - len(rests) == 2 * MOST_HELD + 9


def arrive_within(house: NotifyingHouse, seconds: float) -> list[str]:
    titles = arrive_all(house)
    for _ in range(int(seconds / EACH_S)):
        house.wait(EACH_S)
        titles += arrive_all(house)
    return titles


def test_smoke_goes_at_once_however_long_its_channel_has_failed_or_hangs(house: NotifyingHouse) -> None:
    house.conclude(1)
    house.settle()
    for _ in range(8):
        house.carrier.arrive(0, Tried(Hitch.NO_ANSWER))
        house.wait(901)
    house.conclude(2, Severity.CRITICAL)
    house.settle()
    assert [trip.notice.title for trip in house.carrier.underway] == ["1", "2"]
    house.carrier.arrive(0, Tried(Hitch.NO_ANSWER))
    house.carrier.arrive(0, Tried(Hitch.NO_ANSWER))
    house.wait(2)
    assert [trip.notice.title for trip in house.carrier.underway] == ["2"]
    house.carrier.arrive(0)
    house.conclude(3, Severity.CRITICAL)
    house.settle()
    assert [trip.notice.title for trip in house.carrier.underway] == ["3"]


def test_smoke_does_not_wait_for_a_clock_that_was_set_back(house: NotifyingHouse) -> None:
    """A board without a battery has its time from the network, which comes back when the service does."""
    house.conclude(1, Severity.CRITICAL)
    house.settle()
    house.carrier.arrive(0, Tried(Hitch.NO_ANSWER))
    house.settle()
    house.clock.jump(-7_200)
    house.wait(60)
    assert [trip.notice.key.about for trip in house.carrier.underway] == [1]


def test_the_night_is_quiet_and_the_morning_has_one_message(tmp_path: Path) -> None:
    quiet = QuietHours(8 * 60, 9 * 60)  # it is eight in the morning there
    house = NotifyingHouse(tmp_path / "iot.db", [recipient(quiet=quiet)])
    house.conclude(1)
    house.settle()
    house.conclude(1, count=2, until=1_800_000_100.0)
    house.wait(3_590)
    assert house.carrier.underway == []
    house.wait(10)
    assert [trip.notice.title for trip in house.carrier.underway] == ["1 over"]


def test_the_digest_has_what_was_not_told(tmp_path: Path) -> None:
    house = NotifyingHouse(tmp_path / "iot.db", [recipient(severity=Severity.HIGH, digest_at=20 * 60)])
    house.conclude(1)
    house.conclude(2)
    house.settle()
    house.crash()
    house.wait(DAY / 2 + 60)
    assert [(trip.notice.key.moment, trip.notice.title) for trip in house.carrier.underway] == [
        (Moment.DIGEST, "2 in short")
    ]
    house.carrier.arrive()
    house.wait(2 * DAY)
    assert house.carrier.underway == []
    assert Counter(states(house)) == {NoticeState.SENT: 1, NoticeState.GATHERED: 2}


def test_a_new_channel_is_told_of_what_comes(house: NotifyingHouse) -> None:
    house.notifier.tell(RecipientsChanged([recipient(1, (10, 11))]))
    house.conclude(1, is_episode=False)
    house.settle()
    assert {trip.notice.key.channel_id for trip in house.carrier.underway} == {10, 11}


def test_a_channel_that_is_gone_is_no_way(house: NotifyingHouse) -> None:
    house.conclude(1)
    house.settle()
    house.carrier.arrive(0, Tried(Hitch.NO_CHANNEL))
    house.wait(2 * DAY)
    assert states(house) == [NoticeState.NO_WAY]
    assert house.carrier.underway == []


@pytest.mark.parametrize("says_so", [True, False])
def test_what_waits_for_a_channel_that_is_gone_is_not_tried(tmp_path: Path, says_so: bool) -> None:
    """Whether its owner or its service says that it is; it is decided by the others alone from then on."""
    house = NotifyingHouse(tmp_path / "iot.db", [recipient(1, (10, 11))])
    for number in (1, 2, 3):
        house.conclude(number)
    house.settle()
    house.carrier.arrive(0, Tried(Hitch.NOT_TAKEN))
    house.settle()
    if says_so:
        house.notifier.tell(RecipientsChanged([recipient(1, (11,))]))
        house.settle()
    else:
        house.wait(10)
        assert house.carrier.arrive(1, Tried(Hitch.NO_CHANNEL)).key.channel_id == 10
        house.settle()
    assert house.status.failing == 0
    house.conclude(4)
    house.settle()
    while house.carrier.underway:
        assert house.carrier.arrive().key.channel_id == 11
        house.settle()
    of = {channel: [n.state for n in house.notices() if n.key.channel_id == channel] for channel in (10, 11)}
    assert of == {10: [NoticeState.NO_WAY] * 3, 11: [NoticeState.SENT] * 4}


def test_a_finding_that_cannot_be_worded_keeps_nobody_from_the_others(tmp_path: Path) -> None:
    class Stumbling(PlainWords):
        def begun(self, occurrence: Occurrence, language: str) -> Told:
            if occurrence.kept.id == 2:
                raise KeyError("value")
            return super().begun(occurrence, language)

    house = NotifyingHouse(tmp_path / "iot.db", [recipient()], Stumbling())
    for number in (1, 2, 3, 4):
        house.conclude(number)
    house.wait(60)
    for _ in range(3):
        house.carrier.arrive()
        house.settle()
    assert sorted(notice.key.about for notice in house.notices()) == [1, 3, 4]


def test_what_is_decided_is_decided_for_good(house: NotifyingHouse) -> None:
    """A restart asks the disk, and finds that everybody was told."""
    house.conclude(1)
    house.settle()
    house.carrier.arrive()
    house.settle()
    for _ in range(3):
        house.crash()
        house.wait(DAY)
    assert [notice.key.about for notice in house.carrier.sent] == [1]


def test_a_crash_in_the_middle_of_sending_repeats_only_what_is_critical(tmp_path: Path) -> None:
    """Nobody knows whether it arrived: smoke is told again, saying so; the rest is shown as in doubt."""
    house = NotifyingHouse(tmp_path / "iot.db", [recipient(1, (10, 11))])
    house.conclude(1, Severity.CRITICAL)
    house.conclude(2, Severity.HIGH)
    house.settle()
    for _ in range(2):
        house.carrier.arrive()
        house.settle()
    assert {trip.notice.key.about for trip in house.carrier.underway} == {2}
    house.crash()
    house.wait(DAY / 2)
    assert house.carrier.underway == []
    assert Counter(states(house)) == {NoticeState.SENT: 2, NoticeState.IN_DOUBT: 2}
    house.conclude(3, Severity.CRITICAL)
    house.settle()
    house.crash()
    house.settle()
    assert [trip.notice.text for trip in house.carrier.underway] == ["es, perhaps again"] * 2


def test_nothing_is_in_doubt_before_it_can_be_sent(house: NotifyingHouse) -> None:
    """While a start still loads what services are reached by; a crash then loses nothing."""
    house.carrier.is_slow = True
    house.crash()
    house.conclude(1)
    house.wait(5)
    assert states(house) == [NoticeState.WAITING]
    house.crash()
    house.settle()
    assert house.carrier.underway == []
    house.carrier.prepared()
    house.settle()
    assert house.carrier.arrive().title == "1"


def test_the_end_that_a_crash_kept_from_being_decided_is_told(house: NotifyingHouse) -> None:
    house.conclude(1)
    house.settle()
    house.carrier.arrive()
    house.settle()
    house.conclude(1, count=2, until=1_800_000_100.0)
    while house.kept[1].finding.episode.lasts:  # type: ignore[union-attr]
        house.stage.step(0)
    house.crash()
    house.settle()
    assert house.carrier.arrive().title == "end of 1"


def test_what_an_ordinary_stop_finds_unsent_is_sent_at_the_next_start(house: NotifyingHouse) -> None:
    """Whenever it comes: as being sent is kept only what is on its way, and all is sent once."""
    for number in range(1, 10):
        house.conclude(number, Severity.CRITICAL)
        for _ in range(number):
            if not house.stage.idle:
                house.stage.step(0)
        unmarked = {each.key for each in house.notices() if each.state is NoticeState.WAITING}
        house.notifier.tell(StopSending())
        house.settle()
        underway = {trip.notice.key for trip in house.carrier.underway}
        assert {each.key for each in house.notices() if each.state is NoticeState.SENDING} == underway
        assert not unmarked & underway
        while house.carrier.underway:
            house.carrier.arrive()
        house.settle()
        house.crash()
        house.settle()
        while house.carrier.underway:
            house.carrier.arrive()
            house.settle()
        assert states(house) == [NoticeState.SENT] * number
    assert [notice.key.about for notice in house.carrier.sent] == list(range(1, 10))


def test_nobody_is_told_of_a_device_that_is_gone(house: NotifyingHouse) -> None:
    """What was on its way has gone; what waits is not sent, and does not come back."""
    house.conclude(1)
    house.conclude(2)
    house.settle()
    house.remove()
    house.settle()
    house.carrier.arrive()
    house.wait(DAY)
    assert len(house.carrier.sent) == 1
    assert house.notices() == []


class Crashes(RuleBasedStateMachine):
    """Findings, sends and crashes in any order. ``received`` is what has reached a channel."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.house = NotifyingHouse(self.folder / "iot.db", [recipient(1, (10, 11))])
        self.received: list[Notice] = []
        self.doubtful: set[object] = set()
        """What was on its way, or has just arrived, of which the disk may not know."""
        self.perhaps: set[object] = set()
        """What was in doubt in a crash."""
        self.counts: Counter[int] = Counter()
        self.ended: set[int] = set()

    @rule(number=st.integers(1, 14), ends=st.booleans())
    def conclude(self, number: int, ends: bool) -> None:
        if number in self.ended:
            return
        self.counts[number] += 1
        if ends:
            self.ended.add(number)
        severity = Severity.CRITICAL if number % 2 else Severity.MEDIUM
        until = 1_800_000_000.0 + self.counts[number] if ends else None
        self.house.conclude(number, severity, count=self.counts[number], until=until)

    @rule(choice=st.integers(0, 3), times=st.integers(1, 6))
    def step(self, choice: int, times: int) -> None:
        for _ in range(times):
            if not self.house.stage.idle:
                self.house.stage.step(choice)

    @precondition(lambda self: hasattr(self, "house") and self.house.carrier.underway)
    @rule(which=st.integers(0, 9), taken=st.booleans())
    def arrive(self, which: int, taken: bool) -> None:
        which %= len(self.house.carrier.underway)
        notice = self.house.carrier.arrive(which, Tried() if taken else Tried(Hitch.NOT_TAKEN))
        if taken:
            self.received.append(notice)
            self.doubtful.add(notice.key)  # until that is on disk

    @rule(seconds=st.integers(1, 1_000))
    def wait(self, seconds: float) -> None:
        self.house.wait(seconds)
        self.doubtful = {trip.notice.key for trip in self.house.carrier.underway}

    @rule(arrived=st.booleans())
    def crash(self, arrived: bool) -> None:
        """What is on its way may have arrived or not."""
        for trip in self.house.carrier.underway:
            self.doubtful.add(trip.notice.key)
            if arrived:
                self.received.append(trip.notice)
        self.perhaps |= self.doubtful
        self.doubtful = set()
        self.house.crash()

    @invariant()
    def nothing_is_repeated_but_what_is_critical_and_in_doubt(self) -> None:
        if not hasattr(self, "house"):
            return
        for key, times in Counter(notice.key for notice in self.received).items():
            same = [notice for notice in self.received if notice.key == key]
            if times > 1:
                assert key in self.perhaps, same
                assert all(notice.severity is Severity.CRITICAL for notice in same[1:]), same
                assert all("perhaps again" in notice.text for notice in same[1:]), same

    def teardown(self) -> None:
        """Once everything works again, what is on disk has been told, or is shown as being in doubt."""
        if not hasattr(self, "house"):
            return
        house = self.house
        house.settle()
        for _ in range(30):
            while house.carrier.underway:
                self.received.append(house.carrier.arrive())
                house.settle()
            house.wait(1_000)
        self.nothing_is_repeated_but_what_is_critical_and_in_doubt()
        got = {notice.key for notice in self.received}
        whole = {notice.key for notice in self.received if notice.title.endswith(" over")}
        kept = Counter(notice.state for notice in house.notices())
        assert kept.keys() <= {NoticeState.SENT, NoticeState.IN_DOUBT, NoticeState.GATHERED}
        rests = [notice for notice in house.notices() if notice.key.moment is Moment.REST]
        assert sum(int(rest.title.split()[0]) for rest in rests) == kept[NoticeState.GATHERED]
        doubt = {
            notice.key
            for notice in house.notices()
            if notice.state in (NoticeState.IN_DOUBT, NoticeState.GATHERED)
        }
        for number, finding in house.kept.items():
            for channel in (10, 11):
                key = NoticeKey(Moment.BEGIN, number, 1, channel)
                assert key in got | doubt, (finding, house.notices())
                if finding.ends and key in got - whole:
                    assert key._replace(moment=Moment.END) in got | doubt, (finding, house.notices())
        house.close()
        shutil.rmtree(self.folder)


Crashes.TestCase.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
TestCrashes = Crashes.TestCase
