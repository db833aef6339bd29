"""Signing in with a password, and the browser sessions that follow."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from app.domain.audit import AuditKind
from app.domain.errors import SignInRefused
from app.domain.lifetimes import Lifetimes, after
from app.domain.passwords import canonical_name
from app.domain.secret_text import Prefix, digest, is_well_formed, new_secret
from app.models import BrowserSession, User
from app.services import audit, passwords, people, throttle
from app.services.database import reading, writing

REFUSED = "The name and the password do not belong together."
SEEN_EVERY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a sign-in comes from, as the session list shows it."""

    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A signed-in person; `session_text` is the cookie's secret."""

    user_id: str
    username: str
    email: str
    is_admin: bool
    session_text: str


def sign_in(
    name: str, password: str, *, browser: Browser, lifetimes: Lifetimes, at: datetime
) -> SignedIn:
    """Check name (or e-mail) and password and open a browser session with a new id.

    Raises SignInRefused, always with the same sentence, or Throttled after too many wrong passwords.
    All spellings of an account share one counter.
    """
    with reading() as session:
        user = people.find(session, name)
        account = user.id if user else canonical_name(name)
    network = throttle.network_of(browser.address)
    throttle.check(throttle.PASSWORD_PER_ADDRESS, network, at=at)
    throttle.spend(throttle.PASSWORD_PER_ACCOUNT, account, at=at)
    fits = passwords.verify(user.password_hash if user else None, password)
    if user is None or not fits or user.disabled_at is not None:
        _note_refusal(user, account, browser, at)
        throttle.spend(throttle.PASSWORD_PER_ADDRESS, network, at=at)
        raise SignInRefused(REFUSED)
    return _open(user, account, password, browser=browser, lifetimes=lifetimes, at=at)


def _note_refusal(user: User | None, account: str, browser: Browser, at: datetime) -> None:
    with writing() as session:
        audit.record(
            session,
            AuditKind.USER_SIGN_IN_REFUSED,
            at=at,
            actor="browser",
            subject="".join(c for c in account if c.isprintable())[:200],
            user_id=user.id if user else None,
            address=browser.address,
        )


def _open(
    user: User,
    account: str,
    password: str,
    *,
    browser: Browser,
    lifetimes: Lifetimes,
    at: datetime,
) -> SignedIn:
    text = new_secret(Prefix.BROWSER_SESSION)
    rehashed = (
        passwords.hash_password(password) if passwords.is_outdated(user.password_hash) else None
    )
    with writing() as session:
        throttle.clear(session, throttle.PASSWORD_PER_ACCOUNT, account)
        if rehashed is not None:
            session.execute(update(User).where(User.id == user.id).values(password_hash=rehashed))
        session.add(
            BrowserSession(
                digest=digest(text),
                user_id=user.id,
                user_agent=browser.user_agent[:300],
                address=browser.address[:80],
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
            address=browser.address,
        )
    return SignedIn(user.id, user.username, user.email, user.is_admin, text)


def resume(text: str, *, lifetimes: Lifetimes, at: datetime) -> SignedIn | None:
    """Return who is signed in with a cookie's secret, or None when the session is over.

    Over means: ended, idle or too old, or the user is disabled.
    """
    if not is_well_formed(text, Prefix.BROWSER_SESSION):
        return None
    statement = (
        select(User, BrowserSession.seen_at)
        .join(BrowserSession, BrowserSession.user_id == User.id)
        .where(
            BrowserSession.digest == digest(text),
            BrowserSession.ended_at.is_(None),
            BrowserSession.expires_at > at,
            BrowserSession.seen_at > at - timedelta(seconds=lifetimes.browser_idle),
            User.disabled_at.is_(None),
        )
    )
    with reading() as session:
        found = session.execute(statement).first()
        if found is None:
            return None
        user, seen_at = found
        person = SignedIn(user.id, user.username, user.email, user.is_admin, text)
    if at - seen_at >= SEEN_EVERY:
        with writing() as session:
            session.execute(
                update(BrowserSession)
                .where(BrowserSession.digest == digest(text))
                .values(seen_at=at)
            )
    return person


def sign_out(person: SignedIn, *, at: datetime) -> None:
    """End the browser session on the server: its cookie is worth nothing from now on."""
    with writing() as session:
        ended = session.scalar(
            update(BrowserSession)
            .where(
                BrowserSession.digest == digest(person.session_text),
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
