"""What rules conclude and remember: kept together, announced once on disk, recalled as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.findings import (
    Decision,
    Episode,
    Finding,
    KeptFinding,
    RuleMemory,
    Severity,
    Wanted,
)
from actors.domain.model import JsonObject
from actors.messages import (
    EndEpisodes,
    EndUnwatched,
    Keep,
    KeepConclusion,
    MemoryRecalled,
    RecallMemory,
    ToWriter,
)
from tests.persistence.house import BIG, WriterOnStage, reported

DEVICE = 1
UNSTORABLE: dict[str, Any] = {"x": 2**70}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[WriterOnStage]:
    house = WriterOnStage(tmp_path / "iot.db")
    assert house.device("A").id == DEVICE
    yield house
    house.stop()


def found(at: float, **details: object) -> Finding:
    return Finding("learn", "ai_suggest", DEVICE, "A", at, details)


def resting(*findings: Finding, **basis: object) -> list[tuple[Finding, JsonObject]]:
    """The findings, each with the same basis."""
    return [(finding, basis) for finding in findings]


def memory(upto: int, rule: str = "learn", **state: object) -> RuleMemory:
    return RuleMemory(DEVICE, rule, upto, state)


def recall(house: WriterOnStage, rule: str = "learn") -> RecallMemory:
    return RecallMemory(DEVICE, rule, house.neighbours.remembered)


# -- order ---------------------------------------------------------------------------------------


def test_findings_are_announced_in_order_with_the_numbers_they_have_on_disk(house: WriterOnStage) -> None:
    house.statements.clear()
    one, two, three = found(1.0), found(2.0), found(3.0, x=[1])
    house.tell(
        KeepConclusion(resting(one, two, modo="manual"), memory(1)),
        KeepConclusion([], memory(2)),
        KeepConclusion(resting(three, horarios=[]), memory(3)),
    )
    house.stage.settle()
    kept = [
        KeptFinding(1, one, {"modo": "manual"}),
        KeptFinding(2, two, {"modo": "manual"}),
        KeptFinding(3, three, {"horarios": []}),
    ]
    assert house.neighbours.diary == [("finding", each) for each in kept]
    assert house.queries.findings(1, 9).rows == kept[::-1]
    assert house.statements.count("COMMIT") == 1


def test_a_memory_is_recalled_as_it_was_when_it_was_asked_for(house: WriterOnStage) -> None:
    """All told before in the batch counts, and nothing that comes later in it."""
    house.tell(KeepConclusion([], memory(1)))
    house.stage.settle()
    house.statements.clear()
    house.tell(
        recall(house),
        recall(house, "offline"),
        KeepConclusion([], memory(2, x=2)),
        recall(house),
        KeepConclusion([], memory(3)),
        KeepConclusion([], memory(9, "offline")),
        recall(house, "offline"),
    )
    house.stage.settle()
    assert [what[1] for what in house.neighbours.diary] == [
        memory(1),
        None,
        memory(2, x=2),
        memory(9, "offline"),
    ]
    assert house.statements.count("COMMIT") == 1
    house.tell(recall(house))
    house.stage.settle()
    assert house.neighbours.diary[-1] == ("remembered", memory(3))


def test_of_several_memories_of_a_rule_only_the_last_is_written(house: WriterOnStage) -> None:
    """Those before it are not even looked at, so that one that could not be stored does no harm."""
    house.statements.clear()
    house.tell(
        KeepConclusion(resting(found(1.0)), memory(1, **UNSTORABLE)),
        KeepConclusion([], memory(2)),
        KeepConclusion([], memory(2, "offline")),
    )
    house.stage.settle()
    (written,) = [text for text in house.statements if "INTO memoria_reglas" in text]
    assert written.count("'learn'") == written.count("'offline'") == 1
    assert len(house.neighbours.diary) == 1
    assert house.queries.rejected(9) == []


def test_a_recall_sees_every_row_told_of_before_it_in_the_log(house: WriterOnStage) -> None:
    device = house.store.devices()[0]
    seen: list[int] = []
    for seq in range(5):
        device, entry = reported(device, seq)
        house.tell(Keep(device, entry))
    house.tell(
        RecallMemory(
            DEVICE, "learn", lambda _: seen.append(len(house.queries.log_range(DEVICE, 0, 9, 0.0, 9)))
        )
    )
    house.stage.settle()
    assert seen == [5]


def test_a_restart_brings_findings_and_memories_back(tmp_path: Path) -> None:
    before = WriterOnStage(tmp_path / "iot.db")
    before.device("A")
    before.tell(KeepConclusion(resting(found(1.0)), memory(7, x={"y": [0.5]})))
    before.stop()
    after = WriterOnStage(tmp_path / "iot.db")
    after.tell(recall(after), KeepConclusion(resting(found(2.0)), memory(8)))
    after.stop()
    assert after.neighbours.diary == [
        ("remembered", memory(7, x={"y": [0.5]})),
        ("finding", KeptFinding(2, found(2.0), {})),
    ]
    assert [kept.id for kept in after.queries.findings(1, 9).rows] == [2, 1]


def test_what_people_decide_is_kept_with_the_change_that_it_is(house: WriterOnStage) -> None:
    house.tell(KeepConclusion(resting(found(1.0), found(2.0), found(3.0)), memory(1)))
    device = replace(house.device("A"), version=1)
    house.neighbours.diary.clear()
    house.tell(
        Keep(device, reply=house.neighbours.reply("applied"), decided=(2, Decision.APPLIED)),
        Keep(device, reply=house.neighbours.reply("dismissed"), decided=(1, Decision.DISMISSED)),
    )
    house.stage.settle()
    assert house.neighbours.diary == [("applied", device), ("dismissed", device)]
    assert [kept.decision for kept in house.queries.findings(1, 9).rows] == [
        Decision.OPEN,
        Decision.APPLIED,
        Decision.DISMISSED,
    ]


# -- failure -------------------------------------------------------------------------------------


def test_on_a_full_disk_nothing_is_announced_and_nobody_is_answered(house: WriterOnStage) -> None:
    house.fill_the_disk()
    house.tell(KeepConclusion(resting(found(1.0, x=BIG)), memory(1)), recall(house))
    house.stage.wait(60)
    assert house.neighbours.diary == []
    house.free_the_disk()
    house.stage.wait(60)
    assert house.neighbours.diary == [
        ("finding", KeptFinding(1, found(1.0, x=BIG), {})),
        ("remembered", memory(1)),
    ]


@pytest.mark.parametrize(
    ("bad", "payload"),
    [
        (
            KeepConclusion(resting(found(2.0), found(2.5, **UNSTORABLE)), memory(2)),
            b'[{}, {"x": 1180591620717411303424}]',
        ),
        (KeepConclusion(resting(found(2.0)), memory(2, **UNSTORABLE)), b"[{}]"),
        (KeepConclusion(resting(found(2.0)), memory(2**64)), b"[{}]"),
    ],
    ids=["finding", "memory", "number"],
)
def test_a_conclusion_that_cannot_be_stored_is_refused_whole_and_alone(
    house: WriterOnStage, bad: KeepConclusion, payload: bytes
) -> None:
    """It leaves a dead letter; neither its findings nor its memory count."""
    house.tell(
        KeepConclusion(resting(found(1.0)), memory(1)),
        bad,
        recall(house),
        KeepConclusion(resting(found(3.0)), memory(3, "offline")),
    )
    house.stage.settle()
    assert house.neighbours.diary == [
        ("finding", KeptFinding(1, found(1.0), {})),
        ("remembered", memory(1)),
        ("finding", KeptFinding(2, found(3.0), {})),
    ]
    (rejected,) = house.queries.rejected(9)
    assert (rejected.letter.topic, rejected.letter.payload) == ("ia/1/learn", payload)
    assert house.status.healthy


def test_a_damaged_memory_is_answered_with_none(
    house: WriterOnStage, caplog: pytest.LogCaptureFixture
) -> None:
    """And stops nobody."""
    house.tell(KeepConclusion([], memory(1)), KeepConclusion([], memory(1, "offline")))
    house.stage.settle()
    house.store.database.conn.execute(
        "UPDATE memoria_reglas SET estado = CAST(? AS TEXT) WHERE regla = 'learn'", [b'{"x": "\xc3"}']
    )
    house.tell(recall(house), recall(house, "offline"))
    house.stage.settle()
    assert house.neighbours.diary == [("remembered", None), ("remembered", memory(1, "offline"))]
    assert caplog.messages == ["memory_damaged device=1 rule=learn bytes=10"]
    assert house.status.healthy


# -- all of it at once ---------------------------------------------------------------------------

rules = st.sampled_from(["learn", "offline"])
acts = st.lists(
    st.tuples(st.just("conclude"), rules, st.integers(0, 3), st.booleans())
    | st.tuples(st.just("spoilt"), rules)
    | st.tuples(st.just("recall"), rules)
    | st.tuples(st.sampled_from(["full", "free", "turn", "wait", "restart"])),
    max_size=30,
)


@settings(max_examples=60)
@given(acts=acts)
def test_whatever_happens_each_finding_is_announced_once_in_order_and_recalls_tell_the_truth(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, object, object, object]]
) -> None:
    path = tmp_path_factory.mktemp("house") / "iot.db"
    house = WriterOnStage(path)
    house.device("A")
    expected: list[tuple[str, object]] = []
    told: list[tuple[str, object]] = []
    known: dict[str, RuleMemory] = {}
    findings = 0
    for upto, act in enumerate(acts):
        match act:
            case ("conclude", str(rule), int(count), bool(large)):
                new = [found(float(upto), i=i, x=BIG if large else "") for i in range(count)]
                known[rule] = memory(upto, rule, i=upto)
                for each in new:
                    findings += 1
                    expected.append(("finding", KeptFinding(findings, each, {"modo": upto})))
                house.tell(KeepConclusion(resting(*new, modo=upto), known[rule]))
            case ("spoilt", str(rule)):
                house.tell(KeepConclusion(resting(found(0.0, **UNSTORABLE)), memory(upto, rule)))
            case ("recall", str(rule)):
                expected.append(("remembered", known.get(rule)))
                house.tell(recall(house, rule))
            case ("full",):
                house.fill_the_disk()
            case ("free",):
                house.free_the_disk()
            case ("turn",):
                house.stage.settle()
            case ("wait",):
                house.stage.wait(1)
            case ("restart",):
                house.free_the_disk()
                house.stop()
                told += house.neighbours.diary
                house = WriterOnStage(path)
    house.free_the_disk()
    house.stage.wait(60)
    told += house.neighbours.diary
    assert told == expected
    announced = [each for what, each in told if what == "finding"]
    assert list(house.queries.findings(1, 1000).rows) == announced[::-1]
    house.stop()


# -- episodes ------------------------------------------------------------------------------------


def lasting(
    at: float, count: int = 1, until: float | None = None, *, key: str = "t@1.0", device: int = DEVICE
) -> Finding:
    """What is told at ``at`` of an anomaly that began at 1."""
    episode = Episode(key, 1.0, until, count, {"n": count})
    about = ("extremos", "ai_anomaly", device, "AB"[device - 1], at, {"value": at})
    return Finding(*about, severity=Severity.MEDIUM, episode=episode)


def conclude(house: WriterOnStage, *findings: Finding) -> list[KeptFinding]:
    """What is told of them, which do not come with what the rule knows."""
    house.neighbours.diary.clear()
    house.tell(KeepConclusion(resting(*findings), None))
    house.stage.settle()
    return [kept for what, kept in house.neighbours.diary if what == "finding"]


def test_an_episode_is_one_finding_that_is_brought_up_to_date(house: WriterOnStage) -> None:
    """Also in one commit with what begins it; what is told is what is read, in the place of its beginning."""
    told = conclude(house, found(0.5), lasting(1.0), found(1.5), lasting(70.0, 5))
    assert [(kept.id, kept.before) for kept in told] == [(1, None), (2, None), (3, None), (2, 1.0)]
    (over,) = conclude(house, lasting(300.0, 9, until=200.0))
    assert (over.id, over.before, over.begins, over.ends) == (2, 70.0, False, True)
    assert [kept.id for kept in house.queries.findings(1, 9).rows] == [3, 2, 1]
    assert house.queries.finding(2) == replace(over, before=None)
    assert house.queries.findings(1, 9, Wanted(since=0.9, until=1.1)).total == 1


def test_nothing_is_told_twice_and_nothing_old(house: WriterOnStage) -> None:
    """Not by a rule that reads its log again, nor where the clock has been set back; an end is an end."""
    conclude(house, lasting(1.0), lasting(70.0, 5))
    house.statements.clear()
    assert conclude(house, lasting(1.0), lasting(30.0, 3), lasting(70.0, 5), lasting(99.0, 4)) == []
    assert not [text for text in house.statements if text.startswith("UPDATE")]
    assert [kept.id for kept in conclude(house, lasting(50.0, 6))] == [1]
    assert [kept.ends for kept in conclude(house, lasting(50.0, 6, until=40.0))] == [True]
    assert conclude(house, lasting(400.0, 99), lasting(400.0, 99, until=399.0)) == []
    assert [kept.id for kept in conclude(house, lasting(400.0, key="t@400.0"))] == [2]


def test_the_end_of_one_is_not_before_its_beginning(house: WriterOnStage) -> None:
    """Where the clock was set back meanwhile; nor is that of one which an earlier version has kept."""
    conclude(house, lasting(1.0), lasting(1.0, key="u@1.0"))
    (over,) = conclude(house, lasting(-80.0, 2, until=-90.0))
    house.store.database.conn.execute("UPDATE eventos_ia SET hasta = -90 WHERE episodio = 'u@1.0'")
    assert over.finding.ended(-90.0) == replace(over.finding, at=-90.0)
    for kept in house.queries.findings(1, 9).rows:
        assert kept.finding.episode is not None
        assert (kept.finding.episode.since, kept.finding.episode.until) == (-90.0, -90.0)
    stored = "SELECT desde FROM eventos_ia WHERE episodio = 't@1.0'"
    assert house.store.database.conn.execute(stored).fetchone() == (-90.0,)


def test_one_that_was_dismissed_is_silent_until_it_ends(house: WriterOnStage) -> None:
    conclude(house, lasting(1.0))
    house.tell(Keep(house.store.devices()[0], decided=(1, Decision.DISMISSED)))
    house.stage.settle()
    assert conclude(house, lasting(70.0, 5)) == []
    kept = house.queries.finding(1)
    assert kept is not None
    assert (kept.decision, kept.finding) == (Decision.DISMISSED, lasting(70.0, 5))
    (over,) = conclude(house, lasting(90.0, 5, until=80.0))
    assert (over.ends, over.decision) == (True, Decision.DISMISSED)


def test_what_lasts_of_a_device_that_nobody_watches_any_more_is_over(house: WriterOnStage) -> None:
    """Of that one alone; what was over is left as it was, and what begins after lasts."""
    other = house.device("B").id
    conclude(house, lasting(1.0), lasting(2.0, 2, until=2.0, key="u@1.0"), lasting(1.0, device=other))
    house.neighbours.diary.clear()
    house.tell(
        EndEpisodes(DEVICE, 9.0), KeepConclusion(resting(lasting(10.0, key="t@10.0")), None), recall(house)
    )
    house.stage.settle()
    over, new = (kept for what, kept in house.neighbours.diary if what == "finding")
    assert over == KeptFinding(1, lasting(1.0).ended(9.0), {}, first_at=1.0, before=1.0)
    assert new.begins
    assert house.queries.finding(1) == replace(over, before=None)
    assert [kept.ends for kept in house.queries.findings(1, 9).rows] == [False, False, True, True]


def test_what_lasts_is_over_where_no_rule_runs_that_could_tell(house: WriterOnStage) -> None:
    """As its rule is not used any more, or nobody has claimed the device."""
    other = house.device("B")
    house.tell(
        Keep(replace(house.store.devices()[0], claimed=True)),
        *(KeepConclusion(resting(lasting(1.0, device=device)), None) for device in (DEVICE, other.id)),
    )
    house.stage.settle()
    house.neighbours.diary.clear()
    house.tell(EndUnwatched(frozenset({"extremos", "offline"}), 9.0))
    house.stage.settle()
    assert [kept.finding for _, kept in house.neighbours.diary] == [lasting(1.0, device=other.id).ended(9.0)]
    house.tell(EndUnwatched(frozenset({"offline"}), 10.0))
    house.stage.settle()
    assert [kept.finding for _, kept in house.neighbours.diary[1:]] == [lasting(1.0).ended(10.0)]


def test_what_lasts_is_recalled_with_the_memory(house: WriterOnStage) -> None:
    """Of that rule of that device, as it was last kept; also where the rule remembers nothing."""
    other = house.device("B").id
    conclude(house, lasting(1.0), lasting(70.0, 5), lasting(2.0, key="u@2.0"), lasting(1.0, device=other))
    conclude(house, lasting(9.0, 2, until=8.0, key="u@2.0"))
    heard: list[MemoryRecalled] = []
    house.tell(
        *(RecallMemory(DEVICE, rule, heard.append) for rule in ("extremos", "learn")),
        RecallMemory(other, "extremos", heard.append),
    )
    house.stage.settle()
    assert [message.lasting for message in heard] == [[lasting(70.0, 5)], [], [lasting(1.0, device=other)]]
    assert [message.memory for message in heard] == [None] * 3


def test_to_bring_one_up_to_date_costs_no_more_in_an_old_house(house: WriterOnStage) -> None:
    """Nor does asking for what lasts, or ending it."""

    def steps(*messages: ToWriter) -> int:
        counted = 0

        def count() -> None:
            nonlocal counted
            counted += 1

        house.store.database.conn.set_progress_handler(count, 100)
        house.tell(*messages)
        house.stage.settle()
        house.store.database.conn.set_progress_handler(None, 0)
        return counted

    old = [lasting(float(n), until=n + 1.0, key=f"t@{n}") for n in range(2_500)]
    conclude(house, *old, *(found(float(n)) for n in range(2_500)))
    for messages in (
        [KeepConclusion(resting(lasting(1.0, key="new")), None)],
        [KeepConclusion(resting(lasting(2.0, 2, key="new")), None)],
        [RecallMemory(DEVICE, "extremos", house.neighbours.remembered)],
        [EndEpisodes(DEVICE, 9.0)],
        [EndUnwatched(frozenset(), 9.0)],
    ):
        assert steps(*messages) < 10
