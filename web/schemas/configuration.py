"""What a configuration may hold, as people are told it.

:func:`web.schemas.body.check_configuration` and :func:`actors.domain.schedule.check` decide; a test holds
both to this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from actors.domain.model import MANUAL, MAX_NAMES, SCHEDULED, Json
from actors.domain.readings import OFF_WORDS, ON_WORDS
from actors.domain.schedule import DAYS, ENGLISH_DAYS, EVERY_DAY, LOCKED_WORDS, UNLOCKED_WORDS
from web.schemas.body import MAX_LEVELS, Object, check_configuration
from web.schemas.validators import Schema

_ACCENTED: Final = {"miercoles": "miércoles", "sabado": "sábado"}
DAY_WORDS: Final = (
    *chain.from_iterable((day, _ACCENTED[day]) if day in _ACCENTED else (day,) for day in DAYS),
    *ENGLISH_DAYS,
    *EVERY_DAY,
)
SWITCH_WORDS: Final = (*ON_WORDS, *OFF_WORDS)
LOCK_WORDS: Final = (*LOCKED_WORDS, *UNLOCKED_WORDS)


def _switch(words: Sequence[str]) -> Schema:
    """Not one ``enum``, of which generators of clients would have to make one type."""
    return {"anyOf": [{"type": "boolean"}, {"type": "string", "enum": words}]}


_SCALARS: Final = ("string", "number", "boolean", "null")
_ANYWHERE: Final = "#/components/schemas/"
_TIME: Final[Schema] = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["22:30"]}
_DAY: Final[Schema] = {"type": "string", "enum": DAY_WORDS}
_PER_CENT: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 100}
_MINUTES: Final[Schema] = {"type": "number", "exclusiveMinimum": 0, "maximum": 1440}
_CELSIUS: Final[Schema] = {"type": "number", "minimum": -50, "maximum": 100}
_SWITCH: Final[Schema] = _switch(SWITCH_WORDS)
_LOCK: Final[Schema] = {**_switch(LOCK_WORDS), "description": "true es cerrado con llave."}
_SUN_TIME: Final[Schema] = {
    "type": "string",
    "pattern": "^(amanecer|ocaso)([+-]([0-9]|[0-9]{2}|1[0-7][0-9]|180))?$",
    "examples": ["ocaso+30", "amanecer"],
}
_SUN: Final[Schema] = {
    "type": "object",
    "description": "Lo que sigue al sol; su hora de hoy está en inicio y fin. descansa: hoy no queda nada.",
    "properties": {"inicio": _SUN_TIME, "fin": _SUN_TIME, "descansa": {"type": "boolean"}},
    "additionalProperties": False,
}
_WINDOW: Final[Schema] = {
    "type": "object",
    "description": "Una franja; si fin no es posterior a inicio, acaba al día siguiente.",
    "properties": {
        "dias": {"type": "array", "items": _DAY, "minItems": 1},
        "inicio": _TIME,
        "fin": {"anyOf": [_TIME, {"const": "24:00"}]},
        "sol": _SUN,
    },
    "required": ["dias", "inicio", "fin"],
    # It stands in a list, and both are levels.
    "additionalProperties": {"$ref": f"{_ANYWHERE}Valor{MAX_LEVELS - 2}"},
    "examples": [{"dias": ["todos"], "inicio": "22:00", "fin": "06:00"}],
}


def _ref(name: str) -> Schema:
    return {"$ref": _ANYWHERE + name}


def _events(value: Schema, description: str) -> Schema:
    return {
        "type": "object",
        "description": f"{description} Día → [[hora, valor], …], cada hora una vez.",
        "propertyNames": _DAY,
        "additionalProperties": {
            "type": "array",
            "items": {"type": "array", "prefixItems": [_TIME, value], "minItems": 2, "maxItems": 2},
        },
    }


def _value(levels: int) -> Schema:
    """Any value that nests at most so many levels deep. All its types are named, as TypeScript's generators
    take one that names none, but tells of additional properties, for an object.
    """
    if levels == 0:
        return {"type": _SCALARS}
    inner = _ref(f"Valor{levels - 1}")
    return {"type": [*_SCALARS, "array", "object"], "items": inner, "additionalProperties": inner}


COMPONENTS: Final[Mapping[str, Schema]] = {
    "Configuracion": {
        "type": "object",
        "description": "De un dispositivo; lo que no se nombra se queda como está.",
        "maxProperties": MAX_NAMES,
        "properties": {
            "modo": {"type": "string", "enum": [MANUAL, SCHEDULED]},
            "encendido": {"type": "boolean"},
            "manual_hasta": {
                "type": "string",
                "format": "date-time",
                "description": "Cuándo vuelve, del modo manual, a su horario.",
            },
            # Those of our own protocol have always been told whatever they understand, so these have no type.
            "brillo": {"description": "En tanto por ciento.", "examples": [40]},
            "temp_color": {"description": "Del blanco, en kelvin.", "examples": [2700]},
            "color": {"description": "Como #ff8800.", "examples": ["#ff8800"]},
            "inclinacion": {"description": "De las lamas, en tanto por ciento.", "examples": [50]},
            "intervalo_envio": {"type": "number", "exclusiveMinimum": 0, "description": "Segundos."},
            "horarios": {
                "anyOf": [
                    {"type": "array", "items": _ref("Franja")},
                    _events(_SWITCH, "De encendido y apagado."),
                ]
            },
            "horarios_pos": _events(_PER_CENT, "De la posición de una persiana, en tanto por ciento."),
            "horarios_speed": _events(_PER_CENT, "De la velocidad, en tanto por ciento."),
            "horarios_lock": _events(_LOCK, "De la cerradura."),
            "horarios_riego": _events(_MINUTES, "De riego, en minutos."),
            "horarios_temp": _events(_CELSIUS, "De la temperatura deseada, en grados Celsius."),
        },
        "additionalProperties": _ref(f"Valor{MAX_LEVELS}"),
        "examples": [{"modo": MANUAL, "encendido": True}],
    },
    "Franja": _WINDOW,
    **{f"Valor{levels}": _value(levels) for levels in range(MAX_LEVELS + 1)},
}


@dataclass(frozen=True, slots=True)
class Configuration:
    """The shape of the value; the schedules in it are checked beside those that the device has."""

    @property
    def schema(self) -> Schema:
        return _ref("Configuracion")

    def read(self, value: Json, name: str) -> Object:  # noqa: ARG002
        return check_configuration(value)
