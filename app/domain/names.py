"""Names that people, tools and programs choose for themselves, and pages show."""

import re

from app.domain.errors import Invalid

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,78}[a-z0-9])?")
MAX_NAME = 200

# Persian words and some emoji need joiners; any other invisible character could mislead.
JOINERS = dict.fromkeys((0x200C, 0x200D, *range(0xFE00, 0xFE10)))

# Printable for Python, and yet nothing is seen of them: Unicode's default ignorables, and a blank.
UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\U000e0100-\U000e01ef]"
)


def is_showable(name: str) -> bool:
    """Say whether a name holds visible characters only: no controls, no overrides, nothing unseen.

    Joiners and the selectors of emoji may stand between them, but not alone.
    """
    visible = name.translate(JOINERS)
    is_seen = visible.isprintable() and UNSEEN.search(visible) is None
    return is_seen and bool(visible.strip()) == bool(name.strip())


def check_slug(text: str) -> str:
    """Return a slug or identifier that may stand in form fields and on the wire; raises Invalid."""
    if not SLUG.fullmatch(text):
        raise Invalid(f"{text[:80]!r} must be 1 to 80 of a-z, 0-9, dot, dash and underscore.")
    return text


def check_name(text: str) -> str:
    """Return a name that may be shown; raises Invalid."""
    if not 0 < len(text.strip()) <= MAX_NAME or not is_showable(text):
        raise Invalid("A name needs 1 to 200 printable characters.")
    return text.strip()
