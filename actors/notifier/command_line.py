"""Notifications from the machine's own console: whether what people have asked for reaches them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from queue import Queue
from typing import Final, TextIO

from actors.domain.notices import HOUSE, Channel, Recipient, Tried
from actors.notifier.desk import NoticeDesk

COMMANDS: Final = ("notify",)
NOBODYS: Final = "la casa"


class NothingSent(Exception):
    """Says why in one Spanish line."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    notify = commands.add_parser("notify", help="los avisos: --test prueba los canales")
    notify.add_argument("--test", action="store_true", required=True, help="envía una prueba por cada canal")
    notify.add_argument("user", metavar="PERSONA", nargs="?", help="solo los suyos")


def obey(
    options: argparse.Namespace,
    desk: NoticeDesk,
    names: Mapping[int, str],
    out: TextIO,
    told: Callable[[Tried], str],
) -> None:
    """Try every channel, all at the same time, and print a line for each; ``told`` has the words.

    ``names`` are the people's, by id. Raises :class:`NothingSent` unless all have taken it.
    """
    whom = [each for each in desk.recipients() if options.user in (None, _name(each, names))]
    if options.user is not None and not whom:
        raise NothingSent(f"No hay nadie que se llame {options.user}.")
    channels = [(each, channel) for each in whom for channel in each.channels]
    if not channels:
        raise NothingSent("No hay ningún canal; se añaden en la página, en Casa, Notificaciones.")
    results = _tried(desk, channels)
    for (recipient, channel), tried in zip(channels, results, strict=True):
        line = f"{_name(recipient, names)}: {channel.name} ({channel.shown}): {told(tried)}"
        print(line, file=out)
    failed = sum(tried.hitch is not None for tried in results)
    if failed:
        raise NothingSent(f"{failed} de {len(results)} canales no han aceptado la prueba.")


def _tried(desk: NoticeDesk, channels: Sequence[tuple[Recipient, Channel]]) -> list[Tried]:
    answers: list[Queue[Tried]] = [Queue() for _ in channels]
    for (recipient, channel), answer in zip(channels, answers, strict=True):
        desk.courier.carry(channel.id, desk.trial(recipient.preferences.language), answer.put)
    return [answer.get() for answer in answers]


def _name(recipient: Recipient, names: Mapping[int, str]) -> str:
    return NOBODYS if recipient.person_id == HOUSE else names.get(recipient.person_id, "?")
