"""What a finding proposes, and when a device takes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.findings import Finding, KeptFinding, Proposal
from actors.domain.model import Change, Claim, Device, JsonObject, Report
from actors.domain.proposals import applied, basis_of
from actors.domain.refusals import Refusal, Refused
from actors.domain.schedule import has_schedule, parse

BLIND: Final = Device(id=2, serial="SHD0AAAA", claimed=True, version=3, configuration={"modo": "manual"})
AS_TAKEN: Final = [{"dias": ["lunes", "martes"], "inicio": "06:00", "fin": "06:30"}]
AS_DRAWN: Final = [
    {"dias": ["tuesday"], "inicio": "06:00", "fin": "06:30"},
    {"dias": ["Lunes"], "inicio": "06:00", "fin": "06:30"},
]
EVENING: Final = [{"dias": ["todos"], "inicio": "20:00", "fin": "24:00"}]


def finding(rule: str, proposal: Proposal | None) -> Finding:
    return Finding(rule, "ai_x", BLIND.id, BLIND.serial, 1.8e9, {}, proposal=proposal)


def misconfig(**patch: object) -> Finding:
    return finding("misconfig", Proposal(patch, frozenset(patch)))


def learn(horarios: list[Any] = AS_TAKEN) -> Finding:
    return finding("learn", Proposal({"modo": "horario", "horarios": horarios}, frozenset({"horarios"})))


def concluded(found: Finding, device: Device, number: int = 1) -> KeptFinding:
    return KeptFinding(number, found, basis_of(found, device.configuration))


def changed(device: Device, **configuration: object) -> Device:
    return taken(device.after_change(Change(configuration=configuration)))


def taken(outcome: Device | Refused) -> Device:
    assert isinstance(outcome, Device), outcome
    return outcome


def refused(outcome: Device | Refused) -> Refused:
    assert isinstance(outcome, Refused), outcome
    return outcome


# -- what is proposed ------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["extremos", "offline"])
def test_some_rules_propose_nothing(rule: str) -> None:
    """Which is said by name, and rests on nothing."""
    seen = finding(rule, None)
    outcome = refused(applied(concluded(seen, BLIND), BLIND))
    assert outcome == Refused(Refusal.NOTHING_PROPOSED, {"rule": rule})
    assert basis_of(seen, BLIND.configuration) == {}


def test_a_schedule_that_does_not_fit_is_no_proposal() -> None:
    """With the path to the fault."""
    wrong = learn([{"dias": ["lunes"], "inicio": "25:00", "fin": "06:00"}])
    outcome = refused(applied(concluded(wrong, BLIND), BLIND))
    assert outcome == Refused(Refusal.PROPOSAL_INVALID, {"path": "horarios[0].inicio"})


# -- what it rests on ------------------------------------------------------------------------------


def test_a_learned_schedule_rests_on_the_schedule_alone() -> None:
    """Neither switching, nor another mode, nor whatever else is set makes its windows wrong."""
    kept = concluded(learn(), changed(BLIND, modo="horario"))
    elsewhere = changed(BLIND, modo="manual", intervalo_envio=5, posicion=40, encendido=True)
    assert taken(applied(kept, elsewhere)).configuration["horarios"] == AS_TAKEN
    outcome = refused(applied(kept, changed(BLIND, horarios=EVENING)))
    assert outcome == Refused(Refusal.MOVED_ON, {"names": "horarios"})


def test_two_proposals_of_one_device_do_not_outdate_each_other() -> None:
    """In either order, also where both say the same of the mode."""
    now = changed(BLIND, intervalo_envio=7200, horarios=EVENING)
    fix = concluded(misconfig(modo="horario", intervalo_envio=3600), now)
    week = concluded(learn(), now)
    either = [taken(applied(two, taken(applied(one, now)))) for one, two in ((fix, week), (week, fix))]
    assert [each.configuration for each in either] == [
        {"modo": "horario", "encendido": False, "intervalo_envio": 3600, "horarios": AS_TAKEN}
    ] * 2


def test_what_the_device_itself_has_added_since_counts_too() -> None:
    """It was not there when the finding was concluded."""
    kept = concluded(misconfig(intervalo_envio=60), BLIND)
    told = BLIND.after_report(Report(BLIND.serial, 1.0, configuration={"intervalo_envio": 7200}))
    assert refused(applied(kept, told)).why is Refusal.MOVED_ON


def test_an_empty_schedule_is_not_put_in_force() -> None:
    """As older versions proposed; nor where it has been emptied since. What is in force already may stay."""
    kept = concluded(misconfig(modo="horario"), BLIND)
    refusal = Refused(Refusal.PROPOSAL_INVALID, {"path": "horarios"})
    assert applied(kept, BLIND) == refusal
    assert applied(kept, changed(BLIND, horarios=[], horarios_riego={})) == refusal
    assert taken(applied(kept, changed(BLIND, horarios=EVENING))).configuration["modo"] == "horario"
    assert applied(kept, changed(BLIND, modo="horario")) == changed(BLIND, modo="horario")


# -- what is so already ----------------------------------------------------------------------------


@pytest.mark.parametrize("there", [AS_TAKEN, AS_DRAWN])
def test_what_is_so_already_is_taken_and_changes_nothing(there: list[Any]) -> None:
    """However the windows are written; so no version, and nothing to be sent."""
    now = changed(BLIND, modo="horario", horarios=there)
    assert applied(concluded(learn(), BLIND), now) == now


def test_what_an_older_version_has_kept_is_taken_only_if_it_is_so_already() -> None:
    """What it rests on is not known."""
    kept = replace(concluded(misconfig(intervalo_envio=60), BLIND), basis=None)
    assert refused(applied(kept, BLIND)).why is Refusal.MOVED_ON
    now = changed(BLIND, intervalo_envio=60)
    assert applied(kept, now) == now


# -- whatever happens ------------------------------------------------------------------------------

VALUES: Final[dict[str, list[Any]]] = {
    "modo": ["manual", "horario"],
    "intervalo_envio": [5, 60, 7200],
    "posicion": [0, 100],
    "encendido": [True, False],
    "horarios": [[], EVENING, AS_TAKEN, AS_DRAWN],
}
FINDINGS: Final = [learn(), misconfig(modo="horario"), misconfig(modo="manual", intervalo_envio=60)]
one_setting = st.sampled_from(sorted(VALUES)).flatmap(
    lambda name: st.tuples(st.just("set"), st.just(name), st.sampled_from(VALUES[name]))
)
acts = st.lists(
    one_setting
    | st.tuples(st.just("conclude"), st.sampled_from(FINDINGS))
    | st.tuples(st.just("apply"), st.integers(0, 9)),
    max_size=20,
)


def meant(name: str, value: Any) -> Any:
    """A schedule by its times."""
    return parse({name: value}).power if name == "horarios" and value is not None else value


@given(acts)
def test_a_proposal_is_taken_as_long_as_what_it_rests_on_is_as_it_was_or_as_it_is_to_be(
    acts: list[tuple[Any, ...]],
) -> None:
    """Then the device is as proposed, with a new version if that is news; else nothing has changed, nor where
    an empty schedule would be put in force.
    """
    device = taken(Device(id=2, serial=BLIND.serial).after_claim(Claim(BLIND.serial)))
    kept: list[tuple[KeptFinding, JsonObject]] = []
    for act in acts:
        match act:
            case ("set", str(name), value):
                device = changed(device, **{name: value})
            case ("conclude", Finding() as found):
                kept.append((concluded(found, device), device.configuration))
            case ("apply", int(n)) if n < len(kept):
                device = apply(*kept[n], device)


def apply(kept: KeptFinding, then: JsonObject, device: Device) -> Device:
    assert kept.finding.proposal is not None
    wanted, rests_on = kept.finding.proposal.configuration, kept.finding.proposal.rests_on
    now = device.configuration
    fits = all(
        meant(name, now.get(name)) in (meant(name, then.get(name)), meant(name, wanted[name]))
        for name in rests_on
    )
    is_so = all(meant(name, now.get(name)) == meant(name, value) for name, value in wanted.items())
    outcome = applied(kept, device)
    if not fits:
        assert refused(outcome).why is Refusal.MOVED_ON
        return device
    if wanted.get("modo") == "horario" != now.get("modo") and not has_schedule({**now, **wanted}):
        assert outcome == Refused(Refusal.PROPOSAL_INVALID, {"path": "horarios"})
        return device
    after = taken(outcome)
    untouched = now.keys() - wanted.keys() - {"encendido"}
    assert {name: after.configuration[name] for name in untouched} == {name: now[name] for name in untouched}
    assert all(meant(name, after.configuration[name]) == meant(name, value) for name, value in wanted.items())
    assert after.version == device.version + (not is_so)
    assert not is_so or after == device
    return after
