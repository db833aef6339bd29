"""The user's own account: the password, the browsers that are signed in, the projects."""

from collections.abc import Mapping

from flask import flash, render_template, request
from werkzeug.wrappers import Response

from app.domain.errors import DomainError, Invalid, SignInRefused, Throttled
from app.http import browser, known_devices
from app.http.error_pages import refused
from app.http.paths import see_other
from app.http.signed_in import signed_in
from app.runtime.clock import now
from app.runtime.current import settings
from app.services.accounts.account import (
    change_password,
    end_browser,
    end_other_browsers,
    open_browsers,
    own_projects,
)
from app.services.accounts.sign_in import SignedInUser
from app.web import web

CHANGED = "Your password is changed."
MISSING = "Enter your current password."


@web.get("/settings/account")
@signed_in
def account(user: SignedInUser) -> str:
    """Show who the user is, where they are signed in and what they belong to."""
    return _page(user, {})


@web.post("/settings/account/password")
@signed_in
def password_change(user: SignedInUser) -> Response:
    """Change the password; the page comes again when one of the two is refused."""
    current = request.form.get("current_password", "")
    if not current:
        return _again(user, "current_password", Invalid(MISSING))
    try:
        renewed = change_password(
            user,
            current,
            request.form.get("new_password", ""),
            end_others="end_others" in request.form,
            peer=browser.peer(),
            lifetimes=settings().lifetimes,
            at=now(),
        )
    except Invalid as refusal:
        return _again(user, "new_password", refusal)
    except (SignInRefused, Throttled) as refusal:
        return _again(user, "current_password", refusal)
    browser.start_session(renewed)
    flash(CHANGED)
    return see_other("web.account")


@web.post("/settings/account/sessions/<handle>/end")
@signed_in
def browser_end(user: SignedInUser, handle: str) -> Response:
    """End one browser session; ending this one is signing out."""
    if end_browser(user, handle, lifetimes=settings().lifetimes, at=now()):
        browser.end_session()
        return see_other("web.login")
    flash("The browser is signed out.")
    return see_other("web.account")


@web.post("/settings/account/sessions/end-others")
@signed_in
def browsers_end_others(user: SignedInUser) -> Response:
    """End every browser session but this one."""
    ended = end_other_browsers(user, lifetimes=settings().lifetimes, at=now())
    known_devices.remember(user)
    flash(
        "1 other browser is signed out."
        if ended == 1
        else f"{ended} other browsers are signed out."
    )
    return see_other("web.account")


def _again(user: SignedInUser, field: str, refusal: DomainError) -> Response:
    html = _page(user, {field: refusal.public}, end_others="end_others" in request.form)
    return refused(html, refusal, status=422 if isinstance(refusal, Invalid) else None)


def _page(user: SignedInUser, problems: Mapping[str, str], *, end_others: bool = True) -> str:
    return render_template(
        "account.html",
        tab="account",
        browsers=open_browsers(user, lifetimes=settings().lifetimes, at=now()),
        projects=own_projects(user),
        problems=problems,
        end_others=end_others,
    )
