"""Where to go after the sign-in: somewhere on this site, whatever the query says."""

from urllib.parse import urlsplit

HOME = "/settings/authorizations/oauth2"


def safe_next(text: str | None) -> str:
    """Return the path and query that `next` names, or the home page when it could leave the site."""
    if not text or not text.startswith("/") or text.startswith("//"):
        return HOME
    if "\\" in text or not text.isprintable() or not text.isascii():
        return HOME
    try:
        parts = urlsplit(text)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc else text
