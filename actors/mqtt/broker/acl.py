"""Which topics the backend hears, and what a device of its own login may publish and read.

In the texts of an access list ``serial`` may also be the broker's placeholder for the login.
"""

from __future__ import annotations

from typing import Final

from actors.domain.model import SERIAL
from actors.mqtt.protocol import payloads

BACKEND: Final = "backend"
"""The backend's login with a broker that asks for one; no device's."""

EVERYTHING: Final = "dispositivos/#"
"""What the backend may publish and read."""


def backend_topics(shared: bool) -> tuple[str, ...]:
    """What to subscribe to; ``shared`` tells whether the original's one topic for all still serves."""
    return tuple(topic for topic in payloads.SUBSCRIPTIONS if shared or topic != payloads.SHARED_STATE_TOPIC)


def may_publish(serial: str, shared: bool) -> tuple[str, ...]:
    own = (payloads.state_topic(serial), payloads.presence_topic(serial))
    return (*own, payloads.SHARED_STATE_TOPIC) if shared else own


def may_read(serial: str) -> tuple[str, ...]:
    return payloads.configuration_topic(serial), payloads.receipt_topic(serial)


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
