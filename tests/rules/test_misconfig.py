"""Rule 2: what is a misconfiguration, and when people hear of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.findings import Finding
from actors.domain.model import Json, JsonObject
from rules.base.memory import DamagedState
from rules.base.tables import Limit, Standard
from rules.misconfig import MisconfigRule, examine
from tests.rules.given import device, misconfig_settings, report

STANDARD = Standard("horario", Limit(1, 3600))
RIGHT = {"modo": "horario", "intervalo_envio": 60}
WRONG = {"modo": "manual"}


def rule(cooldown: float = 100.0) -> MisconfigRule:
    return MisconfigRule(misconfig_settings(ai_misconfig_cooldown_s=cooldown), STANDARD)


def seen(of: MisconfigRule, at: float, configuration: JsonObject) -> Sequence[Finding]:
    return of.observe(device(configuration=configuration), None, at)


def test_the_example_of_the_document() -> None:
    """Word for word."""
    [finding] = seen(rule(), 5.0, WRONG)
    assert (finding.rule, finding.event, finding.at) == ("misconfig", "ai_misconfig", 5.0)
    assert finding.details == {
        "issues": ["config.modo = 'manual' → se recomienda 'horario'"],
        "suggested_patch": {"configuracion": {"modo": "horario"}},
        "severity": "low",
    }


@pytest.mark.parametrize(
    ("interval", "patched"),
    [(0, 1), (7200, 3600), (-1.5, 1), ("60", 60), ("30", 30), ("0,5", 1), (True, 60), ([], 60)],
)
def test_an_interval_out_of_range_is_patched_to_the_nearest(interval: Json, patched: int) -> None:
    """What is no number is patched to the usual one; the severity is higher."""
    details = examine({"modo": "horario", "intervalo_envio": interval}, STANDARD)
    assert details is not None
    assert details["suggested_patch"] == {"configuracion": {"intervalo_envio": patched}}
    assert details["severity"] == "medium"
    assert details["issues"][0].endswith("→ se recomienda entre 1 y 3600")


def test_what_is_not_declared() -> None:
    """A missing mode is an issue; a missing interval is not; both can be wrong at once."""
    assert examine({"modo": "horario"}, STANDARD) is None
    assert examine({}, Standard()) is None
    details = examine({"intervalo_envio": 0}, STANDARD)
    assert details is not None
    assert details["issues"][0] == "config.modo no está definido → se recomienda 'horario'"
    assert len(details["issues"]) == 2


configurations = st.fixed_dictionaries(
    {},
    optional={
        "modo": st.sampled_from(["manual", "horario", "otro", None, 3]),
        "intervalo_envio": st.one_of(st.integers(), st.floats(allow_nan=False), st.text(), st.booleans()),
    },
)


@given(configurations)
def test_the_patch_mends_it(configuration: JsonObject) -> None:
    """With the suggested patch applied, nothing is wrong any more."""
    details = examine(configuration, STANDARD)
    if details is not None:
        assert examine({**configuration, **details["suggested_patch"]["configuracion"]}, STANDARD) is None


def test_it_is_told_once_and_again_after_the_cooldown() -> None:
    """``AI_MISCONFIG_COOLDOWN_S`` from one notice to the next."""
    one = rule(cooldown=100.0)
    told = [at for at in range(0, 250, 10) if seen(one, at, WRONG)]
    assert told == [0, 100, 200]
    short = rule(cooldown=20.0)
    assert [at for at in range(0, 50, 10) if seen(short, at, WRONG)] == [0, 20, 40]


def test_a_flapping_configuration_is_no_way_round_the_cooldown() -> None:
    """Right in between or not, notices keep their distance."""
    one = rule(cooldown=100.0)
    told = [at for at in range(0, 250, 10) if seen(one, at, WRONG if at % 20 == 0 else RIGHT)]
    assert told == [0, 100, 200]


def test_only_claimed_devices() -> None:
    """What nobody has claimed nobody has misconfigured."""
    assert not rule().observe(device(configuration=WRONG, claimed=False), report(0.0), 0.0)


def test_dismissed_until_something_else_is_wrong() -> None:
    """The same issue stays away; another one, or the same after it was mended, does not."""
    one = rule(cooldown=0.0)
    [finding] = seen(one, 0, WRONG)
    one.dismiss(finding.details)
    assert not seen(one, 10, WRONG)
    assert seen(one, 20, {**WRONG, "intervalo_envio": 0})
    assert not seen(one, 30, WRONG)
    assert not seen(one, 40, RIGHT)
    assert seen(one, 50, WRONG)


@given(
    st.lists(st.tuples(st.integers(1, 90), st.sampled_from([RIGHT, WRONG, {}])), max_size=30),
    st.integers(0, 30),
)
def test_a_restart_changes_nothing(steps: list[tuple[int, JsonObject]], cut: int) -> None:
    """Stored and restored in the middle, it tells what it would have told, and never too often."""
    whole, broken = rule(), rule()
    at, told = 0, []
    for n, (wait, configuration) in enumerate(steps):
        at += wait
        if n == cut:
            stored = json.loads(json.dumps(broken.state()))
            broken = MisconfigRule.from_state(
                misconfig_settings(ai_misconfig_cooldown_s=100.0), STANDARD, stored
            )
        found = seen(whole, at, configuration)
        assert seen(broken, at, configuration) == found
        told += [finding.at for finding in found]
    assert all(later - earlier >= 100 for earlier, later in pairwise(told))


def test_damage_is_told() -> None:
    """A state of something else is refused."""
    with pytest.raises(DamagedState):
        MisconfigRule.from_state(misconfig_settings(), STANDARD, {**rule().state(), "kind": "learn"})
