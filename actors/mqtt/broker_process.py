"""The process of the embedded broker, and of its door if it has one.

It ends when its standard input does, so it never outlives its parent, and by nothing else: a Ctrl-C or a
service manager's SIGTERM reaches both, and the parent still has acknowledgements to send.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from actors.mqtt.door import Door

logger = logging.getLogger(__name__)

# Messages that the broker sends ahead of our acknowledgements. The writer acknowledges a commit's
# worth at once; rumqttd's default of 100 would have both wait for each other.
_MAX_IN_FLIGHT: Final = 1000


@dataclass(frozen=True, slots=True)
class Options:
    """Where the broker listens, the largest packet it takes, in bytes, and the LAN's way to it."""

    host: str
    port: int
    largest: int
    door: Door | None

    def to_json(self) -> str:
        """Without secrets: every user of the machine can read a process's arguments."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> Self:
        fields = json.loads(text)
        return cls(**fields | {"door": _door(fields["door"])})


def _door(fields: dict[str, Any] | None) -> Door | None:
    if fields is None:
        return None
    # Imported where there is one: most brokers have none, and start in half the time.
    from actors.mqtt.door import Door

    paths = {name: Path(fields[name]) for name in ("logins", "certificate", "key") if fields[name]}
    return Door(**fields | paths)


def main(options: Options) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # rumqttd logs each packet it routes as an error.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL + 1)
    logging.getLogger("tracing").setLevel(logging.CRITICAL + 1)
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    if options.door is None:
        _serve_loopback(options)
    else:
        threading.Thread(target=_serve_loopback_or_end, args=(options,), daemon=True).start()
        _serve_door(options, options.door)


def _serve_loopback(options: Options) -> None:
    # Imported in the child alone: the parent has no use for the broker's 15 MB.
    from iotcore import IotCoreBroker

    IotCoreBroker(
        listen=options.host,
        port=options.port,
        max_payload_size=options.largest,
        max_inflight_count=_MAX_IN_FLIGHT,
    ).run_forever()


def _serve_loopback_or_end(options: Options) -> None:
    try:
        _serve_loopback(options)
    except Exception:
        logger.exception("broker_failed port=%d", options.port)
    finally:
        os._exit(1)  # a door that leads nowhere helps nobody


def _serve_door(options: Options, door: Door) -> None:
    from asyncio import run

    from actors.mqtt.doorkeeper import Doorkeeper

    run(Doorkeeper(door, (options.host, options.port), options.largest).serve())


def _exit_with_parent() -> None:
    try:
        sys.stdin.buffer.read()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(Options.from_json(sys.argv[1]))
