"""Reading values of the environment."""

from app.domain.errors import Misconfigured

MAX_DIGITS = 12


def whole_number(name: str, text: str, least: int, most: int) -> int:
    """Return a setting that must be a whole number within bounds; raises Misconfigured."""
    if not text.isascii() or not text.isdigit() or len(text) > MAX_DIGITS or int(text) < least:
        raise Misconfigured(
            f"{name} must be a whole number of at least {least}, not {text[:40]!r}."
        )
    if int(text) > most:
        raise Misconfigured(f"{name} must be at most {most}, not {text[:40]}.")
    return int(text)
