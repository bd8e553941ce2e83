"""Colours both ways, and when a lamp has the one that it was told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.profile import Control, Form
from actors.mqtt.dialects import colors

COLOR = Control(Form.COLOR)
PARTS = st.integers(0, 255)


@given(PARTS, PARTS, PARTS)
def test_a_color_comes_back(red: int, green: int, blue: int) -> None:
    """By hue and by the diagram alike: to a lamp it is the same, black apart, which has no colour."""
    told = colors.hex_of((red, green, blue))
    assert colors.rgb_of(told) == (red, green, blue)
    if told != "#000000":
        assert COLOR.confirms(told, colors.hex_of(colors.from_hue(*colors.to_hue((red, green, blue)))))
        assert COLOR.confirms(told, colors.hex_of(colors.from_xy(*colors.to_xy((red, green, blue)))))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("#FF8000", "#ff8000", True),
        ("#ff8000", "#fe7d02", True),
        ("#800000", "#ff0000", True),
        ("#ff8000", "#ff4000", False),
        ("#000000", "#ffffff", False),
        ("#000000", "#000000", True),
        ("rojo", "ROJO", True),
        ("rojo", "#ff0000", False),
    ],
)
def test_a_lamp_has_the_color_that_it_was_told(one: str, other: str, same: bool) -> None:
    """By its shade, since it tells how bright it is apart, and rounds."""
    assert COLOR.confirms(one, other) is same
