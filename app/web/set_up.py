"""The page behind the link that a server without users prints: it makes the first administrator."""

from flask import flash, make_response, render_template, request
from werkzeug.wrappers import Response

from app.domain.errors import Conflict, Invalid, NotFound
from app.http.error_pages import error_page
from app.http.paths import see_other
from app.runtime.clock import now
from app.services.accounts import first_administrator
from app.web import web
from app.web.password_link import NO_COOKIES, OUTDATED

TITLE = "This link does not work any more"
NEXT = (
    "If there is no user yet, start the server again: it prints a new link. Otherwise sign in, or let "
    "an administrator add you."
)
FIELDS = ("username", "email")


@web.get("/set-up/<text>")
def set_up(text: str) -> Response | str:
    """Show the form of a link that works."""
    try:
        first_administrator.require_link(text, at=now())
    except NotFound as gone:
        return _gone(gone)
    return _page()


@web.post("/set-up/<text>")
def set_up_by_link(text: str) -> Response:
    """Make the administrator and lead to the sign-in; what cannot be taken brings the form again."""
    typed = {name: request.form.get(name, "") for name in FIELDS}
    try:
        made = first_administrator.make(
            text,
            typed["username"],
            email=typed["email"],
            password=request.form.get("new_password", ""),
            at=now(),
        )
    except NotFound as gone:
        return _gone(gone)
    except (Invalid, Conflict) as refusal:
        return make_response(_page(refusal.public), 422)
    flash(f"{made.username} is the first administrator. Sign in.")
    return see_other("web.login")


def again() -> Response:
    """Answer a form without the right token: show it anew and say what is true."""
    text = (request.view_args or {})["text"]
    try:
        first_administrator.require_link(text, at=now())
    except NotFound as gone:
        return _gone(gone)
    return make_response(_page(OUTDATED if request.cookies else NO_COOKIES), 400)


def _page(problem: str = "") -> str:
    typed = {name: request.form.get(name, "") for name in FIELDS}
    return render_template("set_up.html", typed=typed, problem=problem)


def _gone(gone: NotFound) -> Response:
    return error_page(404, TITLE, gone.public, hint=NEXT)
