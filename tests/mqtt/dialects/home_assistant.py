"""Announcements as Home Assistant's discovery has them, and what the dialect makes of them."""

import json
from typing import Any

from actors.mqtt.dialects.dialect import Definition, Message, Reading
from actors.mqtt.dialects.home_assistant.dialect import HomeAssistant

DIALECT = HomeAssistant()
Announced = tuple[str, Any]


def device(*announced: Announced) -> Definition:
    """The one device that these, by ``component/…/object`` and payload, tell of."""
    (only,) = devices(*announced)
    return only


def devices(*announced: Announced) -> list[Definition]:
    kept: dict[str, bytes] = {}
    for place, payload in announced:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        for each in DIALECT.announced(Message(f"homeassistant/{place}/config", raw)).announcements:
            kept[each.key] = each.payload
    return [*DIALECT.define("homeassistant", {key: raw for key, raw in kept.items() if raw})]


def read(of: Definition, topic: str, payload: Any, *, retained: bool = False) -> Reading | None:
    raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    return DIALECT.read(of, Message(topic, raw, retained))


def told(of: Definition, **wanted: Any) -> list[tuple[str, Any]]:
    """What is published for an order: JSON where it is some, else the text."""
    return [(each.topic, loaded(each.payload)) for each in DIALECT.order(of, wanted)]


def loaded(payload: bytes) -> Any:
    try:
        made = json.loads(payload)
    except ValueError:
        return payload.decode()
    return made if isinstance(made, dict) else payload.decode()


OWNER = {"ids": ["thing-1"], "name": "Thing", "mf": "Acme", "mdl": "T1"}


def own(**config: Any) -> dict[str, Any]:
    return {"dev": OWNER, **config}


def online(of: Definition, topic: str, payload: Any) -> bool | None:
    reading = read(of, topic, payload)
    return None if reading is None else reading.online
