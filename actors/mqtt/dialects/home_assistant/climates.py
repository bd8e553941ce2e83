"""What keeps a temperature or a humidity: thermostats, water heaters, humidifiers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from actors.domain.model import Json, JsonObject
from actors.domain.profile import SWITCH, Control, Form
from actors.mqtt.dialects.codecs import Awake, Codec, Number, Truth, Word
from actors.mqtt.dialects.dialect import Outgoing
from actors.mqtt.dialects.home_assistant.announcement import Entity, Malformed
from actors.mqtt.dialects.home_assistant.commands import commanded
from actors.mqtt.dialects.home_assistant.parts import Direct, Part, Place, Source, Teller, Value
from actors.mqtt.dialects.home_assistant.sensors import Names
from actors.mqtt.dialects.home_assistant.values import FAHRENHEIT, Degrees, Scalar

OFF: Final = "off"
_CLIMATE_MODES: Final = ("auto", OFF, "cool", "heat", "dry", "fan_only")
_HEATER_MODES: Final = (OFF, "eco", "electric", "gas", "heat_pump", "high_demand", "performance")
_WAKING: Final = ("heat", "auto", "heat_cool", "cool")


@dataclass(frozen=True, slots=True)
class _ModeTeller:
    """The mode, of which one is off; to be on is to be in the one that is taken for that."""

    mode: Direct
    awake: Awake

    @property
    def names(self) -> Sequence[str]:
        return ("modo_clima", "encendido")

    @property
    def topics(self) -> Sequence[str]:
        return self.mode.topics

    def tell(self, wanted: JsonObject) -> Iterator[Outgoing]:
        on = wanted.get("encendido")
        told: Json = wanted.get("modo_clima")
        if on is False or (on is True and told in (None, OFF)):
            told = self.awake.write(on)
        if told is not None:
            yield from self.mode.tell({"modo_clima": told})


def climate(entity: Entity, names: Names) -> Part:
    """Its modes are those that it says, or Home Assistant's."""
    return _tempered(entity, names, _CLIMATE_MODES)


def water_heater(entity: Entity, names: Names) -> Part:
    return _tempered(entity, names, _HEATER_MODES)


def _tempered(entity: Entity, names: Names, usual: Sequence[str]) -> Part:
    degrees = Degrees(_unit(entity))
    sources = [*_measured(entity, names, degrees)]
    controls: dict[str, Control] = {}
    tellers: list[Teller] = []
    for prefix, name in (
        ("temperature", "temp_objetivo"),
        ("temperature_high", "temp_maxima"),
        ("temperature_low", "temp_minima"),
    ):
        _add(entity, prefix, name, degrees, _range(entity, degrees), sources, tellers, controls)
    for prefix, name, choices in (
        ("preset_mode", "programa", entity.words("preset_modes")),
        ("fan_mode", "modo_ventilador", entity.words("fan_modes") or ("auto", "low", "medium", "high")),
        ("swing_mode", "oscilacion", entity.words("swing_modes") or ("on", OFF)),
    ):
        _add(
            entity,
            prefix,
            name,
            Word(choices),
            Control(Form.CHOICE, choices=choices),
            sources,
            tellers,
            controls,
        )
    _add_humidity(entity, sources, tellers, controls)
    _add_mode(entity, entity.words("modes") or tuple(usual), sources, tellers, controls)
    _add_power(entity, sources, tellers, controls)
    return Part(tuple(sources), tuple(tellers), controls, _units(sources))


def _add(
    entity: Entity,
    prefix: str,
    name: str,
    codec: Codec,
    control: Control,
    sources: list[Source],
    tellers: list[Teller],
    controls: dict[str, Control],
) -> None:
    """One value with a topic for its state and one for its orders, where there are such."""
    if topic := entity.topic(f"{prefix}_state_topic"):
        template = entity.template(f"{prefix}_state_template", f"{prefix}_value_template", "value_template")
        sources.append(Value(topic, template, name, codec, Place.STATE))
    if topic := commanded(entity, f"{prefix}_command_topic"):
        tellers.append(Direct(name, topic, entity.template(f"{prefix}_command_template"), codec))
        controls[name] = control


def _add_mode(
    entity: Entity,
    modes: Sequence[str],
    sources: list[Source],
    tellers: list[Teller],
    controls: dict[str, Control],
) -> None:
    word, mode_tellers = Word(tuple(modes)), list[Teller]()
    control = Control(Form.CHOICE, choices=tuple(modes))
    _add(entity, "mode", "modo_clima", word, control, sources, mode_tellers, controls)
    if not mode_tellers:
        return
    wakes = next((mode for mode in (*_WAKING, *modes) if mode in modes and mode != OFF), "")
    mode = mode_tellers[0]
    if OFF in modes and wakes and not entity.topic("power_command_topic") and isinstance(mode, Direct):
        awake = Awake(wakes, OFF)
        controls["encendido"] = SWITCH
        tellers.append(_ModeTeller(mode, awake))
        if topic := entity.topic("mode_state_topic"):
            template = entity.template("mode_state_template", "value_template")
            sources.append(Value(topic, template, "encendido", awake, Place.STATE))
    else:
        tellers.append(mode)


def _add_power(
    entity: Entity, sources: list[Source], tellers: list[Teller], controls: dict[str, Control]
) -> None:
    switch = Truth(entity.word("payload_on", "ON"), entity.word("payload_off", "OFF"))
    _add(entity, "power", "encendido", switch, SWITCH, sources, tellers, controls)


def _add_humidity(
    entity: Entity, sources: list[Source], tellers: list[Teller], controls: dict[str, Control]
) -> None:
    low, high = entity.number("min_humidity", 30), entity.number("max_humidity", 99)
    if low >= high:
        raise Malformed("su margen de humedad está vacío")
    control = Control(Form.NUMBER, low, high, 1)
    _add(entity, "target_humidity", "humedad_objetivo", Number("%", "%"), control, sources, tellers, controls)


def _measured(entity: Entity, names: Names, degrees: Degrees) -> Iterator[Source]:
    for prefix, plain, codec in (
        ("current_temperature", "temperatura", degrees),
        ("current_humidity", "humedad", Number("%", "%")),
        ("action", "estado_clima", Scalar()),
    ):
        if topic := entity.topic(f"{prefix}_topic"):
            template = entity.template(f"{prefix}_template", "value_template")
            yield Value(topic, template, names.of(plain, entity), codec, Place.READING)


def _units(sources: Sequence[Source]) -> dict[str, str]:
    told = [each for each in sources if isinstance(each, Value) and each.place is Place.READING]
    units = {each.name: "°C" for each in told if isinstance(each.codec, Degrees)}
    return units | {each.name: "%" for each in told if isinstance(each.codec, Number)}


def _unit(entity: Entity) -> str:
    return FAHRENHEIT if entity.word("temperature_unit", "C").strip("° ").upper().startswith("F") else "°C"


def _range(entity: Entity, degrees: Degrees) -> Control:
    """Its bounds and its step, in °C."""
    usual_low, usual_high = (45, 95) if degrees.unit == FAHRENHEIT else (7, 35)
    bounds = [entity.number("min_temp", usual_low), entity.number("max_temp", usual_high)]
    low, high = (degrees.read(bound) for bound in bounds)
    if low is None or high is None or low >= high:
        raise Malformed("su margen de temperaturas está vacío")
    step = entity.number("temp_step", 1) * (5 / 9 if degrees.unit == FAHRENHEIT else 1)
    return Control(Form.NUMBER, low, high, max(0.1, step))


def humidifier(entity: Entity, names: Names) -> Part:
    """Told on and off, a humidity and a mode."""
    switch = Truth(entity.word("payload_on", "ON"), entity.word("payload_off", "OFF"))
    sources = [*_measured(entity, names, Degrees())]
    controls: dict[str, Control] = {}
    tellers: list[Teller] = []
    _add_humidity(entity, sources, tellers, controls)
    modes = entity.words("modes")
    _add(entity, "mode", "modo", Word(modes), Control(Form.CHOICE, choices=modes), sources, tellers, controls)
    if topic := entity.topic("state_topic"):
        template = entity.template("state_value_template", "value_template")
        sources.append(Value(topic, template, "encendido", switch, Place.STATE))
    topic = commanded(entity, "command_topic")
    if not topic:
        raise Malformed("no dice por qué tema se le ordena")
    tellers.append(Direct("encendido", topic, entity.template("command_template"), switch))
    controls["encendido"] = SWITCH
    return Part(tuple(sources), tuple(tellers), controls, _units(sources))
