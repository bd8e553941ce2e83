"""Rule 2: what is a misconfiguration, and when people hear of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rules
from actors.domain.findings import Finding, Severity
from actors.domain.kinds import PREFIXES, capability_of
from actors.domain.model import Device, Json, JsonObject
from actors.domain.profile import Profile
from actors.domain.schedule import has_schedule
from rules.base.memory import DamagedState
from rules.base.tables import Limit, Standard, read_standards
from rules.misconfig import MisconfigRule, examine
from tests.rules.given import device, misconfig_settings, report

STANDARD = Standard("horario", Limit(1, 3600))
STANDARDS = {"TMP0": STANDARD}
BUILT_IN = read_standards((Path(rules.__file__).parent / "data" / "estandar.json").read_bytes())
MORNINGS: JsonObject = {"horarios": [{"dias": ["todos"], "inicio": "07:00", "fin": "07:30"}]}
RIGHT: JsonObject = {"modo": "horario", "intervalo_envio": 60}
WRONG: JsonObject = {"modo": "manual", **MORNINGS}


def rule(cooldown: float = 100.0) -> MisconfigRule:
    return MisconfigRule(misconfig_settings(ai_misconfig_cooldown_s=cooldown), STANDARDS)


def seen(of: MisconfigRule, at: float, configuration: JsonObject) -> Sequence[Finding]:
    return of.observe(device(configuration=configuration), None, at)


def test_the_example_of_the_document() -> None:
    """Word for word."""
    [finding] = seen(rule(), 5.0, WRONG)
    assert (finding.rule, finding.event, finding.at) == ("misconfig", "ai_misconfig", 5.0)
    assert finding.details == {
        "issues": ["config.modo = 'manual' → se recomienda 'horario'"],
        "suggested_patch": {"configuracion": {"modo": "horario"}},
    }
    assert finding.severity is Severity.LOW


@pytest.mark.parametrize(
    ("interval", "patched"),
    [(0, 1), (7200, 3600), (-1.5, 1), ("60", 60), ("30", 30), ("0,5", 1), (True, 60), ([], 60)],
)
def test_an_interval_out_of_range_is_patched_to_the_nearest(interval: Json, patched: int) -> None:
    """What is no number is patched to the usual one; the severity is higher."""
    misfit = examine({"modo": "horario", "intervalo_envio": interval}, STANDARD)
    assert misfit is not None
    details, severity = misfit
    assert details["suggested_patch"] == {"configuracion": {"intervalo_envio": patched}}
    assert severity is Severity.MEDIUM
    assert details["issues"][0].endswith("→ se recomienda entre 1 y 3600")


def test_what_is_not_declared() -> None:
    """A missing mode is an issue; a missing interval is not; both can be wrong at once."""
    assert examine({"modo": "horario"}, STANDARD) is None
    assert examine({}, Standard()) is None
    misfit = examine({"intervalo_envio": 0}, STANDARD)
    assert misfit is not None
    details, _ = misfit
    assert details["issues"][0] == (
        "config.modo no está definido → se recomienda 'horario', cuando tenga horarios"
    )
    assert len(details["issues"]) == 2


ON_AT_SEVEN = {"diario": [["07:00", "on"], ["08:00", "off"]]}
configurations = st.fixed_dictionaries(
    {},
    optional={
        "modo": st.sampled_from(["manual", "horario", "otro", None, 3]),
        "intervalo_envio": st.one_of(st.integers(), st.floats(allow_nan=False), st.text(), st.booleans()),
        "horarios": st.sampled_from([[], {}, {"lunes": []}, "mal", MORNINGS["horarios"], ON_AT_SEVEN]),
        "horarios_riego": st.sampled_from([{}, {"lunes": [["07:00", 20]]}]),
    },
)


@given(configurations)
def test_the_patch_mends_it(configuration: JsonObject) -> None:
    """With the suggested patch applied nothing is wrong any more, but for a timetable yet to be drawn; and no
    empty one is in force that was not before.
    """
    misfit = examine(configuration, STANDARD)
    if misfit is None:
        return
    details, _ = misfit
    patch = details["suggested_patch"]["configuracion"]
    mended = {**configuration, **patch}
    left = examine(mended, STANDARD)
    if details.get("falta_horario"):
        assert left is not None
        wrong_still, _ = left
        assert (wrong_still["suggested_patch"], wrong_still["falta_horario"]) == ({"configuracion": {}}, True)
    else:
        assert left is None
    assert patch.get("modo") is None or has_schedule(mended)


def claimed(serial: str, configuration: JsonObject, profile: Profile | None = None) -> Sequence[Finding]:
    """What the built-in table says of it, once it is claimed."""
    rule = MisconfigRule(misconfig_settings(), BUILT_IN)
    one = Device(id=1, serial=serial, claimed=True, configuration=configuration, profile=profile)
    return rule.observe(one, None, 5.0)


@pytest.mark.parametrize("configuration", [{}, {"modo": "manual"}, {"modo": "manual", "encendido": True}])
def test_of_new_devices_only_irrigation_is_told_to_have_a_timetable(configuration: JsonObject) -> None:
    """Of all 13 kinds and one of none; nothing is proposed that would put an empty one in force."""
    told = {
        kind: found for prefix, kind in PREFIXES.items() if (found := claimed(f"{prefix}0001", configuration))
    }
    assert [*told] == ["riego"]
    [finding] = told["riego"]
    assert finding.proposal is None
    assert finding.details["suggested_patch"] == {"configuracion": {}}
    assert finding.details["falta_horario"] is True
    assert not claimed("ESP32-0001", configuration)


@pytest.mark.parametrize(("kind", "told"), [*((kind, kind == "riego") for kind in PREFIXES.values())])
@pytest.mark.parametrize("serial", ["0x00158d0001dc126a", "LGT0AAAA", "MOV0AAAA", "RGD0AAAA"])
def test_of_another_make_its_kind_counts(serial: str, kind: str, told: bool) -> None:
    """And not whatever its hardware's number begins with; the same where people have said what it is."""
    profile = Profile(family="zigbee2mqtt", kind=kind, capability=capability_of(kind))
    assert bool(claimed(serial, {"modo": "manual"}, profile)) is told
    assert bool(claimed(serial, {"modo": "manual", "kind": kind})) is told


def test_a_table_of_ones_own_is_obeyed_but_for_sensors() -> None:
    """By any prefix; where there is no timetable yet, none is put in force."""
    standards = dict.fromkeys(("ABCD", "LGT0", "MOV0"), Standard("horario"))
    rule = MisconfigRule(misconfig_settings(ai_misconfig_cooldown_s=0.0), standards)

    def told(serial: str, configuration: JsonObject) -> list[bool]:
        one = device(serial=serial, configuration=configuration)
        return [found.proposal is not None for found in rule.observe(one, None, 5.0)]

    for serial in ("ABCD01", "LGT001"):
        assert told(serial, {"modo": "manual"}) == [False]
        assert told(serial, WRONG) == [True]
    assert told("MOV001", WRONG) == []
    # What people say that it is decides.
    assert told("LGT001", {"kind": "sensor_mov", **WRONG}) == []
    assert told("ABCD01", {"kind": "sensor_mov", **WRONG}) == []
    assert told("FAN001", {"kind": "luz", **WRONG}) == [True]


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
                misconfig_settings(ai_misconfig_cooldown_s=100.0), STANDARDS, stored
            )
        found = seen(whole, at, configuration)
        assert seen(broken, at, configuration) == found
        told += [finding.at for finding in found]
    assert all(later - earlier >= 100 for earlier, later in pairwise(told))


def test_damage_is_told() -> None:
    """A state of something else is refused."""
    with pytest.raises(DamagedState):
        MisconfigRule.from_state(misconfig_settings(), STANDARDS, {**rule().state(), "kind": "learn"})
