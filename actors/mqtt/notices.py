"""What the embedded broker says of clients that it cannot serve, in words that help."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from typing import Final

_MOST: Final = 20
_CLIENT: Final = re.compile(r'(?P<address>[0-9a-fA-F.:]{2,45}?)(?::\d+)? - mid:\d+ - "(?P<id>[^"]*)"')
_DOOR: Final = re.compile(r"address=(?P<address>\S+) reason=(?P<reason>.*?) others=")
_TOLD: Final = {
    "unacceptable protocol version of 5": "habla MQTT 5: ponlo en 3.1.1",
    "speaks MQTT 5": "habla MQTT 5: ponlo en 3.1.1",
    "older protocol": "habla MQTT 3.1: ponlo en 3.1.1",
    "speaks MQTT 3.1": "habla MQTT 3.1: ponlo en 3.1.1",
    "character not supported for MQTT topics": (
        "usa un topic con espacios, que el bróker incluido no admite: cambia el nombre, o usa un Mosquitto "
        "con MQTT_BROKER_URL"
    ),
    "maximum payload": "manda mensajes de más de 256 KiB",
    "maximum bytes exceeded": "no puede publicar: el disco del bróker (MQTT_DISCO_MB) está lleno",
}


class Notices:
    """The last of them, each once. Told by the threads that listen, read by any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, None] = OrderedDict()

    def note(self, line: str) -> None:
        """What the server or the door has said."""
        told = next((told for sign, told in _TOLD.items() if sign in line), None)
        if told is None:
            return
        client = _CLIENT.search(line) or _DOOR.search(line)
        if client is None:
            return
        name = client.groupdict().get("id") or client["address"]
        with self._lock:
            notice = f"{name} {told}"
            self._known[notice] = None
            self._known.move_to_end(notice)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)

    @property
    def told(self) -> tuple[str, ...]:
        """The newest last."""
        with self._lock:
            return tuple(self._known)
