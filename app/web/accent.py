"""The organisation's accent colour, made dark or light enough to be read in either scheme.

WCAG 2.2 section 1.4.3: text needs a contrast of 4.5 to 1 with what lies behind it.
"""

from collections.abc import Iterator

ENOUGH = 4.5
STEPS = 100
LIGHT_PAPER, DARK_SHEET = (0xF4, 0xF6, 0xF5), (0x18, 0x22, 0x20)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
DEEPER = 0.2
NEARLY_BLACK = 0.04045

Colour = tuple[int, int, int]


def style_sheet(accent: str) -> str:
    """Return the rules that put an accent `#rrggbb` in the place of our own, light and dark."""
    colour = _read(accent)
    light = next(c for c in _towards(colour, BLACK) if contrast(c, LIGHT_PAPER) >= ENOUGH)
    dark = next(c for c in _towards(colour, WHITE) if contrast(c, DARK_SHEET) >= ENOUGH)
    return (
        f":root {{ {_tokens(light, BLACK)} --brand-ink: #ffffff; }}\n"
        "@media (prefers-color-scheme: dark) { "
        f":root {{ {_tokens(dark, WHITE)} --brand-ink: #000000; }} }}\n"
    )


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2), from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _read(text: str) -> Colour:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _towards(colour: Colour, end: Colour) -> Iterator[Colour]:
    """Give a colour and then what lies on the way to another."""
    for step in range(STEPS + 1):
        yield _mixed(colour, end, step / STEPS)


def _mixed(colour: Colour, end: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, end, strict=True))
    return red, green, blue


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= NEARLY_BLACK else float(((part + 0.055) / 1.055) ** 2.4)


def _tokens(colour: Colour, deeper: Colour) -> str:
    text, deep = _text(colour), _text(_mixed(colour, deeper, DEEPER))
    wash = f"color-mix(in srgb, {text} 14%, var(--sheet))"
    return f"--brand: {text}; --brand-deep: {deep}; --brand-wash: {wash};"


def _text(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
