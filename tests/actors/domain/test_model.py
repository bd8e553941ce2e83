"""What each thing that can happen to a device makes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.model import Change, Claim, Device, Report
from actors.domain.refusals import Refusal, Refused
from actors.domain.sequences import MAX_BOOTS, MAX_SPANS, MOST_KEPT, Boot

NEW = Device(id=1, serial="TMP0603IF1WD")


def report(**fields: object) -> Report:
    return Report(serial=NEW.serial, at=100.0, **fields)  # type: ignore[arg-type]


def changed(device: Device, **fields: object) -> Device:
    outcome = device.after_change(Change(**fields))  # type: ignore[arg-type]
    assert isinstance(outcome, Device)
    return outcome


# -- reports -------------------------------------------------------------------------------------


def test_what_a_report_leaves_out_stays_and_what_it_carries_replaces_whole() -> None:
    first = NEW.after_report(report(state="activo", parameters={"temp": 1, "hum": 2}))
    second = first.after_report(report(parameters={"temp": 3}))
    assert (second.state, second.parameters) == ("activo", {"temp": 3})
    assert second.after_report(report()).parameters == {"temp": 3}
    assert (second.reports, second.online, second.seen_at) == (2, True, 100.0)


def test_a_report_describes_an_unclaimed_device_and_only_adds_to_a_claimed_one() -> None:
    seen = NEW.after_report(report(configuration={"intervalo_envio": 5}))
    claimed = seen.after_claim(Claim(seen.serial, configuration={"intervalo_envio": 60}))
    assert isinstance(claimed, Device)
    later = claimed.after_report(report(configuration={"intervalo_envio": 5, "firmware": "1.2"}))
    assert later.configuration == {"intervalo_envio": 60, "firmware": "1.2"}


def test_a_retained_copy_is_no_sign_of_life_and_known_devices_have_heard_it() -> None:
    retained = report(parameters={"temp": 1}, retained=True)
    assert not NEW.is_repeat(retained)
    first = NEW.after_report(retained)
    assert (first.online, first.seen_at) == (False, None)
    assert first.is_repeat(retained)


@pytest.mark.parametrize(("state", "on"), [("activo", True), ("inactivo", False), ("desconocido", False)])
def test_in_mode_horario_encendido_follows_a_reported_state(state: str, on: bool) -> None:
    device = replace(NEW, configuration={"modo": "horario", "encendido": not on})
    assert device.after_report(report(state=state)).configuration["encendido"] is on


def test_in_mode_manual_a_report_says_what_is_and_not_what_is_wanted() -> None:
    device = replace(NEW, configuration={"modo": "manual", "encendido": True}, state="activo")
    later = device.after_report(report(state="inactivo"))
    assert (later.state, later.configuration["encendido"]) == ("inactivo", True)


@given(st.lists(st.integers(0, 40), max_size=60))
def test_each_sequence_number_is_new_exactly_once(numbers: list[int]) -> None:
    device, seen = NEW, set[int]()
    for seq in numbers:
        told = report(boot="a", seq=seq)
        assert device.is_repeat(told) is (seq in seen)
        if seq not in seen:
            device = device.after_report(told)
            seen.add(seq)
    boot = device.boot("a")
    assert {n for first, last in boot.spans for n in range(first, last + 1)} == seen
    assert boot.spans == tuple(sorted(boot.spans))
    if boot.receipt is not None:
        assert set(range(1, boot.receipt + 1)) <= seen
        assert boot.receipt + 1 not in seen


def test_there_is_no_receipt_past_a_gap() -> None:
    assert Boot("a", ((1, 4), (6, 9))).receipt == 4
    assert Boot("a", ((2, 4),)).receipt is None
    assert Boot("a", ((0, 0),)).receipt == 0


def test_the_same_number_of_another_boot_is_another_report() -> None:
    device = NEW.after_report(report(boot="a", seq=1))
    assert not device.is_repeat(report(boot="b", seq=1))
    for name in "bcdefghijk":
        device = device.after_report(report(boot=name, seq=1))
    assert len(device.boots) == MAX_BOOTS
    assert device.boots[0].name == "k"


def test_a_late_report_counts_and_says_nothing_of_the_present() -> None:
    """A device sends again what has no receipt, after what has happened since."""
    device = NEW.after_report(report(boot="a", seq=1, state="activo", parameters={"t": 1}))
    device = device.after_report(report(boot="a", seq=3, state="inactivo", parameters={"t": 3}))
    late = device.after_report(report(boot="a", seq=2, state="activo", parameters={"t": 2}))
    assert (late.state, late.parameters, late.reports) == ("inactivo", {"t": 3}, 3)
    assert late.boot("a").receipt == 3
    rebooted = late.after_report(report(boot="b", seq=1, state="activo"))
    assert rebooted.state == "activo"
    assert rebooted.is_late(report(boot="a", seq=0))


def test_an_older_boot_that_was_not_heard_before_freezes_nothing() -> None:
    """Its backlog comes after the first report of the new boot; then the present goes on."""
    device = NEW.after_report(report(boot="b", seq=0, state="activo"))
    device = device.after_report(report(boot="a", seq=7, state="inactivo"))
    assert device.after_report(report(boot="b", seq=1, state="activo")).state == "activo"


def test_a_configuration_cannot_grow_for_ever() -> None:
    """Neither by what people ask for nor by what the device says of itself."""
    device = NEW
    for n in range(3):
        device = changed(device, configuration={f"k{n}": "x" * 15_000})
    refused = device.after_change(Change(configuration={"k3": "x" * 15_000}))
    assert isinstance(refused, Refused)
    assert device.objection_to(report(configuration={"k3": "x" * 15_000})) is not None
    assert device.objection_to(report(configuration={"k3": "x"})) is None
    claim = Claim(NEW.serial, configuration={f"n{n}": n for n in range(300)})
    assert isinstance(NEW.after_claim(claim), Refused)


def test_a_number_without_a_boot_tells_nothing() -> None:
    """Such a device may have started again at 0, and nothing that it says may be lost."""
    device = NEW.after_report(report(seq=1))
    assert not device.is_repeat(report(seq=1))
    assert device.boots == ()


def test_of_too_many_gaps_the_oldest_is_given_up() -> None:
    """What was sent at QoS 0, or lost with a broker, never comes; receipts and reports go on."""
    device = NEW
    for seq in range(1, 4 * MAX_SPANS, 2):
        device = device.after_report(report(boot="a", seq=seq))
    boot = device.boot("a")
    assert len(boot.spans) == MAX_SPANS
    assert boot.receipt == 4 * MAX_SPANS - 1 - 2 * (MAX_SPANS - 1)
    assert not device.is_repeat(report(boot="a", seq=4 * MAX_SPANS + 9))


def test_a_device_that_ran_before_anybody_heard_it_gets_receipts_in_time() -> None:
    device = NEW
    for seq in range(5_000, 5_000 + MOST_KEPT - 1):
        device = device.after_report(report(boot="a", seq=seq))
        assert device.boot("a").receipt is None
    device = device.after_report(report(boot="a", seq=5_000 + MOST_KEPT - 1))
    assert device.boot("a").receipt == 5_000 + MOST_KEPT - 1


# -- what was asked for, and what is -------------------------------------------------------------


def test_what_a_device_tells_of_its_configuration_is_kept_key_by_key() -> None:
    """Beside what people want of it, claimed or not."""
    device = changed(NEW, configuration={"modo": "manual", "brillo": 80})
    device = device.after_report(report(configuration={"brillo": 20, "firmware": "1.2"}))
    device = device.after_report(report(configuration={"firmware": "1.3"}))
    assert device.reported == {"brillo": 20, "firmware": "1.3"}
    assert device.configuration == {"modo": "manual", "brillo": 80, "firmware": "1.3"}
    assert device.asked == {"modo", "brillo"}


def test_a_state_tells_encendido_unless_the_configuration_does() -> None:
    device = NEW.after_report(report(state="activo"))
    assert device.reported == {"encendido": True}
    assert device.after_report(report(state="inactivo")).reported == {"encendido": False}
    assert device.after_report(report(state="roto")).reported == {"encendido": True}
    both = device.after_report(report(state="activo", configuration={"encendido": False}))
    assert both.reported == {"encendido": False}


def test_a_late_report_tells_nothing_of_the_configuration() -> None:
    device = NEW.after_report(report(boot="a", seq=2, configuration={"brillo": 2}))
    assert device.after_report(report(boot="a", seq=1, configuration={"brillo": 1})).reported == {"brillo": 2}


def test_what_a_device_tells_cannot_grow_for_ever() -> None:
    """What no longer fits takes the place of all before."""
    device = changed(NEW, configuration={f"k{n}": 0 for n in range(9)})
    for n in range(9):
        told = report(configuration={f"k{n}": "x" * 15_000})
        assert device.objection_to(told) is None
        device = device.after_report(told)
        assert len(device.reported) <= 3
    assert "k8" in device.reported


def test_what_people_ask_for_is_theirs_whoever_has_claimed_it() -> None:
    """A report that was on its way does not undo it."""
    device = NEW.after_report(report(configuration={"brillo": 20, "zona": "sur"}))
    device = changed(device, configuration={"brillo": 80})
    device = device.after_report(report(configuration={"brillo": 20, "zona": "norte"}))
    assert device.configuration == {"brillo": 80, "zona": "norte"}
    claimed = device.after_claim(Claim(NEW.serial, configuration={"modo": "manual"}))
    assert isinstance(claimed, Device)
    assert claimed.asked == {"brillo", "modo"}


# -- claims and changes --------------------------------------------------------------------------


def test_of_two_claims_the_first_wins() -> None:
    first = NEW.after_claim(
        Claim(NEW.serial, name="Salón", configuration={"modo": "manual", "encendido": True})
    )
    assert isinstance(first, Device)
    assert (first.claimed, first.name, first.state, first.version) == (True, "Salón", "activo", 1)
    second = first.after_claim(Claim(NEW.serial, name="Cocina"))
    assert isinstance(second, Refused)
    assert second.why is Refusal.ALREADY_CLAIMED


def test_a_claim_keeps_what_it_does_not_mention() -> None:
    device = replace(NEW, model="T-01")
    claimed = device.after_claim(Claim(NEW.serial))
    assert isinstance(claimed, Device)
    assert (claimed.name, claimed.model) == ("No definido", "T-01")


def test_in_mode_manual_encendido_rules() -> None:
    device = changed(NEW, configuration={"modo": "manual", "encendido": True})
    assert device.state == "activo"
    assert changed(device, configuration={"encendido": False}).state == "inactivo"


def test_in_mode_horario_the_state_rules() -> None:
    device = changed(NEW, configuration={"modo": "horario"})
    device = changed(device, state="activo")
    assert device.configuration == {"modo": "horario", "encendido": True}
    assert changed(device, configuration={"encendido": False}).configuration["encendido"] is True


def test_the_state_cannot_be_changed_outside_mode_horario() -> None:
    outcome = NEW.after_change(Change(state="activo"))
    assert isinstance(outcome, Refused)
    assert outcome.why is Refusal.STATE_READ_ONLY


def test_configuration_is_merged_key_by_key_and_each_change_is_a_version() -> None:
    device = changed(NEW, configuration={"modo": "manual", "a": 1})
    device = changed(device, configuration={"a": 2})
    assert (device.configuration, device.version) == ({"modo": "manual", "a": 2}, 2)
    assert changed(device, configuration={"a": 2}).version == 2
    renamed = changed(device, name="Otro")
    assert (renamed.name, renamed.version) == ("Otro", 2)


def test_renaming_does_not_overrule_what_the_device_says_it_is() -> None:
    device = changed(NEW, configuration={"modo": "manual", "encendido": True})
    device = device.after_report(report(state="inactivo"))
    assert changed(device, name="Otro").state == "inactivo"


@pytest.mark.parametrize(("state", "on"), [("ON", True), ("Encendida", True), ("OFF", False), ("0", False)])
def test_a_device_says_on_and_off_in_its_own_words(state: str, on: bool) -> None:
    """They are kept as they came, and in mode ``horario`` the device is not told the opposite."""
    device = replace(NEW, configuration={"modo": "horario", "encendido": not on}, claimed=True)
    later = device.after_report(report(state=state))
    assert (later.state, later.configuration["encendido"]) == (state, on)
    assert later.reported == {"encendido": on}


@pytest.mark.parametrize("on", [True, False])
def test_a_word_that_is_neither_on_nor_off_switches_nothing(on: bool) -> None:
    device = replace(NEW, configuration={"modo": "horario", "encendido": on}, state="activo", claimed=True)
    assert device.after_report(report(state="lavando")).configuration["encendido"] is on


@pytest.mark.parametrize(("said", "on"), [("ON", True), (1, True), ("apagado", False), (0.0, False)])
def test_encendido_in_a_reported_configuration_may_be_a_word(said: object, on: bool) -> None:
    """What people asked for is then fulfilled by whoever says so in a word, and contradicted too."""
    device = NEW.after_report(report(configuration={"encendido": said}))
    assert (device.configuration["encendido"], device.reported["encendido"]) == (on, on)
