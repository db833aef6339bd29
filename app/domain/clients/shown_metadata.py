"""What client metadata says for people to see (RFC 7591 section 2): it decides nothing.

So a value that cannot be used is left out, in a registration as in a document, and no tool is refused
for its logo. The answer says what was kept. The name alone is refused when it could mislead.
"""

from typing import Any

from app.domain.clients.claimed_names import check_claimed_name
from app.domain.clients.metadata_urls import is_https_url
from app.domain.clients.redirect_uris import host_of
from app.domain.errors import MetadataRefused
from app.domain.json_values import Members
from app.domain.names import MAX_NAME, is_showable

URLS = ("client_uri", "logo_uri", "tos_uri", "policy_uri")
TEXTS = ("software_id", "software_version")
APPLICATION_TYPES = ("native", "web")


def name_of(body: Members, uris: tuple[str, ...]) -> str:
    """Return the name to show, cut to what a page holds; one made of `uris` for a client without.

    Raises MetadataRefused for a name that is no text, that nobody sees, or that looks like our words.
    """
    said = body.found.get("client_name", "")
    if not isinstance(said, str):
        raise MetadataRefused("client_name must be a string.")
    name = " ".join(said.split())[:MAX_NAME].rstrip()
    if not is_showable(name):
        raise MetadataRefused("client_name may have visible characters only.")
    check_claimed_name(name)
    return name or (f"A tool at {host_of(uris[0])}"[:MAX_NAME] if uris else "A tool without a name")


def shown(body: Members) -> dict[str, Any]:
    """Return the members for show that can be used."""
    found: dict[str, Any] = {name: _text(body, name) for name in (*URLS, *TEXTS)}
    found |= {name: None for name in URLS if not _is_web_url(found[name] or "")}
    found["contacts"] = _texts(body, "contacts")
    application = _text(body, "application_type")
    found["application_type"] = application if application in APPLICATION_TYPES else None
    return {name: value for name, value in found.items() if value}


def _is_web_url(url: str) -> bool:
    return is_https_url(url.replace("http://", "https://", 1))


def _text(body: Members, name: str) -> str | None:
    try:
        return body.text(name)
    except MetadataRefused:
        return None


def _texts(body: Members, name: str) -> list[str]:
    try:
        return list(body.texts(name) or ())
    except MetadataRefused:
        return []
