"""URLs of client metadata documents: which may be fetched, from which address, for how long.

Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document-02): the `client_id` is the
https URL of a JSON document. Only public addresses are fetched (RFC 6890), so that nobody
uses this server to look into a network.
"""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

MAX_CLIENT_ID = 200  # what the column of identifiers holds
MAX_URL = 2_000
PORTS = (443, 8443)
FRESH_BY_DEFAULT = 300
FRESH_AT_MOST = 86_400
UNSAFE = re.compile(r"[^\x21-\x7e]|[\\\"<>^`{|}]")
DOT_SEGMENT = re.compile(r"/(\.|%2e){1,2}(/|$)", re.IGNORECASE)
AUTHORITY = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)
DIRECTIVE = re.compile(r"(?:^|,)\s*([a-z-]+)\s*(?:=\s*\"?([0-9]+)\"?)?", re.IGNORECASE)
# `is_global` differs between Python versions. These are the registries of RFC 6890 as of 2026, and
# addresses that are translated or tunnelled to others.
NEVER_V4 = (
    "192.0.0.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.175.48.0/24",
)
NEVER_V6 = ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
NEVER = tuple(ip_network(text) for text in (*NEVER_V4, *NEVER_V6))
GLOBAL_UNICAST = ip_network("2000::/3")

Address = IPv4Address | IPv6Address


def is_client_id_url(text: str) -> bool:
    """Say whether a client_id may be the URL of a document: https, with a path (draft section 3)."""
    return (
        len(text) <= MAX_CLIENT_ID and is_https_url(text) and urlsplit(text).path not in ("", "/")
    )


def looks_like_url(client_id: str) -> bool:
    """Say whether a client_id is meant as a URL; an identifier of ours never looks like one."""
    return client_id.lower().startswith(("https:", "http:"))


def is_https_url(text: str) -> bool:
    """Say whether the text is an https URL without fragment, user information or dot segments."""
    if len(text) > MAX_URL or UNSAFE.search(text) or not text.startswith("https://"):
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    if "#" in text or DOT_SEGMENT.search(parts.path) or not AUTHORITY.fullmatch(parts.netloc):
        return False
    return not _is_odd_number(parts.hostname or "")


def _is_odd_number(host: str) -> bool:
    """Say whether a host is an IPv4 address in a form that only old resolvers read (0x7f.1, 017…)."""
    last = host.rstrip(".").rpartition(".")[2]
    if not NUMBER.fullmatch(last):
        return False
    try:
        return str(ip_address(host)) != host
    except ValueError:
        return True


def may_connect(address: str, port: int, *, loopback: bool) -> bool:
    """Say whether a document may be fetched from an address.

    `loopback` allows loopback addresses, for a server that itself runs on loopback (development).
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if loopback and found.is_loopback:
        return True
    return port in PORTS and is_public(found)


def may_ask_for(host: str, port: int) -> bool:
    """Say whether a proxy may be asked for a host.

    The proxy resolves names, so only what is no name can be judged here: the port, and an address.
    """
    try:
        return port in PORTS and is_public(ip_address(host))
    except ValueError:
        return port in PORTS


def is_loopback_host(host: str) -> bool:
    """Say whether a host is this machine by its name or address (RFC 6761 section 6.3)."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".").rpartition(".")[2] == "localhost"


def is_public(address: Address) -> bool:
    """Say whether an address is outside all special-use ranges (RFC 6890)."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv6Address) and (address.scope_id or address not in GLOBAL_UNICAST):
        return False
    return not any(address in network for network in NEVER if network.version == address.version)


def freshness(headers: Mapping[str, str]) -> int:
    """Return for how many seconds a document may be kept (RFC 9111), within our bounds.

    `headers` by lower-case name.
    """
    said = {
        name.lower(): value for name, value in DIRECTIVE.findall(headers.get("cache-control", ""))
    }
    if not said.keys().isdisjoint({"no-store", "no-cache", "private"}):
        return 0
    lifetime = said.get("s-maxage") or said.get("max-age")
    if lifetime:
        # An endless row of digits is not turned into a number.
        seconds = int(lifetime[:9]) - _number(headers.get("age", ""))
    elif "expires" in headers:
        seconds = _until_expires(headers)
    else:
        seconds = FRESH_BY_DEFAULT
    return max(0, min(seconds, FRESH_AT_MOST))


def _number(text: str) -> int:
    return int(text[:9]) if text[:9].isascii() and text[:9].isdigit() else 0


def _until_expires(headers: Mapping[str, str]) -> int:
    try:
        ends = parsedate_to_datetime(headers["expires"])
        begins = parsedate_to_datetime(headers["date"])
        return int((ends - begins).total_seconds())
    except (KeyError, ValueError, TypeError, OverflowError):
        return 0
