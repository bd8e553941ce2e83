"""What the rules have in common."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from actors.domain.findings import Bounds, Span
from actors.domain.model import Device
from actors.domain.rule import Rule
from config import Settings
from rules.alarms import AlarmsRule
from rules.base.fingerprint import fingerprint
from rules.base.memory import DamagedState, seal, unseal
from rules.base.tables import Limit, Standard
from rules.extremes.rule import ExtremesRule
from rules.learn.rule import LearnRule
from rules.misconfig import MisconfigRule
from rules.offline import OfflineRule
from tests.households import MADRID
from tests.rules.given import (
    MONDAY,
    device,
    extremes_settings,
    learn_settings,
    misconfig_settings,
    offline_settings,
    report,
)


def every_rule() -> Sequence[Rule]:
    return (
        ExtremesRule(extremes_settings(), {"m": Limit(0, 1)}),
        MisconfigRule(misconfig_settings(), {"TMP0": Standard("horario")}),
        LearnRule(learn_settings(), MADRID, lambda _: None),
        OfflineRule(offline_settings(), MADRID),
        AlarmsRule(Settings()),
    )


def test_they_are_named_as_on_the_wire() -> None:
    """In the order of the document."""
    assert [rule.name for rule in every_rule()] == ["extremos", "misconfig", "learn", "offline", "alarma"]


def test_a_claimed_device_in_trouble_and_an_unclaimed_one() -> None:
    """Three of the rules have something to say at once; of an unclaimed device none ever has."""

    def events(of: Device) -> list[str]:
        said = report(MONDAY, {"m": 7}, "activo")
        return [found.event for rule in every_rule() for found in rule.observe(of, said, MONDAY)]

    trouble = device(configuration={"modo": "manual"}, online=False, seen_at=MONDAY - 120.0)
    assert events(trouble) == ["ai_anomaly", "ai_misconfig", "ai_offline"]
    assert events(device(configuration={"modo": "manual"}, online=False, claimed=False)) == []


def test_only_rule_1_holds_readings_to_something() -> None:
    """Of the others nobody learns any bounds."""
    told = [dict(rule.bounds(MONDAY)) for rule in every_rule()]
    assert told == [{"m": Bounds(0, 1, "limits", table=Span(0, 1))}, {}, {}, {}, {}]


def test_only_what_has_to_wake_does() -> None:
    """Without an outage no rule asks for a timer, and waking one for nothing finds nothing."""
    for rule in every_rule():
        assert rule.wake_in is None
        assert not rule.wake(MONDAY)


def test_a_seal_outlasts_any_encoder_and_no_change() -> None:
    """Key order and white space are nothing; a value is everything."""
    sealed = seal("x", 1, {"b": [1, 2.5, None], "a": "ñ"})
    again = json.loads(json.dumps(sealed, sort_keys=True, ensure_ascii=False, indent=2))
    assert unseal("x", 1, again).text("a") == "ñ"
    again["body"]["b"][1] = 2.25
    with pytest.raises(DamagedState, match="checksum"):
        unseal("x", 1, again)


@pytest.mark.parametrize(
    "state", [None, [], "x", {"kind": "x"}, {"kind": "x", "version": 1, "crc": 0, "body": []}]
)
def test_what_is_no_sealed_state_is_refused(state: object) -> None:
    """Whatever the database holds."""
    with pytest.raises(DamagedState):
        unseal("x", 1, state)


def test_fingerprints() -> None:
    """Equal for the same said in another order."""
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
