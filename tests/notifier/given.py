"""Findings, people and words, as the notifier's tests need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from actors.domain.findings import Episode, Finding, KeptFinding, Severity
from actors.domain.notices import (
    Channel,
    ChannelKind,
    Occurrence,
    Preferences,
    Recipient,
    Told,
)

# A Monday at noon, UTC.
NOON = 1_799_668_800.0


class PlainWords:
    """Implements :class:`actors.domain.notices.NoticeWords`."""

    def begun(self, occurrence: Occurrence, language: str) -> Told:
        over = " over" if occurrence.kept.ends else ""
        return Told(f"{occurrence.kept.id}{over}", language)

    def ended(self, occurrence: Occurrence, language: str) -> Told:
        return Told(f"end of {occurrence.kept.id}", language)

    def digest(self, lines: Sequence[str], left_out: int, language: str) -> Told:
        return Told(f"{len(lines) + left_out} in short", f"{language}: " + ", ".join(lines))

    def rest(self, lines: Sequence[str], left_out: int, language: str) -> Told:
        return Told(f"{len(lines) + left_out} more", f"{language}: " + ", ".join(lines))

    def trial(self, language: str) -> Told:
        return Told("trial", language)

    def perhaps_again(self, text: str, language: str) -> str:  # noqa: ARG002
        return f"{text}, perhaps again"


def occurrence(
    number: int = 1,
    severity: Severity = Severity.MEDIUM,
    *,
    until: float | None = None,
    is_episode: bool = True,
    rule: str = "extremos",
    room_id: int | None = 2,
    event: str = "ai_anomaly",
) -> Occurrence:
    episode = Episode(f"temp@{number}", NOON - 60, until, 1) if is_episode else None
    finding = Finding(rule, event, 7, "TMP0A", NOON, {}, severity=severity, episode=episode)
    return Occurrence(KeptFinding(number, finding, None), "Nevera", room_id, "Cocina" if room_id else "", 1)


def recipient(person_id: int = 1, channels: Sequence[int] = (10,), **wishes: object) -> Recipient:
    found = [Channel(number, person_id, ChannelKind.SERVICE, "", "", 0.0) for number in channels]
    return Recipient(person_id, replace(Preferences(), **wishes), found)  # type: ignore[arg-type]
