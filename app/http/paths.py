"""Addresses: which programs call and which people open, and how one is written on this host."""

from flask import redirect, request
from werkzeug.wrappers import Response

PROGRAM_PATHS = ("/oauth/", "/.well-known/", "/api/", "/healthz", "/readyz")
BROWSER_PATHS = ("/oauth/authorize", "/oauth/continue/")


def is_for_programs(path: str) -> bool:
    """Say whether programs call this address: JSON errors, no cookie."""
    return path.startswith(PROGRAM_PATHS) and not path.startswith(BROWSER_PATHS)


def app_path(path: str) -> str:
    """Return a path of ours as browsers know it: below the path of the issuer, if that has one."""
    return request.script_root + path


def see_other(path: str) -> Response:
    """Return the answer that leads a browser to a path of ours, by GET (RFC 9110 section 15.4.4)."""
    return redirect(app_path(path), 303)
