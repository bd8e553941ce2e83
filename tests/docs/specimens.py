"""What devices of each family say: what they announce, and how they then are.

Of each kind of thing that a family has there is one with all that it can do. Together they are what
docs/devices/supported.md is made of.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from actors.mqtt.dialects.home_assistant.sensors import NUMBERS, STATES
from actors.mqtt.dialects.shelly_models import MODELS
from tests.mqtt.dialects import test_homie as homie
from tests.mqtt.dialects import test_shelly as shelly
from tests.mqtt.dialects import test_tasmota as tasmota
from tests.mqtt.dialects import test_zigbee2mqtt as zigbee

Message: TypeAlias = tuple[str, bytes]


@dataclass(frozen=True)
class Specimen:
    """A device, or a gateway with its own."""

    family: str
    announced: tuple[Message, ...]
    said: tuple[Message, ...] = ()
    """How it is. Topics of which none speaks here are tried with plain values, one after the other."""


def message(topic: str, told: Any) -> Message:
    return topic, told if isinstance(told, bytes) else json.dumps(told).encode()


# -- Tasmota ---------------------------------------------------------------------------------------

_METERS: Final[Mapping[str, Any]] = {
    "ENERGY": {
        **{"Power": 1, "ApparentPower": 1, "ReactivePower": 1, "Factor": 1, "Voltage": 230, "Current": 1},
        **{"Frequency": 50, "Total": 1, "Today": 1, "Yesterday": 1},
    }
}
_SENSORS: Final[tuple[Mapping[str, Any], ...]] = (
    {"BME280": {"Temperature": 1, "Humidity": 1, "Pressure": 1000, "DewPoint": 1}},
    {"MHZ19B": {"CarbonDioxide": 700, "Temperature": 26}},
    {"BH1750": {"Illuminance": 300}},
    {"PIR": "OFF"},
    {"Puerta": "OFF"},
    {"Humo": "OFF", "Fuga": "OFF"},
    {"SR04": {"Distance": 150}, "HX711": {"Weight": 1}, "PMS5003": {"PM2.5": 3, "PM10": 4}, "Switch1": "ON"},
)


def _board(sensors: Mapping[str, Any] = {}, **fields: Any) -> Specimen:
    place = f"tasmota/discovery/{tasmota.MAC}"
    announced = [message(f"{place}/config", tasmota.config(**fields))]
    if sensors:
        announced.append(message(f"{place}/sensors", {"sn": sensors, "ver": 1}))
    state = {**tasmota.STATE, "POWER": "ON", "BatteryPercentage": 71}
    said = [message("tele/lavadora/STATE", state), message("stat/lavadora/RESULT", state)]
    return Specimen("tasmota", (*announced,), (*said, message("tele/lavadora/SENSOR", sensors)))


def _tasmota() -> Iterable[Specimen]:
    yield _board(_METERS)
    yield _board(rl=[2], lt_st=5)
    yield _board(rl=[3, 3], sho=[0], sht=[[-90, 90, 10]])
    yield _board(**tasmota.IFAN)
    for sensors in _SENSORS:
        yield _board(sensors, rl=[0], bat=1)


# -- Shelly ----------------------------------------------------------------------------------------

_SOURCE: Final = f"shellyplus1pm-{shelly.MAC.lower()}"
_METERED: Final = {**shelly.SWITCH, "pf": 1, "freq": 50, "ret_aenergy": {"total": 1}}
_LIT: Final = {**_METERED, "brightness": 40}
_PHASES: Final = {
    f"{phase}_{name}": 1
    for phase in "abc"
    for name in ("act_power", "voltage", "current", "aprt_power", "pf", "freq")
}
_LATER: Final[tuple[Mapping[str, Any], ...]] = (
    {"switch:0": _METERED, "input:0": {"id": 0, "state": True}},
    {"cover:0": {**_METERED, "current_pos": 70, "pos_control": True, "slat_pos": 40}},
    {"light:0": _LIT},
    {"cct:0": {**_LIT, "ct": 3000}},
    {"rgbw:0": {**_LIT, "rgb": [255, 0, 10], "white": 7}},
    {"thermostat:0": {"enable": True, "target_C": 21, "current_C": 19.5, "output": False}},
    {
        "temperature:0": {"tC": 4},
        "humidity:0": {"rh": 4},
        "devicepower:0": {"battery": {"percent": 9, "V": 3}},
    },
    {"illuminance:0": {"lux": 4}},
    {"smoke:0": {"alarm": False}},
    {"flood:0": {"alarm": False}},
    {"em:0": {"total_act_power": 1, "total_current": 1, "total_aprt_power": 1, "n_current": 1, **_PHASES}},
    {"emdata:0": {"total_act": 1, "total_act_ret": 1}, "pm1:0": _METERED, "voltmeter:0": {"voltage": 1}},
    {"input:0": {"percent": 4, "counts": {"total": 4}, "freq": 1}},
)


def _shelly() -> Iterable[Specimen]:
    for model in MODELS:
        for mode in ("", "roller", "white", "color"):
            board = {"id": "shelly1-EE01", "model": model, "mac": shelly.MAC, "fw_ver": "1", "mode": mode}
            yield Specimen("shelly", (message("shellies/announce", board),))
    for components in _LATER:
        answers, asked = "iot-backend/casa/shelly/rpc", "iot-backend/casa/shelly"
        about = {"id": _SOURCE, "mac": shelly.MAC, "model": "S", "gen": 2, "app": "Plus1PM", "name": None}
        status = {"sys": {"mac": shelly.MAC, "uptime": 15}, "wifi": {"rssi": -60}, **components}
        told = [
            message(answers, {"id": number, "src": _SOURCE, "dst": asked, "result": result})
            for number, result in enumerate((about, status), 1)
        ]
        pushed = {"events": [{"component": "input:0", "id": 0, "event": "single_push"}]}
        event = {"src": _SOURCE, "dst": "casa/events", "method": "NotifyEvent", "params": pushed}
        yield Specimen("shelly", (*told,), (told[1], message("casa/events/rpc", event)))


# -- Zigbee2MQTT -----------------------------------------------------------------------------------


def _state(name: str) -> dict[str, Any]:
    return {**zigbee.state(name, True, False, 1), "name": name}


_FAN: Final = {
    "type": "fan",
    "features": [
        zigbee.state("fan_state"),
        zigbee.enum("mode", ("low", "high", "auto"), property_="fan_mode"),
    ],
}
_LOCK: Final = {"type": "lock", "features": [zigbee.state(on="LOCK", off="UNLOCK")]}
_POWERS: Final = [
    zigbee.numeric(name, unit=unit)
    for name, unit in (("power", "W"), ("energy", "kWh"), ("voltage", "V"), ("current", "A"))
]
_EXPOSED: Final[tuple[tuple[Any, ...], ...]] = (
    (zigbee.SWITCH, *_POWERS),
    (zigbee.LAMP,),
    (zigbee.COVER,),
    (_FAN,),
    (_LOCK,),
    (zigbee.CLIMATE,),
    (
        zigbee.numeric("temperature", unit="°C"),
        zigbee.numeric("humidity", unit="%"),
        zigbee.numeric("battery"),
    ),
    (_state("contact"), _state("tamper"), _state("battery_low")),
    (_state("occupancy"), zigbee.numeric("illuminance", unit="lx")),
    (_state("smoke"),),
    (_state("water_leak"),),
    (_state("gas"), _state("carbon_monoxide")),
    (zigbee.numeric("co2", unit="ppm"), zigbee.numeric("voc", unit="µg/m³"), zigbee.numeric("pm25")),
    (zigbee.numeric("illuminance", unit="lx"),),
    (zigbee.numeric("pressure", unit="hPa"), _state("vibration"), zigbee.enum("action", ("single",), 1)),
)


def _values(exposes: Iterable[Any]) -> dict[str, Any]:
    """One of each, as it may be told."""
    told: dict[str, Any] = {"linkquality": 57, "color": {"x": 0.7, "y": 0.3}, "color_mode": "xy"}
    for each in exposes:
        match each:
            case {"features": [*features]} if each["type"] != "composite":
                told |= _values(features)
            case {"type": "numeric", "property": str(name)}:
                told[name] = each.get("value_min", 1)
            case {"type": "enum", "property": str(name), "values": [first, *_]}:
                told[name] = first
            case {"type": "binary", "property": str(name)}:
                told[name] = each["value_on"]
    return told


def _zigbee() -> Iterable[Specimen]:
    valve = zigbee.device(zigbee.SWITCH, description="Garden water valve", name="a")
    devices = [(zigbee.device(*exposes, name="a"), exposes) for exposes in _EXPOSED]
    for device, exposes in [*devices, (valve, (zigbee.SWITCH,))]:
        announced = message("zigbee2mqtt/bridge/devices", [zigbee.COORDINATOR, device])
        said = [_values(exposes), {"color_temp": 300, "color_mode": "color_temp"}]
        yield Specimen("zigbee2mqtt", (announced,), tuple(message("zigbee2mqtt/a", each) for each in said))


# -- Homie -----------------------------------------------------------------------------------------

_PLAIN: Final[tuple[Mapping[str, Any], ...]] = (
    {"temperature": homie.prop("float", unit="°C"), "humidity": homie.prop("float", unit="%")},
    {"contact": homie.prop("boolean"), "battery": homie.prop("integer", unit="%")},
    {"motion": homie.prop("boolean")},
    {"smoke": homie.prop("boolean")},
    {"co2": homie.prop("integer", unit="ppm")},
    {"illuminance": homie.prop("float", unit="lx")},
    {"pressure": homie.prop("float", unit="hPa"), "voltage": homie.prop("float", unit="V")},
)


def _homie() -> Iterable[Specimen]:
    power, energy = homie.prop("float", unit="W"), homie.prop("float", unit="kWh")
    outlet = {"power": homie.settable("boolean"), "watts": power, "energy": energy}
    told = [(each, dict[str, Any]()) for each in (*_PLAIN, homie.LAMP["luz"], outlet)]
    told += [({case.id: case.how}, dict(case.fields)) for case in homie.CASES]
    for properties, fields in told:
        description = message("homie/5/a/$description", homie.description({"n": properties}, **fields))
        values = {"color": b"rgb,255,128,0", "color-temperature": b"300"}
        said = [message(f"homie/5/a/n/{name}", value) for name, value in values.items() if name in properties]
        said += [message(f"homie/5/a/n/{case.id}", case.payload.encode()) for case in homie.CASES]
        yield Specimen("homie", (description, message("homie/5/a/$state", b"ready")), tuple(said))


# -- Home Assistant's discovery --------------------------------------------------------------------

_COMPONENTS: Final[tuple[tuple[str, Mapping[str, Any]], ...]] = (
    ("switch", {"stat_t": "a/s", "cmd_t": "a/c"}),
    ("siren", {"stat_t": "a/s", "cmd_t": "a/c"}),
    (
        "light",
        {
            **{"schema": "json", "stat_t": "a/j", "cmd_t": "a/c", "brightness": True, "effect": True},
            **{"sup_clrm": ["rgb", "color_temp"], "fx_list": ["arcoiris"]},
        },
    ),
    (
        "cover",
        {"pos_t": "a/p", "set_pos_t": "a/ps", "tilt_cmd_t": "a/t", "tilt_status_t": "a/t", "cmd_t": "a/c"},
    ),
    ("valve", {"stat_t": "a/s", "cmd_t": "a/c"}),
    ("lock", {"stat_t": "a/l", "cmd_t": "a/c"}),
    (
        "fan",
        {
            **{"stat_t": "a/s", "cmd_t": "a/c", "pct_cmd_t": "a/pc", "pct_stat_t": "a/p"},
            **{"pr_mode_cmd_t": "a/mc", "pr_mode_stat_t": "a/m", "pr_modes": ["auto"], "osc_cmd_t": "a/o"},
        },
    ),
    (
        "climate",
        {
            **{"temp_cmd_t": "a/tc", "temp_stat_t": "a/t", "modes": ["off", "heat"], "mode_cmd_t": "a/mc"},
            **{"mode_stat_t": "a/m", "curr_temp_t": "a/n", "act_t": "a/a"},
        },
    ),
    ("water_heater", {"temp_cmd_t": "a/tc", "temp_stat_t": "a/t", "curr_temp_t": "a/n"}),
    ("humidifier", {"cmd_t": "a/c", "stat_t": "a/s", "hum_cmd_t": "a/hc", "hum_stat_t": "a/h"}),
)


def _home_assistant() -> Iterable[Specimen]:
    sensors = [("sensor", name, {"unit_of_meas": quantity.unit}) for name, quantity in NUMBERS.items()]
    states = [("binary_sensor", name, dict[str, str]()) for name in STATES]
    told = [(component, config) for component, config in _COMPONENTS]
    told += [
        (component, {"stat_t": "a/v", "dev_cla": name, **more})
        for component, name, more in (*sensors, *states)
    ]
    for component, config in told:
        announced = message(f"homeassistant/{component}/a/1/config", {"dev": {"ids": ["a"]}, **config})
        lamp = {"state": "ON", "brightness": 9, "color_mode": "rgb", "color": {"r": 1, "g": 1, "b": 1}}
        words = [("a/j", lamp), ("a/l", b"LOCKED"), ("a/m", b"heat"), ("a/m", b"auto"), ("a/p", b"2")]
        said = (*words, ("a/a", b"heating"), ("a/j", {"color_mode": "color_temp", "color_temp": 300}))
        yield Specimen("home_assistant", (announced,), tuple(message(*each) for each in said))


SPECIMENS: Final = (*_tasmota(), *_shelly(), *_zigbee(), *_homie(), *_home_assistant())
