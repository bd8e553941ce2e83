"""The checker itself: each way to break a promise is seen, and keeping them all is seen too."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.chaos.ledger import Key, Ledger, Verdict

FIRST, SECOND = Key("TMP0A", "b", 1), Key("TMP0A", "b", 2)
GOOD = [(FIRST, {"n": 1}), (SECOND, {"n": 2})]


class Case:
    """Two promised reports and one promised change, and a database that may have something else."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.ledger = Ledger()
        for key, parameters in GOOD:
            self.ledger.send(key, parameters)
        self.ledger.promise(FIRST)
        self.ledger.receipt("TMP0A", "b", 2)
        self.ledger.ask(1, "orden", 7)
        self.ledger.answer(1, "orden")

    def verdict(self, rows: list[tuple[Key, dict[str, int]]], order: int = 7) -> Verdict:
        with closing(sqlite3.connect(self.data / "iot.db")) as db:
            db.execute("CREATE TABLE dispositivos (id, serial_number, configuracion)")
            db.execute("CREATE TABLE estado_log (dispositivo_id, n, estado, parametros, boot, seq)")
            db.execute("INSERT INTO dispositivos VALUES (1, 'TMP0A', ?)", [json.dumps({"orden": order})])
            db.executemany(
                "INSERT INTO estado_log VALUES (1, ?, 'activo', ?, ?, ?)",
                [
                    (n, json.dumps(parameters), key.boot, key.seq)
                    for n, (key, parameters) in enumerate(rows, start=1)
                ],
            )
            db.commit()
        return self.ledger.examine(self.data)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_kept_promises(case: Case) -> None:
    """What is all there, once, is no fault."""
    assert case.verdict(GOOD) == Verdict(promised=3, lost=[], duplicated=[], strange=[])


def test_missing_report(case: Case) -> None:
    """A promised report without a row is lost, whether acknowledged or receipted."""
    assert set(case.verdict([]).lost) == {FIRST, SECOND}


def test_other_payload(case: Case) -> None:
    """A row that says something else than was sent does not count."""
    assert case.verdict([(FIRST, {"n": 1}), (SECOND, {"n": 1})]).lost == [SECOND]


def test_double(case: Case) -> None:
    """A second row is seen, though the first is right."""
    assert case.verdict([*GOOD, GOOD[0]]).duplicated == [FIRST]


def test_double_that_may_be(case: Case) -> None:
    """Of a device that numbers nothing a second row is counted, and only a third is a fault."""
    plain = [Key("TMP0A", "b", n) for n in (3, 4, 5)]
    said = [json.loads(case.ledger.send_unnumbered(key, {}))["parametros"] for key in plain]
    case.ledger.send_again(plain[2:])
    third, fourth, fifth = zip(plain, said, strict=True)
    verdict = case.verdict([*GOOD, third, third, fourth, fourth, fourth, fifth, fifth])
    assert (verdict.twice, verdict.of, verdict.duplicated) == (2, 2, [plain[1]])


def test_double_of_what_was_not_promised(case: Case) -> None:
    """What was sent and never acknowledged may be there, once."""
    third = Key("TMP0A", "b", 3)
    case.ledger.send(third, {"n": 3})
    verdict = case.verdict([*GOOD, (third, {"n": 3}), (third, {"n": 3})])
    assert (verdict.lost, verdict.duplicated) == ([], [third])


def test_invented_row(case: Case) -> None:
    """A row that nobody sent is strange."""
    assert case.verdict([*GOOD, (Key("TMP0A", "b", 9), {"n": 9})]).strange


def test_lost_change(case: Case) -> None:
    """A change answered with 200 must be there."""
    assert len(case.verdict(GOOD, order=6).lost) == 1


def test_change_without_an_answer(case: Case) -> None:
    """One that was asked for after it, and never answered, may stand in its place."""
    case.ledger.ask(1, "orden", 8)
    assert not case.verdict(GOOD, order=8).lost


def test_damaged_file(case: Case) -> None:
    """With a file that cannot be read everything is lost."""
    case.verdict(GOOD)
    (case.data / "iot.db").write_bytes(b"x" * 8192)
    verdict = case.ledger.examine(case.data)
    assert set(verdict.lost) == {FIRST, SECOND}
    assert verdict.strange
