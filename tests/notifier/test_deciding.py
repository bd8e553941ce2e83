"""Whom a finding is told, when, and what becomes of what is told already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from actors.domain.findings import Decision, KeptFinding, Severity
from actors.domain.notices import Moment, Notice, NoticeKey, NoticeState, Occurrence, QuietHours
from actors.notifier.deciding import MOST_HELD, MOST_LINES, Decider, last_at, quiet_until, recovered
from rules.offline import OfflineRule
from tests.notifier.given import NOON, PlainWords, occurrence, recipient
from tests.rules.given import device, offline_settings

DECIDER = Decider(PlainWords(), UTC)
HOUR = 3600.0


def known(*notices: Notice) -> Mapping[NoticeKey, Notice]:
    return {notice.key: notice for notice in notices}


def told(*given: object, before: Mapping[NoticeKey, Notice] | None = None, now: float = NOON) -> list[Notice]:
    what, *whom = given
    return DECIDER.notices(what, whom, before or {}, now)  # type: ignore[arg-type]


def test_each_channel_of_each_person_is_told_once() -> None:
    found = told(occurrence(), recipient(1, (10, 11)), recipient(2, (20,)))
    assert [notice.key for notice in found] == [
        (Moment.BEGIN, 1, 1, 10),
        (Moment.BEGIN, 1, 1, 11),
        (Moment.BEGIN, 1, 2, 20),
    ]
    assert told(occurrence(), recipient(1, (10, 11)), recipient(2, (20,)), before=known(*found)) == []


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("least", [*Severity, None])
def test_what_matters_less_than_is_wanted_is_not_told(severity: Severity, least: Severity | None) -> None:
    order = list(Severity)
    wanted = least is not None and order.index(severity) >= order.index(least)
    assert bool(told(occurrence(severity=severity), recipient(severity=least))) is wanted


def test_what_is_critical_is_told_whatever_was_chosen() -> None:
    """Smoke in the room that nobody has thought of."""
    smoke = occurrence(severity=Severity.CRITICAL, rule="alarma")
    assert told(smoke, recipient(rooms={9}, rules={"offline"}))
    assert not told(smoke, recipient(rooms={9}, severity=None))


@pytest.mark.parametrize(
    ("rooms", "rules", "wanted"),
    [
        (None, None, True),
        ({2}, None, True),
        ({3}, None, False),
        (None, {"extremos"}, True),
        (None, {"offline"}, False),
        ({2}, {"offline"}, False),
        (set(), None, False),
    ],
)
def test_rooms_and_rules_choose(rooms: set[int] | None, rules: set[str] | None, wanted: bool) -> None:
    assert bool(told(occurrence(), recipient(rooms=rooms, rules=rules))) is wanted


def test_what_is_in_no_room_is_told_to_who_wants_to_hear_from_anywhere() -> None:
    assert told(occurrence(room_id=None), recipient())
    assert not told(occurrence(room_id=None), recipient(rooms={2}))


def test_an_end_is_told_to_who_was_told_the_beginning_and_wants_to_hear() -> None:
    [begun] = told(occurrence(), recipient())
    sent = replace(begun, state=NoticeState.SENT)
    over = occurrence(until=NOON + HOUR)
    [end] = told(over, recipient(), before=known(sent))
    assert (end.key.moment, end.title) == (Moment.END, "end of 1")
    assert told(over, recipient(), before=known(sent, end)) == []
    assert told(over, recipient(ends=False), before=known(sent)) == []
    assert told(over, recipient(), before=known(replace(begun, state=NoticeState.GIVEN_UP))) == []


def test_what_is_over_before_anybody_was_told_is_one_message() -> None:
    """A night of quiet is not followed by two messages about the same."""
    [begun] = told(occurrence(), recipient())
    [whole] = told(occurrence(until=NOON + HOUR), recipient(), before=known(begun))
    assert whole.key == begun.key
    assert whole.title == "1 over"
    assert told(occurrence(until=NOON + HOUR), recipient(), before=known(whole)) == []


def test_what_is_over_is_not_begun_by_a_channel_that_came_later() -> None:
    """Whoever is added while something lasts hears of it if it goes on, and nothing at its end."""
    over, late = occurrence(until=NOON + HOUR), recipient()
    [channel] = late.channels
    late = replace(late, channels=[replace(channel, created_at=NOON + 60)])
    assert told(over, late) == []
    assert len(told(occurrence(), late)) == 1


def test_a_device_that_is_back_is_told_as_the_end_of_its_silence() -> None:
    """The event of its own is for clients of the original; two messages would say the same."""
    back = occurrence(event="ai_back_online", severity=Severity.CRITICAL, is_episode=False)
    assert told(back, recipient(digest_at=480)) == []


def test_of_what_people_have_dismissed_nothing_new_is_said() -> None:
    """Neither its end, nor its beginning to who has not heard of it; what waits says how it went on."""
    [begun] = told(occurrence(), recipient())
    over = occurrence(until=NOON + HOUR)
    dismissed = replace(over, kept=replace(over.kept, decision=Decision.DISMISSED))
    assert told(dismissed, recipient(), before=known(replace(begun, state=NoticeState.SENT))) == []
    assert told(dismissed, recipient()) == []
    assert told(dismissed, recipient(severity=None, digest_at=480)) == []
    [whole] = told(dismissed, recipient(), before=known(begun))
    assert (whole.key, whole.title) == (begun.key, "1 over")


def test_a_real_silence_is_one_beginning_and_one_end() -> None:
    """Of all that the rule finds while a device goes, is reminded of, and comes back."""
    rule = OfflineRule(offline_settings(ai_r4_grace_secs=0.0, ai_r4_remind_secs=60.0), UTC)
    found = [
        *rule.observe(device(online=False, seen_at=NOON), None, NOON),
        *rule.wake(NOON + 60),
        *rule.observe(device(seen_at=NOON + 90), None, NOON + 90),
    ]
    assert [finding.event for finding in found] == [*["ai_offline"] * 3, "ai_back_online"]
    notices: dict[NoticeKey, Notice] = {}
    for finding in found:
        number = 1 if finding.episode is not None else 2
        what = Occurrence(KeptFinding(number, finding, None), "Nevera", None, "", 1)
        for notice in told(what, recipient(severity=Severity.INFO), before=notices):
            assert notice.key not in notices
            notices[notice.key] = replace(notice, state=NoticeState.SENT)
    assert [key.moment for key in notices] == [Moment.BEGIN, Moment.END]


def test_what_gets_worse_is_told_when_it_matters_enough() -> None:
    anna = recipient(severity=Severity.HIGH)
    assert told(occurrence(severity=Severity.LOW), anna) == []
    assert len(told(occurrence(severity=Severity.HIGH), anna)) == 1


# -- quiet hours ---------------------------------------------------------------------------------

NIGHT = QuietHours(22 * 60 + 30, 7 * 60)


def test_only_what_is_critical_passes_at_night() -> None:
    midnight = NOON + 12 * HOUR
    anna = recipient(quiet=NIGHT)
    [held] = told(occurrence(severity=Severity.HIGH), anna, now=midnight)
    [passed] = told(occurrence(severity=Severity.CRITICAL), anna, now=midnight)
    assert held.due_at == midnight + 7 * HOUR
    assert passed.due_at == midnight


@pytest.mark.parametrize(
    ("quiet", "hour", "until"),
    [
        (NIGHT, 22.0, 22.0),
        (NIGHT, 22.5, 31.0),
        (NIGHT, 23.99, 31.0),
        (NIGHT, 0.0, 7.0),
        (NIGHT, 6.99, 7.0),
        (NIGHT, 7.0, 7.0),
        (QuietHours(13 * 60, 15 * 60), 12.9, 12.9),
        (QuietHours(13 * 60, 15 * 60), 13.0, 15.0),
        (QuietHours(13 * 60, 15 * 60), 15.0, 15.0),
    ],
)
def test_quiet_hours_end(quiet: QuietHours, hour: float, until: float) -> None:
    midnight = datetime(2027, 1, 11, tzinfo=UTC).timestamp()
    assert quiet_until(quiet, midnight + hour * HOUR, UTC) == midnight + until * HOUR


def test_quiet_hours_go_by_the_clock_on_the_wall_when_it_changes() -> None:
    """In the night to 28 March 2027 Madrid's night is an hour shorter."""
    madrid = ZoneInfo("Europe/Madrid")
    evening = datetime(2027, 3, 27, 23, 0, tzinfo=madrid).timestamp()
    assert quiet_until(NIGHT, evening, madrid) == evening + 7 * HOUR


# -- digests -------------------------------------------------------------------------------------


def test_quiet_hours_that_end_twice_end_the_second_time() -> None:
    """02:10 of the night on which 03:00 is 02:00 again, when it is that the second time."""
    madrid = ZoneInfo("Europe/Madrid")
    second = datetime(2026, 10, 25, 2, 10, tzinfo=madrid, fold=1).timestamp()
    assert quiet_until(QuietHours(23 * 60, 2 * 60 + 30), second, madrid) == second + 20 * 60


def test_a_digest_keeps_quiet_hours_too() -> None:
    """Chosen within them, or late since the system was off."""
    who = recipient(severity=None, digest_at=20 * 60, quiet=QuietHours(22 * 60, 7 * 60))
    held = told(occurrence(), who)
    at_three = datetime.fromtimestamp(NOON, UTC).replace(hour=3).timestamp() + 86_400
    [digest, _] = DECIDER.digests([who], held, at_three)
    assert digest.due_at == at_three + 4 * HOUR


def test_what_is_not_told_at_once_is_told_in_one_message_a_day() -> None:
    anna = recipient(1, (10, 11), severity=Severity.CRITICAL, digest_at=20 * 60)
    held = [notice for number in (1, 2) for notice in told(occurrence(number), anna)]
    assert [notice.state for notice in held] == [NoticeState.HELD] * 2
    assert DECIDER.digests([anna], held, NOON + 7.9 * HOUR) == []
    found = DECIDER.digests([anna], held, NOON + 8 * HOUR)
    assert [(each.key.moment, each.key.channel_id, each.state) for each in found] == [
        (Moment.DIGEST, 10, NoticeState.WAITING),
        (Moment.DIGEST, 11, NoticeState.WAITING),
        (Moment.BEGIN, 0, NoticeState.GATHERED),
        (Moment.BEGIN, 0, NoticeState.GATHERED),
    ]
    assert (found[0].title, found[0].text) == ("2 in short", "es: 1, 2")


def test_what_is_held_is_held_once_and_says_how_it_ended() -> None:
    anna = recipient(severity=None, digest_at=480)
    [held] = told(occurrence(), anna)
    assert told(occurrence(), anna, before=known(held)) == []
    [over] = told(occurrence(until=NOON), anna, before=known(held), now=NOON + HOUR)
    assert (over.key, over.title, over.created_at) == (held.key, "1 over", held.created_at)
    assert told(occurrence(until=NOON), anna, before=known(replace(over, state=NoticeState.GATHERED))) == []


def test_a_long_digest_counts_the_rest() -> None:
    anna = recipient(severity=None, digest_at=0)
    held = [notice for number in range(MOST_LINES + 5) for notice in told(occurrence(number), anna)]
    digest, *_ = DECIDER.digests([anna], held, NOON + 12 * HOUR)
    assert digest.title == f"{MOST_LINES + 5} in short"
    assert digest.text.count(",") == MOST_LINES - 1


def test_a_digest_that_is_full_goes_before_its_time_but_not_at_night() -> None:
    """However much is found, no more than so much is held; none of it is lost."""
    anna = recipient(severity=None, digest_at=20 * 60, quiet=QuietHours(11 * 60, 13 * 60))
    held = [notice for number in range(MOST_HELD) for notice in told(occurrence(number), anna)]
    assert DECIDER.digests([anna], held, NOON) == []
    held += told(occurrence(MOST_HELD), anna)
    digest, *gathered = DECIDER.digests([anna], held, NOON)
    assert (digest.title, digest.due_at) == (f"{MOST_HELD + 1} in short", NOON + HOUR)
    assert {each.state for each in gathered} == {NoticeState.GATHERED}
    assert len(gathered) == len(held)


def test_who_wants_no_digest_any_more_is_not_kept_waiting_for_one() -> None:
    anna = recipient(severity=None, digest_at=480)
    held = told(occurrence(), anna)
    for nobody in ([recipient(severity=None)], [recipient(channels=(), digest_at=480)], []):
        assert [each.state for each in DECIDER.digests(nobody, held, NOON)] == [NoticeState.NO_WAY]


def test_without_a_channel_there_is_nothing_to_hold() -> None:
    assert told(occurrence(), recipient(channels=(), severity=None, digest_at=480)) == []


@pytest.mark.parametrize(("minute", "before"), [(11 * 60, 1), (12 * 60, 0), (13 * 60, 23)])
def test_the_last_time_of_a_day(minute: int, before: int) -> None:
    assert last_at(minute, NOON, UTC) == NOON - before * HOUR


# -- after a crash -------------------------------------------------------------------------------


def test_only_what_is_critical_is_sent_again_where_nobody_knows() -> None:
    """And it says that it may have been received."""
    for severity in Severity:
        [notice] = told(occurrence(severity=severity), recipient(severity=Severity.INFO))
        found = recovered(replace(notice, state=NoticeState.SENDING), PlainWords(), "es", NOON)
        if severity is Severity.CRITICAL:
            assert (found.state, found.text) == (NoticeState.WAITING, "es, perhaps again")
        else:
            assert (found.state, found.text) == (NoticeState.IN_DOUBT, "es")
