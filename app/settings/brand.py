"""How the pages present the organisation that runs them: name, logo, accent colour, support."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.domain.errors import Misconfigured
from app.domain.names import is_showable

NAME_NAME = "MANDATE_ORGANISATION"
LOGO_NAME = "MANDATE_LOGO"
ACCENT_NAME = "MANDATE_ACCENT_COLOR"
SUPPORT_NAME = "MANDATE_SUPPORT_CONTACT"
NAMES = (NAME_NAME, LOGO_NAME, ACCENT_NAME, SUPPORT_NAME)
OURS = "Mandate"
MAX_TEXT = 60
MAX_LOGO = 100_000
COLOR = re.compile(r"#[0-9a-fA-F]{6}")
# The first bytes of the pictures that every browser shows.
KINDS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"RIFF": "image/webp",
    b"<svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture as it is served: its media type and its bytes."""

    mimetype: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Brand:
    """What pages show of the organisation; empty texts and None leave a thing out."""

    name: str = OURS
    logo: Logo | None = None
    accent: str = ""
    support: str = ""

    @property
    def support_url(self) -> str:
        """Return the support contact as a link, or an empty text where it is none."""
        if self.support.startswith("https://"):
            return self.support
        return f"mailto:{self.support}" if "@" in self.support else ""


def brand_of(environ: Mapping[str, str]) -> Brand:
    """Return what the environment says; raises Misconfigured."""
    accent = environ.get(ACCENT_NAME, "")
    if accent and not COLOR.fullmatch(accent):
        raise Misconfigured(f"{ACCENT_NAME} must be a colour such as #1f6f5c.")
    return Brand(
        _text(NAME_NAME, environ.get(NAME_NAME, "")) or OURS,
        _logo(environ.get(LOGO_NAME, "")),
        accent.lower(),
        _text(SUPPORT_NAME, environ.get(SUPPORT_NAME, "")),
    )


def _text(name: str, text: str) -> str:
    if len(text) > MAX_TEXT or not is_showable(text):
        raise Misconfigured(f"{name} may have at most {MAX_TEXT} printable characters.")
    return text


def _logo(path: str) -> Logo | None:
    if not path:
        return None
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise Misconfigured(f"{LOGO_NAME}: {path} cannot be read: {error.strerror}.") from None
    kind = next((kind for start, kind in KINDS.items() if data.lstrip().startswith(start)), None)
    if kind is None or len(data) > MAX_LOGO:
        raise Misconfigured(
            f"{LOGO_NAME} must be a PNG, JPEG, WebP or SVG of at most {MAX_LOGO} bytes."
        )
    return Logo(kind, data)
