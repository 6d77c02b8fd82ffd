"""Colours of assessment types, with text on them that can be read: a contrast of 4.5:1 at least.

Source: Web Content Accessibility Guidelines 2.2, "contrast ratio" and "relative luminance".
"""

from __future__ import annotations

import colorsys
import re
from typing import NamedTuple

from webhook.errors import InvalidInput
from webhook.policy.plaintext import plain

_NAMES = {
    "red": "#c62828",
    "orange": "#ef6c00",
    "yellow": "#f9a825",
    "green": "#2e7d32",
    "blue": "#1565c0",
    "purple": "#6a1b9a",
    "pink": "#ad1457",
    "brown": "#5d4037",
    "grey": "#546e7a",
    "gray": "#546e7a",
}
_HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")
LEAST = 4.5
Rgb = tuple[float, float, float]


class Paint(NamedTuple):
    """The colours of a chip."""

    back: str
    text: str
    edge: str


def palette(color: str) -> tuple[Paint, Paint]:
    """The colours of a type's chip on light and on dark pages.

    Args:
        color: a name, or six hexadecimal digits behind ``#``; anything else counts as grey.
    """
    red, green, blue = _read(hex_color(color))
    hue, _, saturation = colorsys.rgb_to_hls(red, green, blue)
    saturation = min(saturation, 0.85)
    light_back, dark_back = colorsys.hls_to_rgb(hue, 0.94, saturation), colorsys.hls_to_rgb(hue, 0.17, saturation * 0.6)
    return (
        Paint(_written(light_back), _written(_readable(hue, saturation, light_back, darker=True)), _edge(hue, 0.72)),
        Paint(_written(dark_back), _written(_readable(hue, saturation, dark_back, darker=False)), _edge(hue, 0.35)),
    )


def checked_color(text: str) -> str:
    """A colour as it is kept; what :func:`palette` would take for grey is refused.

    Raises:
        InvalidInput: it is neither a name nor six hexadecimal digits.
    """
    color = text.strip().lower()
    if color not in _NAMES and not _HEX.match(color):
        raise InvalidInput(
            f"{plain(text, 40)!r} is not a colour.", remedy=f"Write it as #c62828, or as {', '.join(_NAMES)}."
        )
    return color


def hex_color(color: str) -> str:
    """A colour as six hexadecimal digits behind ``#``; grey for what is none."""
    text = _NAMES.get(color.strip().lower(), color.strip().lower())
    return text if _HEX.match(text) else _NAMES["grey"]


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _readable(hue: float, saturation: float, back: Rgb, *, darker: bool) -> Rgb:
    """The most colourful text that can be read on a background."""
    steps = range(45, -1, -1) if darker else range(60, 101)
    for lightness in steps:
        found = colorsys.hls_to_rgb(hue, lightness / 100, saturation)
        if contrast(found, back) >= LEAST + 0.5:
            return found
    return (0.0, 0.0, 0.0) if darker else (1.0, 1.0, 1.0)


def _edge(hue: float, lightness: float) -> str:
    return _written(colorsys.hls_to_rgb(hue, lightness, 0.4))


def _luminance(color: Rgb) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in color
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _read(text: str) -> Rgb:
    red, green, blue = (int(text[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def _written(color: Rgb) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in color)
