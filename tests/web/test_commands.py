"""Bodies: what is taken, what is refused, and that the refusal says what to do."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.domain.model import MAX_NAMES, Change, Device, Report
from actors.domain.refusals import Refusal, Refused
from tests.web.site import BLIND, LAMP
from web.schemas.body import MAX_LEVELS, read_object
from web.schemas.commands import MAX_VERSIONS, change_of, claim_of, claimed_serial
from web.schemas.serializers import TEN, device_json, iso
from web.schemas.validators import Name
from web.texts.languages import Language
from web.texts.problem import Problem

SCHEDULED = replace(BLIND, configuration={"modo": "horario", "encendido": False})


def nested(levels: int) -> Any:
    return [nested(levels - 1)] if levels else 1


def change(device: Device, body: dict[str, Any], *earlier: Device) -> Change:
    before = [{**device_json(each), "event": "device_update"} for each in earlier]
    return change_of(body, device_json(device), before)


def echo(device: Device) -> dict[str, Any]:
    """The device as an app that knows ten keys has it."""
    return {name: value for name, value in device_json(device).items() if name in TEN}


@given(st.binary(max_size=200))
@example(b"1e999")
@example(b"[" * 50_000)
@example(b"9" * 5_000)
@example(b'{"a":"\\ud800"}')
@example(b'{"\\ud800":1,"\\ud800":2}')
@example(b'{"a":18446744073709551616}')
def test_bytes_become_an_object_or_a_problem(body: bytes) -> None:
    """Nothing else comes of them, and what is taken can be written again."""
    try:
        outcome: object = read_object(body)
    except Problem as problem:
        outcome = [problem.json(language) for language in Language]
    orjson.dumps(outcome)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "vac"),
        (b" \r\n", "vac"),
        (b"[]", "objeto"),
        (b"null", "objeto"),
        (b'"texto"', "objeto"),
        (b'{"nombre":', "línea 1"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":-Infinity}', "Infinity"),
        (b'{"a":1e999}', "1e999"),
        (b'{"nombre":"a","nombre":"b"}', "nombre"),
        (b'{"nombre":"\xff"}', "UTF-8"),
        (b"\xef\xbb\xbf{}", "JSON"),
        (b'{"nombre":"\\ud800"}', "64 bits"),
    ],
)
def test_a_broken_body_is_explained(body: bytes, named: str) -> None:
    """The detail names what is wrong with it."""
    with pytest.raises(Problem, match=named):
        read_object(body)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"nombre": 7}, "nombre"),
        ({"nombre": None}, "nombre"),
        ({"nombre": "x" * 101}, "nombre.*100"),
        ({"descripcion": "x" * 1001}, "descripcion.*1000"),
        ({"tipo": []}, "tipo"),
        ({"configuracion": []}, "configuracion"),
        ({"configuracion": {"x": nested(MAX_LEVELS + 1)}}, "configuracion.x.*niveles"),
        ({"configuracion": {"x": 2**63}}, "configuracion.x"),
        ({"configuracion": {str(n): n for n in range(MAX_NAMES + 1)}}, "256"),
        ({"configuracion": {"modo": "auto"}}, "configuracion.modo"),
        ({"configuracion": {"encendido": "si"}}, "configuracion.encendido"),
        (
            {"configuracion": {"horarios": [{"dias": ["lunes"], "inicio": "25:00", "fin": "07:00"}]}},
            r"configuracion.horarios\[0\].inicio",
        ),
        ({"encendido": 1}, "encendido"),
        ({"color": "rojo", "nombre": "x", "apodo": "y"}, "apodo, color"),
        ({"id": 3}, "id"),
        ({"reclamado": 1}, "reclamado"),
        ({"reclamado": False, "parametros": {"x": 1}}, "parametros, reclamado"),
        ({"serial_number": "OTRO"}, "serial_number"),
        ({"en_linea": False}, "en_linea"),
        ({"version": 4}, "version"),
        ({"kind": "luz"}, "kind"),
        ({"estado": "activo", "configuracion": {"modo": "horario"}, "id": 9}, "id"),
    ],
)
def test_a_wrong_change_is_named(body: dict[str, Any], named: str) -> None:
    """Each is 400 and its detail names the field."""
    with pytest.raises(Problem, match=named) as caught:
        change(BLIND, body)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, Change()),
        ({"nombre": "Sala"}, Change(name="Sala")),
        ({"tipo": "t", "modelo": "m", "descripcion": ""}, Change(type="t", model="m", description="")),
        ({"encendido": True}, Change(configuration={"encendido": True})),
        (
            {"encendido": True, "configuracion": {"encendido": False, "x": nested(MAX_LEVELS)}},
            Change(configuration={"encendido": True, "x": nested(MAX_LEVELS)}),
        ),
        ({"estado": "inactivo"}, Change()),
        (
            {"estado": "activo", "encendido": True},
            Change(configuration={"encendido": True}, state="activo"),
        ),
        (
            {"estado": "activo", "configuracion": {"modo": "horario"}},
            Change(configuration={"modo": "horario"}, state="activo"),
        ),
        ({"id": 2, "reclamado": True, "version": 3.0, "event": "device_update"}, Change()),
    ],
)
def test_a_change_is_what_the_body_says(body: dict[str, Any], expected: Change) -> None:
    """Read-only fields that are unchanged say nothing."""
    assert change(BLIND, body) == expected


def test_a_whole_device_may_be_sent_back() -> None:
    """All keys, those that came with this backend too."""
    assert change(BLIND, {**device_json(BLIND), "event": "device_update"}) == Change()


def test_the_device_may_report_while_a_person_thinks() -> None:
    """A whole device as it was some reports ago is unchanged; as it never was, it is not."""
    reports = [Report(BLIND.serial, float(n), "inactivo", {"posicion": n}) for n in range(5)]
    versions = [BLIND]
    for report in reports:
        versions.append(versions[-1].after_report(report))
    *earlier, now = versions
    sent = {**echo(earlier[2]), "nombre": "Salón"}
    assert change(now, sent, *reversed(earlier)).name == "Salón"
    with pytest.raises(Problem, match="parametros"):
        change(now, {**sent, "parametros": {"posicion": 99}}, *reversed(earlier))


def test_how_far_back_is_looked_is_bounded() -> None:
    """One version further than that is refused, and nothing older is even read."""
    versions = [replace(BLIND, parameters={"posicion": n}) for n in range(MAX_VERSIONS + 50)]
    now, *earlier = reversed(versions)
    assert change(now, echo(earlier[MAX_VERSIONS - 1]), *earlier) == Change()
    read = iter([{**device_json(each), "event": "device_update"} for each in earlier])
    with pytest.raises(Problem, match="parametros"):
        change_of(echo(earlier[MAX_VERSIONS]), device_json(now), read)
    assert len(list(read)) == len(earlier) - MAX_VERSIONS


def test_of_an_old_whole_device_only_what_differs_is_a_wish() -> None:
    """The rest has been changed by others since, or is about to be."""
    read = replace(BLIND, configuration={"modo": "manual", "encendido": True, "x": [1]}, state="activo")
    off = read.after_change(
        Change(name="Cocina", type="t", model="m", description="d", configuration={"encendido": False})
    )
    assert isinstance(off, Device)
    sent = device_json(read)
    assert change(off, {**sent, "nombre": "Salón"}, read) == Change(name="Salón")
    added = {**read.configuration, "x": [True], "y": None}
    assert change(off, {**sent, "configuracion": added}, read).configuration == {"x": [True], "y": None}


def test_encendido_at_the_top_is_always_a_wish() -> None:
    """It is in no device that is read, so whoever sends it means it."""
    read = replace(BLIND, configuration={"modo": "manual", "encendido": True}, state="activo")
    off = read.after_change(Change(configuration={"encendido": False}))
    assert isinstance(off, Device)
    sent = {**device_json(read), "encendido": True}
    assert change(off, sent, read) == Change(configuration={"encendido": True})


def test_a_part_of_a_device_is_all_wish() -> None:
    """A device that was switched by hand is switched back by the ``encendido`` that it had all along."""
    by_hand = replace(BLIND, state="activo")
    sent = {"nombre": BLIND.name, "configuracion": {"encendido": False}}
    asked = change(by_hand, sent)
    assert asked == Change(name=BLIND.name, configuration={"encendido": False})
    outcome = by_hand.after_change(asked)
    assert isinstance(outcome, Device)
    assert outcome.state == "inactivo"


def test_a_state_that_is_changed_takes_its_encendido_along() -> None:
    """A whole device, switched by hand, is switched back by its state too."""
    by_hand = replace(BLIND, state="activo")
    asked = change(by_hand, {**echo(by_hand), "estado": "inactivo"})
    assert asked == Change(configuration={"encendido": False}, state="inactivo")
    assert by_hand.after_change(asked) == by_hand.after_change(replace(asked, state=None))
    refused = BLIND.after_change(change(BLIND, {**echo(BLIND), "estado": "activo"}))
    assert refused == Refused(Refusal.STATE_READ_ONLY)


@pytest.mark.parametrize("body", [{"estado": "activo"}, {"estado": "activo", "encendido": False}])
def test_the_state_cannot_be_set_in_mode_manual(body: dict[str, Any]) -> None:
    """400, whose detail names the field: the device decides, once for all ways to ask."""
    outcome = BLIND.after_change(change(BLIND, body))
    assert isinstance(outcome, Refused)
    problem = Problem.of(outcome)
    assert (problem.status, "estado" in str(problem)) == (400, True)


def test_a_part_of_a_device_speaks_of_the_present() -> None:
    """Old readings alone are a wish to change them."""
    earlier = replace(BLIND, parameters={"posicion": 1})
    with pytest.raises(Problem, match="parametros"):
        change(BLIND, {"parametros": {"posicion": 1}}, earlier)


def test_a_state_of_before_is_a_wish_only_when_it_differs_from_what_was_read() -> None:
    """In mode horario the state can be set; sending back the one that was read does not set it."""
    before = replace(SCHEDULED, parameters={"posicion": 1}, state="inactivo")
    now = replace(SCHEDULED, parameters={"posicion": 2}, state="activo")
    assert change(now, echo(before), before).state is None
    assert change(now, {**echo(before), "estado": "activo"}, before).state == "activo"


def test_an_old_oddity_blocks_no_change() -> None:
    """Of the schedules only what differs from the device's own is checked."""
    odd = replace(BLIND, configuration={"horarios": "siempre", "modo": "manual"})
    sent = {"configuracion": {"horarios": "siempre", "encendido": True}}
    assert change(odd, sent).configuration == sent["configuracion"]
    with pytest.raises(Problem, match="horarios"):
        change(odd, {"configuracion": {"horarios": "nunca"}})


devices = st.builds(
    replace,
    st.sampled_from([LAMP, BLIND, SCHEDULED]),
    name=st.text(max_size=100),
    state=st.sampled_from(["activo", "inactivo", "desconocido"]),
    parameters=st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False) | st.booleans()),
    seen_at=st.none() | st.floats(0, 4e9),
)


@given(devices)
def test_sending_a_device_back_changes_nothing(device: Device) -> None:
    """Through JSON and back, with all keys or the original ten; and it is never refused."""
    for sent in (device_json(device), echo(device)):
        assert change(device, read_object(json.dumps(sent).encode())) == Change()


@given(devices, devices, st.text(max_size=100).filter(Name(100).takes))
def test_an_old_whole_device_undoes_nothing(read: Device, now: Device, name: str) -> None:
    """Whatever others have made of it since, it stays; a new name alone is taken."""
    read, now = (replace(each, id=1, serial=LAMP.serial, claimed=True) for each in (read, now))
    now = replace(now, version=read.version + 1)
    outcome = now.after_change(change(now, {**device_json(read), "nombre": name}, read))
    assert outcome == (now if name == read.name else replace(now, name=name.strip()))


@given(st.floats(0, 4e9))
def test_times_are_iso_8601_to_the_millisecond(at: float) -> None:
    """``iso`` is never late, and at most a millisecond early."""
    text = iso(at)
    assert len(text) == len("2027-01-15T08:00:00.500Z")
    assert 0 <= at - datetime.fromisoformat(text).timestamp() < 0.001_001


def test_a_claim_takes_either_name_of_the_serial() -> None:
    """``serial`` is as good as ``serial_number``; both, if they agree."""
    good: list[dict[str, Any]] = [{"serial_number": "A"}, {"serial": " A "}]
    for body in (*good, {"serial": "A", "serial_number": "A"}):
        assert claimed_serial(body) == "A"
    bad: list[dict[str, Any]] = [{}, {"serial": ""}, {"serial_number": 5}, {"serial": None}]
    for body in (*bad, {"serial": "A", "serial_number": "B"}):
        with pytest.raises(Problem, match="serial"):
            claimed_serial(body)


def test_a_claim_is_lenient_with_what_it_does_not_know() -> None:
    """Other fields and nulls of a printed code are left alone; the known ones are checked."""
    body = {
        "serial_number": "A",
        "nombre": "Luz",
        "tipo": None,
        "lote": 7,
        "configuracion": {"modo": "manual"},
    }
    claim = claim_of(body, "A", {})
    assert (claim.name, claim.type, claim.configuration) == ("Luz", None, {"modo": "manual"})
    with pytest.raises(Problem, match=r"configuracion\.modo"):
        claim_of({**body, "configuracion": {"modo": "x"}}, "A", {})
