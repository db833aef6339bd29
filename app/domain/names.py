"""Names that people, tools and programs choose for themselves, and pages show."""

import re

from app.domain.errors import Invalid

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,78}[a-z0-9])?")
MAX_NAME = 200

# Persian words and some emoji need joiners; any other invisible character could mislead.
JOINERS = {0x200C: None, 0x200D: None}


def is_showable(name: str) -> bool:
    """Say whether a name holds visible characters only: no controls, no overrides.

    Joiners may stand between them, but not alone.
    """
    visible = name.translate(JOINERS)
    return visible.isprintable() and bool(visible.strip()) == bool(name.strip())


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
