"""What people are told of findings, as rows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

from actors.domain.findings import Severity
from actors.domain.notices import UNFINISHED, Hitch, Moment, Notice, NoticeKey, NoticeState, Occurrence
from persistence.forms.rows import kept_finding

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

# Notices that are kept, finished ones included: some months of a house, at most 10 MiB.
MOST_KEPT: Final = 5_000
# Findings that are told of in one answer.
MOST_OCCURRENCES: Final = 200

NOTICE_COLUMNS: Final = (
    "momento, sobre, persona_id, canal_id, gravedad, titulo, texto, dispositivo_id, creado_en, no_antes,"
    " estado, intentos, cambiado_en, quiza, fallo, dicho"
)
UNFINISHED_TEXT: Final = "estado IN ({})".format(
    ", ".join(sorted(f"'{state.value}'" for state in UNFINISHED))
)


def undamaged(read: Callable[[Sequence[Any]], _T], rows: Iterable[Sequence[Any]]) -> Iterator[_T]:
    """But for those that cannot be read, with a warning: one of them must not silence the others."""
    for row in rows:
        try:
            found = read(row)
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            logger.warning("notice_row_damaged about=%r error=%r", row[:4], error)
        else:
            yield found


def occurrence_of(row: Sequence[Any]) -> Occurrence:
    *finding, name, room_id, room, changes = row
    in_room = room_id if room is not None else None
    return Occurrence(kept_finding(tuple(finding)), name, in_room, room or "", changes)


def notice_key(key: NoticeKey) -> tuple[str, int, int, int]:
    return key.moment.value, key.about, key.person_id, key.channel_id


def notice_row(notice: Notice) -> tuple[Any, ...]:
    return (
        *notice_key(notice.key),
        notice.severity.value,
        notice.title,
        notice.text,
        notice.device_id,
        notice.created_at,
        notice.due_at,
        notice.state.value,
        notice.tries,
        notice.changed_at,
        notice.is_perhaps_known,
        None if notice.hitch is None else notice.hitch.value,
        notice.said,
    )


def notice_of(row: Sequence[Any]) -> Notice:
    (
        moment,
        about,
        person_id,
        channel_id,
        severity,
        title,
        text,
        device_id,
        created_at,
        due_at,
        state,
        *rest,
    ) = row
    tries, changed_at, is_perhaps_known, hitch, said = rest
    return Notice(
        key=NoticeKey(Moment(moment), about, person_id, channel_id),
        severity=Severity(severity),
        title=title,
        text=text,
        device_id=device_id,
        created_at=created_at,
        due_at=due_at,
        state=NoticeState(state),
        tries=tries,
        changed_at=changed_at,
        is_perhaps_known=bool(is_perhaps_known),
        hitch=None if hitch is None else Hitch(hitch),
        said=said,
    )
