"""How findings are kept: each once, and an episode as one that is brought up to date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from actors.domain.findings import Decision, Episode, Finding, KeptFinding
from actors.domain.model import JsonObject
from actors.messages import EndEpisodes, EndUnwatched
from persistence.storage.batch import Conclusion, MemoryKey


class Findings(Protocol):
    """The table of findings, in the transaction of whoever calls."""

    def last_id(self) -> int:
        """The last one ever given."""

    def insert(self, kept: Sequence[KeptFinding]) -> None: ...

    def update(self, kept: KeptFinding) -> None:
        """What an episode's later finding changes."""

    def known(self, finding: Finding, episode: Episode) -> KeptFinding | None:
        """What is kept of this episode."""

    def of_device(self, device_id: int) -> Sequence[KeptFinding]:
        """The episodes of a device that last."""

    def unwatched(self, rules: frozenset[str]) -> Sequence[KeptFinding]:
        """Those that last, of devices that are not claimed and of other rules than these."""

    def lasting(self, rules: Sequence[MemoryKey]) -> Sequence[Finding]:
        """Those that last, of these devices and rules."""


def keep_conclusions(table: Findings, conclusions: Sequence[Conclusion]) -> list[Sequence[KeptFinding]]:
    """What is to be told of each, in the transaction of whoever calls.

    That is nothing where an episode says no more than is known of it, or has been dismissed and goes on.
    Findings are numbered from the last id ever given, so that many are inserted at once.
    """
    last = table.last_id()
    told: list[Sequence[KeptFinding]] = []
    new: list[KeptFinding] = []
    for conclusion in conclusions:
        if not isinstance(conclusion, tuple) or conclusion[0].episode is not None:
            # What it is about may be among them.
            table.insert(new)
            new.clear()
        match conclusion:
            case EndEpisodes(device_id, at):
                told.append(_end(table, table.of_device(device_id), at))
            case EndUnwatched(rules, at):
                told.append(_end(table, table.unwatched(rules), at))
            case (finding, basis):
                if finding.episode is not None and (known := table.known(finding, finding.episode)):
                    told.append(_update(table, known, finding, finding.episode, basis))
                    continue
                last += 1
                kept = KeptFinding(last, finding, basis)
                new.append(kept)
                told.append((kept,))
    table.insert(new)
    return told


def _update(
    table: Findings, known: KeptFinding, finding: Finding, episode: Episode, basis: JsonObject
) -> Sequence[KeptFinding]:
    before = known.finding
    if before.episode is None or not episode.is_newer_than(before.episode, finding.at, before.at):
        return ()
    kept = KeptFinding(known.id, finding, basis, known.decision, known.at, before.at)
    table.update(kept)
    return () if kept.decision is Decision.DISMISSED and episode.lasts else (kept,)


def _end(table: Findings, lasting: Iterable[KeptFinding], at: float) -> Sequence[KeptFinding]:
    ended: list[KeptFinding] = []
    for known in lasting:
        finding = known.finding.ended(at)
        ended.append(replace(known, finding=finding, first_at=known.at, before=known.finding.at))
        table.update(ended[-1])
    return ended
