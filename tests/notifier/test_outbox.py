"""What the notifier remembers is what a plain list of it would say, whatever was noted, dropped and over."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from actors.domain.findings import Severity
from actors.domain.notices import UNFINISHED, Moment, Notice, NoticeKey, NoticeState
from actors.notifier.outbox import SINGLE, Lane, Outbox, in_order, lane_of

FINDINGS = st.integers(1, 3)
KEYS = st.builds(NoticeKey, st.sampled_from(Moment), FINDINGS, st.just(1), st.integers(10, 11))


def notice(key: NoticeKey) -> Notice:
    """Which of them is critical, and of which device, follows from its key."""
    severity = Severity.CRITICAL if key.about == 2 else Severity.LOW
    return Notice(key, severity, "", "", key.about % 2, key.about, 0.0)


class Remembered(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox()
        self.known: dict[NoticeKey, Notice] = {}
        self.lasting: set[int] = set()

    def let_go(self) -> None:
        """Of which nothing more can come."""
        self.known = {
            key: each
            for key, each in self.known.items()
            if each.state in UNFINISHED or (key.moment in SINGLE and key.about in self.lasting)
        }

    @rule(key=KEYS, state=st.sampled_from(NoticeState))
    def note(self, key: NoticeKey, state: NoticeState) -> None:
        self.known[key] = replace(notice(key), state=state)
        self.outbox.note(self.known[key])
        self.let_go()

    @rule(key=KEYS)
    def drop(self, key: NoticeKey) -> None:
        self.known.pop(key, None)
        self.outbox.drop(key)

    @rule(finding=FINDINGS)
    def expect(self, finding: int) -> None:
        self.lasting.add(finding)
        self.outbox.expect(finding)

    @rule(finding=FINDINGS)
    def expect_no_more(self, finding: int) -> None:
        self.lasting.discard(finding)
        self.outbox.expect_no_more(finding)
        self.let_go()

    @rule(device=st.integers(0, 1))
    def forget(self, device: int) -> None:
        self.known = {key: each for key, each in self.known.items() if each.device_id != device}
        self.outbox.forget_device(device)

    @invariant()
    def all_that_is_asked_is_answered(self) -> None:
        assert {each.key: each for each in self.outbox} == self.known
        assert self.outbox.unfinished == sum(each.state in UNFINISHED for each in self.known.values())
        held = [each for each in self.known.values() if each.state is NoticeState.HELD]
        assert [each.created_at for each in self.outbox.held()] == [
            each.created_at for each in in_order(held)
        ]
        waiting: defaultdict[Lane, dict[NoticeKey, Notice]] = defaultdict(dict)
        for key, each in self.known.items():
            if each.state is NoticeState.WAITING:
                waiting[lane_of(each)][key] = each
        assert self.outbox.waiting == waiting
        for finding in range(1, 4):
            of = {k: v for k, v in self.known.items() if k.about == finding and k.moment in SINGLE}
            assert self.outbox.of(finding) == of


TestRemembered = Remembered.TestCase
