"""What stands on the wire between the devices and us: topics, and JSON checked once and for all.

Reading a typical report of two readings takes 4 µs. Numbers that do not fit SQLite's 64-bit integers
are what JSON libraries disagree upon, so they get a second look (see :func:`_check_nested`).
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Any, Final

import orjson

from actors.domain.model import MAX_NAMES, SERIAL, Json, JsonObject, Report
from actors.domain.packed import LARGE, encoded, packed
from actors.domain.readings import metric_name, names_in, switch_of
from actors.domain.sun_windows import by_the_clock
from actors.mqtt.protocol import lenient_json
from actors.mqtt.protocol.lenient_json import MAX_INTEGER, MIN_INTEGER
from actors.mqtt.protocol.near_misses import suggestion
from actors.runtime.time_zone import Zone

SHARED_STATE_TOPIC: Final = "dispositivos/estado"
STATE_FILTER: Final = "dispositivos/+/estado"
PRESENCE_FILTER: Final = "dispositivos/+/conexion"
SUBSCRIPTIONS: Final = (SHARED_STATE_TOPIC, STATE_FILTER, PRESENCE_FILTER)

ONLINE: Final = b"online"
OFFLINE: Final = b"offline"

# The contract's limits. A report of the original's devices has about 200 bytes, so these are far from
# any honest device and still small enough that thousands of the largest fit into memory.
MAX_BYTES: Final = 64 * 1024
MAX_STATE: Final = 20
MAX_PARAMETERS: Final = 64
MAX_DEPTH: Final = 4
MAX_BOOT: Final = 64
# Counted up to here, a number is exact in the doubles that JavaScript and small JSON libraries use.
MAX_SEQ: Final = 2**53
# Objects of device data.
_DEEP: Final = ("parametros", "configuracion")
_SERIAL_IN: Final = re.compile(rb'"serial_number"\s*:\s*"(%b)"' % SERIAL.pattern.encode())
_DIGEST: Final = re.compile("[0-9A-Fa-f]{64}")
_SERIAL_RULE: Final = "debe tener de 1 a 64 caracteres de A-Za-z0-9._:-"


class Malformed(Exception):
    """A message that breaks the contract."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """Which rule, for the operator, in Spanish."""
        self.report: Report | None = None
        """Of a report whose device is known, that much: whose it is, and its number where that is sound."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A device's own ``online``, or the last will ``offline`` that the broker published for it."""

    serial: str
    online: bool


# -- from a device -------------------------------------------------------------------------------


def read(topic: str, payload: bytes, at: float, retained: bool) -> Report | Announcement:
    """The message as a checked fact; ``at`` is its arrival in seconds since the epoch.

    Raises :class:`Malformed`, and nothing else, for whatever the contract does not allow.
    """
    match topic.split("/"):
        case ["dispositivos", "estado"]:
            return _read_report(None, payload, at, retained)
        case ["dispositivos", "", "estado" | "conexion"]:
            raise Malformed(
                "falta el número de serie en el topic; ¿quisiste decir dispositivos/SERIE/estado?"
            )
        case ["dispositivos", serial, "estado"]:
            return _read_report(_checked_serial(serial), payload, at, retained)
        case ["dispositivos", serial, "conexion"]:
            return Announcement(_checked_serial(serial), _read_presence(payload))
    raise Malformed(f"no se espera nada en el topic {topic[:200]!r}{suggestion(topic)}")


def _checked_serial(serial: Json) -> str:
    if type(serial) is not str:
        raise Malformed("serial_number falta o no es un texto")
    if SERIAL.fullmatch(serial) is None:
        raise Malformed(f"serial_number {_SERIAL_RULE}: {serial[:80]!r}")
    return serial


def _read_presence(payload: bytes) -> bool:
    if payload == ONLINE:
        return True
    if payload == OFFLINE:
        return False
    raise Malformed(f"conexion debe ser online u offline: {payload[:80]!r}")


def _read_report(topic_serial: str | None, payload: bytes, at: float, retained: bool) -> Report:
    try:
        fields, invalid = _read_object(payload)
        serial = _agreed_serial(topic_serial, fields.get("serial_number"))
    except Malformed as malformed:
        named = topic_serial or _serial_in(payload)
        malformed.report = None if named is None else Report(named, at, retained=retained)
        raise
    boot, seq = fields.get("boot"), fields.get("seq")
    if type(seq) is float and abs(seq) >= MAX_INTEGER:
        seq = None  # no number at all, as others past 64 bits
    try:
        if boot is not None:
            _check_text("boot", boot, MAX_BOOT)
        if seq is not None and (type(seq) is not int or not 0 <= seq <= MAX_SEQ):
            seq = None
            raise Malformed(f"seq debe ser un entero de 0 a {MAX_SEQ}")
        if _check_contents(fields):
            fields, invalid = _read_leniently(payload, "un número no cabe en 64 bits")
            _check_contents(fields)
        digest = _checked_digest(fields.get("codigo_sha256"))
    except Malformed as malformed:
        counts = type(boot) is str and len(boot) <= MAX_BOOT and seq is not None
        numbered = (boot, seq) if counts else (None, None)
        malformed.report = Report(serial, at, None, None, None, *numbered, retained)
        raise
    parameters = fields.get("parametros")
    # Here, since by the time that its actor takes it in, the readings have left the processor's cache.
    names = None if parameters is None else names_in(parameters)
    if parameters is not None and len(payload) > LARGE:
        parameters = packed(parameters)
    contents = fields.get("estado"), parameters, fields.get("configuracion")
    return Report(
        *(serial, at, *contents, boot, seq, retained, digest),
        own_topic=topic_serial is not None,
        invalid=invalid,
        digest=None if seq is None else zlib.crc32(payload),
        names=names,
    )


def _check_contents(fields: dict[str, Json]) -> bool:
    """Whether a number in them is to be looked at in the text: see :func:`_check_nested`."""
    state = fields.get("estado")
    if state is not None:
        if type(state) is not str and switch_of(state) is not None:
            state = fields["estado"] = _word_for(state)
        _check_text("estado", state, MAX_STATE)
    parameters = fields.get("parametros")
    configuration = fields.get("configuracion")
    doubtful = parameters is not None and _check_values("parametros", parameters, MAX_PARAMETERS)
    if configuration is not None:
        doubtful |= _check_values("configuracion", configuration, MAX_NAMES)
    return doubtful


def _word_for(on: bool | float) -> str:
    """As it was written: ``true``, ``false``, ``1`` or ``0``."""
    return str(on).lower() if isinstance(on, bool) else str(int(on))


def _checked_digest(digest: Json) -> str | None:
    if digest is None:
        return None
    if type(digest) is not str or _DIGEST.fullmatch(digest) is None:
        raise Malformed("codigo_sha256 debe ser un SHA-256 de 64 cifras hexadecimales")
    return digest.lower()


def _read_object(payload: bytes) -> tuple[dict[str, Json], tuple[str, ...]]:
    """The object, and the names of the metrics whose numbers are none: those are left out."""
    if len(payload) > MAX_BYTES:
        raise Malformed(f"el mensaje tiene {len(payload)} bytes; caben {MAX_BYTES}")
    try:
        fields = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        return _read_leniently(payload, str(error))
    if type(fields) is not dict:
        raise Malformed("el mensaje debe ser un objeto JSON")
    return fields, ()


def _read_leniently(payload: bytes, why: str) -> tuple[dict[str, Json], tuple[str, ...]]:
    try:
        fields, invalid = lenient_json.read(payload, _DEEP, MAX_DEPTH)
        # It takes texts that are no Unicode too.
        orjson.dumps([fields.get(name) for name in ("estado", "boot", *_DEEP)])
    except (lenient_json.NotJson, TypeError) as error:
        raise Malformed(f"el mensaje no es JSON válido: {why}; {error}") from None
    metrics = dict.fromkeys(metric_name(*rest) for outer, *rest in invalid if outer == "parametros" and rest)
    return fields, tuple(metrics)


def _serial_in(payload: bytes) -> str | None:
    """Whose report it seems to be that could not be read, enough to believe that the device is there."""
    found = _SERIAL_IN.search(payload[:MAX_BYTES])
    return None if found is None else found[1].decode()


def _agreed_serial(topic_serial: str | None, serial: Json) -> str:
    """The topic's serial wins; on the original's shared topic the payload must tell it."""
    if topic_serial is None:
        return _checked_serial(serial)
    if serial is not None and serial != topic_serial:
        raise Malformed("serial_number no coincide con el del topic")
    return topic_serial


def _check_text(name: str, value: Json, limit: int) -> None:
    if type(value) is not str:
        raise Malformed(f"{name} debe ser un texto")
    if len(value) > limit:
        raise Malformed(f"{name} tiene {len(value)} caracteres; caben {limit}")


def _check_values(name: str, values: Json, limit: int) -> bool:
    """Check an object of device data; whether it holds a number that is doubtful."""
    if type(values) is not dict:
        raise Malformed(f"{name} debe ser un objeto")
    if len(values) > limit:
        raise Malformed(f"{name} tiene {len(values)} nombres; caben {limit}")
    return _check_nested(name, values, 0)


def _check_nested(name: str, container: dict[str, Json] | list[Json], depth: int) -> bool:
    """Whether it holds an integer past 64 bits, or what may be one: orjson makes a float of it, and only
    the text tells it from a real float.
    """
    if depth > MAX_DEPTH:
        raise Malformed(f"{name} tiene más de {MAX_DEPTH} niveles")
    doubtful = False
    for value in container.values() if isinstance(container, dict) else container:
        kind = type(value)
        if kind is float or kind is int:
            doubtful |= not MIN_INTEGER < value < MAX_INTEGER
        elif kind is dict or kind is list:
            doubtful |= _check_nested(name, value, depth + 1)
    return doubtful


# -- to a device ---------------------------------------------------------------------------------


def configuration_topic(serial: str) -> str:
    return f"dispositivos/{serial}/configuracion"


def receipt_topic(serial: str) -> str:
    return f"dispositivos/{serial}/recibo"


def heard_topics(serial: str) -> tuple[str, str]:
    """Of its own, those that the device speaks on."""
    return state_topic(serial), presence_topic(serial)


def configuration_payload(version: int, configuration: JsonObject, zone: Zone) -> bytes:
    """With the house's zone, which is what the times in a schedule mean: of what follows the sun, today's."""
    told = {"iana": zone.iana, "posix": zone.posix}
    return encoded({"version": version, "configuracion": by_the_clock(configuration), "zona": told})


def receipt_payload(boot: str, seq: int) -> bytes:
    return orjson.dumps({"boot": boot, "seq": seq})


# -- as a device says it -------------------------------------------------------------------------


def state_topic(serial: str) -> str:
    return f"dispositivos/{serial}/estado"


def presence_topic(serial: str) -> str:
    return f"dispositivos/{serial}/conexion"


def report_payload(report: Report) -> bytes:
    """The report as its device would send it; what is ``None`` is left out."""
    fields: dict[str, Any] = {
        "serial_number": report.serial,
        "estado": report.state,
        "parametros": report.parameters,
        "configuracion": report.configuration,
        "boot": report.boot,
        "seq": report.seq,
        "codigo_sha256": report.code_digest,
    }
    return encoded({name: value for name, value in fields.items() if value is not None})
