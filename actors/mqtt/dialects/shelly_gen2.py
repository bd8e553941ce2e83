"""The second generation and those after it: calls and notices in JSON, under a prefix that is the user's.

What a device has is asked for when it says that it is online, and told unasked by one that sleeps. Our calls
have an address that holds the device's prefix, as an answer has nothing else to tell it by.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from actors.domain import kinds
from actors.domain.model import Json, JsonObject
from actors.domain.profile import COVER_SETTLING_S, SETTLING_S, Profile
from actors.mqtt.dialects.dialect import (
    MAX_SOFTWARE,
    Announcement,
    Definition,
    Message,
    NotUnderstood,
    Outgoing,
    Reading,
)
from actors.mqtt.dialects.sensors import kind_of_sensor
from actors.mqtt.dialects.shelly_components import (
    CHANNELS,
    FLAGS,
    Component,
    component_of,
    controls_of,
    request_for,
    sources_of,
)
from actors.mqtt.dialects.shelly_gen1 import NAME, presence
from actors.mqtt.dialects.shelly_sources import Collected, Source, object_in, reading

CALLER: Final = "iot-backend"
_ANSWERS: Final = "shelly/rpc"
EVENTS: Final = "events/rpc"
_DEVICE: Final = re.compile(r"[a-z0-9_]+-([0-9a-f]{12})", re.IGNORECASE)
_MAC: Final = re.compile(r"[0-9A-F]{12}", re.IGNORECASE)
_PATIENCE_S: Final = 36 * 3600.0
_WAKEUPS: Final = 3
_SEEN: Final = "seen "
_RSSI: Final = reading("rssi", "dBm", "wifi", "rssi")


@dataclass(frozen=True, slots=True)
class Gen2Body:
    """How a channel is read and told."""

    prefix: str
    channel: Component | None
    sleeps: bool
    sources: Mapping[str, tuple[Source, ...]]
    """By component."""


def is_mac(text: str) -> bool:
    return _MAC.fullmatch(text) is not None


def caller_of(prefix: str) -> str:
    """As whom we call the device of this prefix."""
    return f"{CALLER}/{prefix}/shelly"


def answers_of(prefix: str) -> str:
    """The topic, or filter, by which it answers."""
    return f"{CALLER}/{prefix}/{_ANSWERS}"


def call(prefix: str, number: int, method: str, **params: object) -> Outgoing:
    told = {"id": number, "src": caller_of(prefix), "method": method}
    return Outgoing(f"{prefix}/rpc", orjson.dumps(told | ({"params": params} if params else {})))


def questions(prefix: str) -> tuple[Outgoing, ...]:
    """Who it is, and what it has."""
    return call(prefix, 1, "Shelly.GetDeviceInfo"), call(prefix, 2, "Shelly.GetStatus")


# -- announcements ---------------------------------------------------------------------------------


def announced(message: Message) -> tuple[Announcement, ...]:
    """What an answer or a notice says of who is there. Raises :class:`NotUnderstood`."""
    told = object_in(message.payload)
    if message.topic.endswith(f"/{EVENTS}"):
        prefix, status = message.topic.removesuffix(f"/{EVENTS}"), told.get("params")
        is_whole = told.get("method") == "NotifyFullStatus"
        if not is_whole and told.get("method") != "NotifyStatus":
            return ()
    else:
        prefix = message.topic.removeprefix(f"{CALLER}/").removesuffix(f"/{_ANSWERS}")
        status, is_whole = told.get("result"), True
    if not isinstance(status, Mapping) or (mac := _mac_of(told, status)) is None:
        return ()
    news = [*_news(status, is_whole)]
    packed = (Announcement(mac, key, orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)) for key, kept in news)
    return (Announcement(mac, "prefix", prefix.encode()), *packed) if news else ()


def _news(status: JsonObject, is_whole: bool) -> Iterator[tuple[str, Json]]:
    """What is kept, by its key. A notice of what has changed tells of components that are there."""
    if isinstance(status.get("model"), str) and "gen" in status:
        yield "info", {key: status.get(key) for key in ("id", "name", "model", "app", "gen")}
    elif components := _components(status):
        if is_whole:
            yield "components", {"components": components, "wakeup_s": _wakeup(status)}
        else:
            for key in components:
                yield f"{_SEEN}{key}", True


def _mac_of(told: JsonObject, status: JsonObject) -> str | None:
    sys = status.get("sys")
    for mac in (status.get("mac"), sys.get("mac") if isinstance(sys, Mapping) else None):
        if isinstance(mac, str) and is_mac(mac):
            return mac.upper()
    source = told.get("src")
    found = _DEVICE.fullmatch(source) if isinstance(source, str) else None
    return found[1].upper() if found else None


def _components(status: JsonObject) -> dict[str, list[str]]:
    """What a definition rests on: which there are, and what each can. Values are not kept."""
    found = (component_of(key, value) for key, value in status.items())
    return {each.key: sorted(each.flags) for each in found if each is not None}


def _wakeup(status: JsonObject) -> float:
    sys = status.get("sys")
    told = sys.get("wakeup_period") if isinstance(sys, Mapping) else None
    return float(told) if type(told) is int and 0 < told <= 7 * 86_400 else 0.0


# -- definitions -----------------------------------------------------------------------------------


def define(mac: str, announcements: Mapping[str, bytes]) -> Iterator[Definition]:
    """None until prefix and components are known. Raises :class:`NotUnderstood`.

    One that was heard, and has not answered what it has, has what it was heard to have.
    """
    prefix = announcements.get("prefix", b"").decode(errors="replace")
    seen = {key.removeprefix(_SEEN): [*FLAGS] for key in announcements if key.startswith(_SEEN)}
    kept = object_in(announcements["components"]) if "components" in announcements else {"components": seen}
    info = object_in(announcements.get("info") or b"{}")
    components = _unpacked(kept.get("components"))
    if not prefix or not components:
        return
    channels = _channels(components)
    sleeps = any(each.type == "devicepower" for each in components) and not channels
    wakeup = kept.get("wakeup_s")
    patience = _WAKEUPS * float(wakeup) if isinstance(wakeup, int | float) and wakeup > 0 else _PATIENCE_S
    others = [each for each in components if each not in channels]
    for number, channel in enumerate(channels or [None], 1):
        sources = {channel.key: sources_of(channel, True)} if channel else {}
        if number == 1:
            sources |= {each.key: sources_of(each, False) for each in others}
        all_ = [source for some in sources.values() for source in some]
        kind = CHANNELS[channel.type] if channel else kind_of_sensor(source.name for source in all_)
        name = info.get("name") if isinstance(info.get("name"), str) else ""
        body = Gen2Body(prefix, channel, sleeps, sources)
        yield Definition(
            serial=f"shelly-{mac}" + (f".{number}" if number > 1 else ""),
            hardware=frozenset({mac.lower()}),
            profile=Profile(
                family=NAME,
                kind=kind,
                capability=kinds.capability_of(kind) if channel else "sensor",
                name=str(name or info.get("id") or prefix) + (f" {number}" if number > 1 else ""),
                model=" ".join(str(info[key]) for key in ("app", "model") if info.get(key)),
                software=str(info.get("ver") or "")[:MAX_SOFTWARE],
                controls=controls_of(channel, sources[channel.key]) if channel else {},
                units={source.name: source.unit for source in all_ if source.control is None and source.unit},
                patience=patience if sleeps else None,
                settling=COVER_SETTLING_S if kind == "persiana" else SETTLING_S,
                address=prefix,
                stop_address="" if kind == "persiana" else None,
            ),
            topics=_topics(prefix, sources),
            body=body,
        )


def _unpacked(told: Json) -> list[Component]:
    components = []
    for key, flags in told.items() if isinstance(told, Mapping) else ():
        can = [flag for flag in flags if isinstance(flag, str)] if isinstance(flags, list) else []
        found = component_of(key, dict.fromkeys(can, True))
        if found is not None:
            components.append(found)
    return sorted(components, key=lambda each: (each.type, each.id))


def _channels(components: Sequence[Component]) -> list[Component]:
    types = [*CHANNELS]
    found = [each for each in components if each.type in CHANNELS]
    return sorted(found, key=lambda each: (types.index(each.type), each.id))


def _topics(prefix: str, sources: Mapping[str, tuple[Source, ...]]) -> tuple[str, ...]:
    own = (f"{prefix}/online", f"{prefix}/{EVENTS}", answers_of(prefix), f"{prefix}/status/wifi")
    return (*own, *(f"{prefix}/status/{key}" for key in sources))


# -- questions, messages, orders -------------------------------------------------------------------


def greet(body: Gen2Body) -> Sequence[Outgoing]:
    """Its present state; what sleeps tells it when it wakes."""
    return () if body.sleeps else (call(body.prefix, 2, "Shelly.GetStatus"),)


def read(body: Gen2Body, message: Message) -> Reading | None:
    if message.topic == f"{body.prefix}/online":
        online = presence(message.payload)
        # What sleeps is not gone.
        return None if body.sleeps and not online else Reading(online=online)
    if not message.payload:
        return None
    told = object_in(message.payload)
    component = message.topic.removeprefix(f"{body.prefix}/status/")
    if component != message.topic:
        return _read_components(body, {component: told})
    if "error" in told:
        raise NotUnderstood(f"no ha hecho lo que se le pedía: {_error_of(told['error'])}")
    status = told.get("result" if message.topic == answers_of(body.prefix) else "params")
    if not isinstance(status, Mapping):
        return None
    if told.get("method") == "NotifyEvent":
        return _read_events(body, status.get("events"))
    return _read_components(body, status)


def _error_of(error: Json) -> str:
    return str(error.get("message") if isinstance(error, Mapping) else error)[:100]


def _read_components(body: Gen2Body, status: JsonObject) -> Reading | None:
    collected = Collected()
    for key, sources in body.sources.items():
        if isinstance(told := status.get(key), Mapping):
            collected.add(sources, told)
    known = any(isinstance(status.get(key), Mapping) for key in body.sources)
    if body.channel is None or body.channel.id == 0:
        collected.add((_RSSI,), status)
    return collected.reading() if known or collected.parameters else None


def _read_events(body: Gen2Body, events: Json) -> Reading | None:
    """A button was pushed."""
    parameters = {}
    for event in events if isinstance(events, list) else ():
        key = event.get("component") if isinstance(event, Mapping) else None
        if isinstance(key, str) and key.startswith("input:") and key in body.sources:
            number = int(key.removeprefix("input:"))
            name = "accion" if number == 0 else f"accion_{number + 1}"
            parameters[name] = str(event.get("event"))[:64]
    return Reading(parameters=parameters) if parameters else None


def order(body: Gen2Body, wanted: JsonObject) -> Iterable[Outgoing]:
    if body.channel is None:
        return
    written = {
        source.name: source.control.within(told)
        for source in body.sources[body.channel.key]
        if source.control is not None
        and source.name in wanted
        and (told := source.codec.write(wanted[source.name])) is not None
    }
    if "duracion_min" in wanted:
        written["duracion_min"] = wanted["duracion_min"]
    request = request_for(body.channel, written)
    if request is not None:
        method, params = request
        yield call(body.prefix, 3, method, **params)


def stop(body: Gen2Body) -> Sequence[Outgoing]:
    if body.channel is None or body.channel.type != "cover":
        return ()
    return (call(body.prefix, 3, "Cover.Stop", id=body.channel.id),)
