"""Addresses: which programs call, which people open, and how a browser is led to one."""

from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

PROGRAM_PATHS = ("/oauth/", "/.well-known/", "/api/", "/healthz", "/readyz")
MANAGEMENT = "/api/v1"
LOGOS = "/logos/"  # of tools
BROWSER_PATHS = ("/oauth/authorize", "/oauth/continue/")


def is_for_programs(path: str) -> bool:
    """Say whether programs call this address: JSON errors, no cookie."""
    return path.startswith(PROGRAM_PATHS) and not path.startswith(BROWSER_PATHS)


def see_other(endpoint: str, **values: Any) -> Response:
    """Return the answer that leads a browser to a view of ours, by GET (RFC 9110 section 15.4.4)."""
    return redirect(url_for(endpoint, **values), 303)


def see_path(path: str) -> Response:
    """Return the answer that leads a browser to a path below the issuer, such as a `next`."""
    return redirect(request.script_root + path, 303)
