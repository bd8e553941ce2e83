"""What devices of other makes need to publish and read, when each has a login of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from actors.domain.logins import Account, LoginFamily, Server, Setup
from actors.mqtt.dialects.registry import Prefixes
from actors.mqtt.dialects.shelly_gen2 import answers_of
from actors.mqtt.protocol.payloads import configuration_topic, state_topic


@dataclass(frozen=True, slots=True)
class Access:
    """Topic filters. A gateway tells of many devices, so its messages may be larger and more."""

    publish: tuple[str, ...]
    read: tuple[str, ...]
    is_gateway: bool = False


Needs: TypeAlias = Callable[[str, Prefixes], Access]
"""Of the device or gateway whose login has this name, which is also its name in its topics."""


def _tasmota(name: str, prefixes: Prefixes) -> Access:
    """``name`` is its Topic, with FullTopic as it came or with prefix and topic exchanged.

    It subscribes to a topic after its hardware address, too, which is not known here: so it may read what
    any Tasmota is ordered, and order none.
    """
    kinds = ("tele", "stat")
    return Access(
        publish=(
            *(f"{kind}/{name}/#" for kind in kinds),
            *(f"{name}/{kind}/#" for kind in kinds),
            f"{prefixes.tasmota}/+/config",
            f"{prefixes.tasmota}/+/sensors",
        ),
        read=("cmnd/#", "+/cmnd/#"),
    )


def _shelly(name: str, _prefixes: Prefixes) -> Access:
    """``name`` is its id (first generation) or its MQTT prefix."""
    first = f"shellies/{name}/#"
    return Access(
        publish=("shellies/announce", first, f"{name}/#", answers_of(name)),
        read=("shellies/command", first, f"{name}/#"),
    )


def _esphome(name: str, prefixes: Prefixes) -> Access:
    """``name`` is that of the node, and its ``topic_prefix``."""
    discovered = f"{prefixes.home_assistant}/+/{name}/+/config"
    return Access(
        publish=(f"{name}/#", discovered, f"esphome/discover/{name}"),
        read=(f"{name}/#", "esphome/discover", f"esphome/discover/{name}", f"esphome/ping/{name}"),
    )


def _zigbee2mqtt(name: str, prefixes: Prefixes) -> Access:
    """``name`` is its ``base_topic``. What it announces to Home Assistant beside that is ignored here."""
    own = f"{name}/#"
    status = f"{prefixes.home_assistant}/status"
    return Access(publish=(own, *_announcements(prefixes)), read=(own, status), is_gateway=True)


def _openmqttgateway(name: str, prefixes: Prefixes) -> Access:
    """``name`` is that of the gateway, under ``home``, as Theengs has it too."""
    own = f"home/{name}/#"
    status = f"{prefixes.home_assistant}/status"
    return Access(publish=(own, *_announcements(prefixes)), read=(own, status), is_gateway=True)


def _homie(name: str, _prefixes: Prefixes) -> Access:
    """``name`` is the device's id in the domain ``homie``."""
    own = f"homie/5/{name}/#"
    return Access(publish=(own,), read=(own, "homie/5/$broadcast/#"))


def _home_assistant(_name: str, prefixes: Prefixes) -> Access:
    """Home Assistant itself: it sees our devices, and orders."""
    everything = f"{prefixes.home_assistant}/#"
    return Access(
        publish=(f"{prefixes.home_assistant}/status", "iot/+/orden/+"),
        read=(everything, "iot/#", "dispositivos/+/servidor"),
        is_gateway=True,
    )


def _announcements(prefixes: Prefixes) -> tuple[str, ...]:
    root = prefixes.home_assistant
    return f"{root}/+/+/config", f"{root}/+/+/+/config"


def own_setup(server: Server, account: Account) -> Setup:
    """Of a device of our own protocol, whose program takes them as it likes."""
    own = account.user
    return Setup(
        "",
        f"host: {server.host}\nport: {server.port}\ntls: {'true' if server.tls else 'false'}\n"
        f"username: {own}\npassword: {account.password}\n"
        f"publish: {state_topic(own)}\nsubscribe: {configuration_topic(own)}\n",
    )


# -- what to type --------------------------------------------------------------------------------


def _tasmota_setup(server: Server, account: Account) -> Setup:
    settings = (
        f"MqttHost {server.host}",
        f"MqttPort {server.port}",
        *(["SetOption103 1"] if server.tls else []),
        f"MqttUser {account.user}",
        f"MqttPassword {account.password}",
        f"Topic {account.topic}",
        "SetOption19 0",
    )
    return Setup("Tools > Console", f"Backlog {'; '.join(settings)}")


def _shelly_setup(server: Server, account: Account) -> Setup:
    """The page of a Gen2 device; that of the first generation has the same fields."""
    return Setup(
        "Settings > MQTT (Gen1: Internet & Security > Advanced - Developer Settings)",
        f"Server: {server.host}:{server.port}\n"
        f"SSL connectivity: {'Default TLS' if server.tls else 'No SSL'}\n"
        f"MQTT prefix: {account.topic}\nUsername: {account.user}\nPassword: {account.password}\n"
        "Generic status update over MQTT: on",
    )


def _esphome_setup(server: Server, account: Account) -> Setup:
    return Setup(
        f"{account.topic}.yaml",
        f"esphome:\n  name: {account.topic}\nmqtt:\n  broker: {server.host}\n  port: {server.port}\n"
        f"  username: {account.user}\n  password: {account.password}\n"
        f"  topic_prefix: {account.topic}\n  discovery: true\n",
    )


def _zigbee2mqtt_setup(server: Server, account: Account) -> Setup:
    scheme = "mqtts" if server.tls else "mqtt"
    return Setup(
        "configuration.yaml",
        f"mqtt:\n  base_topic: {account.topic}\n  server: {scheme}://{server.host}:{server.port}\n"
        f"  user: {account.user}\n  password: {account.password}\n"
        "availability:\n  enabled: true\n",
    )


def _openmqttgateway_setup(server: Server, account: Account) -> Setup:
    return Setup(
        "WebUI > Configuration > MQTT",
        f"MQTT Server: {server.host}\nMQTT Port: {server.port}\nMQTT Username: {account.user}\n"
        f"MQTT Password: {account.password}\nMQTT Secure Connection: {'on' if server.tls else 'off'}\n"
        f"Gateway Name: {account.topic}\nMQTT Base Topic: home/",
    )


def _homie_setup(server: Server, account: Account) -> Setup:
    scheme = "mqtts" if server.tls else "mqtt"
    return Setup(
        "MQTT",
        f"{scheme}://{account.user}:{account.password}@{server.host}:{server.port}\nhomie/5/{account.topic}",
    )


def _home_assistant_setup(server: Server, account: Account) -> Setup:
    return Setup(
        "Settings > Devices & services > Add integration > MQTT",
        f"Broker: {server.host}\nPort: {server.port}\nUsername: {account.user}\nPassword: {account.password}",
    )


@dataclass(frozen=True, slots=True)
class Family:
    """Of which things can have a login."""

    title: str
    access: Needs
    setup: Callable[[Server, Account], Setup]

    def called(self, name: str) -> LoginFamily:
        """As people are told of it."""
        return LoginFamily(name, self.title, self.access(name, Prefixes()).is_gateway)


FAMILIES: Final[Mapping[str, Family]] = {
    "tasmota": Family("Tasmota", _tasmota, _tasmota_setup),
    "shelly": Family("Shelly", _shelly, _shelly_setup),
    "esphome": Family("ESPHome", _esphome, _esphome_setup),
    "zigbee2mqtt": Family("Zigbee2MQTT", _zigbee2mqtt, _zigbee2mqtt_setup),
    "openmqttgateway": Family("OpenMQTTGateway, Theengs", _openmqttgateway, _openmqttgateway_setup),
    "homie": Family("Homie", _homie, _homie_setup),
    "home_assistant": Family("Home Assistant", _home_assistant, _home_assistant_setup),
}
"""By the name that the command line and the interface take."""
