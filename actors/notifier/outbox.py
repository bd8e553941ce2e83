"""What the notifier remembers, by what it asks of that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from actors.domain.findings import Severity
from actors.domain.notices import UNFINISHED, Moment, Notice, NoticeKey, NoticeState

# Those that are about one finding; the others sum up.
SINGLE: Final = (Moment.BEGIN, Moment.END)

_Name = TypeVar("_Name")


class Lane(NamedTuple):
    """What goes one by one: a channel's critical messages, or its others."""

    channel_id: int
    is_critical: bool


def lane_of(notice: Notice) -> Lane:
    return Lane(notice.key.channel_id, notice.severity is Severity.CRITICAL)


def in_order(notices: Iterable[Notice]) -> list[Notice]:
    """The oldest first."""
    return sorted(notices, key=lambda each: (each.created_at, each.key.about))


class _Groups(Generic[_Name]):
    """Of a group that is named there is at least one."""

    def __init__(self) -> None:
        self.named: dict[_Name, dict[NoticeKey, Notice]] = {}

    def add(self, name: _Name, notice: Notice) -> None:
        self.named.setdefault(name, {})[notice.key] = notice

    def drop(self, name: _Name, notice: Notice) -> None:
        group = self.named[name]
        del group[notice.key]
        if not group:
            del self.named[name]


class Outbox:
    """Notices that are unfinished, and those of findings that may be heard of again.

    A house may know thousands, of things that last; after each burst the notifier asks for the few that wait.
    """

    def __init__(self) -> None:
        self._notices: dict[NoticeKey, Notice] = {}
        self._by_finding = _Groups[int]()
        self._by_state = _Groups[NoticeState]()
        self._by_lane = _Groups[Lane]()
        self._lasting: set[int] = set()

    def __contains__(self, key: NoticeKey) -> bool:
        return key in self._notices

    def __iter__(self) -> Iterator[Notice]:
        return iter(self._notices.values())

    def get(self, key: NoticeKey) -> Notice | None:
        return self._notices.get(key)

    def of(self, finding_id: int) -> Mapping[NoticeKey, Notice]:
        return dict(self._by_finding.named.get(finding_id, {}))

    def held(self) -> Sequence[Notice]:
        """Those that wait for a digest, oldest first."""
        return in_order(self._by_state.named.get(NoticeState.HELD, {}).values())

    @property
    def waiting(self) -> Mapping[Lane, Mapping[NoticeKey, Notice]]:
        """Those that wait to be sent; of a lane that is named there is at least one."""
        return self._by_lane.named

    @property
    def unfinished(self) -> int:
        return sum(len(self._by_state.named.get(state, ())) for state in UNFINISHED)

    def expect(self, finding_id: int) -> None:
        """It may be heard of again."""
        self._lasting.add(finding_id)

    def expect_no_more(self, finding_id: int) -> None:
        self._lasting.discard(finding_id)
        for notice in self.of(finding_id).values():
            self.note(notice)

    def note(self, notice: Notice) -> None:
        """As it is now; one of which nothing more can come is let go."""
        self.drop(notice.key)
        is_expected = notice.key.moment in SINGLE and notice.key.about in self._lasting
        if is_expected or notice.state in UNFINISHED:
            self._add(notice)

    def _add(self, notice: Notice) -> None:
        self._notices[notice.key] = notice
        self._by_state.add(notice.state, notice)
        if notice.key.moment in SINGLE:
            self._by_finding.add(notice.key.about, notice)
        if notice.state is NoticeState.WAITING:
            self._by_lane.add(lane_of(notice), notice)

    def drop(self, key: NoticeKey) -> None:
        notice = self._notices.pop(key, None)
        if notice is None:
            return
        self._by_state.drop(notice.state, notice)
        if key.moment in SINGLE:
            self._by_finding.drop(key.about, notice)
        if notice.state is NoticeState.WAITING:
            self._by_lane.drop(lane_of(notice), notice)

    def forget_device(self, device_id: int) -> None:
        for key in [each.key for each in self if each.device_id == device_id]:
            self.drop(key)
