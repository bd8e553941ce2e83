"""The rules' tables and demonstrations, which an operator may edit while nobody looks."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import Final, TypeVar

import rules
from actors.domain.table_flaws import TableFlaw, TableTrouble
from rules.base.settings import LearnSettings
from rules.base.tables import (
    BadTable,
    Limits,
    Standards,
    WeatherTable,
    read_limits,
    read_standards,
    read_weather,
)
from rules.learn.demo import BadDemo, file_of, timetable_from
from rules.learn.timetable import Timetable

T = TypeVar("T")

logger = logging.getLogger(__name__)

BUILTIN: Final = Path(rules.__file__).parent / "data"


class RuleFiles:
    """Reads them; a table that cannot be used is replaced by its last good version, kept in ``folder``.

    ``limits``, ``standards`` and ``weather`` are paths, or empty for the built-in tables.
    """

    def __init__(self, folder: Path, limits: str, standards: str, weather: str = "") -> None:
        self._folder = folder
        self.troubles: list[TableTrouble] = []
        """What could not be used and what is used instead."""
        self.limits: Limits = self._table(limits, "limites.json", read_limits)
        self.standards: Standards = self._table(standards, "estandar.json", read_standards)
        self.weather: WeatherTable = self._table(weather, "clima.json", read_weather)

    def _table(self, given: str, name: str, read: Callable[[bytes], T]) -> T:
        path = Path(given) if given else BUILTIN / name
        last_good = self._folder / name
        try:
            data = path.read_bytes()
            table = read(data)
        except (OSError, BadTable) as error:
            return self._instead(path, error, (last_good, BUILTIN / name), read)
        if read_if_there(last_good) != data:
            _replace(last_good, data)
        return table

    def _instead(
        self, path: Path, error: OSError | BadTable, others: tuple[Path, Path], read: Callable[[bytes], T]
    ) -> T:
        if isinstance(error, OSError):
            flaw, where = TableFlaw.UNREADABLE, error.strerror or type(error).__name__
        else:
            flaw, where = error.flaw, error.where
        logger.error("table_unusable path=%s error=%s", path, error)
        for other in others:
            try:
                table = read(other.read_bytes())
            except (OSError, BadTable):
                continue
            self.troubles.append(TableTrouble(str(path), flaw, where, str(other)))
            return table
        self.troubles.append(TableTrouble(str(path), flaw, where, None))
        return read(b"{}")

    def demo(self, settings: LearnSettings, timezone: tzinfo, serial: str) -> Timetable | None:
        """The timetable to suggest to this device instead of learning; ``None`` to learn."""
        path = file_of(settings, serial)
        if path is None:
            return None
        try:
            return timetable_from(settings, timezone, read_if_there(Path(path)))
        except BadDemo as error:
            logger.error("demo_unusable path=%s error=%s", path, error)
            return ()


def _replace(path: Path, data: bytes) -> None:
    """Whole or not at all, as a copy cut short is none; what cannot be written is only logged."""
    beside = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        logger.error("last_good_not_kept path=%s error=%s", path, error.strerror)


def read_if_there(path: Path) -> bytes | None:
    """The file's bytes; ``None`` if it is not there or cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None
