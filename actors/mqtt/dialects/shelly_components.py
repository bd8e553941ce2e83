"""The components of the second generation and those after it, and what each of them tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from actors.domain.model import Json, JsonObject
from actors.domain.profile import MINUTES, PERCENT, SWITCH, Control, Form
from actors.domain.readings import number_of
from actors.mqtt.dialects.codecs import Number, Opening, OpenOrClosed, Truth
from actors.mqtt.dialects.shelly_sources import (
    Failures,
    Source,
    color,
    percent,
    reading,
    switch,
    warmth,
    yes_or_no,
)

# What can be told, and is a channel; the kind that is first of several is the device itself.
CHANNELS: Final[Mapping[str, str]] = {
    "thermostat": "termometro",
    "cover": "persiana",
    "light": "luz",
    "rgbcct": "luz",
    "rgbw": "luz",
    "rgb": "luz",
    "cct": "luz",
    "switch": "enchufe",
}
FLAGS: Final = ("brightness", "slat_pos", "pos_control")
"""Keys of a status that say what the component can."""
_BYTE: Final = Control(Form.NUMBER, 0, 255)
_GOAL: Final = Control(Form.NUMBER, 5, 35, 0.5)


@dataclass(frozen=True, slots=True)
class Component:
    """``switch:0``, and which of its abilities it has."""

    type: str
    id: int
    flags: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        return f"{self.type}:{self.id}"


def component_of(key: str, status: object) -> Component | None:
    """``None`` where it is none that is known here, as ``wifi`` or ``script:1``."""
    type_, _, number = key.partition(":")
    if not (number.isascii() and number.isdigit() and len(number) <= 4) or type_ not in _SOURCES:
        return None
    told = status if isinstance(status, Mapping) else {}
    flags = (flag for flag in FLAGS if told.get(flag) is not None and told[flag] is not False)
    return Component(type_, int(number), frozenset(flags))


def sources_of(component: Component, is_channel: bool) -> tuple[Source, ...]:
    """What its status tells. Readings of the second of a kind that is no channel end in its number."""
    sources = _SOURCES[component.type]
    if component.type == "cover":
        sources = _cover(component)
    elif component.type == "light" and "brightness" not in component.flags:
        sources = tuple(source for source in sources if source.name != "brillo")
    if is_channel or component.id == 0:
        return sources
    # An add-on's sensors count from 100, and keep their numbers.
    end = f"_{component.id}" if component.id >= 100 else f"_{component.id + 1}"
    return tuple(
        Source(source.name + end, source.codec, source.control, source.unit, source.path, source.when)
        for source in sources
    )


def _cover(component: Component) -> tuple[Source, ...]:
    if "pos_control" in component.flags:
        position = Source("posicion", Opening(), PERCENT, "%", ("current_pos",))
    else:
        ends = Control(Form.NUMBER, 0, 100, 100)
        position = Source("posicion", OpenOrClosed("open", "closed"), ends, "%", ("state",), silent=_BETWEEN)
    slats = (Source("inclinacion", Opening(), PERCENT, "%", ("slat_pos",)),)
    return (position, *(slats if "slat_pos" in component.flags else ()), *_MEASURED)


_BETWEEN: Final = ("opening", "closing", "stopped", "calibrating", "unknown")
_MEASURED: Final = (
    reading("consumo_w", "W", "apower"),
    reading("tension_v", "V", "voltage"),
    reading("corriente_a", "A", "current"),
    reading("factor_potencia", "", "pf"),
    reading("frecuencia_hz", "Hz", "freq"),
    reading("energia_kwh", "kWh", "aenergy", "total", told="Wh"),
    reading("energia_devuelta_kwh", "kWh", "ret_aenergy", "total", told="Wh"),
    reading("temperatura_equipo", "°C", "temperature", "tC"),
    Source("fallos", Failures(), path=("errors",)),
)
_LIT: Final = (switch(("output",)), percent("brillo", "brightness"), *_MEASURED)
_WHITE: Final = Source("blanco", Number(), _BYTE, path=("white",))
_PHASES: Final = tuple(
    source
    for phase in "abc"
    for source in (
        reading(f"consumo_w_{phase}", "W", f"{phase}_act_power"),
        reading(f"tension_v_{phase}", "V", f"{phase}_voltage"),
        reading(f"corriente_a_{phase}", "A", f"{phase}_current"),
        reading(f"potencia_va_{phase}", "VA", f"{phase}_aprt_power"),
        reading(f"factor_potencia_{phase}", "", f"{phase}_pf"),
        reading(f"frecuencia_hz_{phase}", "Hz", f"{phase}_freq"),
    )
)
_PHASE_ENERGIES: Final = tuple(
    source
    for phase in "abc"
    for source in (
        reading(f"energia_kwh_{phase}", "kWh", f"{phase}_total_act_energy", told="Wh"),
        reading(f"energia_devuelta_kwh_{phase}", "kWh", f"{phase}_total_act_ret_energy", told="Wh"),
    )
)
_SOURCES: Final[Mapping[str, tuple[Source, ...]]] = {
    "switch": (switch(("output",)), *_MEASURED),
    "cover": (),  # by what it can
    "light": _LIT,
    "cct": (*_LIT, warmth("ct", low=2700, high=6500)),
    "rgb": (*_LIT, color("rgb")),
    "rgbw": (*_LIT, color("rgb"), _WHITE),
    "rgbcct": (
        *(*_LIT, color("rgb", when=("mode", "rgb"))),
        warmth("ct", low=2700, high=6500, when=("mode", "cct")),
    ),
    "thermostat": (
        Source("encendido", Truth(True, False), SWITCH, path=("enable",)),
        Source("temp_objetivo", Number("°C", "°C"), _GOAL, "°C", ("target_C",)),
        reading("temperatura", "°C", "current_C"),
        yes_or_no("calentando", "output"),
    ),
    "input": (
        yes_or_no("entrada", "state"),
        reading("entrada_pct", "%", "percent"),
        reading("contador", "", "counts", "total"),
        reading("frecuencia_hz", "Hz", "freq"),
    ),
    "temperature": (reading("temperatura", "°C", "tC"),),
    "humidity": (reading("humedad", "%", "rh"),),
    "illuminance": (reading("luz_lux", "lx", "lux"),),
    "voltmeter": (reading("tension_v", "V", "voltage"),),
    "devicepower": (
        reading("bateria", "%", "battery", "percent"),
        reading("tension_bateria_v", "V", "battery", "V"),
        yes_or_no("alimentacion_externa", "external", "present"),
    ),
    "smoke": (yes_or_no("humo_detectado", "alarm"),),
    "flood": (yes_or_no("agua_detectada", "alarm"),),
    "em": (
        reading("consumo_w", "W", "total_act_power"),
        reading("corriente_a", "A", "total_current"),
        reading("potencia_va", "VA", "total_aprt_power"),
        reading("corriente_a_n", "A", "n_current"),
        *_PHASES,
    ),
    "emdata": (
        reading("energia_kwh", "kWh", "total_act", told="Wh"),
        reading("energia_devuelta_kwh", "kWh", "total_act_ret", told="Wh"),
        *_PHASE_ENERGIES,
    ),
    "em1": (
        reading("consumo_w", "W", "act_power"),
        reading("tension_v", "V", "voltage"),
        reading("corriente_a", "A", "current"),
        reading("potencia_va", "VA", "aprt_power"),
        reading("factor_potencia", "", "pf"),
        reading("frecuencia_hz", "Hz", "freq"),
    ),
    "em1data": (
        reading("energia_kwh", "kWh", "total_act_energy", told="Wh"),
        reading("energia_devuelta_kwh", "kWh", "total_act_ret_energy", told="Wh"),
    ),
    "pm1": _MEASURED,
}


def controls_of(component: Component, sources: tuple[Source, ...]) -> dict[str, Control]:
    """A switch and a light can end by themselves, too."""
    controls = {source.name: source.control for source in sources if source.control is not None}
    return controls | ({"duracion_min": MINUTES} if component.type == "switch" else {})


def request_for(component: Component, wanted: JsonObject) -> tuple[str, dict[str, object]] | None:
    """The method and its parameters that set these, already as the component counts; ``None`` if nothing."""
    number: dict[str, object] = {"id": component.id}
    match component.type:
        case "cover":
            return _cover_request(number, wanted)
        case "thermostat":
            names = {"temp_objetivo": "target_C", "encendido": "enable"}
            config = {key: wanted[name] for name, key in names.items() if name in wanted}
            return ("Thermostat.SetConfig", {**number, "config": config}) if config else None
        case type_:
            told = {key: wanted[name] for name, key in _LIGHT_KEYS.items() if name in wanted}
            if type_ == "rgbcct" and told.keys() & {"ct", "rgb"}:
                told["mode"] = "rgb" if "rgb" in told else "cct"
            lasts = number_of(wanted.get("duracion_min"))
            if told.get("on") is True and lasts is not None and lasts > 0:
                told["toggle_after"] = lasts * 60
            method = {"switch": "Switch", "light": "Light"}.get(type_, type_.upper())
            return (f"{method}.Set", number | _whole(told)) if told else None


def _cover_request(number: dict[str, object], wanted: JsonObject) -> tuple[str, dict[str, object]] | None:
    position = wanted.get("posicion")
    if position in ("open", "closed"):
        return ("Cover.Open" if position == "open" else "Cover.Close", number)
    told = {key: wanted[name] for name, key in _COVER_KEYS.items() if name in wanted}
    return ("Cover.GoToPosition", number | _whole(told)) if told else None


def _whole(told: Mapping[str, Json]) -> dict[str, object]:
    """Numbers without fractions, which it refuses."""
    return {key: round(value) if isinstance(value, float) else value for key, value in told.items()}


_LIGHT_KEYS: Final[Mapping[str, str]] = {
    "encendido": "on",
    "brillo": "brightness",
    "temp_color": "ct",
    "color": "rgb",
    "blanco": "white",
}
_COVER_KEYS: Final[Mapping[str, str]] = {"posicion": "pos", "inclinacion": "slat_pos"}
