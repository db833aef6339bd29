"""Lifetimes from MANDATE_*: how long tokens, codes, sessions and sign-ins live, in seconds."""

from collections.abc import Mapping
from typing import NamedTuple

from app.domain.lifetimes import Lifetimes
from app.settings.numbers import whole_number

DAY = 86_400
YEAR = 366 * DAY


class Span(NamedTuple):
    """The member of `Lifetimes` that a setting gives, with its least and greatest seconds."""

    member: str
    most: int
    least: int = 1


LIFETIMES = {
    "MANDATE_ACCESS_TOKEN_LIFETIME": Span("access_token", 600),
    "MANDATE_REFRESH_IDLE_LIFETIME": Span("refresh_idle", 10 * YEAR),
    "MANDATE_REFRESH_ABSOLUTE_LIFETIME": Span("refresh_absolute", 10 * YEAR),
    "MANDATE_REFRESH_GRACE": Span("refresh_grace", 300, 0),
    "MANDATE_CODE_LIFETIME": Span("code", 600),  # RFC 6749 section 4.1.2
    "MANDATE_PENDING_REQUEST_LIFETIME": Span("pending_request", DAY),
    "MANDATE_DEVICE_CODE_LIFETIME": Span("device_code", DAY),
    "MANDATE_BROWSER_IDLE_LIFETIME": Span("browser_idle", YEAR),
    "MANDATE_BROWSER_ABSOLUTE_LIFETIME": Span("browser_absolute", YEAR),
}


def read_lifetimes(environ: Mapping[str, str]) -> Lifetimes:
    """Return the lifetimes of the environment; raises Misconfigured for one out of bounds."""
    given = {
        span.member: whole_number(name, environ[name], span.least, span.most)
        for name, span in LIFETIMES.items()
        if environ.get(name)
    }
    return Lifetimes(**given)
