"""Forms that cannot be taken: the sign-in ended, or the page is from before it.

What was chosen is kept and the way leads back to the page, through the sign-in if need be. Nothing is
sent on anybody's behalf.
"""

from collections.abc import Callable

from flask import Response, current_app, flash, jsonify, redirect, request, session, url_for
from flask_wtf.csrf import CSRFError
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from app.domain.credentials import user_codes
from app.domain.delegation.choice import Choice, End
from app.domain.errors import ChoiceRefused, DomainError, RequestExpired
from app.http import browser
from app.http.error_pages import page_of
from app.http.paths import see_path
from app.http.unmapped_failures import forged
from app.runtime.clock import now
from app.runtime.current import settings
from app.services.accounts import kept_forms
from app.services.accounts.sign_in import SignedInUser
from app.services.consent import arrivals
from app.web import password_link, set_up, sign_in
from app.web.choice_form import CHOICE_FIELDS, CHOICE_PREFIXES, PROJECT, read_choice

MAX_PAGES = 3
# Pages that anybody opens: the form comes back with a sentence.
AGAIN: dict[str, Callable[[], BaseResponse]] = {
    "web.sign_in_": sign_in.again,
    "web.password_by_link": password_link.again,
    "web.set_up_by_link": set_up.again,
}
CSRF_SALT = "wtf-csrf-token"  # Flask-WTF's
CONSENT, DEVICE, SUMMARY = "/consent/", "/device", "/summary"
SIGNED_OUT = "You were not signed in any more, so nothing was sent."
SIGNED_IN_ANEW = "You signed in again after this page was opened, so nothing was sent."
EXPIRED = "The request had waited for too long and begins again, so nothing was sent."
KEPT = "What you chose comes back: check it and send it."
NOT_KEPT = "Please fill the form in again."
PRESS = "Please press again."
LIVE = "You are not signed in any more. Send the form: you sign in, and what you chose comes back."


def lead_back(error: Exception) -> BaseResponse:
    """Answer a form that came too late, or from a page of before, in the way of its page."""
    user = browser.signed_in_user()
    if isinstance(error, CSRFError) and not _is_ours(is_signed_in=user is not None):
        return forged(error)
    again = AGAIN.get(request.endpoint or "")
    if again is not None:
        return again()
    if request.endpoint == "web.logout":
        return forged(error) if user else redirect(url_for("web.login"), 303)
    if request.path.endswith(SUMMARY):
        return _live()
    return _lead(_page(), user, SIGNED_OUT if user is None else SIGNED_IN_ANEW)


def begin_again(error: RequestExpired) -> BaseResponse:
    """Answer an approval that came too late: the request goes on anew, with what was chosen."""
    if request.method == "POST" and error.parameters and not request.path.endswith(SUMMARY):
        return _lead(_page(), browser.signed_in_user(), EXPIRED)
    return page_of(error)


def _is_ours(*, is_signed_in: bool) -> bool:
    """Say whether a form without the token of now comes from a page of ours.

    We signed its token; and where somebody is signed in, the token was this browser's, or the browser
    says that the page is ours.
    """
    serializer = URLSafeTimedSerializer(settings().signing_keys, salt=CSRF_SALT)
    try:
        token = serializer.loads(request.form.get("csrf_token", ""))
    except BadData:
        return False
    is_same = request.headers.get("Sec-Fetch-Site") == "same-origin"
    return not is_signed_in or is_same or browser.is_of_before(str(token))


def _lead(page: str, user: SignedInUser | None, sentence: str) -> BaseResponse:
    has_choice = any(True for _ in _chosen())
    page, is_kept = _keep(page) if has_choice else (page, False)
    if page.partition("?")[0] != DEVICE:
        sentence = f"{sentence} {(KEPT if is_kept else NOT_KEPT) if has_choice else PRESS}"
    flash(sentence)
    return see_path(page) if user else redirect(url_for("web.login", next=page), 303)


def _live() -> Response:
    answer = jsonify(sentence=LIVE, details=[], notes=[], more="", ready=False, change="Not known.")
    answer.status_code = 401
    return answer


def _page() -> str:
    """Return the path of the page that the form stands on: the nearest one that GET finds."""
    if request.path == DEVICE:
        letters = user_codes.tidy(request.form.get("user_code", ""))
        return DEVICE if letters is None else f"{DEVICE}?user_code={user_codes.shown(letters)}"
    routes = current_app.url_map.bind("")
    path = request.path
    while path:
        try:
            routes.match(path, "GET")
        except HTTPException:
            path = path.rpartition("/")[0]
        else:
            return path
    return "/"


def _chosen() -> kept_forms.Fields:
    """Return the fields of the choice: never a password, a token or a button."""
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name in CHOICE_FIELDS or (name.startswith(CHOICE_PREFIXES) and _says(name, value))
    ]


def _says(name: str, value: str) -> bool:
    """Say whether a field is worth keeping: a project without access says nothing."""
    return bool(value) or not name.startswith(PROJECT)


def _keep(page: str) -> tuple[str, bool]:
    """Keep the choice for its page; returns the page, which a lost request changes, and success."""
    if not browser.is_own_form():
        return page, False
    is_lost = browser.browser_key() is None
    key = browser.ensure_browser_key()
    if page.startswith(CONSENT):
        page = _renewed(page, is_lost=is_lost)
    is_kept = kept_forms.keep(
        key,
        page,
        _chosen(),
        user_id=browser.last_user_id(),
        address=browser.peer().address,
        at=now(),
    )
    if is_kept:
        others = [known for known in session.get(browser.KEPT_FORMS, []) if known != page]
        session[browser.KEPT_FORMS] = [*others, page][-MAX_PAGES:]
    return page, is_kept


def _renewed(page: str, *, is_lost: bool) -> str:
    """Return the consent page on which a request goes on that may have expired, or whose cookie is gone.

    The page itself is the proof that this browser had asked: only it can send the form.
    """
    try:
        found = arrivals.renewed(
            page.removeprefix(CONSENT),
            asker=browser.asker(),
            is_lost=is_lost,
            lifetimes=settings().lifetimes,
            at=now(),
        )
    except DomainError:
        return page
    return f"{CONSENT}{found}"


def returned_choice(user: SignedInUser, *, without_expiry: End = None) -> Choice | None:
    """Return the choice that comes back to the page that is being opened, None when there is none."""
    key = browser.browser_key()
    if key is None or request.path not in session.get(browser.KEPT_FORMS, []):
        return None
    fields = kept_forms.find(key, request.path, user_id=user.user_id, at=now())
    if fields is None:
        return None
    try:
        return read_choice(MultiDict(fields), without_expiry=without_expiry)
    except ChoiceRefused:
        return None  # no form of ours sends that


def forget() -> None:
    """Bring the choice of the running page back no more: it was sent."""
    if request.path in session.get(browser.KEPT_FORMS, []):
        session[browser.KEPT_FORMS] = [p for p in session[browser.KEPT_FORMS] if p != request.path]
