"""Backups for people: whoever asks is answered once, and the list always says how things are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.read_models import Backup
from actors.domain.refusals import Refused
from persistence.backup.backups import Kind, backups_of, make_backup, planned_backup
from persistence.maintenance.backups_on_demand import BackupsOnDemand
from tests.persistence.home import DAY, HOUR, MaintainedStore, Shed

ACTS = st.lists(
    st.sampled_from(["ask", "let it work", "a minute", "a day and night", "break", "mend"]), max_size=20
)


class Cellar(Shed):
    """Where real backups are made, as long as there is a disk for them, and who asks for them."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.home = MaintainedStore(path)
        self.home.shed = self
        self.home.hire()
        assert self.home.maintenance is not None
        self.backups = BackupsOnDemand(path, self.home.clock, self.home.maintenance)
        self.begun: list[Backup] = []
        self.told: list[tuple[Backup, Backup | Refused]] = []

    def make(self, at: float, kind: Kind) -> Backup:
        super().make(at, kind)
        made = make_backup(self.path, 3, at, kind)
        return replace(planned_backup(self.path, at, kind), size=made.stat().st_size)

    @property
    def under_way(self) -> list[Backup]:
        return self.begun[len(self.told) :]

    def ask(self) -> None:
        number = len(self.begun)
        begun = self.backups.make(lambda outcome: self.told.append((self.begun[number], outcome)))
        assert (begun is None) is bool(self.under_way)
        if begun is not None:
            self.begun.append(begun)

    def check(self) -> None:
        """That the list is what the folder holds, and on top what is being made, as it was promised."""
        listed = self.backups.newest_first()
        assert listed == sorted(listed, key=lambda each: each.made_at, reverse=True)
        assert [each for each in listed if each.size is None] in (self.under_way, [])
        assert [each for each in listed if each.size is not None] == backups_of(self.path)[::-1]
        promised = {each.path for each in listed}
        assert all(each.path in promised for each in self.under_way)


def pass_a_day(home: MaintainedStore) -> None:
    """The machine is awake in its last hour, for which maintenance looks as often as it would all day."""
    home.clock.sleep(DAY - HOUR)
    home.stage.wait(HOUR)


@settings(max_examples=25)
@given(ACTS)
def test_whoever_asks_is_answered_once(tmp_path_factory: pytest.TempPathFactory, acts: list[str]) -> None:
    """With what was promised, or with a refusal; and nobody asks while somebody waits for an answer."""
    cellar = Cellar(tmp_path_factory.mktemp("casa") / "iot.db")
    does: dict[str, Callable[[], object]] = {
        "ask": cellar.ask,
        "let it work": cellar.home.stage.settle,
        "a minute": partial(cellar.home.stage.wait, 60),
        "a day and night": partial(pass_a_day, cellar.home),
        "break": partial(setattr, cellar, "error", OSError("no disk")),
        "mend": partial(setattr, cellar, "error", None),
    }
    for act in acts:
        does[act]()
        cellar.check()
    cellar.home.stage.settle()
    assert cellar.under_way == []
    for begun, outcome in cellar.told:
        assert isinstance(outcome, Refused) or replace(outcome, size=None) == begun
    cellar.home.stop()
