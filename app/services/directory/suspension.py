"""Shutting a user out: disabling, enabling again, and signing out everywhere.

What has ended does not come back. Authorizations and API keys rest while their user is disabled.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.database.repetition import repeated
from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.delegation.authorization import AuthorizationKind
from app.domain.lifetimes import Lifetimes
from app.models import ApiKey, Authorization, Client, PasswordLink, User
from app.services import audit
from app.services.directory.users import UserInfo, lock, user_info
from app.services.sessions import end_access_of_user, end_all_browsers


@dataclass(frozen=True, slots=True)
class Ended:
    """How many live sessions ended: of browsers, and of tools."""

    sessions_ended: int = 0
    client_sessions_ended: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """What a disabled user keeps: tools with an Authorization, and API keys that would work."""

    tools: int
    api_keys: int


@repeated
def disable(
    name: str, *, lifetimes: Lifetimes, at: datetime, actor: str
) -> tuple[UserInfo, Ended, Kept]:
    """Disable a user and end every sign-in, in one transaction. Doing it twice changes nothing.

    Browser sessions, sessions of tools, codes, pending requests and the link for a new password end.
    Raises NotFound.
    """
    with writing() as session:
        user, ended = lock(session, name), Ended()
        if user.disabled_at is None:
            user.disabled_at = at
            session.flush()
            ended = _end_everything(session, user, lifetimes, at)
            _record(session, AuditKind.USER_DISABLED, user, ended, at=at, actor=actor)
        return user_info(user), ended, _kept(session, user.id, at)


@repeated
def enable(
    name: str, *, lifetimes: Lifetimes, at: datetime, actor: str
) -> tuple[UserInfo, Kept | None]:
    """Enable a user again; returns what comes back, None when the user was not disabled.

    Tools have to sign in again, API keys work at once. Raises NotFound.
    """
    with writing() as session:
        user = lock(session, name)
        if user.disabled_at is None:
            return user_info(user), None
        # What was being issued when the user was disabled, or before disabling ended anything, ends too.
        _end_everything(session, user, lifetimes, at)
        user.disabled_at = None
        kept = _kept(session, user.id, at)
        _record(session, AuditKind.USER_ENABLED, user, kept, at=at, actor=actor)
        return user_info(user), kept


@repeated
def sign_out(
    name: str, *, with_tools: bool, lifetimes: Lifetimes, at: datetime, actor: str
) -> tuple[UserInfo, Ended]:
    """End all browser sessions of a user, and with `with_tools` those of tools; raises NotFound."""
    with writing() as session:
        user = lock(session, name)
        ended = _end(session, user, lifetimes, at, with_tools=with_tools)
        if ended != Ended():
            _record(session, AuditKind.USER_SESSION_ENDED, user, ended, at=at, actor=actor)
        return user_info(user), ended


def _end_everything(session: Session, user: User, lifetimes: Lifetimes, at: datetime) -> Ended:
    session.execute(delete(PasswordLink).where(PasswordLink.user_id == user.id))
    return _end(session, user, lifetimes, at, with_tools=True)


def _end(
    session: Session, user: User, lifetimes: Lifetimes, at: datetime, *, with_tools: bool
) -> Ended:
    return Ended(
        end_all_browsers(session, user, lifetimes=lifetimes, at=at),
        end_access_of_user(session, user.id, at=at) if with_tools else 0,
    )


def _kept(session: Session, user_id: str, at: datetime) -> Kept:
    standing = (
        Authorization.user_id == user_id,
        Authorization.revoked_at.is_(None),
        _has_not_ended(Authorization.expires_at, at),
    )
    tools = (
        select(func.count())
        .join_from(Authorization, Client, Client.id == Authorization.client_id)
        .where(*standing, Client.disabled_at.is_(None))
    )
    works = exists().where(
        ApiKey.authorization_id == Authorization.id,
        ApiKey.revoked_at.is_(None),
        _has_not_ended(ApiKey.expires_at, at),
    )
    keys = select(func.count(Authorization.id)).where(
        *standing,
        Authorization.kind == AuthorizationKind.API_KEY,
        Authorization.paused_at.is_(None),
        works,
    )
    return Kept(session.scalar(tools) or 0, session.scalar(keys) or 0)


def _has_not_ended(
    column: InstrumentedAttribute[datetime | None], at: datetime
) -> ColumnElement[bool]:
    return or_(column.is_(None), column > at)


def _record(
    session: Session, kind: AuditKind, user: User, facts: Ended | Kept, *, at: datetime, actor: str
) -> None:
    numbers = asdict(facts)
    audit.record(session, kind, at=at, actor=actor, subject=user.id, user_id=user.id, **numbers)
