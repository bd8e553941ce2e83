"""What a discovery defines: the board with its sensors, and what of it can be told something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from actors.domain.kinds import capability_of
from actors.domain.profile import SETTLING_S, Profile
from actors.mqtt.dialects.dialect import Definition
from actors.mqtt.dialects.sensors import kind_of_sensor
from actors.mqtt.dialects.tasmota_board import Board, is_set, numbers, strings, text
from actors.mqtt.dialects.tasmota_channels import Channel, Fan, Light, Relay, Shutter
from actors.mqtt.dialects.tasmota_sensors import NO_NAMES, Names

MAX_RELAYS: Final = 32
MAX_NAME: Final = 100
_ZIGBEE: Final = re.compile(r"zb|zigbee|zha", re.IGNORECASE)
ASLEEP_S: Final = 3_600.0
"""How long a board sleeps that has not said so yet."""
MAX_SLEEP_S: Final = 10 * 86_400.0
"""For longer the firmware does not sleep."""
_INTERVALS: Final = 3
"""So many of its own intervals a board that sleeps may be silent."""

# Commands whose answers come under their own names where SetOption4 is set.
_ANSWERS: Final = (
    *("STATE", "DIMMER", "COLOR", "HSBCOLOR", "CT", "CHANNEL", "FANSPEED", "PULSETIME"),
    *("SHUTTERPOSITION", "SHUTTERTILT", "POWER", "DEEPSLEEPTIME"),
)


@dataclass(frozen=True, slots=True)
class Body:
    board: Board
    channel: Channel | None
    leads: bool
    """It is the board itself, which has the sensors; the others are its further channels."""
    names: Names = NO_NAMES
    bridges_zigbee: bool = False


def definitions(family: str, mac: str, config: Mapping[str, Any], sensors: object) -> Iterator[Definition]:
    """The board itself, which is its first channel too, and its further channels.

    Raises :class:`NotUnderstood` where its topics cannot be told.
    """
    board = Board.of(mac, config)
    names = Names.announced(sensors if isinstance(sensors, dict) else {})
    notes = list[str]()
    channels = [*_channels(config, board, notes)]
    body = Body(
        board=board,
        channel=channels[0] if channels else None,
        leads=True,
        names=names,
        bridges_zigbee=_ZIGBEE.search(text(config.get("md"))) is not None,
    )
    yield Definition(
        serial=f"tasmota-{mac}",
        hardware=frozenset({mac.lower()}),
        profile=_profile(family, config, body, _board_name(config), notes),
        topics=tuple(_topics(body)),
        body=body,
    )
    for n, channel in enumerate(channels[1:], 2):
        body = Body(board, channel, leads=False)
        profile = _profile(family, config, body, _channel_name(config, channel, n))
        yield Definition(serial=f"tasmota-{mac}.{n}", profile=profile, topics=tuple(_topics(body)), body=body)


def _channels(config: Mapping[str, Any], board: Board, notes: list[str]) -> Iterator[Channel]:
    relays, shutters = numbers(config.get("rl"))[:MAX_RELAYS], 0
    if is_set(config.get("if")):
        yield Fan()
    number = 0
    while number < len(relays):
        what, number = relays[number], number + 1
        if what == 3:
            if relays[number : number + 1] != [3]:
                notes.append(f"el relé {number} es de una persiana y le falta su pareja")
                continue
            number += 1
            yield _shutter(config, shutters)
            shutters += 1
        elif what == 2:
            yield _light(config, board, number, relays.index(2) + 1)
        elif what == 1:
            yield Relay(number, board.words, lights=_option(config, "30"))
        elif what:
            notes.append(f"no se sabe qué es el relé {number}, de tipo {what}")


def _shutter(config: Mapping[str, Any], n: int) -> Shutter:
    options, tilts = numbers(config.get("sho")), config.get("sht")
    tilt = numbers(tilts[n]) if isinstance(tilts, list) and n < len(tilts) else ()
    turns = len(tilt) == 3 and tilt[2] != 0 and tilt[0] != tilt[1]
    return Shutter(
        number=n + 1,
        inverted=n < len(options) and bool(options[n] & 1),
        tilt=(tilt[0], tilt[1]) if turns else None,
    )


def _light(config: Mapping[str, Any], board: Board, number: int, first: int) -> Channel:
    channels, key = config.get("lt_st"), "Dimmer"
    if type(channels) is not int or channels <= 0:
        return Relay(number, board.words, lights=True)
    if _option(config, "68"):
        # Each PWM channel is a light of its own.
        key, channels = f"Channel{number}", 1
    elif channels >= 4 and config.get("lk") == 0:
        # The colour and the white are two lights.
        key = f"Dimmer{min(number - first, 1) + 1}"
        channels = 3 if number == first else channels - 3
    reduced = (200, 380) if _option(config, "82") else (153, 500)
    return Light(
        number=number,
        words=board.words,
        told_brightness=key,
        # With a Tuya chip the third dimmer is the one that does not switch on.
        dimmer="Dimmer3" if key == "Dimmer" and is_set(config.get("ty")) else key,
        colored=channels >= 3,
        mireds=reduced if channels in (2, 5) else None,
    )


def _option(config: Mapping[str, Any], number: str) -> bool:
    options = config.get("so")
    return isinstance(options, dict) and is_set(options.get(number))


def _profile(
    family: str, config: Mapping[str, Any], body: Body, name: str, notes: Sequence[str] = ()
) -> Profile:
    channel = body.channel
    kind = channel.kind if channel is not None else kind_of_sensor(body.names.quantities)
    return Profile(
        family=family,
        kind=kind,
        capability=capability_of(kind) if channel is not None else "sensor",
        name=name[:MAX_NAME],
        model=text(config.get("md"))[:MAX_NAME],
        software=text(config.get("sw"))[:MAX_NAME],
        controls=channel.controls if channel is not None else {},
        units={**body.names.units, "rssi": "dBm"} if body.leads else {},
        patience=asleep_patience(ASLEEP_S) if body.board.sleeps else None,
        settling=channel.settling if channel is not None else SETTLING_S,
        address=body.board.commands,
        stop_address="" if isinstance(channel, Shutter) else None,
        notes=tuple(notes),
    )


def asleep_patience(interval: float | None) -> float | None:
    """Seconds of silence of a board that sleeps for so many; ``None`` where it says that it does not."""
    return _INTERVALS * interval if interval is not None and 0 < interval <= MAX_SLEEP_S else None


def _board_name(config: Mapping[str, Any]) -> str:
    """Its own; where that is as it came, its first channel's."""
    called, friendly = text(config.get("dn")), strings(config.get("fn"))
    first = friendly[0] if friendly else ""
    return first if called in ("", "Tasmota") and first else called


def _channel_name(config: Mapping[str, Any], channel: Channel, n: int) -> str:
    friendly = strings(config.get("fn"))
    at = channel.relays[0] if channel.relays else n
    return friendly[at - 1] if at <= len(friendly) and friendly[at - 1] else f"{_board_name(config)} {n}"


def _topics(body: Body) -> Iterator[str]:
    board, channel = body.board, body.channel
    yield board.will
    for name in ("STATE", "SENSOR"):
        yield board.telemetry + name
    for name in ("RESULT", "STATUS8", "STATUS10", "STATUS11"):
        yield board.results + name
    for relay in channel.relays if channel is not None else ():
        yield f"{board.results}POWER{relay}"
        if relay == 1:
            yield f"{board.results}POWER"
    if isinstance(channel, Shutter):
        yield f"{board.results}SHUTTER{channel.number}"
    if board.results_by_command:
        for name in _ANSWERS:
            yield board.results + name
    if body.bridges_zigbee:
        yield f"{board.telemetry}+/SENSOR"
