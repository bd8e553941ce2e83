"""The form of what is logged: one line an event, for people and for ``grep``."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from datetime import UTC, datetime
from typing import Final

# Of warnings that differ only in what they tell of, so many lines a minute: who can bring one about is not
# to fill the disk with it.
MOST_OF_A_KIND: Final = 60
MINUTE_S: Final = 60


class OneLine(logging.Formatter):
    """``2026-01-31T12:00:00.000Z WARNING actors.mqtt.bridge broker_lost host=… port=…``

    Only a traceback takes more lines.
    """

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        last = " (no more of these for a minute)" if getattr(record, "last_of_its_kind", False) else ""
        line = f"{at[:-6]}Z {record.levelname} {record.name} {record.getMessage()}{last}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class FewOfAKind(logging.Filter):
    """Lets :data:`MOST_OF_A_KIND` warnings and errors of each kind through a minute. Any thread may call."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._minute = 0
        self._told: Counter[tuple[str, str]] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        minute, kind = int(record.created // MINUTE_S), (record.name, str(record.msg))
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._told.clear()
            self._told[kind] += 1
            told = self._told[kind]
        record.last_of_its_kind = told == MOST_OF_A_KIND
        return told <= MOST_OF_A_KIND


def log_to_stderr(level: str) -> None:
    """Have everything of at least ``level`` written, from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    handler.addFilter(FewOfAKind())
    logging.basicConfig(level=level, handlers=[handler])
