"""What a person's JSON object asks for, in the model's words: a claim or a change.

Everything that is wrong raises :class:`web.texts.problem.Problem`, naming the field and what it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final

from actors.domain.control_check import check_controls, check_values
from actors.domain.model import ACTIVE, SERIAL, Change, Claim, Json, JsonObject, Move, Wait, same
from actors.domain.profile import Profile
from actors.domain.schedule import ScheduleError, check
from web.schemas.body import Object
from web.schemas.configuration import Configuration
from web.schemas.serializers import ADDED, FOREIGN, TEN
from web.schemas.validators import Body, Field, Name, OrNull, Returned, Schema, Switch, Text, Whole
from web.texts.faults import Fault
from web.texts.problem import Problem


@dataclass(frozen=True, slots=True)
class SerialNumber:
    """As it is printed. What no device has is for the claim to find out."""

    @property
    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{SERIAL.pattern}$"}

    def read(self, value: Json, name: str) -> str:
        if not isinstance(value, str) or not value.strip():
            raise Problem(Fault.NO_SERIAL, field=name)
        return value.strip()


@dataclass(frozen=True, slots=True)
class Place:
    """The id of a room, or ``null`` for none. Whether there is such a room is for the change to find out."""

    @property
    def schema(self) -> Schema:
        return _ROOM_OR_NULL.schema

    def read(self, value: Json, name: str) -> Move:
        return Move(_ROOM_OR_NULL.read(value, name))


@dataclass(frozen=True, slots=True)
class Silence:
    """Seconds, 0 for any silence, or ``null`` to leave it to the house."""

    @property
    def schema(self) -> Schema:
        return _SECONDS_OR_NULL.schema

    def read(self, value: Json, name: str) -> Wait:
        return Wait(_SECONDS_OR_NULL.read(value, name))


# More than will ever be given.
_ROOM_OR_NULL: Final = OrNull(Whole(10**9))
_SECONDS_OR_NULL: Final = OrNull(Whole(400 * 86_400, lowest=0))

# A name fits a phone's line, a description its screen.
NAME: Final = Field("nombre", Name(100), "Cómo se llama.", "Lámpara")
TYPE: Final = Field("tipo", Text(50), "Qué es; una clase conocida manda sobre la del número de serie.", "luz")
MODEL: Final = Field("modelo", Text(100), "El del fabricante.", "L-01")
DESCRIPTION: Final = Field("descripcion", Text(1000), "Lo que se quiera decir.", "La del salón")
TEXTS: Final = (NAME, TYPE, MODEL, DESCRIPTION)
CONFIGURATION: Final = Field(
    "configuracion", Configuration(), "Se mezcla clave a clave.", {"modo": "manual", "encendido": True}
)
ON: Final = Field("encendido", Switch(), "Como en configuracion, y manda sobre él.", True)
STATE: Final = Field("estado", Text(20, shortest=1), "Solo en modo horario.", ACTIVE)
ROOM: Final = Field("habitacion_id", Place(), "La habitación en que está, o null si en ninguna.", None)
PATIENCE: Final = Field(
    "paciencia_s",
    Silence(),
    "Segundos sin señal para darlo por caído; 0, cualquier silencio; null, lo decide la casa.",
    604_800,
)
CODE: Final = Field("codigo", Text(100), "El secreto del código QR, si el dispositivo lo tiene.", "K7M2-9QXR")
SERIAL_NUMBER: Final = Field("serial_number", SerialNumber(), "El del código QR.", "LGT0AAAAAAAA").or_null()
SERIAL_TOO: Final = Field("serial", SerialNumber(), "Lo mismo que serial_number.", "LGT0AAAAAAAA").or_null()

EDITABLE: Final = (*TEXTS, CONFIGURATION, ON, STATE, ROOM, PATIENCE)
# An app that sends a device back may have it from the stream, where it carries ``event`` too.
READ_ONLY: Final = (
    *("id", "serial_number", "parametros", "reclamado"),
    *ADDED,
    *FOREIGN,
    "event",
)
CLAIM: Final = Body(
    (SERIAL_NUMBER, SERIAL_TOO, *(field.or_null() for field in (*TEXTS, CONFIGURATION, CODE))),
    needs=((SERIAL_NUMBER,), (SERIAL_TOO,)),
)
REPLACEMENT: Final = Body(
    (SERIAL_NUMBER, SERIAL_TOO, CODE.or_null()), needs=((SERIAL_NUMBER,), (SERIAL_TOO,))
)
CHANGE: Final = Returned(EDITABLE, unchanged=READ_ONLY)
# How far back a device that is sent back may have been read: a quarter of an hour at a report in 5 s.
# To parse them takes 3 ms, and 40 with the largest configurations.
MAX_VERSIONS: Final = 200


def claimed_serial(body: Object) -> str:
    """Of which device the body is the claim."""
    serials = {serial for field in (SERIAL_NUMBER, SERIAL_TOO) if (serial := field.of(body)) is not None}
    if len(serials) > 1:
        raise Problem(Fault.SERIALS_DIFFER)
    if not serials:
        raise Problem(Fault.SERIAL_MISSING)
    return serials.pop()


def claim_of(body: Object, serial: str, known: JsonObject, profile: Profile | None = None) -> Claim:
    """The claim in ``body``; ``known`` is the device's configuration as it is, ``profile`` as in
    :class:`actors.domain.model.Device`.

    ``null`` is as good as absent, and what is not known here is left alone: QR codes are printed
    once, by others.
    """
    given = {name: value for name, value in body.items() if value is not None}
    configuration = _configuration(given, known)
    _check(partial(check_values, configuration, profile))
    return Claim(
        serial,
        name=NAME.of(given),
        type=TYPE.of(given),
        model=MODEL.of(given),
        description=DESCRIPTION.of(given),
        configuration=configuration,
        code=CODE.of(given),
    )


def spare_of(body: Object) -> Claim:
    """The claim in ``body`` of the hardware that is to take another one's place."""
    return Claim(claimed_serial(body), code=CODE.or_null().of(body))


def change_of(
    body: Object, current: JsonObject, earlier: Iterable[JsonObject], profile: Profile | None = None
) -> Change:
    """The change in ``body`` of the device whose JSON is ``current``, ``earlier`` before, newest first.

    A whole device may have been read a while ago: its read-only fields are unchanged if they are
    those of any one version, and of the others only what differs from that version is a wish: the
    rest may have been changed by somebody else since. Less than a whole device speaks of the present,
    and is all wish.
    """
    editable = [field.name for field in EDITABLE]
    if unknown := sorted(body.keys() - {*editable, *READ_ONLY}):
        raise Problem(Fault.UNKNOWN_NAMES, names=", ".join(unknown), editable=", ".join(editable))
    base = _version_meant(body, current, earlier)
    wishes = _wishes(body, base) if is_whole(body) else body
    known: JsonObject = current["configuracion"]
    configuration = _configuration(wishes, known)
    if (switched := ON.of(body)) is not None:
        configuration = {**configuration, "encendido": switched}
    _check(partial(check_controls, _different(configuration, known), profile))
    return Change(
        name=NAME.of(wishes),
        type=TYPE.of(wishes),
        model=MODEL.of(wishes),
        description=DESCRIPTION.of(wishes),
        configuration=configuration,
        state=None if "estado" in body and body["estado"] == base["estado"] else STATE.of(body),
        move=ROOM.of(wishes),
        wait=PATIENCE.of(wishes),
    )


def _configuration(body: Object, known: JsonObject) -> JsonObject:
    """The body's ``configuracion``. Of its schedules only those are checked that are not there already."""
    configuration = CONFIGURATION.of(body)
    if configuration is None:
        return {}
    _check(partial(check, _different(configuration, known)))
    return configuration


def _check(configuration: Callable[[], None]) -> None:
    try:
        configuration()
    except ScheduleError as error:
        raise Problem.of(error) from None


def _version_meant(body: Object, current: JsonObject, earlier: Iterable[JsonObject]) -> JsonObject:
    """The version of the device that the body's read-only fields are of."""
    present = {"event": "device_update", **current}
    changed = _changed(body, present)
    if not changed:
        return current
    if is_whole(body):
        for version in islice(earlier, MAX_VERSIONS):
            if not _changed(body, version):
                return version
    raise Problem(Fault.READ_ONLY, names=", ".join(changed))


def is_whole(body: Object) -> bool:
    """Whether it is a device that was read, and not only what is to be changed of it."""
    return body.keys() >= set(TEN)


def _wishes(body: Object, base: JsonObject) -> Object:
    """What a whole device that was read as ``base`` is sent back for; of ``configuracion``, which names.

    Who changes ``estado`` means the ``encendido`` beside it too: a device that was switched by hand
    reports a state that its ``encendido`` already contradicts.
    """
    wishes = _different(body, base)
    configuration = body["configuracion"]
    if isinstance(configuration, dict):
        wanted = _different(configuration, base["configuracion"])
        if "estado" in wishes and "encendido" in configuration:
            wanted["encendido"] = configuration["encendido"]
        wishes["configuracion"] = wanted
    return wishes


def _different(given: JsonObject, base: JsonObject) -> Object:
    return {name: value for name, value in given.items() if name not in base or not same(value, base[name])}


def _changed(body: Object, version: JsonObject) -> list[str]:
    return [
        name
        for name in READ_ONLY
        if name in body and (name not in version or not same(body[name], version[name]))
    ]
