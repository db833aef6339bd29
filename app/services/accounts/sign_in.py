"""Signing in with a password, and the browser sessions that follow."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.credentials.passwords import canonical_name
from app.domain.credentials.secrets import (
    Prefix,
    digest,
    is_well_formed,
    new_secret,
)
from app.domain.errors import SignInRefused
from app.domain.lifetimes import Lifetimes, after
from app.domain.user_agents import Peer
from app.models import BrowserSession, User
from app.services import audit, password_hashes, throttle
from app.services.directory import users

REFUSED = "The name and the password do not belong together."
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
class PasswordSubject:
    """Whose password is checked, as read before the check; `key` is what wrong ones count against.

    An unknown name and a disabled user have no hash, so no password fits.
    """

    key: str
    user_id: str | None = None
    password_hash: str | None = None


def sign_in(
    name: str, password: str, *, peer: Peer, lifetimes: Lifetimes, at: datetime
) -> SignedInUser:
    """Check name (or e-mail) and password and open a browser session with a new id.

    Raises SignInRefused, always with the same sentence, or Throttled after too many wrong passwords.
    All spellings of an account share one counter.
    """
    with reading() as session:
        user = users.find(session, name)
        account = password_subject(user) if user else PasswordSubject(canonical_name(name))
    prove(account, password, peer=peer, at=at, refused=REFUSED)
    return _open(account, password, peer=peer, lifetimes=lifetimes, at=at)


def password_subject(user: User) -> PasswordSubject:
    """Return what a password of this user is checked against; all spellings are one account."""
    return PasswordSubject(user.id, user.id, None if user.disabled_at else user.password_hash)


def prove(
    account: PasswordSubject, password: str, *, peer: Peer, at: datetime, refused: str
) -> None:
    """Raise SignInRefused unless the password fits, or Throttled after too many wrong ones.

    A try is counted before it is looked at, so that many at once are not more than the limit.
    """
    network = throttle.network_of(peer.address)
    throttle.check(throttle.PASSWORD_PER_ADDRESS, network, at=at)
    throttle.spend(throttle.PASSWORD_PER_ACCOUNT, account.key, at=at)
    if not password_hashes.verify(account.password_hash, password):
        _note_refusal(account, peer, at)
        throttle.spend(throttle.PASSWORD_PER_ADDRESS, network, at=at)
        raise SignInRefused(refused)


def settle(session: Session, account: PasswordSubject, password: str, *, refused: str) -> User:
    """Lock and return the user whose password was proved, and forget the wrong tries before.

    Proving takes a while. Raises SignInRefused when the password changed or the user was disabled
    meanwhile.
    """
    user = session.scalar(
        select(User)
        .where(User.id == account.user_id, User.disabled_at.is_(None))
        .with_for_update(key_share=True)
    )
    if user is None:
        raise SignInRefused(refused)
    # A different hash may be the same password with new parameters: only then is it computed again.
    stands = hmac.compare_digest(user.password_hash, account.password_hash or "")
    if not stands and not password_hashes.verify(user.password_hash, password):
        raise SignInRefused(refused)
    throttle.clear(session, throttle.PASSWORD_PER_ACCOUNT, account.key)
    return user


def _note_refusal(account: PasswordSubject, peer: Peer, at: datetime) -> None:
    with writing() as session:
        audit.record(
            session,
            AuditKind.USER_SIGN_IN_REFUSED,
            at=at,
            actor="browser",
            subject=account.user_id or _stand_in(account.key),
            user_id=account.user_id,
            address=peer.address,
        )


def _stand_in(name: str) -> str:
    """Return what the log shows for an unknown name, which may be a password typed into the wrong field.

    The same text gives the same stand-in, so repeated tries can be recognised.
    """
    # A digest without a key can be guessed. Only 32 bits are shown, so many guesses fit.
    return f"unknown:{digest(f'unknown name {name}')[:8]}"


def _open(
    account: PasswordSubject, password: str, *, peer: Peer, lifetimes: Lifetimes, at: datetime
) -> SignedInUser:
    text = new_secret(Prefix.BROWSER_SESSION)
    outdated = password_hashes.is_outdated(account.password_hash or "")
    rehashed = password_hashes.hash_password(password) if outdated else None
    with writing() as session:
        user = settle(session, account, password, refused=REFUSED)
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


def unexpired(lifetimes: Lifetimes, at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of a BrowserSession that is neither too old nor idle for too long."""
    idle_since = at - timedelta(seconds=lifetimes.browser_idle)
    return BrowserSession.expires_at > at, BrowserSession.seen_at > idle_since


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


def password_subject_of_id(user_id: str) -> PasswordSubject:
    """Return what a password of the signed-in user is checked against."""
    with reading() as session:
        user = session.scalar(select(User).where(User.id == user_id))
        return password_subject(user) if user else PasswordSubject(user_id)
