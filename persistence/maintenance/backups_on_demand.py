"""Backups for people: which there are, and one more when somebody wants it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import pykka

from actors.domain.read_models import Backup
from actors.domain.refusals import Refusal, Refused
from actors.runtime.clock import Clock
from actors.runtime.dispatch import tell_if_alive
from persistence.backup.backups import Kind, backups_of, planned_backup
from persistence.maintenance.actor import BackUp, MaintenanceActor

STOPPING: Final = Refused(Refusal.BACKUP_STOPPING)


class BackupsOnDemand:
    """Maintenance makes them, so they and the daily ones come one after the other.

    They have a rotation of their own, or whoever asks often would push the daily ones out.
    """

    def __init__(self, database: Path, clock: Clock, maintenance: pykka.ActorRef[MaintenanceActor]) -> None:
        self._database = database
        self._clock = clock
        self._maintenance = maintenance
        self._asked: Backup | None = None

    def newest_first(self) -> list[Backup]:
        """Newest first, with the one that is being made for somebody; any thread may ask.

        So whoever has asked for it knows: it has no size yet, then it has one, or it has failed and is
        not there any more.
        """
        asked = self._asked  # before the folder is read, or one finished in between would be in neither
        found = {each.path: each for each in ([] if asked is None else [asked]) + backups_of(self._database)}
        return sorted(found.values(), key=lambda each: (each.made_at, each.path), reverse=True)

    def make(self, reply: Callable[[Backup | Refused], None]) -> Backup | None:
        """Have one made; ``None`` if the last one that was asked for is still being made.

        It is returned as it will be named. ``reply`` is called once, on another thread, with what came of
        it. Always called on the same thread.
        """
        if self._asked is not None:
            return None
        at = self._clock.now()
        self._asked = planned = planned_backup(self._database, at, Kind.ON_DEMAND)
        answer = partial(self._answer, reply)
        if not tell_if_alive(self._maintenance, BackUp(at, answer)):
            answer(STOPPING)
        return planned

    def _answer(self, reply: Callable[[Backup | Refused], None], outcome: Backup | Refused) -> None:
        self._asked = None
        reply(outcome)
