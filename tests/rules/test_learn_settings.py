"""Rule 3: what each of its settings changes."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from actors.domain.durations import DAY_S
from config import SettingError, Settings
from rules.base.memory import DamagedState
from rules.learn.rule import LearnRule, Replay, start
from rules.rulebook import planned
from tests.households import MADRID, Windows
from tests.rules.given import MONDAY
from tests.rules.learning import (
    DAY,
    DEFAULTS,
    MORNINGS,
    TWICE,
    home,
    horarios,
    live,
    made,
    spans,
    stored,
)


def windows_under(change: dict[str, Any], windows: Windows, noise: float = 0.0) -> Windows:
    rule = made(replace(DEFAULTS, **change))
    live(rule, home(windows, noise).reports(42))
    return sorted(spans(rule))


def test_bin_minutes() -> None:
    """Finer bins see a window of ten minutes; the bins of another size refuse a stored state."""
    short: Windows = [(day * DAY + 600, 10) for day in range(7)]
    assert windows_under({}, short) == []
    assert len(windows_under({"ai_r3_bin_minutes": 10}, short)) == 7
    with pytest.raises(SettingError, match="AI_R3_BIN_MINUTES"):
        Settings.load(None, {"AI_R3_BIN_MINUTES": "25"})
    with pytest.raises(DamagedState):
        LearnRule.from_state(replace(DEFAULTS, ai_r3_bin_minutes=15), MADRID, planned, made().state())


def test_prob_thresh() -> None:
    """On two days in three: a habit at 0.55 and none at 0.9."""
    reports = [(at, on and (at - MONDAY) // DAY_S % 3 != 1) for at, on in home(TWICE).reports(42)]
    for thresh, count in ((0.55, 9), (0.9, 0)):
        rule = made(replace(DEFAULTS, ai_r3_prob_thresh=thresh))
        live(rule, reports)
        assert len(spans(rule)) == count


def test_min_span_bins() -> None:
    """Windows of two bins are left out where three are asked for."""
    assert len(windows_under({}, TWICE)) == 10
    assert len(windows_under({"ai_r3_min_span_bins": 3}, TWICE)) == 5


def test_min_gap_bins() -> None:
    """Windows half an hour apart are one where a gap takes two bins, round the week's end too."""
    apart: Windows = [(day * DAY + start, 60) for day in range(5) for start in (480, 570)]
    assert len(windows_under({}, apart)) == 10
    assert windows_under({"ai_r3_min_gap_bins": 2}, apart) == [(day * DAY + 480, 150) for day in range(5)]
    round_the_end: Windows = [(6 * DAY + 22 * 60 + 30, 60), (0, 60), (3 * DAY, 60)]
    joined = windows_under({"ai_r3_min_gap_bins": 2}, round_the_end)[-1]
    assert joined[0] == 6 * DAY + 22 * 60 + 30
    assert joined[1] == pytest.approx(150, abs=5)


def test_round_to_min() -> None:
    """Times come out in steps of it."""
    odd: Windows = [(day * DAY + 7 * 60 + 7, 80) for day in range(7)]
    assert all(start % 30 == 0 for start, _ in windows_under({"ai_r3_round_to_min": 30}, odd))
    assert any(start % 5 for start, _ in windows_under({"ai_r3_round_to_min": 0}, odd))


def test_max_windows_per_day() -> None:
    """The surest are kept; 0 is no limit."""
    many: Windows = [(day * DAY + hour * 60, 60) for day in range(7) for hour in (2, 6, 10, 14, 18)]
    assert len(windows_under({}, many)) == 28
    assert len(windows_under({"ai_r3_max_windows_per_day": 2}, many)) == 14
    assert len(windows_under({"ai_r3_max_windows_per_day": 0}, many)) == 35


def test_nothing_is_suggested_before_every_weekday_was_seen_twice() -> None:
    """A suggestion from less would leave out the days that are still to come."""
    found = live(made(), home(TWICE).reports(42))
    assert found[0].at >= home(TWICE).starts.timestamp() + 14 * DAY_S
    assert len(found[0].details["suggested_horarios"]) == 5


def test_min_events() -> None:
    """Nothing is said before so many observations."""
    few = live(made(replace(DEFAULTS, ai_r3_min_events=3000)), home(TWICE).reports(42))
    at_once = live(made(), home(TWICE).reports(42))
    assert few[0].at >= home(TWICE).starts.timestamp() + 2999 * 600 > at_once[0].at


def test_cooldown_s() -> None:
    """Suggestions keep their distance, however much they differ."""
    for cooldown in (2 * DAY_S, 10 * DAY_S):
        told = live(
            made(replace(DEFAULTS, ai_r3_cooldown_s=cooldown, ai_r3_suggest_min_diff=0.0)),
            home(TWICE).reports(42),
        )
        waits = [later.at - earlier.at for earlier, later in pairwise(told)]
        assert waits
        assert cooldown <= min(waits) <= cooldown + 1.1 * DAY_S


def test_suggest_min_diff() -> None:
    """At 0 the same is said again after each cooldown; at 1 nothing is ever different enough."""
    counts = {
        least: len(live(made(replace(DEFAULTS, ai_r3_suggest_min_diff=least)), home(TWICE).reports(42)))
        for least in (0.0, 1.0)
    }
    assert counts[0.0] > 10
    assert counts[1.0] == 1


def test_audit_when_horario() -> None:
    """A schedule is compared with what people do, unless that is switched off."""
    present = horarios(MORNINGS)
    assert live(made(), home(TWICE).reports(42), present)
    assert not live(made(replace(DEFAULTS, ai_r3_audit_when_horario=False)), home(TWICE).reports(42), present)
    assert not live(made(), home(TWICE).reports(42), horarios(TWICE))
    assert not live(made(), home(TWICE).reports(42), {"modo": "horario"}), "nothing to compare with"


def test_diff_thresh() -> None:
    """A schedule that differs by a third is left alone where a half is asked for."""
    present = horarios(TWICE[:5] + [(start, length - 45) for start, length in TWICE[5:]])
    assert live(made(), home(TWICE).reports(42), present)
    assert not live(made(replace(DEFAULTS, ai_r3_diff_thresh=0.5)), home(TWICE).reports(42), present)


def test_save_every_n() -> None:
    """Due after so many observations, and no more once the state was taken."""
    rule = made(replace(DEFAULTS, ai_r3_save_every_n=3))
    dues = []
    for n in range(4):
        rule.learn(MONDAY + n, "activo", {})
        dues.append(rule.save_due)
    assert dues == [False, False, True, True]
    rule.state()
    assert not rule.save_due


def test_warm_start_and_reset_on_start() -> None:
    """Which of the stored state and the log a start makes use of."""
    state = stored()
    cases = {
        (True, False): Replay.NEWER,
        (True, True): Replay.ALL,
        (False, False): Replay.NONE,
        (False, True): Replay.NONE,
    }
    for (warm, reset), replay in cases.items():
        begun = start(
            replace(DEFAULTS, ai_r3_warm_start=warm, ai_r3_reset_on_start=reset), MADRID, planned, state
        )
        assert begun.replay is replay
        assert bool(spans(begun.rule)) is not reset
        assert begun.damage is None
    assert start(DEFAULTS, MADRID, planned, None).replay is Replay.ALL
