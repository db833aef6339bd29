"""The first administrator of an empty deployment, made by who holds the link that the server printed.

A link lives for 15 minutes. Sending its form spends it, and only one first administrator is ever made,
however many servers have printed a link.
"""

from datetime import datetime

from app.database.repetition import repeated
from app.database.transactions import writing
from app.domain.credentials.secrets import Prefix, is_well_formed, new_secret
from app.domain.errors import NotFound
from app.domain.lifetimes import after
from app.services import leases
from app.services.directory import users
from app.services.directory.users import UserInfo

LIVES = 900  # seconds
FOR_EVER = 100 * 365 * 86_400
GONE = "This link has been used or has expired, or there is an administrator already."
ACTOR = "set-up"


def offer(*, at: datetime) -> str | None:
    """Return the secret of a new link, None when there is a user. Raises Unavailable."""
    if users.exist():
        return None
    text = new_secret(Prefix.SET_UP_LINK)
    leases.acquire(_link(text), until=after(at, LIVES), at=at)
    return text


def require_link(text: str, *, at: datetime) -> None:
    """Raise NotFound unless a link works; changes nothing."""
    is_whole = is_well_formed(text, Prefix.SET_UP_LINK)
    if not is_whole or not leases.runs(_link(text), at=at) or users.exist():
        raise NotFound(GONE)


@repeated
def make(text: str, username: str, *, email: str, password: str, at: datetime) -> UserInfo:
    """Spend a link and add the first administrator.

    Raises NotFound for a link that does not work, and Invalid for what was typed, which leaves the link.
    """
    require_link(text, at=at)
    user = users.new_user(username, email=email, password=password, is_admin=True, at=at)
    with writing() as session:
        is_spent = leases.take_within(session, _link(text), at=at)
        ends = after(at, FOR_EVER)
        if not is_spent or not leases.acquire_within(session, ACTOR, until=ends, at=at):
            raise NotFound(GONE)
        return users.add_within(session, user, at=at, actor=ACTOR)


def _link(text: str) -> str:
    return f"{ACTOR}:{text}"
