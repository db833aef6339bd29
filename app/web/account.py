"""The user's own account: the password, the browsers that are signed in, the projects."""

from collections.abc import Mapping

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from app.domain.errors import Invalid, SignInRefused, Throttled
from app.http import browser
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
@login_required  # type: ignore[untyped-decorator]
def account() -> str:
    """Show who the user is, where they are signed in and what they belong to."""
    return _page({})


@web.post("/settings/account/password")
@login_required  # type: ignore[untyped-decorator]
def password_change() -> Response:
    """Change the password; the page comes again when one of the two is refused."""
    current = request.form.get("current_password", "")
    if not current:
        return _again("current_password", MISSING, 422)
    try:
        renewed = change_password(
            _person(),
            current,
            request.form.get("new_password", ""),
            end_others="end_others" in request.form,
            peer=browser.peer(),
            lifetimes=settings().lifetimes,
            at=now(),
        )
    except Invalid as refusal:
        return _again("new_password", refusal.public, 422)
    except SignInRefused as refusal:
        return _again("current_password", refusal.public, 401)
    except Throttled as refusal:
        response = _again("current_password", refusal.public, 429)
        response.headers["Retry-After"] = str(refusal.retry_after)
        return response
    browser.start_session(renewed)
    flash(CHANGED)
    return redirect(url_for("web.account"), 303)


@web.post("/settings/account/sessions/<handle>/end")
@login_required  # type: ignore[untyped-decorator]
def browser_end(handle: str) -> Response:
    """End one browser session; ending this one is signing out."""
    if end_browser(_person(), handle, lifetimes=settings().lifetimes, at=now()):
        browser.end_session()
        return redirect(url_for("web.login"), 303)
    flash("The browser is signed out.")
    return redirect(url_for("web.account"), 303)


@web.post("/settings/account/sessions/end-others")
@login_required  # type: ignore[untyped-decorator]
def browsers_end_others() -> Response:
    """End every browser session but this one."""
    ended = end_other_browsers(_person(), lifetimes=settings().lifetimes, at=now())
    flash(
        "1 other browser is signed out."
        if ended == 1
        else f"{ended} other browsers are signed out."
    )
    return redirect(url_for("web.account"), 303)


def _again(field: str, sentence: str, status: int) -> Response:
    return make_response(_page({field: sentence}, end_others="end_others" in request.form), status)


def _page(problems: Mapping[str, str], *, end_others: bool = True) -> str:
    person = _person()
    return render_template(
        "account.html",
        tab="account",
        browsers=open_browsers(person, lifetimes=settings().lifetimes, at=now()),
        projects=own_projects(person),
        problems=problems,
        end_others=end_others,
    )


def _person() -> SignedInUser:
    person: SignedInUser = current_user.person
    return person
