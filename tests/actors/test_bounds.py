"""Who asks what a device's readings are held to is answered, once and in time, whatever state it is in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import orjson
import pytest

from actors.domain.findings import Bounds
from actors.domain.model import Claim, Report
from actors.domain.refusals import Refusal, Refused
from actors.messages import AskBounds, ClaimDevice, Reported
from actors.runtime.supervision import LONGEST_DELAY
from tests.actors.test_failures import Touchy
from tests.household import Bomb, House, World

Answer: TypeAlias = Mapping[str, Bounds] | Refused

TABLE = {"t": Bounds(None, 100.0, "limits")}
LEARNED = {"t": Bounds(None, 100.0, "hist")}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A claimed device A whose rule has learned something, and B that nobody has claimed."""
    house = House(World(tmp_path / "iot.db"), {"touchy": Touchy()})
    for serial in ("A", "B"):
        house.report(serial)
        house.flush()
    house.directory.tell(ClaimDevice(Claim("A"), lambda _: None))
    say(house, 1)
    yield house
    house.kill()


def say(house: House, reading: int) -> None:
    house.report("A", parametros={"t": reading})
    house.flush()


def ask(house: House, serial: str) -> list[Answer]:
    """What will have been answered; nobody has taken a turn yet."""
    answers: list[Answer] = []
    house.directory.tell(AskBounds(serial, "touchy", answers.append))
    return answers


def answer(house: House, serial: str) -> Answer:
    answers = ask(house, serial)
    house.flush()
    [only] = answers
    return only


def kill_device(house: House) -> None:
    """Give A a report that it dies of."""
    payload, topic = orjson.dumps({"serial_number": "A"}), "dispositivos/A/estado"
    report = Report("A", house.world.clock.now(), configuration=Bomb())
    house.hand_on(topic, payload, lambda delivery: Reported(report, delivery, topic, payload))


def test_the_rule_tells_what_it_holds_to(house: House) -> None:
    assert answer(house, "A") == LEARNED


def test_of_an_unclaimed_device_the_table_tells(house: House) -> None:
    """There is no rule that could."""
    assert answer(house, "B") == TABLE


def test_an_unknown_device_is_refused(house: House) -> None:
    refused = answer(house, "C")
    assert isinstance(refused, Refused)
    assert refused.why is Refusal.UNKNOWN_SERIAL


def test_nobody_waits_for_a_rule_that_reads_its_log(house: House) -> None:
    """The table tells until it has; then the rule does."""
    house.stop()
    house.kill()
    again = House(house.world, {"touchy": Touchy()})
    answers = ask(again, "A")
    while not answers:
        assert not again.stage.idle
        again.stage.step()
    assert answers == [TABLE]
    again.flush()
    assert answer(again, "A") == LEARNED
    again.kill()


def test_of_a_rule_that_failed_the_table_tells(house: House) -> None:
    """While it restarts, and in quarantine."""
    for _ in range(5):
        say(house, 13)
        assert answer(house, "A") == TABLE
        house.stage.wait(2)
    assert [case.name.rule for case in house.failure_registry.quarantined] == ["touchy"]
    assert answer(house, "A") == TABLE
    house.stage.wait(LONGEST_DELAY)
    assert answer(house, "A") == LEARNED


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4])
def test_a_question_to_a_rule_that_is_about_to_die_is_answered(house: House, steps: int) -> None:
    """By the rule before, by nobody's knowledge but the table's after, or with a refusal."""
    house.report("A", parametros={"t": 13})
    for _ in range(steps):
        house.stage.step()
    found = answer(house, "A")
    assert found in (LEARNED, TABLE) or isinstance(found, Refused)


def test_a_rule_that_dies_of_the_question_refuses_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 is told at once, and the next question finds a rule again."""

    def fail(*_: object) -> Mapping[str, Bounds]:
        raise RuntimeError("planted")

    with monkeypatch.context() as broken:
        broken.setattr(Touchy, "bounds", fail)
        refused = answer(house, "A")
    assert isinstance(refused, Refused)
    assert refused.why is Refusal.RULE_FAILED
    house.stage.wait(1)
    assert isinstance(answer(house, "A"), Mapping)


def test_a_question_in_the_mail_of_a_dead_device_is_answered_by_the_next_one(house: House) -> None:
    kill_device(house)
    answers = ask(house, "A")
    house.flush()
    assert answers == []
    house.stage.wait(0.2)
    assert len(answers) == 1
    assert answers[0] in (LEARNED, TABLE)


def test_of_a_device_in_quarantine_nobody_tells(house: House) -> None:
    """It is refused at once."""
    for _ in range(6):
        kill_device(house)
        house.flush()
        house.stage.wait(2)
    refused = answer(house, "A")
    assert isinstance(refused, Refused)
    assert refused.why is Refusal.QUARANTINED
