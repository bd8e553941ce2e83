"""What is set beside what a device is: numbers, choices, texts, buttons, and switches of a setting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from actors.domain.profile import Control, Form
from actors.mqtt.dialects.codecs import Codec, Number, Word
from actors.mqtt.dialects.home_assistant.actuators import required, switch_named
from actors.mqtt.dialects.home_assistant.announcement import Entity, Malformed
from actors.mqtt.dialects.home_assistant.parts import Direct, Part, Place, Value
from actors.mqtt.dialects.home_assistant.sensors import Names
from actors.mqtt.dialects.home_assistant.values import Pressed

PRESS: Final = "pulsar"
"""What a button is told."""


def number(entity: Entity, names: Names) -> Part:
    low, high = entity.number("min", 1), entity.number("max", 100)
    if low >= high:
        raise Malformed("su margen está vacío")
    unit = entity.word("unit_of_measurement", "")
    control = Control(Form.NUMBER, low, high, max(0.001, entity.number("step", 1)))
    return _setting(entity, names.by_entity(entity), Number(unit, unit), control)


def select(entity: Entity, names: Names) -> Part:
    choices = entity.words("options")
    if not choices:
        raise Malformed("no dice entre qué se elige")
    return _setting(entity, names.by_entity(entity), Word(choices), Control(Form.CHOICE, choices=choices))


def text(entity: Entity, names: Names) -> Part:
    return _setting(entity, names.by_entity(entity), Word(), Control(Form.TEXT))


def button(entity: Entity, names: Names) -> Part:
    """What is pressed once an order, and keeps no state."""
    name = names.by_entity(entity)
    codec = Pressed(PRESS, entity.word("payload_press", "PRESS"))
    teller = Direct(name, required(entity), entity.template("command_template"), codec)
    return Part((), (teller,), {name: Control(Form.CHOICE, choices=(PRESS,))})


def switch(entity: Entity, names: Names) -> Part:
    """A switch of a setting, as a child lock is."""
    return switch_named(entity, names.by_entity(entity))


def _setting(entity: Entity, name: str, codec: Codec, control: Control) -> Part:
    teller = Direct(name, required(entity), entity.template("command_template"), codec)
    topic = entity.topic("state_topic")
    value = Value(topic, entity.template("value_template"), name, codec, Place.STATE)
    return Part((value,) if topic else (), (teller,), {name: control})


SETTINGS: Final[Mapping[str, Callable[[Entity, Names], Part]]] = {
    "button": button,
    "number": number,
    "select": select,
    "switch": switch,
    "text": text,
}
