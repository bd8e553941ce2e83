"""What one expose of Zigbee2MQTT leads to: a feature, by its name here, with a codec and a control."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from actors.domain.model import Json, JsonObject
from actors.domain.profile import PERCENT, SWITCH, Control, Form
from actors.mqtt.dialects.codecs import (
    Awake,
    Chromaticity,
    Codec,
    Hue,
    Inside,
    Listed,
    Mired,
    Number,
    Opening,
    OpenOrClosed,
    Percent,
    Steps,
    Truth,
    Word,
    finite,
)
from actors.mqtt.dialects.zigbee2mqtt_names import MOMENTARY, SETPOINTS, is_plain, reading_name

STATE, SET, GET = 1, 2, 4
STOP: Final = "STOP"
"""The state that halts a cover, and that none is ever in."""
_UNBOUNDED: Final = float(2**31)
_STILL: Final = ("off", "OFF")
_NO_SPEEDS: Final = ("auto", "smart", "on", *_STILL)


@dataclass(frozen=True, slots=True)
class Feature:
    """A key of the state's JSON, and what it stands for in this house."""

    key: str
    name: str
    codec: Codec
    control: Control | None = None
    unit: str = ""
    asks: bool = False
    """Whether its present value can be asked for."""


_MAIN_NAMES: Final = frozenset(
    {
        "state",
        "alarm",
        "brightness",
        "color_temp",
        "color_xy",
        "color_hs",
        "position",
        "tilt",
        "mode",
        "speed",
    }
    | {"local_temperature", "running_state", "system_mode", *SETPOINTS}
)


def leftover(features: Iterable[JsonObject]) -> list[JsonObject]:
    """What a specific type carries beside what makes it one."""
    return [feature for feature in features if text_of(feature, "name") not in _MAIN_NAMES]


def specific(type_: str, features: Iterable[JsonObject], inverted: bool) -> Iterator[Feature]:
    """What makes it a light, a cover, …; ``inverted`` where its covers count backwards."""
    by_name = {text_of(feature, "name"): feature for feature in features}
    match type_:
        case "light":
            yield from _light(by_name)
        case "cover":
            yield from _cover(by_name, inverted)
        case "fan":
            yield from _fan(by_name)
        case "climate":
            yield from _climate(by_name)
        case "lock" if "state" in by_name:
            locks = Truth(*_on_and_off(by_name["state"], "LOCK", "UNLOCK"))
            yield _feature(by_name["state"], "bloqueada", locks, SWITCH)
        case "switch":
            yield from _switch(by_name)


def _feature(expose: JsonObject, name: str, codec: Codec, control: Control | None, unit: str = "") -> Feature:
    settable = control if access_of(expose) & SET else None
    return Feature(text_of(expose, "property"), name, codec, settable, unit, bool(access_of(expose) & GET))


def _switch(by_name: Mapping[str, JsonObject]) -> Iterator[Feature]:
    if state := by_name.get("state") or by_name.get("alarm"):
        yield _feature(state, "encendido", Truth(*_on_and_off(state, "ON", "OFF")), SWITCH)


def _light(by_name: Mapping[str, JsonObject]) -> Iterator[Feature]:
    yield from _switch(by_name)
    if brightness := by_name.get("brightness"):
        yield _feature(brightness, "brillo", Percent(positive(brightness, "value_max", 254)), PERCENT)
    if warmth := by_name.get("color_temp"):
        coolest = max(1.0, positive(warmth, "value_min", 153))
        warmest = max(coolest, positive(warmth, "value_max", 500))
        low, high = round(1_000_000 / warmest), round(1_000_000 / coolest)
        # One mired is 43 K at 6,500 K.
        control = Control(Form.NUMBER, low, high, max(50, high * high / 1_000_000))
        yield _feature(warmth, "temp_color", Mired(coolest, warmest), control, "K")
    if color := by_name.get("color_xy"):
        yield _feature(color, "color", Chromaticity(), Control(Form.COLOR))
    elif color := by_name.get("color_hs"):
        yield _feature(color, "color", Hue(), Control(Form.COLOR))


def _cover(by_name: Mapping[str, JsonObject], inverted: bool) -> Iterator[Feature]:
    if position := by_name.get("position"):
        yield _feature(position, "posicion", Opening(inverted), PERCENT, "%")
    elif state := by_name.get("state"):
        two = Control(Form.NUMBER, 0, 100, 100)
        yield _feature(state, "posicion", OpenOrClosed("OPEN", "CLOSE"), two, "%")
    if tilt := by_name.get("tilt"):
        yield _feature(tilt, "inclinacion", Opening(inverted), PERCENT, "%")


def stopped_by(features: Iterable[JsonObject]) -> str:
    """The key by which a cover of these features is told to halt; empty where it is by none."""
    for each in features:
        if text_of(each, "name") == "state" and access_of(each) & SET and STOP in _words(each):
            return text_of(each, "property")
    return ""


def _fan(by_name: Mapping[str, JsonObject]) -> Iterator[Feature]:
    yield from _switch(by_name)
    if speed := by_name.get("speed"):
        fastest = positive(speed, "value_max", 254)
        control = Control(Form.NUMBER, 0, 100, max(1.0, 100 / fastest))
        yield _feature(speed, "velocidad", Percent(fastest), control, "%")
    if mode := by_name.get("mode"):
        words = _words(mode)
        speeds = tuple(word for word in words if word not in _NO_SPEEDS)
        still = next((word for word in words if word in _STILL), "")
        if speeds and not by_name.get("speed"):
            control = Control(Form.NUMBER, 0, 100, 100 / len(speeds))
            yield _feature(mode, "velocidad", Steps(speeds, still), control, "%")
        if {*words} & {"auto", "smart"} or not speeds:
            yield _feature(mode, "modo_ventilador", Word(words), Control(Form.CHOICE, choices=words))


def _climate(by_name: Mapping[str, JsonObject]) -> Iterator[Feature]:
    setpoints = [by_name[name] for name in SETPOINTS if name in by_name and access_of(by_name[name]) & SET]
    for setpoint, name in zip(setpoints, ("temp_objetivo", "temp_objetivo_frio"), strict=False):
        yield _feature(setpoint, name, Number(text_of(setpoint, "unit"), "°C"), _range(setpoint, 5, 35), "°C")
    if measured := by_name.get("local_temperature"):
        yield _feature(measured, "temperatura", Number(text_of(measured, "unit") or "°C", "°C"), None, "°C")
    if running := by_name.get("running_state"):
        yield _feature(running, "estado_clima", Word(), None)
    yield from _switch(by_name)
    if mode := by_name.get("system_mode"):
        words = _words(mode)
        yield _feature(mode, "modo_clima", Word(words), Control(Form.CHOICE, choices=words))
        wakes = next((word for word in ("heat", "auto", *words) if word in words and word != "off"), "")
        if "state" not in by_name and "off" in words and wakes and access_of(mode) & SET:
            yield _feature(mode, "encendido", Awake(wakes, "off"), SWITCH)


# -- what stands beside it -------------------------------------------------------------------------


def generic(exposes: Iterable[JsonObject], endpoint: str) -> Iterator[Feature]:
    """Of a channel at ``endpoint``, whose keys end in it."""
    for each in exposes:
        if each.get("type") == "composite":
            yield from _of_composite(each, endpoint)
        elif access_of(each) & STATE and text_of(each, "property") and text_of(each, "name") not in MOMENTARY:
            feature = _of_generic(each, endpoint)
            if feature is not None:
                yield feature


def _of_composite(expose: JsonObject, endpoint: str) -> Iterator[Feature]:
    """Its readings. Settings that come as an object are many at once, and are left to Zigbee2MQTT."""
    key = text_of(expose, "property")
    for inner in list_of(expose, "features"):
        if key and isinstance(inner, Mapping) and access_of(inner) & (STATE | SET) == STATE:
            feature = _of_generic(inner, endpoint)
            if feature is not None:
                name = f"{key}_{feature.name}"
                yield replace(
                    feature, key=key, name=name, codec=Inside(feature.key, feature.codec), asks=False
                )


def _of_generic(expose: JsonObject, endpoint: str) -> Feature | None:
    key, settable = text_of(expose, "property"), bool(access_of(expose) & SET)
    own = key.removesuffix(f"_{endpoint}") if endpoint else key
    match expose.get("type"):
        case "numeric" if settable:
            unit = text_of(expose, "unit")
            return _feature(expose, own, Number(unit, unit), _range(expose, -_UNBOUNDED, _UNBOUNDED), unit)
        case "numeric":
            name, kept = reading_name(expose, own, endpoint)
            return _feature(expose, name, Number(text_of(expose, "unit"), kept), None, kept)
        case "binary":
            on, off = _on_and_off(expose)
            if expose.get("name") == "contact":
                # It is true, or on, when it is closed, whichever of the two a definition calls on.
                on, off = (False, True) if isinstance(on, bool) else (off, on)
            name = own if settable else reading_name(expose, own, endpoint)[0]
            return _feature(expose, name, Truth(on, off), SWITCH)
        case "enum" if settable:
            words = _words(expose)
            return _feature(expose, own, Word(words), Control(Form.CHOICE, choices=words)) if words else None
        case "text" if settable:
            return _feature(expose, own, Word(), Control(Form.TEXT))
        case "enum" | "text":
            return _feature(expose, "accion" if own == "action" else own, Word(_words(expose)), None)
        case "list" if not settable and is_plain(expose.get("item_type")):
            return _feature(expose, own, Listed(), None)
    return None


def named_apart(features: Iterable[Feature]) -> list[Feature]:
    """Each by a name of its own; what comes second by one name goes by its key, or is left out."""
    known: dict[str, Feature] = {}
    for feature in features:
        if not feature.key:
            continue
        if feature.name in known:
            feature = replace(feature, name=feature.key)
        known.setdefault(feature.name, feature)
    return [*known.values()]


# -- reading what is told --------------------------------------------------------------------------


def text_of(told: JsonObject, key: str) -> str:
    value = told.get(key)
    return value if isinstance(value, str) else ""


def list_of(told: JsonObject, key: str) -> list[Json]:
    value = told.get(key)
    return value if isinstance(value, list) else []


def access_of(told: JsonObject) -> int:
    value = told.get("access")
    return value if type(value) is int else 0


def positive(told: JsonObject, key: str, otherwise: float) -> float:
    value = finite(told.get(key))
    return otherwise if value is None or value <= 0 else float(value)


def _range(expose: JsonObject, low: float, high: float) -> Control:
    told = [finite(expose.get(key)) for key in ("value_min", "value_max", "value_step")]
    low, high = (
        bound if value is None else float(value) for value, bound in zip(told, (low, high), strict=False)
    )
    step = told[2] or (0.5 if high - low <= 50 else 1)
    return Control(Form.NUMBER, low, max(low, high), abs(float(step)))


def _on_and_off(expose: JsonObject, usual_on: Json = True, usual_off: Json = False) -> tuple[Json, Json]:
    on, off = expose.get("value_on", usual_on), expose.get("value_off", usual_off)
    plain = all(isinstance(value, str | bool | int) for value in (on, off)) and on != off
    return (on, off) if plain else (usual_on, usual_off)


def _words(expose: JsonObject) -> tuple[str, ...]:
    return tuple(word for word in list_of(expose, "values") if isinstance(word, str))
