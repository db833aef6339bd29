"""A new password for who lost the old one: by a link that an operator hands over, or by the operator.

A link opens a form and does nothing by itself. Sending the form spends it, by one conditional write. A
user has one link at most; it ends when it is used, when another is made, when the password changes, and
when the user is disabled.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.database.upserts import insert_into
from app.domain.audit import AuditKind
from app.domain.credentials.passwords import check_password
from app.domain.credentials.secrets import Prefix, digest, is_well_formed, new_secret
from app.domain.errors import Conflict, NotFound
from app.domain.lifetimes import Lifetimes, after
from app.models import PasswordLink, User
from app.services import audit, password_hashes, throttle
from app.services.accounts.password_check import typed_key
from app.services.directory import users
from app.services.directory.users import UserInfo, user_info
from app.services.sessions import end_all_browsers

LIVES = 3_600
GONE = "This link has been used, has expired, or was replaced by a newer one."


@dataclass(frozen=True, slots=True)
class NewLink:
    """A new link's secret, which is never available again, and when it ends."""

    username: str
    text: str
    expires_at: datetime


@repeated
def issue_link(name: str, *, at: datetime, actor: str) -> NewLink:
    """Make the link of a user, instead of the one before; the present password goes on.

    Raises NotFound, and Conflict for a disabled user.
    """
    text, ends = new_secret(Prefix.PASSWORD_LINK), after(at, LIVES)
    with writing() as session:
        user = users.lock(session, name)
        if user.disabled_at is not None:
            raise Conflict(f"{user.username} is disabled: enable the user first.")
        values = {"digest": digest(text), "expires_at": ends}
        session.execute(
            insert_into(PasswordLink, session.connection())
            .values(user_id=user.id, **values)
            .on_conflict_do_update(index_elements=[PasswordLink.user_id], set_=values)
        )
        kind = AuditKind.USER_PASSWORD_LINK_ISSUED
        audit.record(session, kind, at=at, actor=actor, subject=user.id, user_id=user.id)
        return NewLink(user.username, text, ends)


@repeated
def owner_of_link(text: str, *, at: datetime) -> UserInfo:
    """Return whose password a link sets; changes nothing. Raises NotFound for a link that has ended."""
    if not is_well_formed(text, Prefix.PASSWORD_LINK):
        raise NotFound(GONE)
    statement = (
        select(User)
        .join(PasswordLink, PasswordLink.user_id == User.id)
        .where(
            PasswordLink.digest == digest(text),
            PasswordLink.expires_at > at,
            User.disabled_at.is_(None),
        )
    )
    with reading() as session:
        user = session.scalar(statement)
        if user is None:
            raise NotFound(GONE)
        return user_info(user)


@repeated
def set_by_link(text: str, new: str, *, lifetimes: Lifetimes, at: datetime) -> UserInfo:
    """Spend a link, set the password of its user, and end every browser session of the user.

    Raises NotFound for a link that has ended, and Invalid for the password, which leaves the link.
    """
    owner = owner_of_link(text, at=at)
    check_password(new, username=owner.username, email=owner.email)
    new_hash = password_hashes.hash_password(new)
    with writing() as session:
        user = users.lock(session, owner.username)
        spent = session.scalar(
            delete(PasswordLink)
            .where(
                PasswordLink.user_id == user.id,
                PasswordLink.digest == digest(text),
                PasswordLink.expires_at > at,
            )
            .returning(PasswordLink.user_id)
        )
        if spent is None or user.disabled_at is not None:
            raise NotFound(GONE)
        _set(session, user, new_hash, lifetimes=lifetimes, at=at, actor=user.id)
        return user_info(user)


@repeated
def set_by_operator(
    name: str, new: str, *, lifetimes: Lifetimes, at: datetime, actor: str
) -> tuple[UserInfo, int]:
    """Set a user's password and end every browser session; returns how many were live.

    A disabled user may get one too, before being enabled. Raises NotFound, or Invalid for the password.
    """
    with reading() as session:
        owner = user_info(users.require(session, name))
    check_password(new, username=owner.username, email=owner.email)
    new_hash = password_hashes.hash_password(new)
    with writing() as session:
        user = users.lock(session, owner.username)
        ended = _set(session, user, new_hash, lifetimes=lifetimes, at=at, actor=actor)
        return user_info(user), ended


def forget_link(session: Session, user_id: str) -> None:
    """End the link of a user, within a running transaction."""
    session.execute(delete(PasswordLink).where(PasswordLink.user_id == user_id))


def _set(
    session: Session, user: User, new_hash: str, *, lifetimes: Lifetimes, at: datetime, actor: str
) -> int:
    user.password_hash = new_hash
    forget_link(session, user.id)
    # Who forgot the password may have tried too often; the new one is taken at once.
    for name in (user.username, user.email):
        throttle.clear(session, throttle.PASSWORD_PER_ACCOUNT, typed_key(name))
    ended = end_all_browsers(session, user, lifetimes=lifetimes, at=at)
    audit.record(
        session,
        AuditKind.USER_PASSWORD_RESET,
        at=at,
        actor=actor,
        subject=user.id,
        user_id=user.id,
        sessions_ended=ended,
    )
    return ended
