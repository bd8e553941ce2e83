"""A board as its discovery announces it: how it calls its topics and what its words are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import orjson

from actors.mqtt.dialects.dialect import NotUnderstood

MAX_TOPIC: Final = 200
"""Characters of the part of a topic that the board's settings make up."""

# Older firmware prints what is no number as C does, which is no JSON.
_NO_NUMBER: Final = re.compile(rb"([:\[,]\s*)-?(?:nan|inf)\b", re.IGNORECASE)


def decoded(payload: bytes) -> Mapping[str, Any]:
    """The JSON object that ``payload`` is, with null where firmware wrote ``nan``.

    Raises :class:`NotUnderstood`.
    """
    try:
        told = orjson.loads(payload)
    except orjson.JSONDecodeError:
        try:
            told = orjson.loads(_NO_NUMBER.sub(rb"\1null", payload))
        except orjson.JSONDecodeError:
            raise NotUnderstood("no es JSON") from None
    if not isinstance(told, dict):
        raise NotUnderstood("no es un objeto JSON")
    return told


@dataclass(frozen=True, slots=True)
class Words:
    """What the board says for off and on (``StateText``), in small letters."""

    off: str = "off"
    on: str = "on"

    def switch_of(self, told: object) -> bool | None:
        if isinstance(told, str):
            word = told.strip().casefold()
            return True if word == self.on else False if word == self.off else None
        return told if isinstance(told, bool) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What all channels of one board share."""

    mac: str
    """In capitals, as it is announced."""
    commands: str
    """Topics up to the last level, as ``cmnd/<topic>/``; the two below are alike."""
    results: str
    telemetry: str
    online: str
    offline: str
    words: Words
    sleeps: bool
    """It sleeps deeply between reports, and says ``Offline`` each time that it falls asleep."""
    results_by_command: bool
    """Answers come under the command's name and not as ``RESULT`` (``SetOption4``)."""

    @property
    def will(self) -> str:
        return self.telemetry + "LWT"

    @classmethod
    def of(cls, mac: str, config: Mapping[str, Any]) -> Self:
        """As ``config`` says it. Raises :class:`NotUnderstood` where its topics cannot be told."""
        prefixes = strings(config.get("tp"))
        cmnd, stat, tele = prefixes if len(prefixes) == 3 and all(prefixes) else ("cmnd", "stat", "tele")
        states = strings(config.get("state"))
        options = config.get("so")
        return cls(
            mac=mac,
            commands=_topic(mac, config, cmnd, commands=True),
            results=_topic(mac, config, stat),
            telemetry=_topic(mac, config, tele),
            online=text(config.get("onln")) or "Online",
            offline=text(config.get("ofln")) or "Offline",
            words=Words(*(state.strip().casefold() for state in states[:2])) if len(states) > 1 else Words(),
            sleeps=is_set(config.get("dslp")),
            results_by_command=isinstance(options, dict) and is_set(options.get("4")),
        )


def _topic(mac: str, config: Mapping[str, Any], prefix: str, *, commands: bool = False) -> str:
    """As the firmware puts a ``FullTopic`` together; one without ``%prefix%`` gets it for commands alone."""
    full = text(config.get("ft")) or "%prefix%/%topic%/"
    if commands and "%prefix%" not in full:
        full += "/%prefix%"
    for token, meant in (
        ("%prefix%", prefix),
        ("%topic%", text(config.get("t"))),
        ("%hostname%", text(config.get("hn"))),
        ("%id%", mac),
    ):
        if token in full and not meant:
            raise NotUnderstood(f"el anuncio no dice con qué sustituir {token} en FullTopic")
        full = full.replace(token, meant)
    full = f"{full.replace('#', '').replace('//', '/').rstrip('/')}/"
    if len(full) > MAX_TOPIC or full.startswith(("/", "$")) or {"+", "#", "\0"} & {*full}:
        raise NotUnderstood("su FullTopic no sirve de tema")
    return full


def strings(told: object) -> Sequence[str]:
    """The texts of a list, with an empty one where another thing stands."""
    return [text(item) for item in told] if isinstance(told, list) else []


def numbers(told: object) -> Sequence[int]:
    """The whole numbers of a list, with 0 where another thing stands."""
    return [item if type(item) is int else 0 for item in told] if isinstance(told, list) else []


def text(told: object) -> str:
    return told if isinstance(told, str) else ""


def is_set(told: object) -> bool:
    """Whether an option is, which the firmware tells by a number."""
    return type(told) is int and told > 0
