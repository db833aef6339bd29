"""How long audit events are kept, from MANDATE_*."""

from collections.abc import Mapping

from app.settings.numbers import whole_number

NAME = "MANDATE_AUDIT_RETENTION"
LEAST, MOST = 30, 36_500  # days; pages tell of what happened in the last weeks


def audit_retention_of(environ: Mapping[str, str]) -> int | None:
    """Return the days that audit events are kept, None: for ever; raises Misconfigured."""
    text = environ.get(NAME)
    return whole_number(NAME, text, LEAST, MOST) if text else None
