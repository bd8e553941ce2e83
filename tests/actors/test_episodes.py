"""An episode has one beginning and at most one end, whatever is read again after crashes."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.findings import Bounds, Episode, Finding, KeptFinding, RuleMemory
from actors.domain.model import Claim, Device, JsonObject, Report
from actors.domain.rule import RuleFactory, Start
from actors.messages import ClaimDevice, DismissFinding, ForgetDevice, ReleaseDevice, Removal
from persistence.database.schema import sqlite3
from persistence.readers.queries import Queries
from tests.household import House, World, actor

SERIAL: Final = "TMP0603IF1WD"
CALM_S: Final = 120.0


class Watch:
    """Finds readings above 10 or below 0, each metric's as an episode that ends after so long within."""

    name = "extremos"
    watches_reports = True

    def __init__(self, open_ones: JsonObject | None = None) -> None:
        self.open: dict[str, Any] = {metric: [*kept] for metric, kept in (open_ones or {}).items()}
        """By metric: since when, how often, the farthest, and when it came back."""
        self.about = 0, ""
        self._unsaved = 0
        self.wake_in: float | None = None

    def concerns(self, device: Device) -> bool:  # noqa: ARG002
        return True

    def start(self, device: Device, memory: RuleMemory | None, at: float) -> Start:
        if memory is None or "open" not in memory.state:
            return Start(Watch(), device.reports, at - 1e9)
        return Start(Watch(memory.state["open"]), memory.upto, at - 1e9, resumes=True)

    def observe(self, device: Device, report: Report | None, at: float) -> Sequence[Finding]:
        self.about = device.id, device.serial
        found: list[Finding] = []
        for metric, value in {} if report is None or report.parameters is None else report.parameters.items():
            found += self._over(metric, at)
            known = self.open.get(metric)
            if not 0 <= value <= 10:
                since, count, peak, _ = known or (at, 0, value, None)
                farthest = max(peak, value, key=lambda each: abs(each - 5))
                self.open[metric] = [since, count + 1, farthest, None]
                found.append(self._finding(metric, at, None))
            elif known is not None and known[3] is None:
                known[3] = at
        self._plan(at)
        return found

    def wake(self, at: float) -> Sequence[Finding]:
        found = [each for metric in [*self.open] for each in self._over(metric, at)]
        self._plan(at)
        return found

    def _over(self, metric: str, at: float) -> Iterator[Finding]:
        back = self.open[metric][3] if metric in self.open else None
        if back is not None and at - back >= CALM_S:
            yield self._finding(metric, at, back)
            del self.open[metric]

    def _finding(self, metric: str, at: float, until: float | None) -> Finding:
        since, count, peak, _ = self.open[metric]
        episode = Episode(f"{metric}@{since}", since, until, count, peak)
        return Finding(self.name, "ai_anomaly", *self.about, at, {"metric": metric}, episode=episode)

    def _plan(self, at: float) -> None:
        lefts = [back + CALM_S - at for *_, back in self.open.values() if back is not None]
        self.wake_in = min(lefts, default=None)

    @property
    def lasting(self) -> Collection[str]:
        return [f"{metric}@{since}" for metric, (since, *_) in self.open.items()]

    def let_go(self, keys: Collection[str]) -> None:
        self.open = {metric: kept for metric, kept in self.open.items() if f"{metric}@{kept[0]}" not in keys}

    def learn(self, at: float, state: str, parameters: JsonObject) -> None: ...

    def dismiss(self, details: JsonObject) -> None: ...

    def bounds(self, at: float) -> Mapping[str, Bounds]:  # noqa: ARG002
        return {}

    def is_ahead(self, at: float) -> bool:  # noqa: ARG002
        return False

    def take_over(self, decisions: Watch) -> None: ...

    @property
    def save_due(self) -> bool:
        return self._unsaved > 0

    def state(self) -> JsonObject:
        self._unsaved = 0
        return {"open": {metric: [*kept] for metric, kept in self.open.items()}}


WATCH: Final[dict[str, RuleFactory]] = {"extremos": Watch()}


class Home:
    """A claimed thermometer, through crashes."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder / "iot.db", offline_after=1e9)
        self.open()
        self.report(t=5)
        self.claim()

    def open(self, rules: dict[str, RuleFactory] = WATCH) -> None:
        self.house = House(self.world, rules)
        self.house.flush()

    def claim(self) -> None:
        self.house.directory.tell(ClaimDevice(Claim(SERIAL), lambda _: None))
        self.house.flush()

    def release(self) -> None:
        self.house.directory.tell(ReleaseDevice(SERIAL, lambda _: None))
        self.house.flush()

    def restart(self, orderly: bool = False) -> None:
        if orderly:
            self.house.stop()
        self.house.kill()
        self.open()

    def report(self, **readings: float) -> None:
        self.house.report(SERIAL, parametros=readings)

    def told(self) -> list[KeptFinding]:
        self.house.flush()
        return self.world.told

    def episodes(self) -> list[Episode]:
        """On disk, oldest first."""
        self.house.flush()
        rows = Queries(self.world.path).findings(1, 1_000).rows
        return [kept.finding.episode for kept in reversed(rows) if kept.finding.episode is not None]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def check_telling(told: Sequence[KeptFinding]) -> None:
    """Each begins once, then goes on, and after its end nothing more is heard of it."""
    begun: set[int] = set()
    over: set[int] = set()
    for kept in told:
        assert kept.begins is (kept.id not in begun)
        assert kept.id not in over
        begun.add(kept.id)
        over |= {kept.id} if kept.ends else set()


acts = st.lists(
    st.tuples(st.just("report"), st.sampled_from(["t", "u"]), st.sampled_from([5, 5, 12, 30, -7]))
    | st.tuples(st.just("wait"), st.sampled_from([1.0, 59.0, 60.0, CALM_S - 1, CALM_S, 1_000.0]))
    | st.tuples(st.just("steps"), st.lists(st.integers(0, 20), min_size=1, max_size=12))
    | st.tuples(st.sampled_from(["crash", "restart", "learn enough", "flush"])),
    max_size=30,
)


@settings(max_examples=100)
@given(acts=acts)
def test_crashes_change_no_episode_and_tell_nothing_twice(acts: list[tuple[str, object, object]]) -> None:
    """What is on disk in the end is what the log says to whoever reads it in one go."""
    with tempfile.TemporaryDirectory(prefix="episodes-", dir="/dev/shm") as folder:
        home = Home(Path(folder))
        for act in acts:
            match act:
                case ("report", str(metric), int(value)):
                    home.report(**{metric: value})
                case ("wait", float(seconds)):
                    home.house.stage.wait(seconds)
                case ("steps", list(choices)):
                    for choice in choices:
                        if not home.house.stage.idle:
                            home.house.stage.step(choice)
                case ("learn enough",):
                    save_soon(home)
                case ("flush",):
                    home.house.flush()
                case (how,):
                    home.restart(orderly=how == "restart")
        home.house.flush()
        home.house.stage.wait(CALM_S + 1)
        check_telling(home.told())
        expected, lasting = read_in_one_go(home)
        found = home.episodes()
        assert sorted(each.key for each in found) == sorted([*expected, *lasting])
        assert {each.key: each for each in found if not each.lasts} == expected
        home.house.kill()


def save_soon(home: Home) -> None:
    """As if the rule had learned so much that it is time to store it."""
    playing = home.house.device_actor(SERIAL)
    for rule in {} if playing is None else playing._rules.values():
        if rule.is_alive() and actor(rule)._ready:
            actor(rule)._rule._unsaved = 1_000_000


def read_in_one_go(home: Home) -> tuple[dict[str, Episode], set[str]]:
    """The episodes that are over, by key, and the keys of the others, by the log."""
    device = home.house.devices()[SERIAL]
    rule = WATCH["extremos"].start(device, None, 0.0).rule
    over: dict[str, Episode] = {}
    seen: set[str] = set()
    found: list[Finding] = []
    for entry in Queries(home.world.path).log_range(device.id, 1, 10_000, 0.0, 10_000):
        report = Report(SERIAL, entry.at, None, entry.parameters)
        found += rule.observe(device, report, entry.at)
    for finding in [*found, *rule.wake(home.world.clock.now())]:
        assert finding.episode is not None
        seen.add(finding.episode.key)
        if not finding.episode.lasts:
            over[finding.episode.key] = finding.episode
    return over, seen - over.keys()


def test_it_goes_on_after_a_restart(home: Home) -> None:
    """Ended once the readings have stayed within their bounds, before it and after."""
    for orderly in (True, False):
        home.report(t=30)
        home.house.flush()
        home.restart(orderly)
        assert home.episodes()[-1].lasts
        home.house.stage.wait(70)
        home.report(t=40)
        home.house.flush()
        home.report(t=5)
        home.house.flush()
        back = home.world.clock.now()
        home.restart(orderly)
        home.house.stage.wait(CALM_S)
        over = home.episodes()[-1]
        assert (over.until, over.count, over.peak) == (back, 2, 40)
    assert len(home.episodes()) == 2
    check_telling(home.told())


def test_between_its_beginning_and_its_end_it_is_told_once_a_minute(home: Home) -> None:
    for _ in range(300):
        home.report(t=30)
        home.house.flush()
        home.house.stage.wait(1)
    home.report(t=5)
    home.house.stage.wait(CALM_S)
    counts = [kept.finding.episode.count for kept in home.told() if kept.finding.episode is not None]
    assert counts == [1, 61, 121, 181, 241, 300]
    check_telling(home.told())


@pytest.mark.parametrize("crash", [False, True])
def test_released_it_ends_and_claimed_again_another_one_begins(home: Home, crash: bool) -> None:
    home.report(t=30)
    home.house.flush()
    home.house.stage.wait(10)
    home.release()
    [over] = home.episodes()
    assert over.until == home.world.clock.now()
    if crash:
        home.restart()
    home.claim()
    home.report(t=30)
    assert [each.lasts for each in home.episodes()] == [False, True]
    check_telling(home.told())


def test_what_a_rule_concludes_as_its_device_is_released_does_not_last(home: Home) -> None:
    home.report(t=30)
    home.house.directory.tell(ReleaseDevice(SERIAL, lambda _: None))
    home.house.flush()
    assert not [each for each in home.episodes() if each.lasts]
    check_telling(home.told())


def test_forgotten_it_goes(home: Home) -> None:
    home.report(t=30)
    home.house.flush()
    device = home.house.devices()[SERIAL]
    home.house.directory.tell(ForgetDevice(Removal(device.id, SERIAL), lambda _: None))
    assert home.episodes() == []


def test_of_a_rule_that_is_not_used_any_more_nothing_lasts(home: Home) -> None:
    home.report(t=30)
    home.house.flush()
    home.house.kill()
    home.open({})
    [over] = home.episodes()
    assert over.until == home.world.clock.now()
    check_telling(home.told())


def test_where_what_a_rule_knew_is_lost_it_ends_what_it_does_not_know_of(home: Home) -> None:
    """And begins again with the next odd reading."""
    home.report(t=30)
    home.house.stop()
    home.house.kill()
    with sqlite3.connect(home.world.path) as database:
        database.execute("UPDATE memoria_reglas SET estado = '{}'")
    database.close()
    home.open()
    home.house.stage.wait(1)
    home.report(t=30)
    assert [each.lasts for each in home.episodes()] == [False, True]
    check_telling(home.told())


def test_dismissed_it_is_silent_until_it_ends(home: Home) -> None:
    home.report(t=30)
    [kept] = home.told()
    home.house.directory.tell(DismissFinding(kept, lambda _: None))
    home.house.flush()
    for value in (30, 35, 5):
        home.house.stage.wait(61)
        home.report(t=value)
        home.house.flush()
    home.house.stage.wait(CALM_S)
    assert [each.ends for each in home.told()] == [False, True]
    [over] = home.episodes()
    assert (over.count, over.peak) == (3, 35)


def test_to_keep_one_does_not_write_what_the_rule_knows(home: Home) -> None:
    """Which of 20 metrics is far more than the finding."""
    before = memory_saved_at(home)
    home.house.stage.wait(60)
    home.report(t=30)
    assert len(home.episodes()) == 1
    assert memory_saved_at(home) == before


def memory_saved_at(home: Home) -> float:
    home.house.flush()
    [row] = home.house.rows("SELECT guardado_en FROM memoria_reglas WHERE regla = 'extremos'")
    return float(row["guardado_en"])
