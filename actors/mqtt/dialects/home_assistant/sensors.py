"""Entities that only read: sensors, events, what is up to date; and by which names their values are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from actors.domain.profile import Lapse
from actors.mqtt.dialects.codecs import Codec, Number, Truth, Word
from actors.mqtt.dialects.home_assistant.announcement import Entity, Malformed
from actors.mqtt.dialects.home_assistant.identity import slug
from actors.mqtt.dialects.home_assistant.parts import Part, Place, Value
from actors.mqtt.dialects.home_assistant.values import EventType, Exactly, Inside, Scalar
from actors.mqtt.dialects.quantities import QUANTITIES, Quantity, kept_unit

_MAX_NAME: Final = 60
NUMBERS: Final[Mapping[str, Quantity]] = {
    **QUANTITIES,
    "carbon_monoxide": QUANTITIES["carbon_monoxide_level"],
    "temperature_delta": Quantity("diferencia_temp", "°C"),
    "volume": QUANTITIES["water"],
    "water_flow_rate": Quantity("caudal", "m³/h"),
    "volume_flow_rate": Quantity("caudal", "m³/h"),
    "energy_storage": Quantity("energia_guardada_kwh", "kWh"),
}
STATES: Final[Mapping[str, Quantity]] = {
    **{
        name: QUANTITIES[name]
        for name in ("motion", "occupancy", "presence", "door", "window", "garage_door")
    },
    **{name: QUANTITIES[name] for name in ("opening", "smoke", "carbon_monoxide", "vibration", "sound")},
    **{name: QUANTITIES[name] for name in ("tamper", "problem", "lock")},
    "moving": QUANTITIES["motion"],
    "gas": QUANTITIES["gas_leak"],
    "moisture": QUANTITIES["water_leak"],
    "battery": QUANTITIES["battery_low"],
    "light": Quantity("luz_detectada"),
    "connectivity": Quantity("conectado"),
    "running": Quantity("en_marcha"),
    "safety": Quantity("peligro"),
}
_BY_UNIT: Final[Mapping[str, str]] = {
    **{
        "°C": "temperature",
        "°F": "temperature",
        "W": "power",
        "kW": "power",
        "kWh": "energy",
        "Wh": "energy",
    },
    **{"V": "voltage", "A": "current", "lx": "illuminance", "dBm": "signal_strength", "hPa": "pressure"},
    **{"Hz": "frequency", "VA": "apparent_power", "dB": "sound_pressure", "m/s": "wind_speed"},
}
# What a share of something is of, by a word in its name.
_SHARES: Final = (("hum", "humidity"), ("bat", "battery"), ("moi", "soil_moisture"), ("co2", "co2"))
_PLAIN_DIAGNOSES: Final = frozenset({"battery", "signal_strength", "linkquality"})
"""What keeps its plain name though it is but a diagnosis: a device has one, and it is about the device."""


_TAKEN: Final = frozenset(
    {"encendido", "brillo", "temp_color", "color", "efecto", "posicion", "inclinacion", "velocidad"}
    | {"bloqueada", "temp_objetivo", "temp_maxima", "temp_minima", "modo_clima", "programa", "direccion"}
    | {"modo_ventilador", "oscilacion", "humedad_objetivo", "modo", "kind", "tipo", "subtipo", "horarios"}
)
"""What a device's main entities are told by, and what says what a device is: no name for another thing."""


@dataclass(slots=True)
class Names:
    """The names of a device's readings, each given once."""

    owner: tuple[str, ...] = ()
    """What the device and its model are called, which its entities' names may repeat."""
    given: set[str] = field(default_factory=set)

    def of(self, plain: str, entity: Entity) -> str:
        """``plain`` for the first, and with what tells the entity from the others for a further one."""
        if plain not in self.given:
            self.given.add(plain)
            return plain
        return self._unique(f"{plain}_{self.own(entity)}")

    def apart(self, plain: str, entity: Entity) -> str:
        """``plain`` with the entity's own name, though there be no other."""
        return self._unique(f"{plain}_{self.own(entity)}")

    def by_entity(self, entity: Entity) -> str:
        """By what the entity itself is called."""
        return self._unique(self.own(entity))

    def own(self, entity: Entity) -> str:
        """The entity's name as one of ours, without the device's."""
        object_id = entity.key.split("/")[-1]
        whole = slug(entity.name) or slug(object_id)
        for each in filter(None, map(slug, self.owner)):
            whole = whole.removeprefix(f"{each}_")
        return whole or "dato"

    def _unique(self, name: str) -> str:
        base, number = name[:_MAX_NAME], 2
        name = base
        while name in self.given or name in _TAKEN:
            name, number = f"{base}_{number}", number + 1
        self.given.add(name)
        return name


def sensor(entity: Entity, names: Names) -> Part:
    """A number, a word or a time."""
    # Some write the Greek letter for a millionth part.
    unit = entity.word("unit_of_measurement", "").strip().replace("\u03bc", "\u00b5")
    device_class = entity.word("device_class", "")
    quantity = _quantity(device_class, unit, names.own(entity))
    if quantity is not None:
        name, kept = _name(quantity, device_class, entity, names), quantity.unit or kept_unit(unit)
    else:
        name, kept = names.by_entity(entity), kept_unit(unit)
    counts = quantity is not None or unit or entity.word("state_class", "")
    codec: Codec = Number(unit, kept) if counts else Scalar()
    value = Value(_state(entity), entity.template("value_template"), name, codec, Place.READING)
    return Part((value,), units={name: kept} if kept else {})


def _state(entity: Entity) -> str:
    topic = entity.topic("state_topic")
    if not topic:
        raise Malformed("no dice de qué tema se lee")
    return topic


def _quantity(device_class: str, unit: str, own: str) -> Quantity | None:
    if not device_class:
        device_class = _BY_UNIT.get(unit, "")
        if unit in ("%", "ppm"):
            device_class = next((name for part, name in _SHARES if part in own), "")
    quantity = NUMBERS.get(device_class)
    if quantity is None or (unit and unit != quantity.unit and kept_unit(unit) != quantity.unit):
        return None
    return quantity


def _name(quantity: Quantity, device_class: str, entity: Entity, names: Names) -> str:
    if entity.is_secondary and device_class not in _PLAIN_DIAGNOSES:
        return names.apart(quantity.name, entity)
    return names.of(quantity.name, entity)


def binary_sensor(entity: Entity, names: Names) -> Part:
    """What is or is not."""
    device_class = entity.word("device_class", "")
    quantity = STATES.get(device_class)
    on, off = entity.word("payload_on", "ON"), entity.word("payload_off", "OFF")
    if device_class == "lock":  # which is on when it is open
        on, off = off, on
    name = names.by_entity(entity) if quantity is None else _name(quantity, device_class, entity, names)
    value = Value(_state(entity), entity.template("value_template"), name, Truth(on, off), Place.READING)
    delay = entity.number("off_delay", 0)
    lapses = {name: Lapse(delay, value=device_class == "lock")} if delay > 0 else {}
    return Part((value,), lapses=lapses)


def event(entity: Entity, names: Names) -> Part:
    """What happens, by its type."""
    name = names.by_entity(entity)
    value = Value(_state(entity), entity.template("value_template"), name, EventType(), Place.READING)
    return Part((value,))


def device_automation(entity: Entity, names: Names) -> Part:
    """A button that was pressed: all triggers of a device are one reading, which says the last one."""
    topic = entity.topic("topic")
    if not topic:
        raise Malformed("no dice de qué tema se lee")
    type_, subtype = entity.word("type", ""), entity.word("subtype", "")
    meaning = subtype if type_ == "action" else "_".join(filter(None, (subtype, type_)))
    template = entity.template("value_template")
    payload = entity.word("payload", "")
    codec: Codec = Exactly(payload, meaning or payload) if payload else Scalar()
    names.given.add("accion")
    return Part((Value(topic, template, "accion", codec, Place.READING),))


def device_tracker(entity: Entity, names: Names) -> Part:
    """Whether something is at home."""
    codec = Truth(entity.word("payload_home", "home"), entity.word("payload_not_home", "not_home"))
    name = names.of("presencia", entity)
    return Part((Value(_state(entity), entity.template("value_template"), name, codec, Place.READING),))


def update(entity: Entity, names: Names) -> Part:
    """Which version runs and which there is, as one JSON object or on two topics."""
    installed, latest = names.of("version", entity), names.of("version_nueva", entity)
    sources = []
    if topic := entity.topic("state_topic"):
        template = entity.template("value_template")
        plain = Inside("installed_version", Word(), plain=True)
        sources.append(Value(topic, template, installed, plain, Place.READING))
        sources.append(Value(topic, template, latest, Inside("latest_version", Word()), Place.READING))
    if topic := entity.topic("latest_version_topic"):
        template = entity.template("latest_version_template")
        plain = Inside("latest_version", Word(), plain=True)
        sources.append(Value(topic, template, latest, plain, Place.READING))
    return Part(tuple(sources))


def vacuum(entity: Entity, names: Names) -> Part:
    """What it is doing, and its battery."""
    topic, template = _state(entity), entity.template("value_template")
    doing = Value(
        topic, template, names.by_entity(entity), Inside("state", Word(), plain=True), Place.READING
    )
    if "bateria" in names.given:
        return Part((doing,))
    name = names.of("bateria", entity)
    battery = Value(topic, template, name, Inside("battery_level", Number("%", "%")), Place.READING)
    return Part((doing, battery), units={name: "%"})


def state_word(entity: Entity, names: Names) -> Part:
    """What it says that it is doing, in its own words."""
    name = names.by_entity(entity)
    topic = entity.topic("state_topic") or entity.topic("activity_state_topic")
    if not topic:
        raise Malformed("no dice de qué tema se lee")
    template = entity.template("value_template", "activity_value_template")
    return Part((Value(topic, template, name, Scalar(), Place.READING),))


READERS: Final[Mapping[str, Callable[[Entity, Names], Part]]] = {
    "alarm_control_panel": state_word,
    "binary_sensor": binary_sensor,
    "device_automation": device_automation,
    "device_tracker": device_tracker,
    "event": event,
    "lawn_mower": state_word,
    "sensor": sensor,
    "update": update,
    "vacuum": vacuum,
}
