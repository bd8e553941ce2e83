"""What a device says at length is held as its text, and reads as what it said."""

from __future__ import annotations

import json
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from actors.domain.model import Device, Json, Report
from actors.domain.packed import LARGE, Packed, encoded, packed
from actors.domain.readings import flattened
from actors.mqtt.protocol.payloads import read

_TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abñ.", max_size=3), inner, max_size=4)
    ),
    max_leaves=20,
)
_OBJECTS = st.dictionaries(st.text("abñ.\\", max_size=3), _TREES, max_size=6)
_NESTED = {f"p{n}": [{"a": {"b": 1}} for _ in range(70)] for n in range(64)}


@given(_OBJECTS, _OBJECTS)
def test_packed_is_read_merged_compared_and_encoded_as_what_it_was(
    values: dict[str, Json], others: dict[str, Json]
) -> None:
    """A packed object cannot be told from the plain one by whoever reads, merges, compares or encodes it."""
    text = json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
    held = Packed(text)
    assert (dict(held), len(held), list(held)) == (values, len(values), list(values))
    assert held == values
    assert {**others, **held} == {**others, **values}
    assert [held.get(name) for name in others] == [values.get(name) for name in others]
    assert list(flattened(held)) == list(flattened(values))
    assert encoded({"x": held}) == b'{"x":' + text + b"}"


def test_small_objects_stay_as_they_are() -> None:
    """What devices say in general is not packed."""
    small = {"temp": 21.5}
    assert packed(small) is small


def test_whatever_a_device_says_at_length_takes_a_few_times_its_text() -> None:
    """64 KiB of parameters and twice 42 of configuration, deeply nested: not the 4 MiB that objects take."""
    payload = json.dumps({"serial_number": "A", "parametros": _NESTED}, separators=(",", ":")).encode()
    assert LARGE < len(payload) <= 64 * 1024
    wide = {name: values[:45] for name, values in _NESTED.items()}
    device = Device(id=1, serial="A")
    tracemalloc.start()
    try:
        report = read("dispositivos/estado", payload, 1.0, False)
        assert isinstance(report, Report)
        device = device.after_report(report)
        device = device.after_report(Report("A", 2.0, state="on", configuration={**wide, "encendido": False}))
        device = device.after_report(Report("A", 3.0, state="off"))
        del report, wide
        for other in range(16):  # by which those that were decoded make room
            len(Packed(b'{"x":%d}' % other))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert all(
        isinstance(each, Packed) for each in (device.parameters, device.configuration, device.reported)
    )
    assert device.parameters == _NESTED
    assert device.reported["encendido"] is False
    assert held < 300 * 1024
