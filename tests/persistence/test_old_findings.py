"""What an older version has kept of a proposal is read as what is proposed now."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.findings import Finding, Proposal, RuleMemory
from actors.domain.model import JsonObject
from actors.domain.schedule import DAYS, WeeklyWindows, check, parse
from persistence.forms.old_findings import proposal_in
from persistence.readers.queries import Queries
from persistence.storage.batch import Batch
from persistence.writer.store import Store
from rules.learn.timetable import DAY, Window, as_horarios


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


windows = st.lists(st.tuples(st.integers(0, 1439), st.integers(0, 1439)), min_size=1, max_size=4, unique=True)
timetables = st.dictionaries(st.sampled_from(DAYS), windows, min_size=1)


@given(timetables)
def test_the_schedule_says_what_the_suggestion_says(timetable: dict[str, list[tuple[int, int]]]) -> None:
    """Whatever the windows, overnight ones included, kept before or learned now; and no two entries have the
    same times.
    """
    suggested = {
        day: [{"inicio": clock(start), "fin": clock(end), "confianza": 0.9} for start, end in windows]
        for day, windows in timetable.items()
    }
    before = proposal_in("learn", {"suggested_horarios": suggested})
    assert before is not None
    assert before.configuration["modo"] == "horario"
    learned = [
        Window(DAYS.index(day) * DAY + start, (end - start) % DAY or DAY)
        for day, windows in timetable.items()
        for start, end in windows
    ]
    expected = WeeklyWindows.of((each.start * 60, each.length * 60) for each in learned)
    for horarios in (before.configuration["horarios"], as_horarios(learned)):
        check({"horarios": horarios})
        assert parse({"horarios": horarios}).power == expected
        times = [(entry["inicio"], entry["fin"]) for entry in horarios]
        assert len(set(times)) == len(times)


@pytest.mark.parametrize(
    ("rule", "details"),
    [
        ("misconfig", {}),
        ("misconfig", {"suggested_patch": None}),
        ("misconfig", {"suggested_patch": {}}),
        ("misconfig", {"suggested_patch": {"configuracion": {}}, "falta_horario": True}),
        ("misconfig", {"suggested_patch": {"configuracion": ["modo"]}}),
        ("learn", {}),
        ("learn", {"suggested_horarios": ["06:00"]}),
        ("learn", {"suggested_horarios": {"lunes": None}}),
        ("learn", {"suggested_horarios": {"lunes": {"inicio": "06:00", "fin": "06:30"}}}),
        ("learn", {"suggested_horarios": {"lunes": [None]}}),
        ("learn", {"suggested_horarios": {"lunes": [{"inicio": "06:00"}]}}),
        ("learn", {"suggested_horarios": {"lunes": [{"inicio": [], "fin": []}]}}),
    ],
)
def test_what_has_lost_its_shape_on_disk_is_no_proposal(rule: str, details: JsonObject) -> None:
    """It counts as one of a rule that proposes nothing."""
    assert proposal_in(rule, details) is None


OLD = {"suggested_patch": {"configuracion": {"intervalo_envio": 60}}}
PROPOSED = Proposal({"modo": "horario", "intervalo_envio": 60}, frozenset({"intervalo_envio"}))


@pytest.mark.parametrize(
    ("rule", "details", "proposal", "read"),
    [
        ("misconfig", OLD, None, Proposal({"intervalo_envio": 60}, frozenset({"intervalo_envio"}))),
        ("misconfig", OLD, PROPOSED, PROPOSED),
        ("extremos", {"value": 1}, None, None),
        ("extremos", {"value": 1}, PROPOSED, PROPOSED),
        ("misconfig", {"propuesta": {"configuracion": {}, "depende_de": [[]]}}, None, None),
    ],
)
def test_a_finding_is_read_with_what_it_proposes(
    tmp_path: Path, rule: str, details: JsonObject, proposal: Proposal | None, read: Proposal | None
) -> None:
    """Of whatever rule; and its own fields are as they were."""
    store = Store(tmp_path / "iot.db")
    device = store.recall("A")
    found = Finding(rule, "ai_x", device.id, "A", 1.0, details, proposal=proposal)
    memory = RuleMemory(device.id, rule, 0, {})
    store.save(Batch(conclusions=[(found, {})], memories={(device.id, rule): memory}))
    kept = Queries(tmp_path / "iot.db").finding(1)
    store.close()
    assert kept is not None
    assert kept.finding.proposal == read
    assert kept.finding.details == {name: value for name, value in details.items() if name != "propuesta"}
