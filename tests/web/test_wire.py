"""What goes out as JSON: whether a device is as people asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.kinds import PREFIXES
from actors.domain.model import Change, Claim, DeadLetter, Device, Json, JsonObject, Report, same
from web.schemas.serializers import ADDED, TEN, device_json, rejected_json

NEW = Device(id=1, serial="LGT0AAAAAAAA")


def told(device: Device, configuration: JsonObject | None = None, state: str | None = None) -> Device:
    return device.after_report(Report(device.serial, 100.0, state, configuration=configuration))


def asked(device: Device, **configuration: Json) -> Device:
    outcome = device.after_change(Change(configuration=configuration))
    assert isinstance(outcome, Device)
    return outcome


def verdict(device: Device) -> tuple[bool | None, JsonObject]:
    json = device_json(device)
    return json["sincronizado"], json["diferencias"]


def test_the_keys_stand_in_their_order() -> None:
    """The ten first, then those added here, with those of these that are people's to change."""
    *added, edition = [name for name in ADDED if name != "alarmas"]
    assert tuple(device_json(NEW)) == (*TEN, *added, "habitacion_id", "paciencia_s", edition)


def test_a_change_is_out_of_sync_until_the_device_says_so() -> None:
    """Not before anything is asked for, not while the device has told nothing of it."""
    device = told(NEW, {"brillo": 20})
    assert verdict(device) == (None, {})
    device = asked(device, brillo=80)
    assert verdict(device) == (False, {"brillo": {"deseado": 80, "informado": 20}})
    assert verdict(told(device, {"brillo": 20}))[0] is False
    assert verdict(told(device, {"brillo": 80.0})) == (True, {})
    assert verdict(told(asked(NEW, brillo=80), {"zona": "sur"})) == (None, {})


def test_what_nobody_asked_for_is_no_difference() -> None:
    """A claimed device's new firmware is its own affair, though the configuration shows the old one."""
    claimed = told(NEW, {"firmware": "1.2"}).after_claim(Claim(NEW.serial, configuration={"modo": "manual"}))
    assert isinstance(claimed, Device)
    device = told(claimed, {"firmware": "1.3", "modo": "manual"})
    assert device.configuration["firmware"] == "1.2"
    assert verdict(device) == (True, {})


def test_switched_by_hand_a_device_differs_in_mode_manual_alone() -> None:
    """In mode ``horario`` what it reports is what is wanted."""
    device = told(asked(NEW, modo="manual", encendido=True), state="activo")
    assert verdict(device) == (True, {})
    device = told(device, state="inactivo")
    assert verdict(device) == (False, {"encendido": {"deseado": True, "informado": False}})
    scheduled = told(asked(device, modo="horario"), {"modo": "horario"}, "inactivo")
    assert verdict(scheduled) == (True, {})
    assert verdict(replace(scheduled, reported={"encendido": True})) == (None, {})


@pytest.mark.parametrize(
    ("wanted", "reported", "is_same"),
    [
        (20, 20.0, True),
        (1, True, False),
        (0, False, False),
        ([1, {"a": 2.0}], [1.0, {"a": 2}], True),
        ([True], [1], False),
        ({"a": 1}, {"a": 1, "b": None}, False),
        (None, 0, False),
    ],
)
def test_numbers_are_compared_as_numbers(wanted: Json, reported: Json, is_same: bool) -> None:
    assert same(wanted, reported) is is_same
    device = told(asked(NEW, x=wanted), {"x": reported})
    assert verdict(device)[0] is is_same


names = st.sampled_from(["encendido", "modo", "brillo", "zona"])
values = st.booleans() | st.integers(0, 2) | st.sampled_from(["manual", "horario", None])
steps = st.tuples(st.sampled_from(["ask", "tell"]), st.dictionaries(names, values, max_size=3))


@given(st.lists(steps, max_size=8), st.sampled_from(sorted(PREFIXES)))
def test_a_device_that_obeys_is_in_sync(history: list[tuple[str, JsonObject]], prefix: str) -> None:
    """However it went until then, and never differs in what it was not asked or has not told."""
    device = replace(NEW, serial=prefix + "AAAAAAAA")
    for what, configuration in history:
        device = asked(device, **configuration) if what == "ask" else told(device, configuration)
        in_sync, differences = verdict(device)
        assert (in_sync is False) == bool(differences)
        assert differences.keys() <= device.asked & device.reported.keys()
    assert verdict(told(device, device.configuration))[0] is not False


@pytest.mark.parametrize("colon", [":", " : ", ":\n"])
def test_of_a_refused_report_the_digest_is_not_shown(colon: str) -> None:
    """What is wrong with the report still is, and so is its true size."""
    payload = f'{{"codigo_sha256"{colon}"{"a9" * 32}","estado":7}}'.encode()
    shown = rejected_json(DeadLetter(0.0, "dispositivos/estado", payload, "estado debe ser un texto"))
    assert "a9" not in shown["payload"]
    assert '"estado":7' in shown["payload"]
    assert shown["bytes"] == len(payload)
