"""Resource indicators (RFC 8707): which URI a token is for, and who may look at it."""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

ENCODED_SEPARATOR = re.compile(r"%(?:2e|2f|5c|00|25|3b)|//|;")
MAX_LENGTH = 2_000  # what the columns hold
MAX_DEPTH = 64  # path segments; each call looks for MCP servers at every one of them
DEFAULT_PORTS = {"http": 80, "https": 443}


def is_resource_uri(text: str) -> bool:
    """Say whether the text is an absolute http(s) URI without fragment or user information.

    It is neither too long nor too deep to be compared at every call.
    """
    if len(text) > MAX_LENGTH or not text.isascii():
        return False
    if any(c in text for c in ' "<>\\^`{|}') or not text.isprintable():
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
        and parts.path.count("/") <= MAX_DEPTH
    )


def as_registered(uri: str) -> str:
    """Return a URI as it is registered: scheme and host in lower case, no default port."""
    parts = urlsplit(uri)
    rest = uri[len(parts.scheme) + 3 + len(parts.netloc) :]
    return canonical(f"{parts.scheme}://{parts.netloc}").rstrip("/") + rest


@lru_cache(maxsize=4_096)
def canonical(uri: str) -> str:
    """Return the form in which two URIs are compared.

    Scheme and host in lower case and no default port, as the MCP specification asks; no final slash,
    because clients add one.
    """
    parts = urlsplit(uri)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if parts.port and parts.port != DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{parts.port}"
    query = f"?{parts.query}" if parts.query else ""
    path = parts.path.removesuffix("/")
    return f"{parts.scheme}://{host}{path or '/'}{query}"


def root_of(uri: str) -> str:
    """Return the root of a resource's host, in the form in which URIs are compared."""
    parts = urlsplit(uri)
    return canonical(f"{parts.scheme}://{parts.netloc}")


def distinct(uris: Iterable[str]) -> list[str]:
    """Return the URIs that differ, in their order; spellings of one resource count once."""
    seen: dict[str, str] = {}
    for uri in uris:
        seen.setdefault(canonical(uri) if is_resource_uri(uri) else uri, uri)
    return list(seen.values())


def is_ambiguous(uri: str) -> bool:
    """Say whether two servers could read the path differently: dot segments, encoded separators."""
    path = urlsplit(uri).path.lower()
    return not {".", ".."}.isdisjoint(path.split("/")) or ENCODED_SEPARATOR.search(path) is not None


def covers(audience: str, resource: str) -> bool:
    """Say whether a resource lies within an audience: equal, or below it at a path boundary."""
    wide, narrow = canonical(audience), canonical(resource)
    if wide == narrow:
        return True
    if "?" in wide or is_ambiguous(narrow):
        return False
    return narrow.startswith(wide if wide.endswith("/") else wide + "/")


def lookup_keys(uri: str) -> tuple[str, str]:
    """Return the keys by which MCP servers are looked up: a resource itself, and the path to go up from.

    The path has no query and no empty segments. Both are empty for a text that is no resource.
    """
    if not is_resource_uri(uri):
        return "", ""
    whole = canonical(uri)
    path_start = whole.index("/", whole.index("://") + 3)
    origin, path = whole[:path_start], whole[path_start:].partition("?")[0]
    return whole, f"{origin}/{'/'.join(step for step in path.split('/') if step)}"


def keys_above(uri: str) -> tuple[str, ...]:
    """Return the keys of a resource and of every path above it, the nearest first.

    An MCP server with one of these keys stands at the resource or above it.
    """
    whole, path = lookup_keys(uri)
    if not whole:
        return ()
    origin, _, steps = path.partition("://")[2].partition("/")
    start = f"{path.partition('://')[0]}://{origin}"
    parts = [step for step in steps.split("/") if step]
    above = [f"{start}/{'/'.join(parts[:count])}" for count in range(len(parts), -1, -1)]
    return tuple(dict.fromkeys([whole, *above]))
