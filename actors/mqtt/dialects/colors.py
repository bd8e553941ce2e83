"""Colours as lamps tell them, and as ``#rrggbb``: at full brightness, which is told apart."""

from __future__ import annotations

import colorsys

from actors.domain.profile import COLOR

RGB = tuple[int, int, int]


def hex_of(rgb: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(min(255, max(0, value)) for value in rgb))


def rgb_of(text: object) -> RGB | None:
    """The three parts, 0 to 255, of ``#rrggbb``; ``None`` if it is none."""
    if not isinstance(text, str) or not COLOR.fullmatch(text):
        return None
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def from_hue(hue: float, saturation: float) -> RGB:
    """``hue`` in degrees, ``saturation`` in per cent."""
    red, green, blue = colorsys.hsv_to_rgb((hue % 360) / 360, min(100, max(0, saturation)) / 100, 1)
    return round(red * 255), round(green * 255), round(blue * 255)


def to_hue(rgb: RGB) -> tuple[int, int]:
    """Degrees and per cent."""
    hue, saturation, _value = colorsys.rgb_to_hsv(*(part / 255 for part in rgb))
    return round(hue * 360) % 360, round(saturation * 100)


def from_xy(x: float, y: float) -> RGB:
    """From the CIE 1931 diagram, by sRGB's primaries and curve; outside of them the nearest edge."""
    if y <= 0:
        return 255, 255, 255
    big_x, big_z = x / y, (1 - x - y) / y
    linear = (
        3.2404542 * big_x - 1.5371385 - 0.4985314 * big_z,
        -0.9692660 * big_x + 1.8760108 + 0.0415560 * big_z,
        0.0556434 * big_x - 0.2040259 + 1.0572252 * big_z,
    )
    brightest = max(*linear, 1e-9)
    red, green, blue = (_curved(min(1.0, max(0.0, part / brightest))) for part in linear)
    return round(red * 255), round(green * 255), round(blue * 255)


def to_xy(rgb: RGB) -> tuple[float, float]:
    # The curve is no power near black, where the same colour would be another one.
    red, green, blue = (_linear(part / max(1, *rgb)) for part in rgb)
    x = 0.4124564 * red + 0.3575761 * green + 0.1804375 * blue
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = 0.0193339 * red + 0.1191920 * green + 0.9503041 * blue
    total = x + y + z
    return (0.3127, 0.3290) if total == 0 else (round(x / total, 4), round(y / total, 4))


def _curved(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
