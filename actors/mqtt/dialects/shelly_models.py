"""The first generation's models: what each has, since its announcement says no more than its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Model:
    """What a model has, by how many of each."""

    name: str
    relays: int = 0
    rolls: bool = False
    """Whether its relays can be one shutter instead."""
    metered: bool = False
    """Whether what it switches is measured."""
    lights: int = 0
    way: str = ""
    """Of its lights: ``light``, ``white`` or ``color``; empty where its mode says so."""
    warm: tuple[int, int] | None = None
    """The kelvin between which its white can be set."""
    emeters: int = 0
    inputs: int = 0
    heat: bool = False
    """Whether it measures its own temperature."""
    extended: bool = False
    """Whether sensors can be added to it."""
    sensors: tuple[str, ...] = ()
    """Topics of its own readings."""
    sleeps: bool = False


_BATTERY: Final = "sensor/battery"

MODELS: Final[Mapping[str, Model]] = {
    "SHSW-1": Model("Shelly 1", relays=1, inputs=1, extended=True),
    "SHSW-L": Model("Shelly 1L", relays=1, metered=True, inputs=2, heat=True, extended=True),
    "SHSW-PM": Model("Shelly 1PM", relays=1, metered=True, inputs=1, heat=True, extended=True),
    "SHSW-21": Model("Shelly 2", relays=2, rolls=True, inputs=2, sensors=("relay/power", "relay/energy")),
    "SHSW-25": Model("Shelly 2.5", relays=2, rolls=True, metered=True, inputs=2, heat=True),
    "SHSW-44": Model("Shelly 4Pro", relays=4, metered=True, inputs=4),
    "SHAIR-1": Model("Shelly Air", relays=1, metered=True, inputs=1, heat=True, extended=True),
    "SHUNI-1": Model("Shelly UNI", relays=2, inputs=2, extended=True, sensors=("adc/0",)),
    "SHPLG-1": Model("Shelly Plug", relays=1, metered=True),
    "SHPLG2-1": Model("Shelly Plug E", relays=1, metered=True),
    "SHPLG-S": Model("Shelly Plug S", relays=1, metered=True, heat=True),
    "SHPLG-U1": Model("Shelly Plug US", relays=1, metered=True, heat=True),
    "SHEM": Model("Shelly EM", relays=1, emeters=2),
    "SHEM-3": Model("Shelly 3EM", relays=1, emeters=3),
    "SHDM-1": Model("Shelly Dimmer", lights=1, way="light", metered=True, inputs=2, heat=True),
    "SHDM-2": Model("Shelly Dimmer 2", lights=1, way="light", metered=True, inputs=2, heat=True),
    "SHBDUO-1": Model("Shelly DUO", lights=1, way="light", metered=True, warm=(2700, 6500)),
    "SHVIN-1": Model("Shelly Vintage", lights=1, way="light", metered=True),
    "SHBLB-1": Model("Shelly Bulb", lights=1, way="color", metered=True, warm=(3000, 6500)),
    "SHCB-1": Model("Shelly Duo RGBW", lights=1, way="color", metered=True, warm=(3000, 6500)),
    "SHRGBW2": Model("Shelly RGBW2", lights=4, metered=True, inputs=1),
    "SHIX3-1": Model("Shelly i3", inputs=3),
    "SHBTN-1": Model("Shelly Button1", inputs=1, sensors=(_BATTERY,), sleeps=True),
    "SHBTN-2": Model("Shelly Button1 v2", inputs=1, sensors=(_BATTERY,), sleeps=True),
    "SHHT-1": Model("Shelly H&T", sensors=("sensor/temperature", "sensor/humidity", _BATTERY), sleeps=True),
    "SHWT-1": Model("Shelly Flood", sensors=("sensor/flood", "sensor/temperature", _BATTERY), sleeps=True),
    "SHSM-01": Model("Shelly Smoke", sensors=("sensor/smoke", "sensor/temperature", _BATTERY), sleeps=True),
    "SHSM-02": Model("Shelly Smoke 2", sensors=("sensor/smoke", "sensor/temperature", _BATTERY), sleeps=True),
    "SHGS-1": Model("Shelly Gas", sensors=("sensor/gas", "sensor/concentration", "sensor/operation")),
    "SHDW-1": Model(
        "Shelly Door/Window",
        sensors=("sensor/state", "sensor/lux", "sensor/vibration", "sensor/tilt", _BATTERY),
        sleeps=True,
    ),
    "SHDW-2": Model(
        "Shelly Door/Window 2",
        sensors=(
            *("sensor/state", "sensor/lux", "sensor/vibration", "sensor/tilt"),
            *("sensor/temperature", _BATTERY),
        ),
        sleeps=True,
    ),
    "SHMOS-01": Model("Shelly Motion", sensors=("status",)),
    "SHMOS-02": Model("Shelly Motion 2", sensors=("status",)),
    "SHSEN-1": Model(
        "Shelly Sense",
        sensors=(
            *("sensor/motion", "sensor/temperature", "sensor/humidity", "sensor/lux"),
            _BATTERY,
        ),
    ),
    "SHTRV-01": Model("Shelly TRV", way="thermostat"),
}
