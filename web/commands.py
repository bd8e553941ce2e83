"""What a person's JSON object asks for, in the model's words: a claim or a change.

Everything that is wrong raises :class:`web.errors.Problem`, naming the field and what it takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final

from actors.model import ACTIVE, INACTIVE, SCHEDULED, Change, Claim, JsonObject
from actors.schedule import ScheduleError, check
from web.body import Object, check_configuration
from web.errors import Problem
from web.wire import ADDED, TEN, same

# Longest text by field: a name fits a phone's line, a description its screen.
TEXTS: Final[Mapping[str, int]] = {"nombre": 100, "tipo": 50, "modelo": 100, "descripcion": 1000}
LONGEST: Final[Mapping[str, int]] = {**TEXTS, "codigo": 100}
MAX_STATE: Final = 20
EDITABLE: Final = (*TEXTS, "configuracion", "encendido", "estado")
# An app that sends a device back may have it from the stream, where it carries ``event`` too.
READ_ONLY: Final = (
    *("id", "serial_number", "parametros", "reclamado"),
    *ADDED,
    "event",
)
# How far back a device that is sent back may have been read: a quarter of an hour at a report in 5 s.
# They are parsed on the loop, while everybody waits: that takes 3 ms, and 40 with the largest
# configurations.
MAX_VERSIONS: Final = 200


def claimed_serial(body: Object) -> str:
    """Of which device the body is the claim."""
    serials = {body[name] for name in ("serial_number", "serial") if isinstance(body.get(name), str)}
    if len(serials) > 1:
        raise Problem(400, "serial_number y serial no coinciden; envía solo serial_number.")
    serial = next(iter(serials), "").strip()
    if not serial:
        raise Problem(400, "Falta serial_number; envía el número de serie del código QR.")
    return serial


def claim_of(body: Object, serial: str, known: JsonObject) -> Claim:
    """The claim in ``body``; ``known`` is the device's configuration as it is.

    ``null`` is as good as absent, and what is not known here is left alone: QR codes are printed
    once, by others.
    """
    given = {name: value for name, value in body.items() if value is not None}
    return Claim(
        serial,
        name=_text(given, "nombre"),
        type=_text(given, "tipo"),
        model=_text(given, "modelo"),
        description=_text(given, "descripcion"),
        configuration=_configuration(given, known),
        code=_text(given, "codigo"),
    )


def change_of(body: Object, current: JsonObject, earlier: Iterable[JsonObject]) -> Change:
    """The change in ``body`` of the device whose JSON is ``current``, ``earlier`` before, newest first.

    A whole device may have been read a while ago: its read-only fields are unchanged if they are
    those of any one version, and of the others only what differs from that version is a wish: the
    rest may have been changed by somebody else since. Less than a whole device speaks of the present,
    and is all wish.
    """
    if unknown := sorted(body.keys() - {*EDITABLE, *READ_ONLY}):
        raise Problem(
            400, f"Campos desconocidos: {', '.join(unknown):.200}. Se editan {', '.join(EDITABLE)}."
        )
    base = _version_meant(body, current, earlier)
    wishes = _wishes(body, base) if _is_whole(body) else body
    known: JsonObject = current["configuracion"]
    configuration = _configuration(wishes, known)
    if "encendido" in body:
        if not isinstance(body["encendido"], bool):
            raise Problem(400, "encendido no es true ni false; envía uno de los dos.")
        configuration = {**configuration, "encendido": body["encendido"]}
    return Change(
        name=_text(wishes, "nombre"),
        type=_text(wishes, "tipo"),
        model=_text(wishes, "modelo"),
        description=_text(wishes, "descripcion"),
        configuration=configuration,
        state=_state(body, base, configuration, {**known, **configuration}),
    )


def _text(body: Object, name: str) -> str | None:
    if name not in body:
        return None
    value = body[name]
    if not isinstance(value, str):
        raise Problem(400, f"{name} no es un texto; envíalo entre comillas.")
    if len(value) > LONGEST[name]:
        raise Problem(400, f"{name} tiene {len(value)} caracteres; el máximo es {LONGEST[name]}.")
    return value


def _configuration(body: Object, known: JsonObject) -> JsonObject:
    """The body's ``configuracion``. Of its schedules only those are checked that are not there already."""
    if "configuracion" not in body:
        return {}
    configuration = check_configuration(body["configuracion"])
    try:
        check(_different(configuration, known))
    except ScheduleError as error:
        raise Problem(400, f"configuracion.{error.path}: {error.reason}.") from None
    return configuration


def _version_meant(body: Object, current: JsonObject, earlier: Iterable[JsonObject]) -> JsonObject:
    """The version of the device that the body's read-only fields are of."""
    present = {"event": "device_update", **current}
    changed = _changed(body, present)
    if not changed:
        return current
    if _is_whole(body):
        for version in islice(earlier, MAX_VERSIONS):
            if not _changed(body, version):
                return version
    raise Problem(
        400,
        f"No se puede cambiar: {', '.join(changed)}. "
        "Quita esos campos, o vuelve a leer el dispositivo y envíalos sin cambios.",
    )


def _is_whole(body: Object) -> bool:
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
    return [name for name in READ_ONLY if name in body and not same(body[name], version[name])]


def _state(body: Object, base: JsonObject, wanted: JsonObject, merged: JsonObject) -> str | None:
    """The state asked for; ``None`` if it is unchanged or follows from ``encendido`` anyway."""
    if "estado" not in body or body["estado"] == base["estado"]:
        return None
    state = body["estado"]
    if not isinstance(state, str) or not 0 < len(state) <= MAX_STATE:
        raise Problem(400, f"estado no es un texto de 1 a {MAX_STATE} caracteres; envía activo o inactivo.")
    if merged.get("modo") == SCHEDULED:
        return state
    if isinstance(wanted.get("encendido"), bool) and state == (ACTIVE if wanted["encendido"] else INACTIVE):
        return None
    raise Problem(400, "No se puede cambiar: estado, salvo en modo horario; en modo manual cambia encendido.")
