"""Resource indicators (RFC 8707): which URI a token is for, and who may look at it."""

from functools import lru_cache
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


def is_resource_uri(text: str) -> bool:
    """Say whether the text is an absolute http(s) URI without fragment or user information."""
    if not text.isascii() or any(c in text for c in ' "<>\\^`{|}') or not text.isprintable():
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in DEFAULT_PORTS
        and bool(parts.hostname)
        and "#" not in text
        and "@" not in parts.netloc
    )


@lru_cache(maxsize=4_096)
def canonical(uri: str) -> str:
    """Return the form in which two URIs are compared: scheme and host in lower case, no default port.

    The MCP specification asks servers to accept upper-case scheme and host, and some clients add the
    slash of an empty path.
    """
    parts = urlsplit(uri)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if parts.port and parts.port != DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{parts.port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{host}{parts.path or '/'}{query}"


def covers(audience: str, resource: str) -> bool:
    """Say whether a resource lies within an audience: equal, or below it at a path boundary."""
    wide, narrow = canonical(audience), canonical(resource)
    if wide == narrow:
        return True
    if "?" in wide or ".." in narrow.split("/") or "%2e" in narrow.lower():
        return False
    return narrow.startswith(wide if wide.endswith("/") else wide + "/")


def enclosing(uri: str) -> tuple[str, ...]:
    """Return the canonical forms of a resource and of every path above it, the nearest first."""
    if not is_resource_uri(uri):
        return ()
    whole = canonical(uri)
    path_start = whole.index("/", whole.index("://") + 3)
    origin, path = whole[:path_start], whole[path_start:].partition("?")[0]
    steps = [s for s in path.split("/") if s]
    above = [f"{origin}/{'/'.join(steps[:n])}" for n in range(len(steps), -1, -1)]
    return tuple(dict.fromkeys((whole, *above)))
