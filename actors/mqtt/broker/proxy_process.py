"""The process of the embedded broker's door; it ends with whoever started it."""

from __future__ import annotations

import json
import logging
import sys
from asyncio import run
from dataclasses import asdict
from pathlib import Path

from actors.mqtt.broker.proxy import Proxy
from actors.mqtt.broker.proxy_access import Door


def arguments(door: Door, broker: tuple[str, int]) -> str:
    """Without secrets: every user of the machine can read a process's arguments."""
    return json.dumps([asdict(door), broker], default=str)


def main(text: str) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    fields, broker = json.loads(text)
    paths = {name: Path(fields[name]) for name in ("logins", "certificate", "key") if fields[name]}
    run(Proxy(Door(**fields | paths), tuple(broker)).serve())


if __name__ == "__main__":
    main(sys.argv[1])
