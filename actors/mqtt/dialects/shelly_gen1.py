"""The first generation: one value a topic, under ``shellies/<id>``. The id is its owner's, the MAC its own.

A relay has no timer that can be told over MQTT, so watering by one ends when the server says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from actors.domain import kinds
from actors.domain.model import Json, JsonObject
from actors.domain.profile import COVER_SETTLING_S, PERCENT, SETTLING_S, Control, Form, Profile
from actors.mqtt.dialects.codecs import Number, Opening, Truth, Word
from actors.mqtt.dialects.dialect import MAX_SOFTWARE, Definition, Message, NotUnderstood, Outgoing, Reading
from actors.mqtt.dialects.sensors import kind_of_sensor
from actors.mqtt.dialects.shelly_models import MODELS, Model
from actors.mqtt.dialects.shelly_sources import (
    AnyOf,
    Collected,
    Overpowered,
    Relay,
    Source,
    color,
    object_in,
    percent,
    reading,
    switch,
    warmth,
    yes_or_no,
)

NAME: Final = "shelly"
ROOT: Final = "shellies"
_PATIENCE_S: Final = 36 * 3600.0
"""Three times the twelve hours after which what sleeps reports at the latest, as it comes."""
_MISSING: Final = ("999", "999.0", "999.00", "-999", "-999.0")
_GUESSED: Final = ("sensor/temperature", "sensor/humidity", "sensor/battery")
_ORDERED: Final = ("brillo", "temp_color", "color", "blanco", "encendido")

Sources = dict[str, tuple[Source, ...]]


@dataclass(frozen=True, slots=True)
class Gen1Body:
    """How a channel is read and told."""

    base: str
    """What all its topics begin with."""
    part: str
    """What it is told by: ``relay/0``; empty where it is told nothing."""
    sleeps: bool
    sources: Mapping[str, tuple[Source, ...]]
    """By the rest of the topic."""


@dataclass(frozen=True, slots=True)
class _Channel:
    kind: str
    part: str
    sources: Sources


def define(mac: str, told: JsonObject) -> Iterator[Definition]:
    """The channels of the device whose announcement this is. Raises :class:`NotUnderstood`."""
    name, code = told.get("id"), told.get("model")
    if not isinstance(name, str) or not name or {*name} & {"+", "#", "\0"} or len(name) > 200:
        raise NotUnderstood("su id no puede ser un tema de MQTT")
    known = MODELS.get(code) if isinstance(code, str) else None
    model = known or Model(str(code)[:40], sensors=_GUESSED)
    notes = () if known else (f"no se conoce el modelo {model.name!r}: no se le puede ordenar nada",)
    base, mode, software = f"{ROOT}/{name}", told.get("mode"), told.get("fw_ver")
    channels = [*_channels(model, mode if isinstance(mode, str) else "")]
    shared = _shared(model)
    if not channels:
        sensed = kind_of_sensor(source.name for some in shared.values() for source in some)
        channels = [_Channel(sensed, "", {})]
    for number, channel in enumerate(channels, 1):
        sources = {**channel.sources, **shared} if number == 1 else channel.sources
        all_ = [source for some in sources.values() for source in some]
        body = Gen1Body(base, channel.part, model.sleeps, sources)
        yield Definition(
            serial=f"shelly-{mac}" + (f".{number}" if number > 1 else ""),
            hardware=frozenset({mac.lower()}),
            profile=Profile(
                family=NAME,
                kind=channel.kind,
                capability=kinds.capability_of(channel.kind) if channel.part else "sensor",
                name=name + (f" {number}" if number > 1 else ""),
                model=model.name,
                software=software[:MAX_SOFTWARE] if isinstance(software, str) else "",
                controls={source.name: source.control for source in all_ if source.control is not None},
                units={source.name: source.unit for source in all_ if source.control is None and source.unit},
                patience=_PATIENCE_S if model.sleeps else None,
                settling=COVER_SETTLING_S if channel.kind == "persiana" else SETTLING_S,
                address=base,
                stop_address="" if channel.kind == "persiana" else None,
                notes=notes,
            ),
            topics=(f"{base}/online", *(f"{base}/{leaf}" for leaf in sources)),
            body=body,
        )


def _channels(model: Model, mode: str) -> Iterator[_Channel]:
    if model.way == "thermostat":
        yield _thermostat()
    if model.rolls and mode == "roller":
        yield _roller()
        return
    for n in range(model.relays):
        yield _relay(n, model)
    if model.lights:
        way = model.way or ("white" if mode == "white" else "color")
        for n in range(model.lights if way == "white" else 1):
            yield _light(way, n, model)


def _relay(n: int, model: Model) -> _Channel:
    part = f"relay/{n}"
    overpowered = (Source("sobrecarga", Overpowered()),) if model.metered else ()
    sources: Sources = {part: (switch(codec=Relay()), *overpowered)}
    return _Channel("enchufe", part, sources | (_metered(part) if model.metered else {}))


def _roller() -> _Channel:
    part = "roller/0"
    sources: Sources = {
        part: (Source("estado_persiana", Word()),),
        # Before it is calibrated it does not know where it is.
        f"{part}/pos": (Source("posicion", Opening(), PERCENT, "%", silent=("-1",)),),
    }
    return _Channel("persiana", part, sources | _metered(part))


def _light(way: str, n: int, model: Model) -> _Channel:
    part = f"{way}/{n}"
    told: list[Source] = [switch(("ison",))]
    if way == "color":
        white = ("mode", "white") if model.warm else None
        told += [color(when=("mode", "color")), percent("brillo", "gain", when=("mode", "color"))]
        if white and model.warm:
            told += [percent("brillo", "brightness", when=white)]
            told += [warmth("temp", low=model.warm[0], high=model.warm[1], when=white)]
        else:
            byte = Control(Form.NUMBER, 0, 255)
            told += [Source("blanco", Number(), byte, path=("white",), when=("mode", "color"))]
    else:
        told += [percent("brillo", "brightness")]
        if model.warm:
            told += [warmth("temp", low=model.warm[0], high=model.warm[1])]
    sources: Sources = {part: (switch(codec=Relay()),), f"{part}/status": tuple(told)}
    return _Channel("luz", part, sources | (_metered(part) if model.metered else {}))


def _thermostat() -> _Channel:
    head = ("thermostats", "0")
    goal = Control(Form.NUMBER, 4, 31, 0.5)
    told = (
        Source("temp_objetivo", Number("°C", "°C"), goal, "°C", (*head, "target_t", "value")),
        reading("temperatura", "°C", *head, "tmp", "value"),
        reading("valvula_pct", "%", *head, "pos"),
        reading("bateria", "%", "bat", "value"),
    )
    return _Channel("termometro", "thermostat/0", {"status": told, "info": told})


def _metered(part: str) -> Sources:
    return {
        f"{part}/power": (reading("consumo_w", "W"),),
        f"{part}/energy": (reading("energia_kwh", "kWh", told="W·min"),),
    }


def _shared(model: Model) -> Sources:
    """What is of the device, not of a channel."""
    sources: Sources = {topic: _SENSORS[topic] for topic in model.sensors}
    for n in range(model.emeters):
        end = f"_{n + 1}" if n else ""
        for leaf, (name, unit, told) in _EMETER.items():
            sources[f"emeter/{n}/{leaf}"] = (reading(name + end, unit, told=told),)
    for n in range(model.inputs):
        end = f"_{n + 1}" if n else ""
        sources[f"input/{n}"] = (Source(f"entrada{end}", Truth("1", "0")),)
        sources[f"input_event/{n}"] = (Source(f"accion{end}", Word(), path=("event",), silent=("",)),)
    if model.heat:
        sources["temperature"] = (reading("temperatura_equipo", "°C", silent=_MISSING),)
        sources["overtemperature"] = (Source("sobretemperatura", Truth("1", "0")),)
    if model.extended:
        for n in range(3):
            end = f"_{n + 1}" if n else ""
            sources[f"ext_temperature/{n}"] = (reading(f"temperatura{end}", "°C", silent=_MISSING),)
            sources[f"ext_humidity/{n}"] = (reading(f"humedad{end}", "%", silent=_MISSING),)
        sources["ext_switch/0"] = (Source("entrada_externa", Truth("1", "0")),)
    sources.setdefault("info", ())
    sources["info"] = (*sources["info"], reading("rssi", "dBm", "wifi_sta", "rssi", silent=("0",)))
    if model.way == "thermostat":
        sources["info"] = (*_thermostat().sources["info"], *sources["info"])
    return sources


_EMETER: Final = {
    "power": ("consumo_w", "W", "W"),
    "voltage": ("tension_v", "V", "V"),
    "current": ("corriente_a", "A", "A"),
    "pf": ("factor_potencia", "", ""),
    "reactive_power": ("potencia_var", "var", "var"),
    "total": ("energia_kwh", "kWh", "Wh"),
    "total_returned": ("energia_devuelta_kwh", "kWh", "Wh"),
}
_SENSORS: Final[Mapping[str, tuple[Source, ...]]] = {
    "adc/0": (reading("tension_v", "V"),),
    # Of both relays of the oldest one together.
    "relay/power": (reading("consumo_w", "W"),),
    "relay/energy": (reading("energia_kwh", "kWh", told="W·min"),),
    "sensor/temperature": (reading("temperatura", "°C", silent=_MISSING),),
    "sensor/humidity": (reading("humedad", "%", silent=_MISSING),),
    "sensor/battery": (reading("bateria", "%"),),
    "sensor/lux": (reading("luz_lux", "lx"),),
    "sensor/flood": (Source("agua_detectada", Truth("true", "false")),),
    "sensor/smoke": (Source("humo_detectado", Truth("true", "false")),),
    "sensor/motion": (Source("movimiento", Truth("true", "false")),),
    "sensor/gas": (
        Source("gas_detectado", AnyOf(("mild", "heavy"), ("none",)), silent=("unknown", "test")),
        Source("nivel_gas", Word(("none",))),
    ),
    "sensor/concentration": (reading("gas_ppm", "ppm", silent=("-1", "65535")),),
    "sensor/operation": (Source("funcionamiento", Word()),),
    "sensor/state": (Source("abierta", Truth("open", "close")),),
    "sensor/vibration": (Source("vibracion", Truth("1", "0")),),
    "sensor/tilt": (reading("inclinacion_grados", "°", silent=("-1",)),),
    "status": (
        yes_or_no("movimiento", "motion"),
        yes_or_no("vibracion", "vibration"),
        reading("luz_lux", "lx", "lux"),
        reading("bateria", "%", "bat"),
        reading("temperatura", "°C", "tmp", "value"),
    ),
}


# -- questions, messages, orders -------------------------------------------------------------------


def greet(body: Gen1Body) -> Sequence[Outgoing]:
    """It says all that it has to say; what sleeps does so when it wakes."""
    return () if body.sleeps else (Outgoing(f"{body.base}/command", b"update"),)


def read(body: Gen1Body, message: Message) -> Reading | None:
    leaf = message.topic.removeprefix(f"{body.base}/")
    if leaf == "online":
        online = presence(message.payload)
        # What sleeps is not gone.
        return None if body.sleeps and not online else Reading(online=online)
    sources = body.sources.get(leaf)
    if not sources or not message.payload:
        return None
    collected = Collected()
    collected.add(sources, _told(leaf, message.payload))
    return collected.reading()


def _told(leaf: str, payload: bytes) -> Json:
    if leaf.endswith(("status", "info")) or leaf.startswith("input_event/"):
        told = object_in(payload)
        heads = told.get("thermostats")
        return {**told, "thermostats": {"0": heads[0]}} if isinstance(heads, list) and heads else told
    try:
        return payload.decode().strip()
    except UnicodeDecodeError as error:
        raise NotUnderstood("no es texto") from error


def presence(payload: bytes) -> bool:
    """Raises :class:`NotUnderstood`."""
    word = payload.strip().lower()
    if word not in (b"true", b"false"):
        raise NotUnderstood("ni true ni false")
    return word == b"true"


def order(body: Gen1Body, wanted: JsonObject) -> Iterable[Outgoing]:
    written = {
        source.name: source.control.within(told)
        for sources in body.sources.values()
        for source in sources
        if source.control is not None
        and source.name in wanted
        and (told := source.codec.write(wanted[source.name])) is not None
    }
    way = body.part.split("/")[0]
    command = f"{body.base}/{body.part}/command"
    if way == "relay" and "encendido" in written:
        yield Outgoing(command, str(written["encendido"]).encode())
    elif way == "roller" and "posicion" in written:
        position = round(float(written["posicion"]))
        ends = {0: b"close", 100: b"open"}.get(position)
        yield Outgoing(command, ends) if ends else Outgoing(f"{command}/pos", str(position).encode())
    elif way == "thermostat" and "temp_objetivo" in written:
        yield Outgoing(f"{command}/target_t", str(written["temp_objetivo"]).encode())
    elif way in ("light", "white", "color") and (settings := _settings(way, written)):
        yield Outgoing(f"{body.base}/{body.part}/set", orjson.dumps(settings))


def stop(body: Gen1Body) -> Sequence[Outgoing]:
    rolls = body.part.startswith("roller/")
    return (Outgoing(f"{body.base}/{body.part}/command", b"stop"),) if rolls else ()


def _settings(way: str, written: Mapping[str, Json]) -> dict[str, Json]:
    """One JSON for all that a light is to be, the switch last."""
    settings: dict[str, Json] = {}
    for name in _ORDERED:
        value = written.get(name)
        if value is None:
            continue
        if name == "brillo":
            # Which of the two is its brightness depends on the mode that it is in.
            settings |= {"brightness": value} | ({"gain": value} if way == "color" else {})
        elif name == "temp_color":
            settings |= {"temp": round(value)} | ({"mode": "white"} if way == "color" else {})
        elif name == "color":
            settings |= {"mode": "color", **dict(zip(("red", "green", "blue"), value, strict=True))}
        elif name == "blanco":
            settings["white"] = round(value)
        else:
            settings["turn"] = "on" if value in (True, "on") else "off"
    return settings
