"""Which topics the backend hears, and what a login may publish and read: as data, for whoever enforces it.

In the texts of an access list ``serial`` may also be the broker's placeholder for the login.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from actors.domain.model import SERIAL
from actors.mqtt.protocol import payloads
from actors.mqtt.topics.filters import covers

BACKEND: Final = "backend"
"""The backend's login with a broker that asks for one; no device's."""

EVERYTHING: Final = "#"
"""What the backend may publish and read: devices of other makes have topics of any name. The broker's own,
which begin with ``$``, are not among them."""

LARGEST_OF_DEVICE: Final = 256 * 1024
"""Bytes. Four times the largest report, so that one which is too large by mistake still arrives, is refused
and can be read by an operator. Beyond that its sender is cut off."""

LARGEST_OF_GATEWAY: Final = 2 * 1024 * 1024
"""Bytes. Zigbee2MQTT tells of all its devices in one message, with some 4 kB for each."""

_WILDCARDS: Final = ("+", "#")


@dataclass(frozen=True, slots=True)
class Rights:
    """What one login may do, as MQTT topic filters; its last will is published too.

    ``largest`` is how many bytes one message of it may have.
    """

    publish: tuple[str, ...]
    read: tuple[str, ...]
    largest: int = LARGEST_OF_DEVICE

    def may_publish(self, topic: str) -> bool:
        named = not any(wildcard in topic for wildcard in _WILDCARDS)
        return named and any(covers(granted, topic) for granted in self.publish)

    def may_read(self, asked: str) -> bool:
        """Whether all that the filter ``asked`` brings is its to read."""
        return any(covers(granted, asked) for granted in self.read)


def backend_topics(shared: bool) -> tuple[str, ...]:
    """What to subscribe to; ``shared`` tells whether the original's one topic for all still serves."""
    return tuple(topic for topic in payloads.SUBSCRIPTIONS if shared or topic != payloads.SHARED_STATE_TOPIC)


def rights_of_device(serial: str, shared: bool) -> Rights:
    """Of a device whose login is its serial number."""
    own = (payloads.state_topic(serial), payloads.presence_topic(serial))
    return Rights(
        publish=(*own, payloads.SHARED_STATE_TOPIC) if shared else own,
        read=(payloads.configuration_topic(serial), payloads.receipt_topic(serial)),
    )


class NoLogin(Exception):
    """A name that cannot be a device's login; the message is one line in Spanish."""


def can_log_in(serial: str) -> bool:
    """Whether it can be a login. A colon, which a serial number may hold, ends one in the password file."""
    return SERIAL.fullmatch(serial) is not None and ":" not in serial and serial != BACKEND


def check_login(serial: str) -> str:
    """``serial``, if it can be the login of the device of that name; else :class:`NoLogin`."""
    if not can_log_in(serial):
        raise NoLogin(
            f"{serial[:80]!r} no sirve de usuario MQTT; se espera un número de serie de 1 a 64 caracteres "
            f"de A-Za-z0-9._- que no sea {BACKEND!r}."
        )
    return serial
