"""Making and rotating API keys: the text is shown once, on the page that answers the form."""

from dataclasses import asdict

from flask import Response, jsonify, make_response, render_template, request
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from app.domain.credentials.secrets import random_base62
from app.domain.delegation.choice import Choice
from app.domain.errors import (
    ChoiceRefused,
    ConfirmationRequired,
    DomainError,
    Invalid,
    SignInRefused,
    Throttled,
)
from app.domain.sentences.preview import Preview
from app.http import browser
from app.http.pages import PAGES
from app.runtime.clock import now
from app.runtime.current import catalog, settings
from app.services.authorizations import api_keys
from app.services.authorizations.api_keys import NewKey
from app.services.authorizations.delegation_form import FormContext
from app.web import web
from app.web.authorizations import API_KEYS
from app.web.choice_form import DEFAULT_EXPIRY, expiries, in_short, read_choice
from app.web.step_up import confirm, must_confirm

OVERLAPS = (
    (0, "at once"),
    (3_600, "in 1 hour"),
    (86_400, "in 1 day"),
    (7 * 86_400, "in 7 days"),
    (30 * 86_400, "in 30 days"),
)
MAX_DIGITS = 8
MAX_IDEMPOTENCY_KEY = 64


@web.get(f"{API_KEYS}/new")
@login_required  # type: ignore[untyped-decorator]
def new_api_key() -> str:
    """Show the form: nothing is ticked, and it ends after 90 days."""
    return _form(Choice(expires_in=DEFAULT_EXPIRY))


@web.post(f"{API_KEYS}/new")
@login_required  # type: ignore[untyped-decorator]
def create_api_key() -> BaseResponse | str:
    """Make the key and show its text, once; a refusal loses nothing that was typed."""
    choice = Choice(expires_in=DEFAULT_EXPIRY)
    try:
        choice = read_choice(request.form)
        if request.form.get("action") == "preview":
            return _form(choice)
        confirm()
        key = api_keys.create(
            browser.user_id(),
            choice,
            idempotency_key=request.form.get("idempotency_key", "")[:MAX_IDEMPOTENCY_KEY],
            catalog=catalog(),
            at=now(),
        )
    except (ChoiceRefused, ConfirmationRequired, SignInRefused, Throttled) as refusal:
        problems = refusal.problems if isinstance(refusal, ChoiceRefused) else (refusal.public,)
        return _answer(_form(choice, problems), refusal)
    return _show(key)


@web.post(f"{API_KEYS}/summary")
@login_required  # type: ignore[untyped-decorator]
def api_key_summary() -> Response:
    """Say what a key would be able to do, for the live sentence."""
    try:
        choice = read_choice(request.form)
        return jsonify(asdict(_preview(_scene(), choice)))
    except ChoiceRefused as refusal:
        return jsonify(asdict(in_short(Preview(refusal.public, refusal.problems, ready=False))))


@web.post("/settings/authorizations/<authorization_id>/rotate")
@login_required  # type: ignore[untyped-decorator]
def rotate_api_key(authorization_id: str) -> BaseResponse | str:
    """Give a key a new text; the old one lives for the chosen overlap."""
    text = request.form.get("overlap", "0").strip() or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise Invalid("The overlap must be a whole number of seconds.")
    user_id = browser.user_id()
    api_keys.require_own(authorization_id, user_id)
    confirm()
    return _show(api_keys.rotate(authorization_id, user_id, overlap=int(text), at=now()))


def _scene() -> FormContext:
    return api_keys.page(browser.user_id(), catalog=catalog(), at=now())


def _preview(context: FormContext, choice: Choice) -> Preview:
    return in_short(api_keys.preview(context, choice, catalog=catalog(), at=now()))


def _form(choice: Choice, problems: tuple[str, ...] = ()) -> str:
    context = _scene()
    return render_template(
        "api_key_new.html",
        tab="api-keys",
        offer=context.offer,
        choice=choice,
        preview=_preview(context, choice),
        problems=problems,
        expiries=expiries(choice, None),
        idempotency_key=request.form.get("idempotency_key") or random_base62(22),
        must_confirm=must_confirm(),
    )


def _answer(html: str, refusal: DomainError) -> BaseResponse:
    response = make_response(html, PAGES[type(refusal)][0])
    if isinstance(refusal, Throttled):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _show(key: NewKey) -> str:
    return render_template(
        "api_key_shown.html", tab="api-keys", key=key, audience=settings().default_audience
    )
