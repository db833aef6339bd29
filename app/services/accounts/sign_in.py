"""Signing in with a password, and the browser sessions that follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.credentials.secrets import (
    Prefix,
    digest,
    is_well_formed,
    new_secret,
)
from app.domain.lifetimes import Lifetimes, after
from app.domain.user_agents import Peer
from app.models import BrowserSession, User
from app.services import audit, password_hashes
from app.services.accounts.password_check import (
    PasswordSubject,
    lock_verified,
    password_subject,
    typed_key,
    verify_password,
)
from app.services.directory import users
from app.services.sessions import unexpired

REFUSED = "That name and password do not match."
SEEN_EVERY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class SignedInUser:
    """A signed-in user; `session_text` is the cookie's secret."""

    user_id: str
    username: str
    email: str
    is_admin: bool
    session_text: str
    confirmed_at: datetime
    """When the password was last given in this browser session."""


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A browser that the user has signed in with before, as its signed cookie says.

    It opens nothing: wrong passwords count for it alone (OWASP, "device cookies").
    """

    id: str
    user_id: str
    since: datetime


@repeated
def sign_in(
    name: str,
    password: str,
    *,
    peer: Peer,
    devices: Sequence[KnownDevice] = (),
    lifetimes: Lifetimes,
    at: datetime,
) -> SignedInUser:
    """Check name (or e-mail) and password and open a browser session with a new id.

    Raises SignInRefused, always with the same sentence, or Throttled after too many wrong passwords.
    They count by what was typed, so that an account answers as a name that nobody has; or, in one of
    the user's own `devices`, for that browser alone.
    """
    typed = typed_key(name)
    with reading() as session:
        user = users.find(session, name)
        if user is None:
            account = PasswordSubject(typed)
        else:
            own = [d for d in devices if d.user_id == user.id and _is_valid(d, user)]
            key = f"{user.id}\0device\0{own[0].id}" if own else typed
            account = password_subject(user, key=key, is_known=bool(own))
    verify_password(account, password, peer=peer, at=at, refused=REFUSED)
    return _open(account, password, peer=peer, lifetimes=lifetimes, at=at)


def _is_valid(device: KnownDevice, user: User) -> bool:
    return user.devices_since is None or device.since >= user.devices_since


@repeated
def _open(
    account: PasswordSubject, password: str, *, peer: Peer, lifetimes: Lifetimes, at: datetime
) -> SignedInUser:
    text = new_secret(Prefix.BROWSER_SESSION)
    outdated = password_hashes.is_outdated(account.password_hash or "")
    rehashed = password_hashes.hash_password(password) if outdated else None
    with writing() as session:
        user = lock_verified(session, account, password, refused=REFUSED)
        user.password_hash = rehashed or user.password_hash
        session.add(
            BrowserSession(
                digest=digest(text),
                user_id=user.id,
                user_agent=peer.user_agent[:300],
                address=peer.address[:80],
                created_at=at,
                seen_at=at,
                expires_at=after(at, lifetimes.browser_absolute),
            )
        )
        audit.record(
            session,
            AuditKind.USER_SIGNED_IN,
            at=at,
            actor=user.id,
            subject=user.id,
            user_id=user.id,
            address=peer.address,
        )
        return _signed_in(user, text, at)


def _signed_in(row: User, text: str, confirmed_at: datetime) -> SignedInUser:
    return SignedInUser(row.id, row.username, row.email, row.is_admin, text, confirmed_at)


@repeated
def resume(text: str, *, lifetimes: Lifetimes, at: datetime) -> SignedInUser | None:
    """Return who is signed in with a cookie's secret, or None when the session is over.

    A session is over when it was ended, is idle or too old, or when the user is disabled.
    """
    if not is_well_formed(text, Prefix.BROWSER_SESSION):
        return None
    statement = (
        select(User, BrowserSession)
        .join(BrowserSession, BrowserSession.user_id == User.id)
        .where(
            BrowserSession.digest == digest(text),
            BrowserSession.ended_at.is_(None),
            User.disabled_at.is_(None),
            *unexpired(lifetimes, at),
        )
    )
    with reading() as session:
        found = session.execute(statement).first()
        if found is None:
            return None
        user_row, row = found
        seen_at, confirmed_at = row.seen_at, row.confirmed_at or row.created_at
        user = _signed_in(user_row, text, confirmed_at)
    if at - seen_at >= SEEN_EVERY:
        with writing() as session:
            session.execute(
                update(BrowserSession)
                .where(BrowserSession.digest == digest(text))
                .values(seen_at=at)
            )
    return user


@repeated
def sign_out(user: SignedInUser, *, at: datetime) -> None:
    """End the browser session on the server: its cookie is worth nothing from now on."""
    with writing() as session:
        ended = session.scalar(
            update(BrowserSession)
            .where(
                BrowserSession.digest == digest(user.session_text),
                BrowserSession.ended_at.is_(None),
            )
            .values(ended_at=at)
            .returning(BrowserSession.user_id)
        )
        if ended is not None:
            audit.record(
                session,
                AuditKind.USER_SIGNED_OUT,
                at=at,
                actor=ended,
                subject=ended,
                user_id=ended,
            )
