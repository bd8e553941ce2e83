"""Whose entities are whose, and by which hardware a device is known.

Announcements that share an identifier or an address are of one device, as Home Assistant has it, unless that
would make one device of two network addresses: then the identifier is a weak one that tells nothing. Unique
ids of entities tell nothing of devices at all: ESPHome's ``ESPsensor…`` are the same in every house.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from actors.mqtt.dialects.home_assistant.announcement import Entity, Owner

_MAC: Final = re.compile(
    r"(?:0x)?([0-9a-f]{2})[:\-. ]?" + r"([0-9a-f]{2})[:\-. ]?" * 4 + r"([0-9a-f]{2})", re.I
)
_ZIGBEE: Final = re.compile(r"(?:zigbee2mqtt_)?(?:bridge_)?0x([0-9a-f]{16})", re.I)
_LAST_MAC: Final = re.compile(r"[-_]([0-9a-f]{12})(?:[-_][a-z0-9]{1,12})?", re.I)
_NO_MACS: Final = frozenset({"0" * 12, "f" * 12})
_WEAK: Final = frozenset(
    {"", "0", "1", "device", "esphome", "home", "homeassistant", "mqtt", "mqtt-io", "mqtt_io", "mqttio"}
    | {"none", "null", "openmqttgateway", "sensor", "tasmota", "test", "undefined", "unknown", "zigbee2mqtt"}
)
"""Identifiers that makers have left as they were."""
_TASMOTA: Final = re.compile(r"(?:^|/)(?:tele|stat)/(?:.+/)?(?:STATE|SENSOR|LWT|RESULT|POWER[1-9]?)$")
"""Topics that nobody else goes by, in either order of their parts."""
_SLUG: Final = 24


@dataclass(frozen=True, slots=True)
class Trace:
    """What an announcement says of the hardware that it is of."""

    names: frozenset[str] = frozenset()
    """Identifiers that are no hardware address."""
    macs: frozenset[str] = frozenset()
    """Of networks and Bluetooth, 12 small hexadecimal digits."""
    zigbee: frozenset[str] = frozenset()
    """16 small hexadecimal digits."""
    place: str = ""
    """Where it was announced: what it is known by where it says nothing of a device."""

    @property
    def hardware(self) -> frozenset[str]:
        return self.macs | self.zigbee


def trace_of(key: str, entities: Sequence[Entity]) -> Trace:
    """That of an announcement's entities, which all have one owner."""
    owner = entities[0].owner if entities else Owner()
    return replace(_trace_of_owner(owner), place=_place(key, entities))


@lru_cache(maxsize=1024)
def _trace_of_owner(owner: Owner) -> Trace:
    names, macs, zigbee = set[str](), set[str](), set[str]()
    for identifier in owner.identifiers:
        if (told := _ZIGBEE.fullmatch(identifier)) is not None:
            zigbee.add(told[1].lower())
        elif (mac := mac_of(identifier)) or (mac := _mac_at_the_end(identifier, owner)):
            macs.add(mac)
        elif identifier.lower() not in _WEAK:
            names.add(identifier)
    for sort, address in owner.connections:
        if sort == "zigbee":
            zigbee.update(
                told[1].lower() for told in [_ZIGBEE.fullmatch(f"0x{address.removeprefix('0x')}")] if told
            )
        elif mac := mac_of(address):
            macs.add(mac)
    return Trace(frozenset(names), frozenset(macs), frozenset(zigbee))


def mac_of(text: str) -> str:
    """The twelve digits of a network address, however they are written; empty if it is none."""
    told = _MAC.fullmatch(text.strip())
    digits = "".join(told.groups()).lower() if told and len(told.groups()) == 6 else ""
    return "" if digits in _NO_MACS else digits


def _mac_at_the_end(identifier: str, owner: Owner) -> str:
    """Of ``shellyplus1pm-aabbccddeeff``: of makers who call their devices so."""
    told = _LAST_MAC.search(identifier) if is_shelly(owner) else None
    return mac_of(told[1]) if told else ""


def _place(key: str, entities: Sequence[Entity]) -> str:
    component, *rest = key.split("/")
    if component == "device" or len(rest) > 1:
        return rest[0]
    unique = entities[0].unique_id if entities else ""
    return unique if unique and not unique.startswith("ESP") else rest[0]


# -- which are one -------------------------------------------------------------------------------


def grouped(traces: Mapping[str, Trace]) -> list[list[str]]:
    """The keys of announcements, those of one device together, in the order in which they came."""
    by_address = _joined({key: [*trace.hardware] for key, trace in traces.items()})
    hardware: dict[str, set[str]] = {}
    """By the name of a bunch, which is its first key."""
    for key, bunch in by_address.items():
        hardware.setdefault(bunch, set()).update(traces[key].hardware)
    by_name: dict[str, set[str]] = {}
    for key, trace in traces.items():
        for name in trace.names:
            by_name.setdefault(name, set()).add(by_address[key])
    # A name that several addresses go by is none.
    weak = {name for name, bunches in by_name.items() if sum(bool(hardware[each]) for each in bunches) > 1}
    marks = {
        key: [by_address[key], *(name for name in trace.names if name not in weak)]
        + ([] if trace.names - weak or trace.hardware else [f"\0{trace.place}"])
        for key, trace in traces.items()
    }
    groups: dict[str, list[str]] = {}
    for key, bunch in _joined(marks).items():
        groups.setdefault(bunch, []).append(key)
    return [*groups.values()]


def _joined(marks: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Of each key the first one that it is joined to, over however many, by sharing a mark."""
    parent: dict[str, str] = {}
    first: dict[str, str] = {}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for key, own in marks.items():
        parent[key] = key
        for mark in own:
            other = root(first.setdefault(mark, key))
            # The earlier one stays the root, so that its name stays the bunch's.
            parent[root(key)] = other
    return {key: root(key) for key in marks}


# -- what it is called ---------------------------------------------------------------------------


def is_shelly(owner: Owner) -> bool:
    return owner.origin.lower().startswith("shell") or "shelly" in owner.maker.lower()


def is_esphome(owner: Owner) -> bool:
    told = f"{owner.software} {owner.maker} {owner.origin} {owner.model}".lower()
    return "esphome" in told or "config hash" in told or owner.maker.lower() == "espressif"


def is_tasmota(owners: Sequence[Owner], topics: Iterable[str]) -> bool:
    """Whoever says nothing of the maker is known by how it speaks."""
    told = " ".join(f"{owner.software} {owner.maker} {owner.origin}" for owner in owners)
    return "tasmota" in told.lower() or any(map(_TASMOTA.search, topics))


def is_bluetooth(owner: Owner, topics: Iterable[str]) -> bool:
    if any(sort == "bluetooth" for sort, _ in owner.connections):
        return True
    return bool(owner.gateway) and any("/BTtoMQTT" in topic for topic in topics)


def serial_of(traces: Sequence[Trace], owners: Sequence[Owner], topics: Collection[str]) -> str:
    """The serial number of the device that these are of: by its hardware, as its own dialect would say it."""
    zigbee = sorted({address for trace in traces for address in trace.zigbee})
    macs = sorted({mac for trace in traces for mac in trace.macs})
    if zigbee:
        return f"z2m-{zigbee[0]}"
    if macs:
        if any(map(is_shelly, owners)) or any(topic.startswith("shellies/") for topic in topics):
            return f"shelly-{macs[0].upper()}"
        if is_tasmota(owners, topics):
            return f"tasmota-{macs[0].upper()}"
        if any(is_bluetooth(owner, topics) for owner in owners):
            return f"ble-{macs[0]}"
        if any(map(is_esphome, owners)):
            return f"esphome-{macs[0]}"
    names = sorted({name for trace in traces for name in trace.names})
    sure = macs[:1] or names[:1] or sorted({trace.place for trace in traces})[:1]
    digest = hashlib.sha256(sure[0].encode()).hexdigest()[:8]
    return f"ha-{slug((names or sure)[0], '-')[:_SLUG].strip('-') or 'x'}-{digest}"


def slug(text: str, between: str = "_") -> str:
    """``text`` in small letters and digits of ASCII alone."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", between, plain).strip(between)
