"""Redirect URIs of clients: which may be registered, and which of them a request names.

RFC 9700 section 2.1: exact string comparison; RFC 8252 section 7.3: the port of a loopback redirect
is free, and nothing else is.
"""

import re
from urllib.parse import unquote, urlsplit

from app.domain.clients.redirect_schemes import is_command, is_never
from app.domain.errors import Invalid

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
RESPONSE_PARAMETERS = ("code", "state", "iss", "error", "error_description", "error_uri")
MAX_URI_LENGTH = 2_000
MAX_PORT = 65_535
LOOPBACK = re.compile(
    r"http://(127\.0\.0\.1|\[::1\]|localhost)(?::([1-9][0-9]{0,4}))?(/[^#?]*)?(\?[^#]*)?"
)
UNSAFE = re.compile(r"[^\x21-\x7e]|[\\\"<>^`{|}*]")
PRIVATE_USE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
PARAMETER_NAME = re.compile(r"[?&;]([^=&;]*)")


def check_redirect_uri(uri: str, schemes: frozenset[str] = frozenset()) -> None:
    """Raise Invalid unless the URI may be registered.

    https anywhere; http on a loopback host only; a private-use scheme only with a dot (RFC 8252
    section 7.1), or when it is one of `schemes`. Never a fragment, user information, a wildcard or a
    dot segment.
    """
    if len(uri) > MAX_URI_LENGTH or UNSAFE.search(uri) or "#" in uri:
        raise Invalid(f"The redirect URI {uri[:200]!r} has characters that are not allowed.")
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        raise Invalid(f"The redirect URI {uri!r} cannot be read.") from None
    if "@" in parts.netloc or port == 0 or {".", ".."} & set(unquote(parts.path).split("/")):
        raise Invalid(f"The redirect URI {uri!r} has a part that is not allowed.")
    names = (unquote(name) for name in PARAMETER_NAME.findall("?" + parts.query))
    if any(name in RESPONSE_PARAMETERS for name in names):
        raise Invalid(f"The redirect URI {uri!r} uses a parameter that the answer needs itself.")
    _check_scheme(uri, schemes)


def _check_scheme(uri: str, schemes: frozenset[str]) -> None:
    parts = urlsplit(uri)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http":
        if is_loopback(uri):
            return
        raise Invalid(
            f"The redirect URI {uri!r} must use https: http is for 127.0.0.1, [::1], localhost."
        )
    is_own = parts.scheme in schemes or PRIVATE_USE_SCHEME.fullmatch(parts.scheme)
    if not is_own or is_never(parts.scheme) or not uri.startswith(parts.scheme):
        raise Invalid(f"The redirect URI {uri!r} needs https, or a private-use scheme with a dot.")
    if is_command(parts.scheme, parts.netloc):
        raise Invalid(f"The redirect URI {uri!r} is a command to an editor, and no tool's address.")


def is_loopback(uri: str) -> bool:
    """Say whether the URI is plain http on a loopback host with a possible port."""
    found = LOOPBACK.fullmatch(uri)
    return found is not None and int(found[2] or 80) <= MAX_PORT


def is_registered(requested: str, registered: tuple[str, ...]) -> bool:
    """Say whether a requested redirect URI is one of the registered ones."""
    if requested in registered:
        return True
    if UNSAFE.search(requested) or not is_loopback(requested):
        return False
    return any(is_loopback(uri) and _portless(uri) == _portless(requested) for uri in registered)


def _portless(uri: str) -> tuple[str, str, str] | None:
    found = LOOPBACK.fullmatch(uri)
    return None if found is None else (found[1], found[3] or "", found[4] or "")


def host_of(uri: str) -> str:
    """Return what the consent page shows as the place that the answer goes to.

    For a private-use scheme it is the scheme: the text after it may look like a host and is not one.
    """
    parts = urlsplit(uri)
    return parts.netloc if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def is_web(uri: str) -> bool:
    """Say whether the URI leads to a web page and not to a program on the computer."""
    return urlsplit(uri).scheme in ("http", "https")
