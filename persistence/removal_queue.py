"""Devices that the machine's own console has the system forget, whether it runs or not."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from actors.messages import Removal
from persistence.engines import Engine
from persistence.forms.letters import REJECTED_MAX
from persistence.storage.batch import Batch
from persistence.storage.faults import StorageFault, UnusableDatabase

logger = logging.getLogger(__name__)

# A running system looks for them each second, and forgets in milliseconds.
LOOKS: Final = 150
LOOK_S: Final = 0.1


class NotForgotten(Exception):
    """What was asked for could not be done. Its text is one line for people, in Spanish."""


class RemovalQueue:
    """A folder in which the console leaves a file for each device that a running system is to forget.

    The database has one writer, which is the running system; so it is told, and does it itself.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stuck: set[Path] = set()

    def leave(self, removal: Removal) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{removal.device_id}.json"
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps({"id": removal.device_id, "serial_number": removal.serial}), "utf-8")
        draft.replace(path)
        return path

    def take(self) -> list[Removal]:
        """What was left, once; what cannot be read is dropped, with a warning. Any thread may call.

        What the disk does not let go stays for the next time, and is told of once.
        """
        found = []
        for path in self._folder.glob("*.json"):
            try:
                told = _told_in(path)
                path.unlink()
            except FileNotFoundError:
                continue  # whoever had left it has given up
            except OSError as error:
                if path not in self._stuck:
                    logger.warning("farewell_stuck path=%s error=%r", path, error)
                self._stuck.add(path)
            else:
                self._stuck.discard(path)
                found += told
        return found


def _told_in(path: Path) -> list[Removal]:
    try:
        told = json.loads(path.read_text("utf-8"))
        return [Removal(int(told["id"]), str(told["serial_number"]))]
    except (ValueError, KeyError, TypeError) as error:
        logger.warning("farewell_unreadable path=%s error=%r", path, error)
        return []


def forget_device(
    engine: Engine, box: RemovalQueue, serial: str, remove_login: Callable[[str], object]
) -> Removal:
    """Have it forgotten, and return when it is. Raises :class:`NotForgotten`; it then keeps its login."""
    try:
        removal = engine.find(serial)
        if removal is None:
            raise NotForgotten(f"No hay ningún dispositivo {serial:.64}.")
        _forget(engine, box, removal)
    except (StorageFault, OSError) as error:
        raise NotForgotten(f"{serial:.64} no se ha podido olvidar: {engine.explained(error)}") from None
    try:
        remove_login(removal.serial)
    except OSError as error:
        raise NotForgotten(
            f"{removal.serial}, olvidado, pero conserva su contraseña de MQTT: usa «mqtt-clave "
            f"{removal.serial} --quitar» cuando se pueda escribir ({error.strerror})."
        ) from None
    return removal


def _forget(engine: Engine, box: RemovalQueue, removal: Removal) -> None:
    try:
        with closing(engine.open(REJECTED_MAX)) as store:
            store.save(Batch(removals=[removal]))
    except UnusableDatabase as unusable:
        left = box.leave(removal)  # it is in use, or shows to be unusable by nobody coming for this
        if not _goes(engine, removal):
            left.unlink(missing_ok=True)
            raise NotForgotten(f"{removal.serial} no se ha podido olvidar: {unusable}") from None


def _goes(engine: Engine, removal: Removal) -> bool:
    """Wait for it to be gone; whether it is."""
    pause = threading.Event()
    for _ in range(LOOKS):
        if not engine.has(removal.device_id):
            return True
        pause.wait(LOOK_S)
    return False
