"""What the embedded broker says of clients that it cannot serve."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from actors.domain.unserved import Trouble, Unserved
from actors.runtime.clock import since_boot

_MOST: Final = 20
# How long each is told after it was last said, s: some devices try once a day.
KEPT: Final = 26 * 3600.0
_CLIENT: Final = re.compile(r'(?P<address>[0-9a-fA-F.:]{2,45}?)(?::\d+)? - mid:\d+ - "(?P<id>[^"]*)"')
_DOOR: Final = re.compile(
    r"WARNING mqtt_\w+ trouble=(?P<trouble>\w+) user=(?P<user>\S+) address=(?P<address>\S+)"
)
_QUEUE: Final = re.compile(r"dropped for client (?P<id>.+)\.$", re.MULTILINE)
_SIGNS: Final = {
    "unacceptable protocol version of 5": Trouble.MQTT_5,
    "older protocol": Trouble.MQTT_3_1,
    "character not supported for MQTT topics": Trouble.SPACES,
    "maximum payload": Trouble.TOO_LARGE,
    "maximum bytes exceeded": Trouble.DISK_FULL,
    "messages are being dropped": Trouble.QUEUE_FULL,
}


class Notices:
    """The last of them, each once. Told by the threads that listen, read by any.

    ``now`` tells seconds, of whatever beginning.
    """

    def __init__(self, now: Callable[[], float] = since_boot) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._known: OrderedDict[Unserved, float] = OrderedDict()

    def note(self, line: str) -> None:
        """What the server has said."""
        trouble = next((trouble for sign, trouble in _SIGNS.items() if sign in line), None)
        client = _CLIENT.search(line) or _QUEUE.search(line)
        if trouble is not None and client is not None:
            self._keep(Unserved(client.groupdict().get("id") or client["address"], trouble))

    def note_of_door(self, line: str) -> None:
        """What the door has said, which names the trouble itself, and a client that has a login by that."""
        said = _DOOR.match(line)
        if said is not None and said["trouble"] in Trouble.__members__:
            client = said["address"] if said["user"] == "-" else said["user"]
            self._keep(Unserved(client, Trouble[said["trouble"]]))

    def _keep(self, unserved: Unserved) -> None:
        with self._lock:
            self._known[unserved] = self._now()
            self._known.move_to_end(unserved)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)

    @property
    def told(self) -> tuple[Unserved, ...]:
        """The newest last."""
        since = self._now() - KEPT
        with self._lock:
            return tuple(unserved for unserved, at in self._known.items() if at > since)
