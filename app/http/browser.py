"""The browser at the other end: its key, its address, and who is signed in with it."""

from flask import Flask, Request, Response, request, session
from flask.sessions import (
    NullSession,
    SecureCookieSession,
    SecureCookieSessionInterface,
    SessionMixin,
)
from flask_login import UserMixin, current_user, login_user, logout_user

from app.domain.credentials.secrets import random_base62
from app.domain.user_agents import Peer
from app.extensions import login
from app.http.paths import is_for_programs
from app.runtime.clock import now
from app.runtime.current import settings
from app.services.accounts import sign_in
from app.services.accounts.sign_in import SignedInUser

BROWSER_KEY = "browser"
FLASHES = "_flashes"  # Flask's
MAX_FLASHES = 3
PURPOSES = ("Sec-Purpose", "Purpose", "X-Moz", "X-Purpose")


class BrowserSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, for pages only: a program's request neither reads nor sets one."""

    def open_session(
        self, app: Flask, request: Request
    ) -> SecureCookieSession | NullSession | None:
        """Return the cookie's session, or one that cannot be written for a program's address."""
        if is_for_programs(request.path):
            return self.make_null_session(app)
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep the newest sentences that no page has shown: a browser drops a cookie above 4 KB."""
        if len(session.get(FLASHES, ())) > MAX_FLASHES:
            session[FLASHES] = session[FLASHES][-MAX_FLASHES:]
        super().save_session(app, session, response)


class BrowserUser(UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """A signed-in user as Flask-Login keeps one: its id is the secret of the browser session."""

    def __init__(self, user: SignedInUser) -> None:
        self.user = user

    def get_id(self) -> str:
        """Return what the cookie carries: a secret that the database knows by its digest."""
        return self.user.session_text


@login.user_loader  # type: ignore[untyped-decorator]
def _load(session_text: str) -> BrowserUser | None:
    user = sign_in.resume(session_text, lifetimes=settings().lifetimes, at=now())
    return None if user is None else BrowserUser(user)


def start_session(user: SignedInUser) -> None:
    """Begin a signed-in session: a new id, and nothing of the old one but the browser's key.

    The key only says "the same browser"; a pending request must survive the sign-in.
    """
    key = session.get(BROWSER_KEY)
    session.clear()
    if key is not None:
        session[BROWSER_KEY] = key
    login_user(BrowserUser(user))


def end_session() -> None:
    """End the session on the server and empty the cookie."""
    user = signed_in_user()
    if user is not None:
        sign_in.sign_out(user, at=now())
    logout_user()
    session.clear()


def signed_in_user() -> SignedInUser | None:
    """Return who is signed in, or None."""
    return current_user.user if current_user.is_authenticated else None


def browser_key() -> str | None:
    """Return the key of this browser, or None when it was never given one."""
    key = session.get(BROWSER_KEY)
    return key if isinstance(key, str) else None


def ensure_browser_key() -> str:
    """Return the key of this browser, giving it one if needed."""
    if browser_key() is None:
        session[BROWSER_KEY] = random_base62(43)
    return str(session[BROWSER_KEY])


def is_speculative() -> bool:
    """Say whether nobody will read the answer: HEAD, or a browser that fetches ahead."""
    purposes = (request.headers.get(name, "") for name in PURPOSES)
    return request.method == "HEAD" or any("prefetch" in purpose.lower() for purpose in purposes)


def peer() -> Peer:
    """Return address and user agent of the request."""
    agent = request.headers.get("User-Agent", "")
    return Peer(
        request.remote_addr or "unknown", "".join(c for c in agent if c.isprintable())[:300]
    )
