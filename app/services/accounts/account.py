"""What users do with their own account: the password, the browsers, and what they belong to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.credentials.passwords import canonical_password, check_password
from app.domain.credentials.secrets import Prefix, digest, new_secret
from app.domain.errors import Invalid, NotFound, SignInRefused
from app.domain.lifetimes import Lifetimes
from app.domain.user_agents import Peer, device_name
from app.models import BrowserSession, McpServer, Membership, Project, User
from app.services import audit, password_hashes
from app.services.accounts.password_check import (
    lock_verified,
    password_subject_in_session,
    verify_password,
)
from app.services.accounts.password_reset import forget_link
from app.services.accounts.sign_in import SignedInUser
from app.services.accounts.step_up import ENDED, WRONG
from app.services.sessions import end_browsers, unexpired

HANDLE = 16
SAME = "The new password must differ from the current one."


@dataclass(frozen=True, slots=True)
class OpenBrowser:
    """A live browser session of the user; the handle names it and opens nothing."""

    handle: str
    device: str
    address: str
    signed_in_at: datetime
    seen_at: datetime
    is_here: bool


@dataclass(frozen=True, slots=True)
class OwnProject:
    """A project with the user's role and the number of its MCP servers."""

    slug: str
    name: str
    role: str
    servers: int


@repeated
def open_browsers(user: SignedInUser, *, lifetimes: Lifetimes, at: datetime) -> list[OpenBrowser]:
    """Return where the user is signed in: this browser first, the others by when they were last seen."""
    own_digest = digest(user.session_text)
    statement = (
        select(BrowserSession)
        .where(
            BrowserSession.user_id == user.user_id,
            BrowserSession.ended_at.is_(None),
            *unexpired(lifetimes, at),
        )
        .order_by(BrowserSession.seen_at.desc(), BrowserSession.digest)
    )
    with reading() as session:
        found = [
            OpenBrowser(
                row.digest[:HANDLE],
                device_name(row.user_agent),
                row.address,
                row.created_at,
                row.seen_at,
                is_here=row.digest == own_digest,
            )
            for row in session.scalars(statement)
        ]
    return sorted(found, key=lambda browser: not browser.is_here)


@repeated
def own_projects(user: SignedInUser) -> list[OwnProject]:
    """Return the projects of the user by name."""
    statement = (
        select(Project.slug, Project.name, Membership.role, func.count(McpServer.id))
        .join(Membership, Membership.project_id == Project.id)
        .outerjoin(McpServer, McpServer.project_id == Project.id)
        .where(Membership.user_id == user.user_id)
        .group_by(Project.id, Project.slug, Project.name, Membership.role)
        .order_by(Project.name, Project.slug)
    )
    with reading() as session:
        return [OwnProject(*row) for row in session.execute(statement)]


@repeated
def change_password(
    user: SignedInUser,
    current: str,
    new: str,
    *,
    end_others: bool,
    peer: Peer,
    lifetimes: Lifetimes,
    at: datetime,
) -> SignedInUser:
    """Change the password and return the user with a new secret for this browser's cookie.

    Raises Invalid for the new password, SignInRefused for the current one, or Throttled. The old cookie
    is worthless afterwards; with `end_others` so is every other one.
    """
    check_password(new, username=user.username, email=user.email)
    if canonical_password(new) == canonical_password(current):
        raise Invalid(SAME)
    subject = password_subject_in_session(user.user_id, user.session_text)
    verify_password(subject, current, peer=peer, at=at, refused=WRONG)
    new_hash = password_hashes.hash_password(new)
    renewed = replace(user, session_text=new_secret(Prefix.BROWSER_SESSION), confirmed_at=at)
    with writing() as session:
        row = lock_verified(session, subject, current, refused=WRONG)
        row.password_hash = new_hash
        forget_link(session, row.id)
        _renew(session, user, renewed, at)
        row.devices_since = at if end_others else row.devices_since
        ended = (
            end_browsers(session, _others(renewed), lifetimes=lifetimes, at=at) if end_others else 0
        )
        _note(session, AuditKind.USER_PASSWORD_CHANGED, user, ended, at)
    return renewed


def _renew(session: Session, user: SignedInUser, renewed: SignedInUser, at: datetime) -> None:
    moved = session.scalar(
        update(BrowserSession)
        .where(
            BrowserSession.digest == digest(user.session_text),
            BrowserSession.ended_at.is_(None),
        )
        .values(digest=digest(renewed.session_text), confirmed_at=at)
        .returning(BrowserSession.user_id)
    )
    if moved is None:
        raise SignInRefused(ENDED)


@repeated
def end_browser(user: SignedInUser, handle: str, *, lifetimes: Lifetimes, at: datetime) -> bool:
    """End one of the user's own browser sessions; says whether it was this one.

    Another user's session is not found. Ending an ended session changes nothing.
    """
    with writing() as session:
        own = session.scalars(
            select(BrowserSession.digest).where(BrowserSession.user_id == user.user_id)
        )
        meant = [kept for kept in own if kept[:HANDLE] == handle]
        if not meant:
            raise NotFound("You have no such browser session.")
        ended = end_browsers(
            session, (BrowserSession.digest.in_(meant),), lifetimes=lifetimes, at=at
        )
        if ended:
            _note(session, AuditKind.USER_SESSION_ENDED, user, ended, at)
    return digest(user.session_text) in meant


@repeated
def end_other_browsers(user: SignedInUser, *, lifetimes: Lifetimes, at: datetime) -> int:
    """End all browser sessions of the user but this one; returns how many were live."""
    with writing() as session:
        ended = end_browsers(session, _others(user), lifetimes=lifetimes, at=at)
        session.execute(update(User).where(User.id == user.user_id).values(devices_since=at))
        if ended:
            _note(session, AuditKind.USER_SESSION_ENDED, user, ended, at)
    return ended


def _others(user: SignedInUser) -> Iterable[ColumnElement[bool]]:
    return (
        BrowserSession.user_id == user.user_id,
        BrowserSession.digest != digest(user.session_text),
    )


def _note(session: Session, kind: AuditKind, user: SignedInUser, ended: int, at: datetime) -> None:
    own = user.user_id
    audit.record(session, kind, at=at, actor=own, subject=own, user_id=own, sessions_ended=ended)
