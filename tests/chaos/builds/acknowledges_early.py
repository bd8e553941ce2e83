"""The system with paho's own acknowledgements: sent when a message is taken over, not when it is on disk."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

import run_system
from actors.mqtt import bridge
from actors.mqtt.protocol import client


class EarlyClient(client.Client):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.manual_ack_set(False)

    def acknowledge(self, mids: Sequence[int]) -> None:
        """It has been done."""


if __name__ == "__main__":
    vars(bridge)["Client"] = EarlyClient
    sys.exit(run_system.main())
