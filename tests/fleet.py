"""Things of all families, each as it announces itself, speaks, and is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from actors.mqtt.dialects.dialect import Outgoing

IEEE: Final = "0x00158d0001ab3456"


@dataclass(frozen=True)
class Said:
    topic: str
    payload: bytes


@dataclass(frozen=True, kw_only=True)
class Make:
    """A switch of one family, or a sensor."""

    serial: str
    announces: tuple[Said, ...]
    announces_too: tuple[Said, ...] = ()
    """By Home Assistant's discovery."""
    tells: Callable[[bool], Said]
    """How it is, on or off."""
    presence: Callable[[bool], Said] | None = None
    orders: Said | None = None
    """Where and how it is told to be on; ``None`` for a sensor."""
    off: bytes = b""
    answers: bool = True
    """Whether it answers the question how it is. One that does not is told 30 s after the broker's return."""

    def told(self, message: Outgoing) -> bool | None:
        """Whether that has it be on or off; ``None`` for what is no order to it."""
        if self.orders is None or message.topic != self.orders.topic:
            return None
        if message.payload.startswith(b"{"):
            told = json.loads(message.payload)
            return told["params"]["on"] if told.get("method") == "Switch.Set" else _state(told)
        return {self.orders.payload: True, self.off: False}.get(message.payload)


def _state(told: Mapping[str, Any]) -> bool | None:
    return {"ON": True, "OFF": False}.get(told.get("state", ""))


def said(topic: str, payload: object) -> Said:
    return Said(topic, payload.encode() if isinstance(payload, str) else json.dumps(payload).encode())


def _words(topic: str, on: str, off: str) -> Callable[[bool], Said]:
    return lambda is_on: said(topic, on if is_on else off)


_PLUG = {"ft": "%prefix%/%topic%/", "tp": ["cmnd", "stat", "tele"], "rl": [1], "mac": "A4CF12345678"}
TASMOTA: Final = Make(
    serial="tasmota-A4CF12345678",
    announces=(said("tasmota/discovery/A4CF12345678/config", {**_PLUG, "dn": "Lavadora", "t": "lavadora"}),),
    announces_too=(
        said(
            "homeassistant/switch/345678_RL_1/config",
            {
                **{"stat_t": "x/lavadora", "cmd_t": "x/lavadora/set", "uniq_id": "345678_RL_1"},
                "dev": {"ids": ["345678"], "cns": [["mac", "A4:CF:12:34:56:78"]], "name": "Lavadora"},
            },
        ),
    ),
    tells=lambda on: said("stat/lavadora/RESULT", {"POWER": "ON" if on else "OFF"}),
    presence=_words("tele/lavadora/LWT", "Online", "Offline"),
    orders=said("cmnd/lavadora/Power1", "ON"),
    off=b"OFF",
)
SHELLY: Final = Make(
    serial="shelly-AABBCC005302",
    announces=(
        said("shellies/announce", {"id": "shelly1-AABBCC005302", "model": "SHSW-1", "mac": "AABBCC005302"}),
    ),
    tells=_words("shellies/shelly1-AABBCC005302/relay/0", "on", "off"),
    presence=_words("shellies/shelly1-AABBCC005302/online", "true", "false"),
    orders=said("shellies/shelly1-AABBCC005302/relay/0/command", "on"),
    off=b"off",
)
_GEN2: Final = "shellyplus1pm-aabbcc005303"


def _notice(method: str, on: bool) -> Said:
    params = {"ts": 1.61, "switch:0": {"id": 0, "output": on}}
    return said("casa/riego/events/rpc", {"src": _GEN2, "dst": "x", "method": method, "params": params})


SHELLY_PLUS: Final = Make(
    serial="shelly-AABBCC005303",
    announces=(_notice("NotifyFullStatus", False),),
    tells=lambda on: _notice("NotifyStatus", on),
    presence=_words("casa/riego/online", "true", "false"),
    orders=said("casa/riego/rpc", "-"),
)
ZIGBEE: Final = Make(
    serial=f"z2m-{IEEE[2:]}",
    announces=(
        said(
            "zigbee2mqtt/bridge/info", {"version": "2.1.0", "config": {"mqtt": {"base_topic": "zigbee2mqtt"}}}
        ),
        said(
            "zigbee2mqtt/bridge/devices",
            [
                {"ieee_address": "0x00124b00120144ae", "type": "Coordinator", "friendly_name": "Coordinator"},
                {
                    **{"ieee_address": IEEE, "type": "Router", "friendly_name": "cocina"},
                    **{"supported": True, "interview_completed": True},
                    "definition": {
                        **{"model": "TS011F", "vendor": "TuYa", "description": "Smart plug"},
                        "exposes": [
                            {
                                "type": "switch",
                                "features": [
                                    {
                                        **{"type": "binary", "name": "state", "property": "state"},
                                        **{"access": 7, "value_on": "ON", "value_off": "OFF"},
                                    }
                                ],
                            }
                        ],
                    },
                },
            ],
        ),
    ),
    announces_too=(
        said(
            f"homeassistant/switch/{IEEE}/switch/config",
            {
                **{"stat_t": "zigbee2mqtt/cocina", "cmd_t": "zigbee2mqtt/cocina/set"},
                **{"val_tpl": "{{ value_json.state }}", "pl_on": "ON", "pl_off": "OFF"},
                "dev": {"ids": [f"zigbee2mqtt_{IEEE}"], "name": "cocina"},
            },
        ),
    ),
    tells=lambda on: said("zigbee2mqtt/cocina", {"state": "ON" if on else "OFF"}),
    presence=_words("zigbee2mqtt/bridge/state", "online", "offline"),
    orders=said(f"zigbee2mqtt/{IEEE}/set", "-"),
)
ESPHOME: Final = Make(
    serial="esphome-00005e005301",
    announces=(
        said(
            "homeassistant/switch/garaje/bomba/config",
            {
                **{"name": "Bomba", "stat_t": "garaje/switch/bomba/state", "uniq_id": "ESPswitchbomba"},
                **{"cmd_t": "garaje/switch/bomba/command", "avty_t": "garaje/status"},
                "dev": {"ids": "00005e005301", "name": "Garaje", "sw": "2026.8.0 (config hash 0x1)"},
            },
        ),
    ),
    tells=_words("garaje/switch/bomba/state", "ON", "OFF"),
    presence=_words("garaje/status", "online", "offline"),
    orders=said("garaje/switch/bomba/command", "ON"),
    off=b"OFF",
    answers=False,
)
HOMIE: Final = Make(
    serial="homie-casa-lampara",
    announces=(
        said(
            "casa/5/lampara/$description",
            {
                **{"homie": "5.0", "version": 1, "name": "Lámpara"},
                "nodes": {"luz": {"properties": {"power": {"datatype": "boolean", "settable": True}}}},
            },
        ),
        said("casa/5/lampara/$state", "ready"),
    ),
    tells=_words("casa/5/lampara/luz/power", "true", "false"),
    presence=_words("casa/5/lampara/$state", "ready", "lost"),
    orders=said("casa/5/lampara/luz/power/set", "true"),
    off=b"false",
    answers=False,
)
OPENMQTTGATEWAY: Final = Make(
    serial="ble-a4c138000001",
    announces=(
        said(
            "homeassistant/sensor/A4C138000001-tempc/config",
            {
                **{
                    "stat_t": "home/OMG/BTtoMQTT/A4C138000001",
                    "dev_cla": "temperature",
                    "unit_of_meas": "°C",
                },
                **{"val_tpl": "{{ value_json.tempc }}", "uniq_id": "A4C138000001-tempc"},
                "dev": {
                    **{"ids": ["A4C138000001"], "cns": [["mac", "A4C138000001"]]},
                    **{"name": "LYWSD03MMC", "via_device": "OMG"},
                },
            },
        ),
    ),
    tells=lambda on: said("home/OMG/BTtoMQTT/A4C138000001", {"tempc": 21 + on}),
)
OURS: Final = Make(
    serial="LGT0OURS",
    announces=(said("dispositivos/LGT0OURS/estado", {"estado": "inactivo"}),),
    tells=lambda on: said("dispositivos/LGT0OURS/estado", {"estado": "activo" if on else "inactivo"}),
    presence=_words("dispositivos/LGT0OURS/conexion", "online", "offline"),
)
MAKES: Final = {
    make.serial: make
    for make in (TASMOTA, SHELLY, SHELLY_PLUS, ZIGBEE, ESPHOME, HOMIE, OPENMQTTGATEWAY, OURS)
}
