"""An actor's failure is its own: what it costs, and what it does not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from actors.domain.findings import Bounds, Finding, KeptFinding, RuleMemory
from actors.domain.model import Claim, Device, JsonObject, Report
from actors.domain.refusals import Refused
from actors.domain.rule import Start
from actors.messages import ClaimDevice, DismissFinding, Reported
from actors.runtime.supervision import LONGEST_DELAY
from persistence.database.schema import sqlite3
from tests.household import Bomb, House, World, actor


class Touchy:
    """Finds something above 100, knows how much it has seen, and dies of 13."""

    name = "touchy"
    wake_in = None
    lasting = ()
    save_due = False
    watches_reports = True

    def __init__(self, seen: int = 0) -> None:
        self.seen = seen
        self.dismissed: list[JsonObject] = []

    def concerns(self, device: Device) -> bool:  # noqa: ARG002
        return True

    def start(self, device: Device, memory: RuleMemory | None, at: float) -> Start:
        if memory is None:
            return Start(Touchy(), device.reports, at - 1e9)
        return Start(Touchy(memory.state["seen"]), memory.upto, at - 1e9, resumes=True)

    def observe(self, device: Device, report: Report | None, at: float) -> Sequence[Finding]:
        if report is None or not report.parameters:
            return ()
        if report.parameters["t"] == 13:
            raise RuntimeError("planted")
        self.seen += 1
        if report.parameters["t"] <= 100:
            return ()
        return [Finding(self.name, "ai_touchy", device.id, device.serial, at, dict(report.parameters))]

    def learn(self, at: float, state: str, parameters: JsonObject) -> None: ...

    def wake(self, at: float) -> Sequence[Finding]:  # noqa: ARG002
        return ()

    def dismiss(self, details: JsonObject) -> None:
        self.dismissed.append(details)

    def is_ahead(self, at: float) -> bool:  # noqa: ARG002
        return False

    def let_go(self, keys: Collection[str]) -> None: ...

    def take_over(self, decisions: Touchy) -> None: ...

    def bounds(self, at: float) -> Mapping[str, Bounds]:  # noqa: ARG002
        return {"t": Bounds(None, 100.0, "hist" if self.seen else "limits")}

    def state(self) -> JsonObject:
        return {"seen": self.seen}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(World(tmp_path / "iot.db"), {"touchy": Touchy()})
    for serial in ("A", "B"):
        house.report(serial)
        house.flush()
        house.directory.tell(ClaimDevice(Claim(serial), lambda _: None))
    house.flush()
    yield house
    house.kill()


def fail(house: House, serial: str) -> None:
    poison(house, serial)
    house.flush()


def poison(house: House, serial: str) -> None:
    """Give the device a report that it dies of."""
    payload = orjson.dumps({"serial_number": serial})
    topic = f"dispositivos/{serial}/estado"
    report = Report(serial, house.world.clock.now(), configuration=Bomb())
    house.hand_on(topic, payload, lambda delivery: Reported(report, delivery, topic, payload))


def rows(house: House, query: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{house.world.path}?mode=ro", uri=True)) as db:
        return [row[0] for row in db.execute(query)]


def test_a_device_that_fails_again_and_again_holds_up_nobody(house: House) -> None:
    """Its reports are refused, readably; the others' are acknowledged at once."""
    for _ in range(6):
        fail(house, "A")
        house.stage.wait(2)
    fail(house, "A")
    house.report("A", parametros={"t": 1})
    house.report("B", parametros={"t": 2})
    house.flush()
    assert house.world.unacknowledged == {}
    assert "falla una y otra vez" in rows(house, "SELECT motivo FROM rechazados ORDER BY id DESC")[0]
    house.stage.wait(LONGEST_DELAY)
    house.report("A", parametros={"t": 3})
    house.flush()
    assert rows(house, "SELECT count(*) FROM estado_log WHERE parametros = '{\"t\":3}'") == [1]


def test_the_mail_of_one_that_fails_once_waits_for_it(house: House) -> None:
    fail(house, "A")
    house.report("A", parametros={"t": 1})
    house.flush()
    assert house.world.unacknowledged != {}
    house.stage.wait(0.2)
    assert house.world.unacknowledged == {}
    assert rows(house, "SELECT count(*) FROM estado_log WHERE parametros = '{\"t\":1}'") == [1]


def test_the_mail_behind_what_a_device_dies_of_stays_behind_it(house: House) -> None:
    """The refused report is a sign of life, and the last will that came after it has the last word."""
    poison(house, "A")
    house.publish("dispositivos/A/conexion", b"offline")
    house.flush()
    house.stage.wait(0.2)
    assert house.world.unacknowledged == {}
    assert not house.devices()["A"].online


def test_a_rule_skips_the_row_that_it_died_of(house: House) -> None:
    """And goes on with what came before and after it."""
    for t in (1, 13, 2, 200):
        house.report("A", parametros={"t": t})
        house.flush()
    house.stage.wait(1)
    assert actor(house.device_actor("A")._rules["touchy"])._rule.seen == 3
    assert rows(house, "SELECT evento FROM eventos_ia") == ["ai_touchy"]


def test_a_finding_on_its_way_when_the_device_dies_is_found_again(house: House) -> None:
    house.report("A", parametros={"t": 200})
    payload = orjson.dumps({"serial_number": "A"})
    report = Report("A", house.world.clock.now(), configuration=Bomb())
    topic = "dispositivos/A/estado"
    house.hand_on(topic, payload, lambda delivery: Reported(report, delivery, topic, payload))
    house.report("A", parametros={"t": 20})
    house.flush()
    house.stage.wait(1)
    assert rows(house, "SELECT evento FROM eventos_ia") == ["ai_touchy"]


def test_a_dismissal_is_answered_when_the_rule_knows(house: House) -> None:
    house.report("A", parametros={"t": 200})
    house.flush()
    finding = Finding("touchy", "ai_touchy", house.devices()["A"].id, "A", 0.0, {"t": 200})
    answers: list[Device | Refused] = []
    house.directory.tell(DismissFinding(KeptFinding(1, finding, {}), answers.append))
    house.flush()
    assert isinstance(answers[0], Device)
    assert actor(house.device_actor("A")._rules["touchy"])._rule.dismissed == [{"t": 200}]
    assert rows(house, "SELECT decision FROM eventos_ia") == ["descartado"]


def test_a_dismissal_while_the_rule_restarts_is_not_pretended(house: House) -> None:
    house.report("A", parametros={"t": 200})
    house.flush()
    house.report("A", parametros={"t": 13})
    house.flush()
    finding = Finding("touchy", "ai_touchy", house.devices()["A"].id, "A", 0.0, {"t": 200})
    answers: list[Device | Refused] = []
    house.directory.tell(DismissFinding(KeptFinding(1, finding, {}), answers.append))
    house.flush()
    assert isinstance(answers[0], Refused)
    assert rows(house, "SELECT decision FROM eventos_ia") == ["abierto"]


def dismiss(house: House, serial: str, answers: list[Device | Refused]) -> None:
    finding = Finding("touchy", "ai_touchy", house.devices()[serial].id, serial, 0.0, {"t": 200})
    house.directory.tell(DismissFinding(KeptFinding(1, finding, {}), answers.append))


@pytest.mark.parametrize("row", [13, 14])
def test_a_dismissal_that_the_rule_dies_with_is_refused(
    house: House, monkeypatch: pytest.MonkeyPatch, row: int
) -> None:
    """Whether it waits behind what the rule dies of, or is what the rule dies of."""

    def fail(*_: object) -> None:
        raise RuntimeError("planted")

    if row == 14:
        monkeypatch.setattr(Touchy, "dismiss", fail)
    answers: list[Device | Refused] = []
    house.report("A", parametros={"t": row})
    dismiss(house, "A", answers)
    house.flush()
    assert isinstance(answers[0], Refused)
    assert len(answers) == 1
    house.stage.wait(1)
    assert house.rules_of("A") == {"touchy"}


def test_a_dismissal_on_its_way_back_when_the_device_dies_is_answered_by_the_next_one(house: House) -> None:
    house.report("A", parametros={"t": 200})
    house.flush()
    answers: list[Device | Refused] = []
    dismiss(house, "A", answers)
    house.stage.step()  # the directory
    house.stage.step()  # the device, which leaves it to the rule
    payload, topic = orjson.dumps({"serial_number": "A"}), "dispositivos/A/estado"
    report = Report("A", house.world.clock.now(), configuration=Bomb())
    house.hand_on(topic, payload, lambda delivery: Reported(report, delivery, topic, payload))
    house.stage.step(1)  # the directory, before the rule answers
    house.stage.wait(1)
    assert isinstance(answers[0], Device)
    assert rows(house, "SELECT decision FROM eventos_ia") == ["descartado"]
