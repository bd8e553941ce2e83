"""What devices have used, of databases that were made before anybody added it up."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from actors.domain.energy import EnergySource
from persistence.database import schema, tables
from tests.persistence.conformance.engines import SqliteHouse
from tests.persistence.meters import STARTS, Meters


def test_a_database_from_before_is_added_up_from_its_log(tmp_path: Path) -> None:
    """Step by step, and what has come of it is whole when it is broken off on the way."""
    house = SqliteHouse(tmp_path / "old.db")
    with (
        patch.object(schema, "STEPS", tables.STEPS[: tables.STEPS.index(tables._energy)]),
        Meters(house) as old,
    ):
        old.keep(*((STARTS[0] + n * 60, {"energia_kwh": n / 100}) for n in range(1_000)))
        device = old.device
    with Meters(house) as meters:
        meters.device = device
        assert meters.queries.consumption([device.id], 0, 1e11).uncounted == 1_000
        for step in meters.upkeep.roll_ups(1):
            meters.store.tidy(step)
        meters.store.tidy(next(meters.upkeep.meterings(1)))
        half = meters.queries.consumption([device.id], 0, 1e11)
        assert sum(kwh for *_, kwh in half.hours) == pytest.approx(9.99)
        meters.add_up()
        whole = meters.queries.consumption([device.id], 0, 1e11)
        assert (whole.uncounted, whole.sources) == (0, {device.id: EnergySource.COUNTER})
        assert sum(meters.stored().values()) == pytest.approx(9.99)
