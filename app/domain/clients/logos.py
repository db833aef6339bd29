"""Logos: whose is fetched and shown, from where, and within which bounds (RFC 7591 section 2).

A picture makes a name believed. So only those tools show one whose publisher the operator has named,
or that an administrator added: a stranger would choose the logo of somebody else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from app.domain.clients.metadata_urls import is_https_url

LOGO_URI = "logo_uri"
MAX_FILE = 200 * 1024
MAX_PIXELS = 2_048 * 2_048
MAX_PNG = 40 * 1024
SIDE = 96
RETRY_AFTER = 86_400
TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")
DIGEST = re.compile(r"[0-9a-f]{64}")
WEBP_HEADER = 30


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture that is kept of a client.

    `publisher` is the host of the document that named it; empty when an administrator gave it.
    """

    digest: str
    publisher: str = ""

    def may_show(self, named: frozenset[str]) -> bool:
        """Say whether pages may show it; `named` are the hosts that the operator has named."""
        return not self.publisher or self.publisher in named


def logo_to_fetch(document: str, metadata: Mapping[str, Any], named: frozenset[str]) -> str | None:
    """Return the address of the logo that a document names, or None when it is not fetched.

    `document` is the URL of the document, `named` are the hosts that the operator has named: the
    document lies at one of them, and the logo beside it or at another of them.
    """
    url = metadata.get(LOGO_URI)
    publisher = host(document)
    if publisher not in named or not isinstance(url, str) or not is_https_url(url):
        return None
    return url if host(url) in {publisher, *named} else None


def host(url: str) -> str:
    """Return the host of an https URL in lower case, without its port."""
    return urlsplit(url).hostname or ""


def digest_of(png: bytes) -> str:
    """Return the digest of a picture, by which it is served."""
    return sha256(png).hexdigest()


def is_digest(text: str) -> bool:
    """Say whether a text may be the digest of a picture."""
    return DIGEST.fullmatch(text) is not None


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height that a WebP file states, or None for another file.

    A decoder of WebP makes room for the whole picture when it is opened, before its size can be asked
    for (the format: RFC 9649 section 2).
    """
    if len(data) < WEBP_HEADER or data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    match data[12:16]:
        case b"VP8X":
            return _little(data[24:27]) + 1, _little(data[27:30]) + 1
        case b"VP8L":
            bits = _little(data[21:25])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return _little(data[26:28]) & 0x3FFF, _little(data[28:30]) & 0x3FFF
        case _:
            return None


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
