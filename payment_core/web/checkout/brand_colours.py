"""A merchant's colour as a style sheet: the nearest shades of it that everybody can read (WCAG AA)."""

from __future__ import annotations

from flask import Blueprint, Response

from payment_core.errors import NotFound

blueprint = Blueprint("looks", __name__)
Rgb = tuple[int, int, int]
# The backgrounds in pages.css of links and outlined buttons: the one that gives each colour less contrast.
_LIGHT_GROUND, _DARK_GROUND = (0xF4, 0xF2, 0xEE), (0x22, 0x20, 0x1E)
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
# https://www.w3.org/TR/WCAG22/#contrast-minimum
_ENOUGH = 4.5
_STEPS = 50


@blueprint.get("/looks/<colour>.css")
def show(colour: str) -> Response:
    """Return the style sheet of a colour, in six hexadecimal digits; it never changes."""
    try:
        chosen = rgb_of(colour)
    except ValueError:
        raise NotFound from None
    light, dark = readable(chosen, on=_LIGHT_GROUND, towards=_BLACK), readable(chosen, on=_DARK_GROUND, towards=_WHITE)
    sheet = (
        f":root {{ {_variables(light)} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {_variables(dark)} }} }}\n"
    )
    answer = Response(sheet, mimetype="text/css")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


def rgb_of(text: str) -> Rgb:
    """Return the parts of ``0b5c55``.

    Raises:
        ValueError: it is no colour.
    """
    if len(text) != 6 or not text.isascii() or not text.isalnum():
        raise ValueError("six hexadecimal digits")
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)


def readable(colour: Rgb, *, on: Rgb, towards: Rgb) -> Rgb:
    """Return a colour, mixed with black or white no more than can be read as text on a ground."""
    mixes = (_mixed(colour, towards, step / _STEPS) for step in range(_STEPS + 1))
    return next(one for one in mixes if contrast(one, on) >= _ENOUGH)


def text_on(colour: Rgb) -> Rgb:
    """Return black or white, whichever can be read better on a colour: one of both always can."""
    return max(_BLACK, _WHITE, key=lambda one: contrast(one, colour))


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast of two colours, from 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Rgb) -> float:
    parts = [one / 255 for one in colour]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mixed(colour: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (round(mine + (theirs - mine) * share) for mine, theirs in zip(colour, other, strict=True))
    return red, green, blue


def _variables(brand: Rgb) -> str:
    return f"--brand: {_hex(brand)}; --on-brand: {_hex(text_on(brand))};"


def _hex(colour: Rgb) -> str:
    return "#" + "".join(f"{one:02x}" for one in colour)
