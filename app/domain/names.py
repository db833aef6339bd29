"""Names that people, tools and programs choose for themselves, and pages show."""

# Persian words and some emoji need them; all else that has no form of its own could mislead.
JOINERS = {0x200C: None, 0x200D: None}


def is_showable(name: str) -> bool:
    """Say whether a name holds characters with a form of their own only: no controls, no overrides.

    Joiners may stand between them, but not alone.
    """
    visible = name.translate(JOINERS)
    return visible.isprintable() and bool(visible.strip()) == bool(name.strip())
