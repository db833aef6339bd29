"""The page behind a link for a new password. Opening it changes nothing: programs open links, too."""

from flask import flash, make_response, render_template, request
from werkzeug.wrappers import Response

from app.domain.errors import Invalid, NotFound
from app.domain.sentences.instants import span_text
from app.http.error_pages import error_page
from app.http.paths import see_other
from app.runtime.clock import now
from app.runtime.current import settings
from app.services.accounts import password_reset
from app.services.directory.users import UserInfo
from app.web import web

TITLE = "This link does not work any more"
NEXT = (
    "If you have just set your password with it, sign in. Otherwise ask your administrator for a new "
    f"link; it works for {span_text(password_reset.LIVES)}."
)
NO_COOKIES = "Your browser sent no cookie, and this form needs one: allow it for this site."
OUTDATED = "This page was opened before you signed in or out. Enter the new password once more."


@web.get("/password/<text>")
def password_link(text: str) -> Response | str:
    """Show the form of a link that works."""
    try:
        owner = password_reset.owner_of_link(text, at=now())
    except NotFound as gone:
        return _gone(gone)
    return _page(owner)


@web.post("/password/<text>")
def password_by_link(text: str) -> Response:
    """Set the password and lead to the sign-in; a bad password brings the form again."""
    new = request.form.get("new_password", "")
    try:
        owner = password_reset.set_by_link(text, new, lifetimes=settings().lifetimes, at=now())
    except NotFound as gone:
        return _gone(gone)
    except Invalid as refusal:
        return _again(text, refusal.public, 422)
    flash(f"The password of {owner.username} is set. Sign in with it.")
    return see_other("web.login")


def again() -> Response:
    """Answer a form without the right token: show it anew and say what is true."""
    text = (request.view_args or {})["text"]
    return _again(text, OUTDATED if request.cookies else NO_COOKIES, 400)


def _again(text: str, problem: str, status: int) -> Response:
    try:
        owner = password_reset.owner_of_link(text, at=now())
    except NotFound as gone:
        return _gone(gone)
    return make_response(_page(owner, problem), status)


def _page(owner: UserInfo, problem: str = "") -> str:
    return render_template("password_link.html", username=owner.username, problem=problem)


def _gone(gone: NotFound) -> Response:
    return error_page(404, TITLE, gone.public, hint=NEXT)
