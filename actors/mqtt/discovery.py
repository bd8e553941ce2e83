"""Our devices as Home Assistant knows devices: what is announced of one, its state, what is ordered of it.

The form is that of Home Assistant's MQTT discovery: one payload a device, or one an entity, which is all
that versions before 2024.12 understand. Pure: :class:`actors.mqtt.exporter.ExporterActor` publishes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from actors.domain.kinds import capability_of, kind_of
from actors.domain.model import ACTIVE, INACTIVE, SCHEDULED, Change, Device, Json
from actors.domain.packed import encoded
from actors.domain.readings import flattened, number_of, switch_of
from actors.domain.units import UNITS
from actors.mqtt.dialects.dialect import HOUSE
from actors.mqtt.dialects.quantities import QUANTITIES

ROOT: Final = "iot"
ORDERS: Final = f"{ROOT}/+/orden/+"
"""The filter by which orders are heard."""
MAX_READINGS: Final = 64

ON: Final = "encendido"
_ON: Final = "ON"
_OFF: Final = "OFF"

Entity: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class System:
    """Whose devices they are."""

    prefix: str
    """Home Assistant's, of all its topics."""
    alive: str
    """The topic with a retained text while the system is there; it is emptied when it goes."""
    version: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Retained:
    """To be published retained; an empty payload removes what was."""

    topic: str
    payload: bytes


# -- topics --------------------------------------------------------------------------------------


def state_topic(serial: str) -> str:
    return f"{ROOT}/{serial}/estado"


def presence_topic(serial: str) -> str:
    return f"{ROOT}/{serial}/conexion"


def order_topic(serial: str, name: str) -> str:
    return f"{ROOT}/{serial}/orden/{name}"


def order_in(topic: str) -> tuple[str, str] | None:
    """The serial number and the name in the configuration that an order is for; ``None`` for other topics."""
    match topic.split("/"):
        case [root, serial, "orden", name] if root == ROOT and serial and name:
            return serial, name
    return None


# -- state ---------------------------------------------------------------------------------------


def state(device: Device) -> tuple[Retained, ...]:
    """Of the settings what the device has told, else what was asked of it; and its presence."""
    settings = {name: device.reported.get(name, device.configuration.get(name)) for name in _CONTROLS}
    told = {name: value for name, value in settings.items() if value is not None}
    readings = dict(flattened(device.parameters))
    contents = {"estado": device.state, ON: switch_of(device.state) is True, **told, "parametros": readings}
    return (
        Retained(state_topic(device.serial), encoded(contents)),
        Retained(presence_topic(device.serial), b"online" if device.online else b"offline"),
    )


# -- discovery -----------------------------------------------------------------------------------


def announcement(device: Device, system: System) -> tuple[Retained, ...]:
    """The device as one payload."""
    contents = {**_frame(device, system), "cmps": dict(entities(device))}
    return (Retained(_device_topic(device.serial, system), encoded(contents)),)


def announcement_by_entity(device: Device, system: System) -> tuple[Retained, ...]:
    """The device as a payload an entity, for versions before 2024.12."""
    frame = _frame(device, system)
    return tuple(
        Retained(
            _entity_topic(device.serial, name, entity["p"], system),
            encoded({**frame, **{key: value for key, value in entity.items() if key != "p"}}),
        )
        for name, entity in entities(device)
    )


def _device_topic(serial: str, system: System) -> str:
    return f"{system.prefix}/device/{_slug(serial)}/config"


def _entity_topic(serial: str, name: str, component: str, system: System) -> str:
    return f"{system.prefix}/{component}/{_slug(serial)}/{_slug(name)}/config"


def _frame(device: Device, system: System) -> dict[str, Any]:
    origin = {"name": HOUSE, "sw": system.version, **({"url": system.url} if system.url else {})}
    return {
        "dev": {
            "ids": [f"{ROOT}_{device.serial}"],
            "name": device.name,
            "mdl": device.model,
            "sn": device.serial,
            "mf": HOUSE,
        },
        "o": origin,
        "avty": [
            {"t": system.alive, "val_tpl": "{{ 'online' if value else 'offline' }}"},
            {"t": presence_topic(device.serial)},
        ],
        "avty_mode": "all",
        "qos": 1,
    }


def entities(device: Device) -> Iterator[tuple[str, Entity]]:
    """By name: what it can be told first, then each of its readings, the first :data:`MAX_READINGS`."""
    serial = device.serial
    kind = kind_of(serial, device.type, device.configuration)
    capability = capability_of(kind)
    if (make := _MAIN.get("luz" if kind == "luz" else capability)) is not None:
        yield "principal", {**make(device), "uniq_id": f"{ROOT}_{serial}_principal", "name": None}
    for name, value in list(flattened(device.parameters))[:MAX_READINGS]:
        if (entity := _reading(name, value)) is not None:
            entity["stat_t"] = state_topic(serial)
            yield name, {**entity, "uniq_id": f"{ROOT}_{serial}_{_slug(name)}", "name": _spoken(name)}


def _switch(device: Device) -> Entity:
    return {
        "p": "switch",
        "stat_t": state_topic(device.serial),
        "cmd_t": order_topic(device.serial, ON),
        "val_tpl": "{{ 'ON' if value_json.encendido else 'OFF' }}",
    }


def _light(device: Device) -> Entity:
    found: Entity = {
        "p": "light",
        "stat_t": state_topic(device.serial),
        "cmd_t": order_topic(device.serial, ON),
        "stat_val_tpl": "{{ 'ON' if value_json.encendido else 'OFF' }}",
    }
    if _has(device, "brillo"):
        found |= {
            "bri_cmd_t": order_topic(device.serial, "brillo"),
            "bri_stat_t": state_topic(device.serial),
            "bri_val_tpl": "{{ value_json.brillo | default(value_json.parametros.brillo) }}",
            "bri_scl": 100,
        }
    if _has(device, "temp_color"):
        found |= {
            "clr_temp_cmd_t": order_topic(device.serial, "temp_color"),
            "clr_temp_cmd_tpl": "{{ (1000000 / value) | round(0) | int }}",
            "clr_temp_stat_t": state_topic(device.serial),
            "clr_temp_val_tpl": "{{ (1000000 / value_json.temp_color) | round(0) | int }}",
        }
    if _has(device, "color"):
        parts = ", ".join(f"value_json.color[{n}:{n + 2}] | int(base=16)" for n in (1, 3, 5))
        found |= {
            "rgb_cmd_t": order_topic(device.serial, "color"),
            "rgb_cmd_tpl": "{{ '#%02x%02x%02x' | format(red, green, blue) }}",
            "rgb_stat_t": state_topic(device.serial),
            "rgb_val_tpl": "{{ [" + parts + "] | join(',') }}",
        }
    return found


def _cover(device: Device) -> Entity:
    place = "value_json.posicion | default(value_json.parametros.posicion)"
    return {
        "p": "cover",
        "cmd_t": order_topic(device.serial, "posicion"),
        "pl_open": "100",
        "pl_cls": "0",
        "pl_stop": None,
        "pos_t": state_topic(device.serial),
        "pos_tpl": "{{ (" + place + ") | int }}",
        "set_pos_t": order_topic(device.serial, "posicion"),
    }


def _fan(device: Device) -> Entity:
    speed = "value_json.velocidad | default(value_json.parametros.velocidad)"
    return {
        "p": "fan",
        "stat_t": state_topic(device.serial),
        "cmd_t": order_topic(device.serial, ON),
        "stat_val_tpl": "{{ 'ON' if value_json.encendido else 'OFF' }}",
        "pct_cmd_t": order_topic(device.serial, "velocidad"),
        "pct_stat_t": state_topic(device.serial),
        "pct_val_tpl": "{{ (" + speed + ") | int }}",
    }


def _lock(device: Device) -> Entity:
    locked = "value_json.bloqueada | default(value_json.parametros.bloqueada)"
    return {
        "p": "lock",
        "stat_t": state_topic(device.serial),
        "cmd_t": order_topic(device.serial, "bloqueada"),
        "pl_lock": "true",
        "pl_unlk": "false",
        "val_tpl": "{{ 'LOCKED' if " + locked + " else 'UNLOCKED' }}",
    }


def _valve(device: Device) -> Entity:
    return {
        "p": "valve",
        "stat_t": state_topic(device.serial),
        "cmd_t": order_topic(device.serial, ON),
        "pl_open": _ON,
        "pl_cls": _OFF,
        "val_tpl": "{{ 'open' if value_json.encendido else 'closed' }}",
    }


def _climate(device: Device) -> Entity:
    here = state_topic(device.serial)
    return {
        "p": "climate",
        "modes": ["off", "heat"],
        "mode_cmd_t": order_topic(device.serial, ON),
        "mode_cmd_tpl": "{{ 'OFF' if value == 'off' else 'ON' }}",
        "mode_stat_t": here,
        "mode_stat_tpl": "{{ 'heat' if value_json.encendido else 'off' }}",
        "temp_cmd_t": order_topic(device.serial, "temp_objetivo"),
        "temp_stat_t": here,
        "temp_stat_tpl": "{{ value_json.temp_objetivo | default('None') }}",
        "curr_temp_t": here,
        "curr_temp_tpl": "{{ value_json.parametros.temperatura | default('None') }}",
        "temp_step": 0.5,
        "temp_unit": "C",
        "min_temp": 5,
        "max_temp": 35,
    }


# Whoever measures only has no main entity. A light is a switch that can be more.
_MAIN: Final[Mapping[str, Callable[[Device], Entity]]] = {
    "luz": _light,
    "binary": _switch,
    "position": _cover,
    "speed": _fan,
    "lock": _lock,
    "duration": _valve,
    "setpoint": _climate,
}


def _has(device: Device, name: str) -> bool:
    return any(name in told for told in (device.configuration, device.reported, device.parameters))


# Home Assistant's device classes of our readings, where it has one.
_CLASSES: Final[Mapping[str, str]] = {
    "temperatura": "temperature",
    "temp": "temperature",
    "humedad": "humidity",
    "humedad_suelo": "moisture",
    "presion_hpa": "atmospheric_pressure",
    "luz_lux": "illuminance",
    "lux": "illuminance",
    "co2_ppm": "carbon_dioxide",
    "co2": "carbon_dioxide",
    "db": "sound_pressure",
    "consumo_w": "power",
    "energia_kwh": "energy",
    "tension_v": "voltage",
    "corriente_a": "current",
    "potencia_va": "apparent_power",
    "frecuencia_hz": "frequency",
    "bateria": "battery",
    "rssi": "signal_strength",
    "movimiento": "motion",
    "presencia": "presence",
    "abierta": "opening",
    "humo_detectado": "smoke",
    "co_detectado": "carbon_monoxide",
    "gas_detectado": "gas",
    "agua_detectada": "moisture",
    "vibracion": "vibration",
    "manipulado": "tamper",
    "bateria_baja": "battery",
    "problema": "problem",
}
_UNITS: Final[Mapping[str, str]] = {
    **{each.name: each.unit for each in QUANTITIES.values() if each.unit},
    **UNITS,
    "caudal_lpm": "L/min",  # as Home Assistant spells it
}
# What only ever rises, apart from a new start.
_TOTALS: Final = frozenset({"energia_kwh", "agua_m3", "gas_m3"})


def _reading(name: str, value: Json) -> Entity | None:
    path = "value_json.parametros[" + repr(name) + "]"
    device_class = _CLASSES.get(name)
    if isinstance(value, bool):
        found: Entity = {"p": "binary_sensor", "val_tpl": "{{ 'ON' if " + path + " else 'OFF' }}"}
        return found if device_class is None else found | {"dev_cla": device_class}
    found = {"p": "sensor", "val_tpl": "{{ " + path + " | default('None') }}"}
    if number_of(value) is None:
        return found if isinstance(value, str) else None
    found["stat_cla"] = "total_increasing" if name in _TOTALS else "measurement"
    if (unit := _UNITS.get(name)) is not None:
        found["unit_of_meas"] = unit
        if device_class is not None:
            found["dev_cla"] = device_class
    return found


def _slug(name: str) -> str:
    """Of what Home Assistant takes in a topic and in an identifier; two names never become one."""
    return "".join(
        letter if letter.isascii() and (letter.isalnum() or letter == "_") else f"-{ord(letter):x}-"
        for letter in name
    )


def _spoken(name: str) -> str:
    return name.replace("_", " ").replace(".", " ").capitalize()


# -- orders --------------------------------------------------------------------------------------


def _on(text: str) -> Json:
    return switch_of(text)


def _number(low: float, high: float) -> Callable[[str], Json]:
    def read(text: str) -> Json:
        value = number_of(text)
        return value if value is not None and low <= value <= high else None

    return read


def _color(text: str) -> Json:
    digits = text.removeprefix("#")
    whole = len(digits) == 6 and all(digit in "0123456789abcdefABCDEF" for digit in digits)
    return f"#{digits.lower()}" if whole else None


_CONTROLS: Final[Mapping[str, Callable[[str], Json]]] = {
    ON: _on,
    "brillo": _number(0, 100),
    "temp_color": _number(1_000, 12_000),
    "color": _color,
    "posicion": _number(0, 100),
    "inclinacion": _number(0, 100),
    "velocidad": _number(0, 100),
    "bloqueada": _on,
    "temp_objetivo": _number(-50, 100),
    "duracion_min": _number(0, 1_440),
}


def ordered(name: str, payload: bytes, device: Device | None) -> Change | None:
    """The change that an order asks of the device; ``None`` for what is no order, or none that it knows.

    While its schedule rules, switching it overrides the schedule until the next change.
    """
    read = _CONTROLS.get(name)
    value = None if read is None else read(payload[:64].decode("utf-8", "replace").strip())
    if value is None or device is None:
        return None
    if name == ON and device.configuration.get("modo") == SCHEDULED:
        return Change(state=ACTIVE if value else INACTIVE)
    return Change(configuration={name: value})
