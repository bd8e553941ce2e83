"""Tasmota, by its native discovery: ``tasmota/discovery/<MAC>/config`` and ``…/sensors``, both retained."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from actors.domain.model import JsonObject
from actors.domain.readings import number_of
from actors.mqtt.dialects import tasmota_zigbee
from actors.mqtt.dialects.dialect import (
    MAX_ANNOUNCEMENT,
    Announcement,
    Definition,
    Heard,
    Message,
    NotUnderstood,
    Outgoing,
    Reading,
)
from actors.mqtt.dialects.tasmota_announcement import Body, asleep_patience, definitions
from actors.mqtt.dialects.tasmota_board import Board, decoded, text
from actors.mqtt.dialects.tasmota_channels import Command, Shutter
from actors.mqtt.dialects.tasmota_sensors import Gathered

_MAC: Final = re.compile(r"[0-9A-Fa-f]{12}")
MAX_MESSAGE: Final = 64 * 1024

_MEASURING: Final = frozenset({"SENSOR", "STATUS8", "STATUS10"})


@dataclass(frozen=True, slots=True)
class Tasmota:
    """See :class:`actors.mqtt.dialects.dialect.Dialect`."""

    prefix: str = "tasmota/discovery"
    name: str = "tasmota"

    @property
    def filters(self) -> Sequence[str]:
        return (f"{self.prefix}/+/config", f"{self.prefix}/+/sensors")

    def announced(self, message: Message) -> Heard:
        mac, _, key = message.topic.removeprefix(f"{self.prefix}/").partition("/")
        if _MAC.fullmatch(mac) is None or key not in ("config", "sensors"):
            raise NotUnderstood("el tema del anuncio no lleva una MAC")
        if len(message.payload) > MAX_ANNOUNCEMENT:
            raise NotUnderstood(f"el anuncio pasa de {MAX_ANNOUNCEMENT // 1024} KiB")
        if message.payload:
            told = decoded(message.payload)
            if key == "config" and re.sub("[^0-9A-Z]", "", text(told.get("mac")).upper()) != mac.upper():
                raise NotUnderstood("el anuncio lleva otra MAC que su tema")
        return Heard((Announcement(mac.upper(), key, message.payload),))

    def define(self, group: str, announcements: Mapping[str, bytes]) -> Iterable[Definition]:
        if not announcements.get("config"):
            return ()
        sensors = announcements.get("sensors")
        told = decoded(sensors).get("sn") if sensors else None
        return definitions(self.name, group, decoded(announcements["config"]), told)

    def greet(self, definition: Definition) -> Sequence[Outgoing]:
        body: Body = definition.body
        board, channel = body.board, body.channel
        questions: Sequence[Command] = channel.questions if channel is not None else ()
        if body.leads:
            questions = (("STATE", ""), ("STATUS", "10"), *questions)
            if board.sleeps:
                questions = (*questions, ("DeepSleepTime", ""))
        return [_said(board, question) for question in questions]

    def read(self, definition: Definition, message: Message) -> Reading | None:
        body: Body = definition.body
        board = body.board
        if not message.payload:
            return None
        if len(message.payload) > MAX_MESSAGE:
            raise NotUnderstood(f"el mensaje pasa de {MAX_MESSAGE // 1024} KiB")
        if message.topic == board.will:
            return self._presence(definition, message)
        last = message.topic.rpartition("/")[2]
        if message.payload[:1] != b"{" and last.startswith(("POWER", "SHUTTER")):
            return _plain(body, last, message.payload)
        told = decoded(message.payload)
        for wrapped in ("StatusSNS", "StatusSTS"):
            if isinstance(within := told.get(wrapped), dict):
                told = within
        reported = body.channel.read(told) if body.channel is not None else {}
        gathered = Gathered(board.words)
        if body.leads:
            _gather(gathered, body, message.topic, told)
        patience = asleep_patience(number_of(told.get("DeepSleepTime"))) if board.sleeps else None
        reading = Reading(gathered.parameters, reported, invalid=tuple(gathered.invalid), patience=patience)
        return reading if reading != Reading() else None

    def _presence(self, definition: Definition, message: Message) -> Reading | None:
        board = definition.body.board
        word = message.payload.decode("utf-8", "replace").strip()
        if word.casefold() == board.online.casefold():
            return Reading(online=True, ask=() if message.retained else tuple(self.greet(definition)))
        if word.casefold() != board.offline.casefold():
            raise NotUnderstood(f"LWT no es {board.online!r} ni {board.offline!r}")
        # One that sleeps says so each time; only its silence tells that it is gone.
        return None if board.sleeps else Reading(online=False)

    def order(self, definition: Definition, wanted: JsonObject) -> Sequence[Outgoing]:
        body: Body = definition.body
        commands = body.channel.commands(wanted) if body.channel is not None else ()
        if len(commands) < 2:
            return [_said(body.board, command) for command in commands]
        # Together and without a pause between them, so that nobody sees the steps.
        together = ";".join(f"{name} {value}" for name, value in commands)
        return [_said(body.board, ("Backlog0", together))]

    def stop(self, definition: Definition) -> Sequence[Outgoing]:
        body: Body = definition.body
        if not isinstance(body.channel, Shutter):
            return ()
        return (_said(body.board, (f"ShutterStop{body.channel.number}", "")),)


def _said(board: Board, command: Command) -> Outgoing:
    name, value = command
    return Outgoing(board.commands + name, value.encode())


def _plain(body: Body, last: str, payload: bytes) -> Reading | None:
    """``stat/…/POWER1`` and ``stat/…/SHUTTER1``, which tell one value alone."""
    said = payload.decode("utf-8", "replace").strip()
    told: dict[str, Any] = {last: said}
    if last.startswith("SHUTTER"):
        told = {last.capitalize(): {"Position": number_of(said)}}
    reported = body.channel.read(told) if body.channel is not None else {}
    return Reading(reported=reported) if reported else None


def _gather(gathered: Gathered, body: Body, topic: str, told: Mapping[str, Any]) -> None:
    """What the board itself says beside how its channel is set."""
    last = topic.rpartition("/")[2]
    if last in _MEASURING:
        child = topic.removeprefix(body.board.telemetry).rpartition("/")[0]
        if body.bridges_zigbee and child:
            tasmota_zigbee.receive(gathered, told.get("ZbReceived", told), child)
            return
        gathered.sensors(body.names, told)
        tasmota_zigbee.receive(gathered, told.get("ZbReceived"))
        return
    wifi = told.get("Wifi")
    if isinstance(wifi, dict) and "Signal" in wifi:
        gathered.put("rssi", number_of(wifi["Signal"]))
    if "BatteryPercentage" in told:
        gathered.add("bateria", "BatteryPercentage", told["BatteryPercentage"])
    for key, value in told.items():
        if isinstance(value, dict) and isinstance(action := value.get("Action"), str):
            gathered.act(body.names, key, action)
