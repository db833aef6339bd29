"""Users: add, find, list."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.database.pages import Found, Order, in_pages
from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.credentials.passwords import canonical_name, check_password
from app.domain.credentials.secrets import new_id
from app.domain.errors import Conflict, Invalid, NotFound
from app.models import User
from app.services import audit
from app.services.password_hashes import hash_password

EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+")
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class UserInfo:
    """A user as the faces see one; `id` is the wire's `sub`."""

    id: str
    username: str
    email: str
    is_admin: bool
    disabled: bool


def user_info(user: User) -> UserInfo:
    """Return the row as a value."""
    return UserInfo(user.id, user.username, user.email, user.is_admin, user.disabled_at is not None)


def new_user(username: str, *, email: str, password: str, is_admin: bool, at: datetime) -> User:
    """Return a user who is yet to be added; raises Invalid for a bad name, address or password."""
    if not 0 < len(username.strip()) <= MAX_NAME or not username.isprintable() or "@" in username:
        raise Invalid("A user name needs 1 to 200 printable characters and no @.")
    if not EMAIL.fullmatch(email) or len(email) > MAX_NAME or not email.isprintable():
        raise Invalid(f"{email[:80]!r} is not an e-mail address.")
    check_password(password, username=username, email=email)
    return User(
        id=new_id("usr"),
        username=username.strip(),
        username_key=canonical_name(username),
        email=email,
        email_key=canonical_name(email),
        password_hash=hash_password(password),
        is_admin=is_admin,
        created_at=at,
    )


@repeated
def add(
    username: str, *, email: str, password: str, is_admin: bool, at: datetime, actor: str
) -> UserInfo:
    """Add a user; raises Invalid for a bad name, address or password, Conflict when it is taken."""
    user = new_user(username, email=email, password=password, is_admin=is_admin, at=at)
    with writing() as session:
        return add_within(session, user, at=at, actor=actor)


def add_within(session: Session, user: User, *, at: datetime, actor: str) -> UserInfo:
    """Add a new user within a running transaction; raises Conflict when name or address is taken."""
    if find(session, user.username) is not None or find(session, user.email) is not None:
        raise Conflict("There is a user with this name or e-mail address already.")
    session.add(user)
    audit.record(
        session, AuditKind.USER_ADDED, at=at, actor=actor, subject=user.id, username=user.username
    )
    return user_info(user)


def find(session: Session, name: str) -> User | None:
    """Return the user of a name or e-mail address, in any spelling."""
    key = canonical_name(name)
    if not key.isprintable():
        return None  # a database takes neither NUL nor lone surrogates
    return session.scalar(select(User).where(or_(User.username_key == key, User.email_key == key)))


def require(session: Session, name: str) -> User:
    """Return the user of a name; raises NotFound."""
    return find(session, name) or _missing(name)


def lock(session: Session, name: str) -> User:
    """Return the user of a name, locked: a sign-in that is under way ends first. Raises NotFound."""
    user = require(session, name)
    session.refresh(user, with_for_update={"key_share": True})
    return user


@repeated
def require_id(name: str) -> str:
    """Return the id of the user of a name; raises NotFound."""
    with reading() as session:
        return require(session, name).id


@repeated
def one(name: str) -> UserInfo:
    """Return the user of a name, an e-mail address or an id; raises NotFound."""
    with reading() as session:
        known = name.isascii() and name.isprintable()
        return user_info(
            find(session, name) or (session.get(User, name) if known else None) or _missing(name)
        )


def _missing(name: str) -> User:
    raise NotFound(f"There is no user {name[:80]!r}.")


@repeated
def exist() -> bool:
    """Say whether there is any user."""
    with reading() as session:
        return session.scalar(select(User.id).limit(1)) is not None


def each(*, after: str | None = None, limit: int | None = None) -> Iterator[UserInfo]:
    """Give users by name, those after a name, read a page at a time; raises Unavailable on the way."""
    begin = None if after is None else (canonical_name(after),)
    return in_pages(select(User), Order((User.username_key,), begin), _made, limit=limit)


def _made(_session: Session, rows: Sequence[Found]) -> list[UserInfo]:
    return [user_info(row[0]) for row in rows]
