"""The field set that consent, settings and API keys share, read into a Choice (see CONTRACT.md)."""

from werkzeug.datastructures import MultiDict

from app.domain.delegation import MAX_EXPIRES_IN, Choice
from app.domain.errors import ChoiceRefused

PROJECT = "project-"
EXPIRIES = (
    (3_600, "1 hour"),
    (86_400, "1 day"),
    (7 * 86_400, "7 days"),
    (30 * 86_400, "30 days"),
    (90 * 86_400, "90 days"),
    (365 * 86_400, "1 year"),
)
DEFAULT_EXPIRY = 90 * 86_400
MAX_LABEL = 200


def read_choice(form: MultiDict[str, str]) -> Choice:
    """Return what was submitted; raises ChoiceRefused for an expiry or label that cannot be read."""
    roles = {
        name.removeprefix(PROJECT): role
        for name, role in form.items()
        if name.startswith(PROJECT) and role
    }
    name = " ".join(form.get("name", "").split())
    if len(name) > MAX_LABEL or not name.isprintable():
        raise ChoiceRefused(f"The label may have at most {MAX_LABEL} printable characters.")
    return Choice(
        capabilities=frozenset(form.getlist("capabilities")),
        roles=roles,
        mcp_servers=frozenset(form.getlist("mcp_servers")),
        expires_in=_expires_in(form.get("expires_in", "")),
        name=name,
    )


def _expires_in(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_EXPIRES_IN))):
        raise ChoiceRefused("The expiry must be a whole number of seconds.")
    return int(text)
