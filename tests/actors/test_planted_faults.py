"""A fault in any actor, wherever it strikes, costs nobody else anything, and is over when it is over."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from actors.device import DeviceActor
from actors.directory import Directory
from actors.domain.findings import ScanFailure
from actors.domain.model import Change, Claim, Device
from actors.domain.refusals import Refusal, Refused
from actors.messages import ChangeDevice, ClaimDevice, ScanHistory
from actors.mqtt.dialects.registry import ALL, Prefixes, dialects
from actors.mqtt.translator import TranslatorActor
from actors.ports import ScanNews
from actors.rule_host import RuleActor
from actors.runtime.supervision import CORE_DELAY, LONGEST_DELAY, MOST_FAILURES, WINDOW, Name, Part
from actors.scanner import ScannerActor
from persistence.database.schema import sqlite3
from persistence.readers.log_reader import LogReaderActor
from persistence.writer.actor import WriterActor
from tests.fleet import TASMOTA
from tests.household import House, World
from tests.household_rules import RULES

CORE: dict[type[Any], Part] = {
    Directory: Part.DIRECTORY,
    WriterActor: Part.WRITER,
    LogReaderActor: Part.LOG_READER,
    ScannerActor: Part.SCANNER,
}
# The rules of a device that is no alarm and waters nothing.
CONCERNED = RULES.keys() - {"alarma", "clima"}
PLACES = ["on_start", "on_receive", "after_burst"]


class Panic(BaseException):
    """As libraries in Rust raise them: no ``Exception``."""


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """The failures here are planted."""
    caplog.set_level(logging.CRITICAL)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "iot.db")


@pytest.fixture
def house(world: World) -> Iterator[House]:
    """Two claimed devices with all their rules."""
    house = House(world, RULES)
    for serial in ("A", "B"):
        house.report(serial)
        house.flush()
        house.directory.tell(ClaimDevice(Claim(serial, configuration={"modo": "manual"}), lambda _: None))
    house.flush()
    yield house
    house.kill()


class Fault:
    """Strikes the next ``times`` calls of a method, where ``strikes`` says so."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        kind: type[Any],
        place: str,
        error: type[BaseException],
        strikes: Callable[[Any], bool] = lambda _: True,
    ) -> None:
        self.times = 0
        method = getattr(kind, place)

        def faulty(actor: Any, *arguments: Any) -> Any:
            if self.times and strikes(actor):
                self.times -= 1
                raise error("planted")
            return method(actor, *arguments)

        monkeypatch.setattr(kind, place, faulty)


def is_of_a(actor: Any) -> bool:
    return bool(actor._device.serial == "A")


def select(house: House, query: str) -> list[Any]:
    with closing(sqlite3.connect(f"{house.world.path.as_uri()}?mode=ro", uri=True)) as db:
        return db.execute(query).fetchall()


def logged(house: House, serial: str) -> list[int]:
    """The numbered reports of the device that are in its log, in their order."""
    log = "SELECT estado_log.parametros FROM estado_log JOIN dispositivos ON dispositivo_id = id"
    rows = select(house, f"{log} WHERE serial_number = '{serial}' ORDER BY n")
    return [read["x"] for row in rows if (read := orjson.loads(row[0])).keys() == {"x"}]


def refused(house: House) -> list[int]:
    rows = select(house, "SELECT payload FROM rechazados ORDER BY id")
    return [orjson.loads(row[0])["parametros"]["x"] for row in rows]


def assert_all_over(house: House, reports: int) -> None:
    """Each is in its device's log once and in order, or refused once, and all are acknowledged."""
    assert house.world.unacknowledged == {}
    logs = [logged(house, serial) for serial in ("A", "B")]
    assert logs == [sorted(log) for log in logs]
    over = Counter([*logs[0], *logs[1], *refused(house)])
    assert over == Counter({x: 2 for x in range(reports)})


def live(house: House, numbers: range) -> None:
    """Both devices report, a twentieth of a second apart."""
    for x in numbers:
        for serial in ("A", "B"):
            house.report(serial, parametros={"x": x})
        house.stage.wait(0.05)


# -- actors that there is one of -----------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError, Panic])
@pytest.mark.parametrize("place", ["on_receive", "after_burst"])
@pytest.mark.parametrize("kind", CORE, ids=lambda kind: kind.__name__)
def test_a_fault_of_the_core_loses_nothing_and_leaves_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, house: House, kind: type[Any], place: str, error: type[BaseException]
) -> None:
    """Each report is in the log once and in order, or refused once; each search is told to be done."""
    told: list[ScanNews] = []
    house.hub.scan_told = told.append  # type: ignore[method-assign,assignment]
    scanner = house.actors.scanner
    fault = Fault(monkeypatch, kind, place, error)
    for x in range(0, 20, 5):
        fault.times = 1
        scanner.tell(ScanHistory(house.devices()["B"], "x", 1))
        live(house, range(x, x + 5))
    house.stage.wait(10 * WINDOW)

    assert house.failure_registry.failures(CORE[kind]) > 1
    assert house.failure_registry.quarantined == []
    assert_all_over(house, 20)
    if kind is not Directory:
        assert refused(house) == []
    done = [news for news in told if news.event == "ai_done"]
    assert len(done) == 4
    assert {news.failure for news in done} <= {None, ScanFailure.FAILED}


@pytest.mark.parametrize("error", [ValueError, Panic])
@pytest.mark.parametrize("kind", [Directory, WriterActor, LogReaderActor], ids=lambda kind: kind.__name__)
def test_a_core_that_cannot_start_yet_keeps_the_mail_until_it_can(
    monkeypatch: pytest.MonkeyPatch, house: House, kind: type[Any], error: type[BaseException]
) -> None:
    house.stop()
    house.kill()
    fault = Fault(monkeypatch, kind, "on_start", error)
    fault.times = MOST_FAILURES
    again = House(house.world, RULES)
    book = again.failure_registry
    live(again, range(10))
    again.stage.wait(2)
    assert fault.times == 0
    assert [case.name for case in book.quarantined] == [Name(CORE[kind])]
    live(again, range(10, 20))
    again.stage.wait(CORE_DELAY)
    assert book.quarantined == []
    assert_all_over(again, 20)
    assert refused(again) == []
    again.kill()


@pytest.mark.parametrize("error", [ValueError, Panic])
@pytest.mark.parametrize("place", ["on_receive", "after_burst"])
def test_a_fault_of_the_translator_costs_a_message_at_most(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str, error: type[BaseException]
) -> None:
    """All is acknowledged, the device is known and told as before, also what came just then."""
    house = House(World(tmp_path / "iot.db", dialects=dialects([ALL], Prefixes())), {})
    house.connect()
    fault = Fault(monkeypatch, TranslatorActor, place, error)
    for said in (*TASMOTA.announces, TASMOTA.tells(False)):
        house.publish(said.topic, said.payload)
        house.stage.wait(1)
    house.directory.tell(ClaimDevice(Claim(TASMOTA.serial), lambda _: None))
    for on in (True, False, True):
        fault.times = 1
        house.publish(TASMOTA.tells(not on).topic, TASMOTA.tells(not on).payload)
        house.stage.wait(1)
        assert house.world.unacknowledged == {}
        change = Change(configuration={"encendido": on})
        house.directory.tell(ChangeDevice(TASMOTA.serial, change, lambda _: None))
        house.stage.wait(12)
    told = [state for each in house.world.carried if (state := TASMOTA.told(each)) is not None]
    assert told[-1] is True
    assert len(told) <= 3
    assert house.failure_registry.failures(Part.TRANSLATOR) == 3
    assert house.failure_registry.quarantined == []
    house.kill()


def test_a_change_that_the_directory_fails_over_is_answered(
    monkeypatch: pytest.MonkeyPatch, house: House
) -> None:
    answers: list[Device | Refused] = []
    fault = Fault(monkeypatch, Directory, "on_receive", Panic)
    fault.times = 1
    for _ in range(2):
        house.directory.tell(ChangeDevice("A", Change(name="Uno"), answers.append))
    house.stage.wait(1)
    first, second = answers
    assert isinstance(first, Refused)
    assert first.why is Refusal.FAILED
    assert isinstance(second, Device)


# -- actors that there are many of ---------------------------------------------------------------


def make_it_start_again(
    monkeypatch: pytest.MonkeyPatch, kind: type[Any], which: Callable[[Any], bool]
) -> None:
    """A fault in ``on_start`` strikes nobody that has started already."""
    Fault(monkeypatch, kind, "_live", ValueError, which).times = 1


@pytest.mark.parametrize("error", [ValueError, Panic])
@pytest.mark.parametrize("place", PLACES)
def test_a_device_that_keeps_failing_is_shown_and_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch, house: House, place: str, error: type[BaseException]
) -> None:
    fault = Fault(monkeypatch, DeviceActor, place, error, is_of_a)
    fault.times = MOST_FAILURES + 1
    make_it_start_again(monkeypatch, DeviceActor, is_of_a)
    live(house, range(60))
    (case,) = house.failure_registry.quarantined
    assert case.name == Name(Part.DEVICE, "A")
    assert case.failures == MOST_FAILURES
    assert logged(house, "B") == list(range(60)), "it has not noticed"
    assert house.world.unacknowledged == {}, "and A's mail is refused"
    known = house.hub.device_cache.by_serial("A")
    assert known is not None, "what it was is still shown"
    assert known.device.claimed

    answers: list[Device | Refused] = []
    house.directory.tell(ChangeDevice("A", Change(name="Uno"), answers.append))
    house.flush()
    assert isinstance(answers[0], Refused)
    assert answers[0].why is Refusal.QUARANTINED

    fault.times = 0
    house.stage.wait(LONGEST_DELAY)
    assert house.failure_registry.quarantined == []
    live(house, range(60, 70))
    assert_all_over(house, 70)
    assert logged(house, "A")[-10:] == list(range(60, 70))
    assert house.failure_registry.failures(Part.DEVICE) == MOST_FAILURES


@pytest.mark.parametrize("error", [ValueError, Panic])
@pytest.mark.parametrize("place", PLACES)
def test_a_rule_that_keeps_failing_is_shown_and_its_device_lives_on_without_it(
    monkeypatch: pytest.MonkeyPatch, house: House, place: str, error: type[BaseException]
) -> None:
    def strikes(rule: Any) -> bool:
        return is_of_a(rule) and rule._name == "extremos"

    fault = Fault(monkeypatch, RuleActor, place, error, strikes)
    fault.times = MOST_FAILURES + 1
    make_it_start_again(monkeypatch, RuleActor, strikes)
    live(house, range(60))
    assert [case.name for case in house.failure_registry.quarantined] == [Name(Part.RULE, "A", "extremos")]
    assert house.rules_of("A") == CONCERNED - {"extremos"}
    assert house.rules_of("B") == CONCERNED
    fault.times = 0
    house.stage.wait(LONGEST_DELAY)
    assert house.failure_registry.quarantined == []
    assert house.rules_of("A") == CONCERNED
    assert logged(house, "A") == logged(house, "B") == list(range(60))
    assert house.world.unacknowledged == {}
