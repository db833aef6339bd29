"""How long things live. All spans in whole seconds."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """The spans of a deployment, with the defaults of the README."""

    access_token: int = 600
    refresh_idle: int = 14 * 86_400
    refresh_absolute: int = 90 * 86_400
    refresh_grace: int = 60
    code: int = 60
    pending_request: int = 3_600
    device_code: int = 900
    browser_idle: int = 3_600
    browser_absolute: int = 86_400


def after(at: datetime, seconds: int) -> datetime:
    """Return the instant `seconds` after `at`."""
    return at + timedelta(seconds=seconds)
