"""What people are told, beside the figures, of notifications that fail and of devices turned away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from actors.domain.durations import DAY_S, HOUR_S
from actors.domain.status import NoticeStatus, StrangersStatus
from web.texts.languages import Language


class _Words(NamedTuple):
    failing: tuple[str, str]
    """Of one, and of more."""
    silent: str
    waiting: tuple[str, str]
    given_up: tuple[str, str]
    turned_away: str
    gave_way: tuple[str, str]
    since: tuple[str, str, str]
    """Minutes, hours, days."""


_WORDS: Final[Mapping[Language, _Words]] = {
    Language.SPANISH: _Words(
        failing=(
            "Un canal de avisos falla desde hace {since}",
            "{n} canales de avisos fallan desde hace {since}",
        ),
        silent=" (sin respuesta: {n})",
        waiting=("; espera 1 aviso.", "; esperan {n} avisos."),
        given_up=(
            "Un aviso se ha abandonado tras un día de intentos.",
            "{n} avisos se han abandonado tras un día de intentos.",
        ),
        turned_away=(
            "No caben más dispositivos sin reclamar ({most}, MAX_NO_RECLAMADOS): no se ha atendido a los que "
            "han mandado {n} mensajes."
        ),
        gave_way=(
            "Un dispositivo sin reclamar ha dejado su sitio a otro.",
            "{n} dispositivos sin reclamar han dejado su sitio a otros.",
        ),
        since=("{n} min", "{n} h", "{n} días"),
    ),
    Language.ENGLISH: _Words(
        failing=(
            "A channel of notifications has failed for {since}",
            "{n} channels of notifications have failed for {since}",
        ),
        silent=" (without an answer: {n})",
        waiting=("; 1 notification waits.", "; {n} notifications wait."),
        given_up=(
            "A notification was given up after a day of trying.",
            "{n} notifications were given up after a day of trying.",
        ),
        turned_away=(
            "There is no room for more unclaimed devices ({most}, MAX_NO_RECLAMADOS): those that have sent "
            "{n} messages were not served."
        ),
        gave_way=(
            "An unclaimed device has given way to another one.",
            "{n} unclaimed devices have given way to others.",
        ),
        since=("{n} min", "{n} h", "{n} days"),
    ),
}


def notices_told(status: NoticeStatus, now: float, language: Language) -> Iterator[str]:
    """A sentence each; ``now`` in seconds since the epoch."""
    words = _WORDS[language]
    if status.failing and status.failing_since is not None:
        told = _counted(words.failing, status.failing, since=_since(now - status.failing_since, words))
        silent = words.silent.format(n=status.silent) if status.silent else ""
        yield told + silent + (_counted(words.waiting, status.waiting) if status.waiting else ".")
    if status.given_up:
        yield _counted(words.given_up, status.given_up)


def strangers_told(status: StrangersStatus, language: Language) -> Iterator[str]:
    words = _WORDS[language]
    if status.turned_away:
        yield words.turned_away.format(n=status.turned_away, most=status.most)
    if status.gave_way:
        yield _counted(words.gave_way, status.gave_way)


def _counted(words: tuple[str, str], n: int, **about: str) -> str:
    return words[n != 1].format(n=n, **about)


def _since(seconds: float, words: _Words) -> str:
    minutes, hours, days = words.since
    if seconds < 2 * HOUR_S:
        return minutes.format(n=max(int(seconds // 60), 1))
    if seconds < 2 * DAY_S:
        return hours.format(n=int(seconds // HOUR_S))
    return days.format(n=int(seconds // DAY_S))
