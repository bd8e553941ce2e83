"""The house's logbook, as rows."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import orjson

from actors.domain.logbook import Act, Cause, Deed, KeptDeed, Origin, Shift, Shifts
from persistence.forms.rows import Row, json_object, json_text

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Share:
    """What has a share of its own of the logbook, so that nothing else pushes it out."""

    acts: tuple[Act, ...]
    most: int
    """Entries that are kept. Where there are more, the oldest go of the devices that have most of them."""

    def of_each(self, counts: Collection[int]) -> int:
        """How many each device may keep, where they have so many: as many as all have room for together, so
        that whoever has fewer loses none (max-min fairness).
        """
        left = self.most
        for n, count in enumerate(sorted(counts)):
            if count > (share := left // (len(counts) - n)):
                return share
            left -= count
        return self.most


# Some months of a house that moves much. An entry takes 140 bytes with its indexes, so all take 70 MiB.
SHARES: Final = (
    Share(tuple(act for act in Act if act not in (Act.REPORTED, Act.READING)), 200_000),
    Share((Act.REPORTED,), 100_000),
    Share((Act.READING,), 200_000),
)

DEED_COLUMNS: Final = (
    "id, dispositivo_id, creado_en, hecho, origen, persona_id, nombre, regla, evento_id, cambios"
)


def deed_row(kept: KeptDeed) -> Row:
    deed, origin = kept.deed, kept.deed.origin
    return (
        kept.id,
        deed.device_id,
        deed.at,
        deed.act.value,
        origin.cause.value,
        origin.person,
        origin.name,
        origin.rule,
        origin.finding,
        json_text({name: None if shift is None else [*shift] for name, shift in deed.shifts.items()}),
    )


def undamaged_deed(row: Row) -> KeptDeed | None:
    number, device_id, at, act, cause, person, name, rule, finding, text = row
    try:
        origin = Origin(Cause(cause), person, name, rule, finding)
        return KeptDeed(number, Deed(device_id, at, Act(act), origin, _shifts(text)))
    except (TypeError, ValueError, orjson.JSONDecodeError):
        logger.warning("logbook_row_damaged id=%r", number)
        return None


def _shifts(text: bytes) -> Shifts:
    """Raises ``ValueError`` or ``TypeError``."""
    found = json_object(text)
    if found is None:
        raise ValueError(text)
    return {name: None if pair is None else Shift(*pair) for name, pair in found.items()}
