"""Signing in and out."""

from flask import make_response, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from app.domain.errors import SignInRefused, Throttled
from app.extensions import limiter
from app.http import browser
from app.http.error_pages import refused
from app.http.known_devices import known_devices
from app.http.next_url import safe_next
from app.http.paths import see_other, see_path
from app.runtime.clock import now
from app.runtime.current import settings
from app.services.accounts.sign_in import sign_in
from app.web import web

NO_COOKIES = (
    "Your browser sent no cookie. Signing in needs one: allow it for this site and try again."
)
OUTDATED = "You were signed out after this page was opened. Enter your password once more."
FLOOD = "600 per minute"


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Name or e-mail address, and password."""

    username = StringField("Name or e-mail", [InputRequired("Enter your name."), Length(max=320)])
    password = PasswordField("Password", [InputRequired("Enter your password."), Length(max=2_000)])


@web.get("/login")
def login() -> Response | str:
    """Show the sign-in form; who is signed in goes on."""
    target = safe_next(request.args.get("next"))
    if browser.signed_in_user() is not None:
        return see_path(target)
    return _page(SignInForm(formdata=None), target)


@web.post("/login")
@limiter.limit(FLOOD)
def sign_in_() -> Response | str:
    """Check the password and go on to `next`, which cannot leave the site; who is signed in goes on."""
    target = safe_next(request.args.get("next"))
    if browser.signed_in_user() is not None:
        return see_path(target)
    form = SignInForm()
    if not form.validate_on_submit():
        return make_response(_page(form, target), 400)
    try:
        user = sign_in(
            form.username.data,
            form.password.data,
            peer=browser.peer(),
            devices=known_devices(),
            lifetimes=settings().lifetimes,
            at=now(),
        )
    except (SignInRefused, Throttled) as refusal:
        return refused(_page(form, target, refusal.public), refusal)
    browser.start_session(user)
    return see_path(target)


def again() -> Response:
    """Answer a form without the right token: go on, or show it anew and say what is true."""
    target = safe_next(request.args.get("next"))
    if browser.signed_in_user() is not None:
        return see_path(target)
    form = SignInForm()
    form.password.data = ""
    problem = NO_COOKIES if not request.cookies else OUTDATED
    return make_response(_page(form, target, problem), 400)


def _page(form: SignInForm, target: str, problem: str = "") -> str:
    action = url_for("web.sign_in_", next=target)
    return render_template("login.html", form=form, action=action, problem=problem)


@web.post("/logout")
def logout() -> Response:
    """End the session on the server; `next` is where the next sign-in leads."""
    browser.end_session()
    target = request.args.get("next")
    return see_other("web.login", **({"next": safe_next(target)} if target else {}))
