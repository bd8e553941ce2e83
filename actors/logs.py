"""The form of what is logged: one line an event, for people and for ``grep``."""

from __future__ import annotations

import logging
from datetime import UTC, datetime


class OneLine(logging.Formatter):
    """``2026-01-31T12:00:00.000Z WARNING actors.mqtt.bridge broker_lost host=… port=…``

    Only a traceback takes more lines.
    """

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = f"{at[:-6]}Z {record.levelname} {record.name} {record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def log_to_stderr(level: str) -> None:
    """Have everything of at least ``level`` written, from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    logging.basicConfig(level=level, handlers=[handler])
