"""Which simulated devices a fleet is made of."""

from __future__ import annotations

from random import Random

import pytest

from actors.domain.kinds import PREFIXES
from actors.simulator.device import KINDS, SimulatedDevice, fleet


def test_a_seed_always_gives_the_same_house() -> None:
    """A larger fleet begins with the smaller one; another seed is another house."""
    serials = [device.serial for device in fleet(30, seed=7)]
    assert serials[:10] == [device.serial for device in fleet(10, seed=7)]
    assert len(set(serials) | {device.serial for device in fleet(30, seed=8)}) == 60
    assert [device.kind for device in fleet(2 * len(KINDS))] == [*KINDS, *KINDS]
    assert all(len(serial) == 12 and serial[:4] in PREFIXES for serial in serials)


def test_each_start_is_another_boot() -> None:
    """The serial number stays, the boot does not."""
    first, second = *fleet(1), *fleet(1)
    assert first.serial == second.serial
    assert first.outbox.boot != second.outbox.boot


def test_an_unknown_kind_is_an_error() -> None:
    """Neither a fleet nor a device can be of a kind that nobody knows."""
    with pytest.raises(KeyError):
        fleet(1, kinds=["nevera"])
    with pytest.raises(KeyError):
        SimulatedDevice("XYZ0AAAAAAAA", Random(0))
