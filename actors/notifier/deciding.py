"""Whom a finding is told, when, and how it goes on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Final

from actors.domain.findings import Decision, Severity
from actors.domain.notices import (
    NO_CHANNEL,
    Channel,
    Moment,
    Notice,
    NoticeKey,
    NoticeState,
    NoticeWords,
    Occurrence,
    Preferences,
    QuietHours,
    Recipient,
)
from actors.domain.rule_events import ENDS

_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}
# Of a digest; what is beyond is counted.
MOST_LINES: Final = 30
# That wait for one digest or one channel, some 200 kB: what has come together by then is one message.
MOST_HELD: Final = 200


@dataclass(frozen=True, slots=True)
class Decider:
    """Decides by the clock on the wall of a house in ``zone``."""

    words: NoticeWords
    zone: tzinfo

    def notices(
        self,
        occurrence: Occurrence,
        recipients: Iterable[Recipient],
        known: Mapping[NoticeKey, Notice],
        now: float,
    ) -> list[Notice]:
        """Those that the finding, as it is now, makes or changes. ``known`` are those it has."""
        found: list[Notice] = []
        for recipient in recipients:
            if _concerns(recipient.preferences, occurrence):
                found += self._to(recipient, occurrence, known, now)
        if occurrence.kept.decision is Decision.DISMISSED:  # people know of it, and asked for silence
            return [notice for notice in found if notice.key in known]
        return found

    def _to(
        self, recipient: Recipient, occurrence: Occurrence, known: Mapping[NoticeKey, Notice], now: float
    ) -> Iterator[Notice]:
        wishes, finding = recipient.preferences, occurrence.kept.finding
        at_once = wishes.severity is not None and _RANKS[finding.severity] >= _RANKS[wishes.severity]
        due_at = self._due_at(wishes, finding.severity, now)
        heard = False
        for channel in recipient.channels:
            key = NoticeKey(Moment.BEGIN, occurrence.kept.id, recipient.person_id, channel.id)
            begun = known.get(key)
            heard = heard or begun is not None
            if begun is None and at_once and _may_begin(occurrence, channel):
                yield self._notice(key, occurrence, wishes, now, due_at)
            elif begun is not None and occurrence.kept.ends:
                yield from self._end_of(begun, occurrence, wishes, known, now, due_at)
        if not at_once and not heard and wishes.digest_at is not None and recipient.channels:
            key = NoticeKey(Moment.BEGIN, occurrence.kept.id, recipient.person_id, NO_CHANNEL)
            held = self._notice(key, occurrence, wishes, now, now)
            before = known.get(key)
            if before is None or (before.state is NoticeState.HELD and before.title != held.title):
                created_at = now if before is None else before.created_at
                yield replace(held, state=NoticeState.HELD, created_at=created_at)

    def _end_of(
        self,
        begun: Notice,
        occurrence: Occurrence,
        wishes: Preferences,
        known: Mapping[NoticeKey, Notice],
        now: float,
        due_at: float,
    ) -> Iterator[Notice]:
        if begun.state is NoticeState.WAITING:  # nobody has heard of it: one message has it all
            told = self.words.begun(occurrence, wishes.language)
            text = told.text
            if begun.is_perhaps_known:
                text = self.words.perhaps_again(text, wishes.language)
            if (told.title, text) != (begun.title, begun.text):
                yield replace(begun, title=told.title, text=text, changed_at=now)
            return
        key = begun.key._replace(moment=Moment.END)
        if wishes.ends and key not in known and begun.state is not NoticeState.GIVEN_UP:
            yield self._notice(key, occurrence, wishes, now, due_at)

    def _notice(
        self, key: NoticeKey, occurrence: Occurrence, wishes: Preferences, now: float, due_at: float
    ) -> Notice:
        say = self.words.ended if key.moment is Moment.END else self.words.begun
        told, finding = say(occurrence, wishes.language), occurrence.kept.finding
        return Notice(
            key=key,
            severity=finding.severity,
            title=told.title,
            text=told.text,
            device_id=finding.device_id,
            created_at=now,
            due_at=due_at,
            changed_at=now,
        )

    def _due_at(self, wishes: Preferences, severity: Severity, now: float) -> float:
        if wishes.quiet is None or severity is Severity.CRITICAL:
            return now
        return quiet_until(wishes.quiet, now, self.zone)

    def digests(self, recipients: Sequence[Recipient], held: Sequence[Notice], now: float) -> list[Notice]:
        """The digests that are due, and what they gather; what was held for who wants none any more."""
        wanted = {
            each.person_id for each in recipients if each.channels and each.preferences.digest_at is not None
        }
        nobodys = [notice for notice in held if notice.key.person_id not in wanted]
        found = [replace(notice, state=NoticeState.NO_WAY, changed_at=now) for notice in nobodys]
        for recipient in recipients:
            minute = recipient.preferences.digest_at
            if minute is None or recipient.person_id not in wanted:
                continue
            due_at = last_at(minute, now, self.zone)
            # Quiet hours are quiet for it too: the system may have been off at its time.
            go_at = self._due_at(recipient.preferences, Severity.INFO, now)
            own = [notice for notice in held if notice.key.person_id == recipient.person_id]
            gathered = [notice for notice in own if notice.created_at < due_at]
            if len(own) > MOST_HELD:  # it goes before its time
                gathered, due_at = own, now
            if gathered:
                found += self._digest(recipient, gathered, due_at, go_at, now)
        return found

    def rest(self, gathered: Sequence[Notice], language: str, now: float) -> list[Notice]:
        """One message of what waits for one channel, and what it gathers."""
        lines = [notice.title for notice in gathered[:MOST_LINES]]
        told = self.words.rest(lines, len(gathered) - len(lines), language)
        # Each is in one rest only, so this is no other's, whatever the clock says.
        about = max(2 * each.key.about + (each.key.moment is Moment.END) for each in gathered)
        rest = Notice(
            key=gathered[0].key._replace(moment=Moment.REST, about=about),
            severity=max((notice.severity for notice in gathered), key=_RANKS.__getitem__),
            title=told.title,
            text=told.text,
            device_id=None,
            created_at=min(notice.created_at for notice in gathered),
            due_at=max(notice.due_at for notice in gathered),
            changed_at=now,
        )
        return [rest, *(replace(each, state=NoticeState.GATHERED, changed_at=now) for each in gathered)]

    def _digest(
        self, recipient: Recipient, gathered: Sequence[Notice], due_at: float, go_at: float, now: float
    ) -> Iterator[Notice]:
        lines = [notice.title for notice in gathered[:MOST_LINES]]
        told = self.words.digest(lines, len(gathered) - len(lines), recipient.preferences.language)
        severity = max((notice.severity for notice in gathered), key=_RANKS.__getitem__)
        for channel in recipient.channels:
            key = NoticeKey(Moment.DIGEST, int(due_at), recipient.person_id, channel.id)
            yield Notice(key, severity, told.title, told.text, None, now, go_at, changed_at=now)
        for notice in gathered:
            yield replace(notice, state=NoticeState.GATHERED, changed_at=now)


def recovered(notice: Notice, words: NoticeWords, language: str, now: float) -> Notice:
    """What becomes of a notice that was being sent when the system died: whether it was, nobody knows.

    One that is critical is sent again, saying so, as a family that hears of smoke twice is better off than
    one that does not. Any other is not: it is shown as being in doubt.
    """
    if notice.severity is not Severity.CRITICAL:
        return replace(notice, state=NoticeState.IN_DOUBT, changed_at=now)
    text = notice.text if notice.is_perhaps_known else words.perhaps_again(notice.text, language)
    return replace(notice, state=NoticeState.WAITING, text=text, is_perhaps_known=True, changed_at=now)


def quiet_until(quiet: QuietHours, now: float, zone: tzinfo) -> float:
    """The end of the quiet hours that it is in at ``now``; ``now`` if it is in none."""
    local = datetime.fromtimestamp(now, zone)
    minute = local.hour * 60 + local.minute
    within = (
        quiet.start <= minute < quiet.end
        if quiet.start <= quiet.end
        else minute >= quiet.start or minute < quiet.end
    )
    if not within:
        return now
    day = local if minute < quiet.end else local + timedelta(days=1)
    end = _at(day, quiet.end)
    # Where the clock goes back the end may be there twice.
    return (end if end.timestamp() > now else end.replace(fold=1)).timestamp()


def last_at(minute: int, now: float, zone: tzinfo) -> float:
    """The last time, at ``now``, that it was so many minutes past midnight by the clock on the wall."""
    local = datetime.fromtimestamp(now, zone)
    today = _at(local, minute)
    found = today if today.timestamp() <= now else _at(local - timedelta(days=1), minute)
    return found.timestamp()


def _at(day: datetime, minute: int) -> datetime:
    return day.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0, fold=0)


def _may_begin(occurrence: Occurrence, channel: Channel) -> bool:
    """Not at its end, by a channel that was not there yet when it began."""
    episode = occurrence.kept.finding.episode
    return episode is None or episode.lasts or channel.created_at <= episode.since


def _concerns(wishes: Preferences, occurrence: Occurrence) -> bool:
    if occurrence.kept.finding.event in ENDS:  # told as the end of what was told before
        return False
    if occurrence.kept.finding.severity is Severity.CRITICAL:  # whoever is in the house has to know
        return True
    in_room = wishes.rooms is None or occurrence.room_id in wishes.rooms
    return in_room and (wishes.rules is None or occurrence.kept.finding.rule in wishes.rules)
