"""Which of a device's readings warn of something."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actors.domain.alarms import STATE, Sign, charges_of, hazard_in, signs_of, warns
from actors.domain.metrics import MetricChoice, Nature, alarm_of, is_charge
from actors.domain.model import Device
from actors.domain.packed import packed
from actors.domain.readings import flattened

NAMES = st.sampled_from(
    ["temperatura", "smoke", "humo", "value", "state", "a.b", "a\\", "detected", "alarm", "battery", "level"]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([True, False, 0, 1, 0.5, 80, "on", "OK", "alarm", None, [], "x" * 1100]),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3),
)
CHOICES = st.builds(MetricChoice, nature=st.none() | st.sampled_from(Nature))


@given(
    readings=st.dictionaries(NAMES, VALUES, max_size=6),
    limits=st.just({}) | st.dictionaries(NAMES | st.just("battery.level"), CHOICES, max_size=3),
    serial=st.sampled_from(["TMP0AAAA", "SMK0AAAA"]),
)
def test_what_a_reading_says_does_not_depend_on_what_stands_beside_it(
    readings: dict[str, object], limits: dict[str, MetricChoice], serial: str
) -> None:
    """In the order in which they are told, nested or not, whether or not people have decided something."""
    device = Device(id=1, serial=serial, parameters=packed(readings), limits=limits)
    each = [(name, value, hazard_in(device, name)) for name, value in flattened(readings)]
    signs = [Sign(name, of, value, alarm_of(value, of)) for name, value, of in each if of is not None]
    charges = [(name, value) for name, value, of in each if of is None and is_charge(name)]
    assert [sign for sign in signs_of(device) if sign.metric != STATE] == signs
    assert [*charges_of(device)] == charges
    assert warns(device) is bool(signs or charges)
