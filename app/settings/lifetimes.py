"""Lifetimes from MANDATE_*: how long tokens, codes, sessions and sign-ins live, in seconds."""

from collections.abc import Mapping

from app.domain.errors import Misconfigured
from app.domain.lifetimes import Lifetimes
from app.settings.numbers import whole_number

MAX_ACCESS_TOKEN = 600
MAX_REFRESH_GRACE = 300
MAX_PENDING_REQUEST = 86_400
LIFETIMES = {
    "MANDATE_ACCESS_TOKEN_LIFETIME": "access_token",
    "MANDATE_REFRESH_IDLE_LIFETIME": "refresh_idle",
    "MANDATE_REFRESH_ABSOLUTE_LIFETIME": "refresh_absolute",
    "MANDATE_REFRESH_GRACE": "refresh_grace",
    "MANDATE_CODE_LIFETIME": "code",
    "MANDATE_PENDING_REQUEST_LIFETIME": "pending_request",
    "MANDATE_DEVICE_CODE_LIFETIME": "device_code",
    "MANDATE_BROWSER_IDLE_LIFETIME": "browser_idle",
    "MANDATE_BROWSER_ABSOLUTE_LIFETIME": "browser_absolute",
}


def read_lifetimes(environ: Mapping[str, str]) -> Lifetimes:
    """Return the lifetimes of the environment; raises Misconfigured for one out of bounds."""
    given = {
        span: whole_number(name, environ[name], 0 if span == "refresh_grace" else 1)
        for name, span in LIFETIMES.items()
        if environ.get(name)
    }
    lifetimes = Lifetimes(**given)
    if lifetimes.access_token > MAX_ACCESS_TOKEN:
        raise Misconfigured("MANDATE_ACCESS_TOKEN_LIFETIME must be at most 600 seconds.")
    if lifetimes.code > MAX_ACCESS_TOKEN:
        raise Misconfigured("MANDATE_CODE_LIFETIME must be at most 600 seconds (RFC 6749 4.1.2).")
    if lifetimes.refresh_grace > MAX_REFRESH_GRACE:
        raise Misconfigured("MANDATE_REFRESH_GRACE must be at most 300 seconds.")
    if lifetimes.pending_request > MAX_PENDING_REQUEST:
        raise Misconfigured("MANDATE_PENDING_REQUEST_LIFETIME must be at most 86400 seconds.")
    return lifetimes
