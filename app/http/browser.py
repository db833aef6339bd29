"""The browser at the other end: its key, its address, and who is signed in with it."""

from flask import Flask, Request, Response, g, request, session
from flask.sessions import (
    NullSession,
    SecureCookieSession,
    SecureCookieSessionInterface,
    SessionMixin,
)
from flask_login import UserMixin, current_user, login_user, logout_user

from app.domain.credentials.secrets import digest, matches, random_base62
from app.domain.user_agents import Peer, peer_of
from app.extensions import login
from app.http import known_devices
from app.http.paths import LOGOS, is_for_programs
from app.http.static_files import BELOW as STATIC
from app.runtime.clock import now
from app.runtime.current import settings
from app.services.accounts import kept_forms, sign_in
from app.services.accounts.sign_in import SignedInUser
from app.services.consent.arrivals import Asker

KEY_LENGTH = 43
NEW_KEY = "new_browser_key"
KEPT_FORMS = "kept_forms"
EARLIER = "earlier"
CSRF_TOKEN = "csrf_token"  # Flask-WTF's  # noqa: S105 - the name of a key
MAX_EARLIER = 3
FLASHES = "_flashes"  # Flask's
MAX_FLASHES = 3
REPEATED = "repeated"  # the category of a sentence about a decision that stood before
PURPOSES = ("Sec-Purpose", "Purpose", "X-Moz", "X-Purpose")


class BrowserSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, for pages only: a program's request neither reads nor sets one."""

    def open_session(
        self, app: Flask, request: Request
    ) -> SecureCookieSession | NullSession | None:
        """Return the cookie's session; for a program's address or a file one that cannot be written."""
        if is_for_programs(request.path) or request.path.startswith((STATIC, LOGOS)):
            return self.make_null_session(app)
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep the newest sentences that no page has shown: a browser drops a cookie above 4 KB."""
        if len(session.get(FLASHES, ())) > MAX_FLASHES:
            session[FLASHES] = session[FLASHES][-MAX_FLASHES:]
        super().save_session(app, session, response)
        known_devices.set_cookie(response)
        if (key := g.get(NEW_KEY)) is not None:
            response.set_cookie(
                _key_cookie(),
                key,
                secure=settings().is_https,
                httponly=True,
                samesite="Lax",
                path=self.get_cookie_path(app),
            )


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
    """Begin a signed-in session: a new id, and of the old one only what has no power.

    That is which forms are kept, and how forms of pages from before are told from forged ones.
    """
    _empty()
    login_user(BrowserUser(user))
    known_devices.remember(user)


def _empty() -> None:
    kept, earlier = session.get(KEPT_FORMS), session.get(EARLIER, [])
    if (token := session.get(CSRF_TOKEN)) is not None:
        earlier = [*earlier, digest(token)][-MAX_EARLIER:]
    session.clear()
    if kept:
        session[KEPT_FORMS] = kept
    if earlier:
        session[EARLIER] = earlier


def end_session() -> None:
    """End the session on the server and empty the cookie."""
    user = signed_in_user()
    if user is not None:
        sign_in.sign_out(user, at=now())
    logout_user()
    _empty()


def signed_in_user() -> SignedInUser | None:
    """Return who is signed in, or None."""
    return current_user.user if current_user.is_authenticated else None


def last_user_id() -> str | None:
    """Return who was signed in last with this cookie, also when that has ended; None if unknown."""
    return kept_forms.user_behind(str(session.get("_user_id", "")))


def browser_key() -> str | None:
    """Return the key of this browser, or None when it was never given one.

    It only says "the same browser": a pending request is bound to it, and signing in or out does not
    touch it.
    """
    given: str | None = g.get(NEW_KEY)
    key = given or request.cookies.get(_key_cookie(), "")
    return key if len(key) == KEY_LENGTH and key.isascii() and key.isalnum() else None


def ensure_browser_key() -> str:
    """Return the key of this browser, giving it one if needed."""
    key = browser_key()
    if key is None:
        key = random_base62(KEY_LENGTH)
        setattr(g, NEW_KEY, key)
    return key


def _key_cookie() -> str:
    return "__Host-mandate_browser" if settings().is_https else "mandate_browser"


def asker() -> Asker:
    """Return who asks for something: this browser, with a key from now on."""
    user = signed_in_user()
    return Asker(ensure_browser_key(), peer().address, user.user_id if user else None)


def is_of_before(csrf_token: str) -> bool:
    """Say whether a form carries a token that this browser had before it signed in or out."""
    return any(matches(csrf_token, known) for known in session.get(EARLIER, []))


def is_own_form() -> bool:
    """Say whether a page of ours sent the form, as far as the browser tells.

    A browser that tells nothing is believed when it brings its key: another site's form does not
    (SameSite).
    """
    site = request.headers.get("Sec-Fetch-Site")
    return site == "same-origin" if site is not None else browser_key() is not None


def is_speculative() -> bool:
    """Say whether nobody will read the answer: HEAD, or a browser that fetches ahead."""
    purposes = (request.headers.get(name, "") for name in PURPOSES)
    return request.method == "HEAD" or any("prefetch" in purpose.lower() for purpose in purposes)


def peer() -> Peer:
    """Return address and user agent of the request."""
    return peer_of(request.remote_addr, request.headers.get("User-Agent", ""))
