"""Making and rotating API keys: the text is shown once, on the page that answers the form."""

from flask import Response, flash, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.domain.catalog import KeyTemplate
from app.domain.credentials.secrets import random_base62
from app.domain.delegation.choice import Choice
from app.domain.errors import (
    ChoiceRefused,
    ConfirmationRequired,
    Invalid,
    SignInRefused,
    Throttled,
)
from app.domain.sentences.instants import span_text
from app.http.error_pages import refused
from app.http.paths import see_other
from app.http.signed_in import signed_in
from app.runtime.clock import now
from app.runtime.current import catalog, settings
from app.services.accounts.sign_in import SignedInUser
from app.services.authorizations import api_keys
from app.services.authorizations.api_keys import MadeBefore, NewKey
from app.services.authorizations.delegation_form import FormContext
from app.web import web
from app.web.authorizations import API_KEYS
from app.web.choice_form import DAY, DEFAULT_EXPIRY, HOUR, expiries, live_summary, read_choice
from app.web.field_set import field_set, found_rows
from app.web.options import Option
from app.web.step_up import confirm, must_confirm
from app.web.unsent_forms import forget, returned_choice

OVERLAPS = (
    Option(0, "at once"),
    *(
        Option(span, f"in {span_text(span)}", span == DAY)
        for span in (HOUR, DAY, 7 * DAY, 30 * DAY)
    ),
)
MADE_BEFORE = (
    "The form had made this key already, as it stands here. Its text was shown once: rotate the key if "
    "you lost it, change it here, or make another."
)
USUAL_EXAMPLE = 'curl -H "Authorization: Bearer {key}" \\\n  {audience}'
MAX_DIGITS = 8
MAX_IDEMPOTENCY_KEY = 64


@web.get(f"{API_KEYS}/new")
@signed_in
def new_api_key(user: SignedInUser) -> str:
    """Show the form, filled by a template if one is asked for; it ends after 90 days."""
    if (returned := returned_choice(user)) is not None:
        return _form(user, returned, is_returned=True)
    template = _template()
    ticked = template.capabilities if template else frozenset[str]()
    return _form(user, Choice(capabilities=ticked, expires_in=DEFAULT_EXPIRY))


@web.post(f"{API_KEYS}/new")
@signed_in
def create_api_key(user: SignedInUser) -> BaseResponse | str:
    """Make the key and show its text, once; a refusal loses nothing that was typed."""
    choice = Choice(expires_in=DEFAULT_EXPIRY)
    try:
        choice = read_choice(request.form)
        if request.form.get("action") == "preview":
            return _form(user, choice)
        confirm(user)
        key = api_keys.create(
            user.user_id,
            choice,
            idempotency_key=request.form.get("idempotency_key", "")[:MAX_IDEMPOTENCY_KEY],
            catalog=catalog(),
            at=now(),
        )
    except ChoiceRefused as refusal:
        return refused(_form(user, choice, refusal.problems), refusal)
    except (ConfirmationRequired, SignInRefused, Throttled) as refusal:
        return refused(_form(user, choice, (refusal.public,)), refusal)
    forget()
    if isinstance(key, MadeBefore):
        flash(MADE_BEFORE)
        return see_other("web.authorization", authorization_id=key.authorization_id)
    return _show(key, _example(user, choice, key.text))


@web.get(f"{API_KEYS}/find")
@signed_in
def find_for_key(user: SignedInUser) -> str:
    """Return more rows of the form, for what its script searches for."""
    context = _context(user)
    return found_rows(field_set(user, context.offer, Choice()))


@web.post(f"{API_KEYS}/summary")
@signed_in
def api_key_summary(user: SignedInUser) -> Response:
    """Say what a key would be able to do, for the live sentence."""
    return live_summary(lambda choice: api_keys.preview(_context(user), choice))


@web.post("/settings/authorizations/<authorization_id>/rotate")
@signed_in
def rotate_api_key(user: SignedInUser, authorization_id: str) -> BaseResponse | str:
    """Give a key a new text; the old one lives for the chosen overlap."""
    text = request.form.get("overlap", "0").strip() or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise Invalid("The overlap must be a whole number of seconds.")
    api_keys.require_own(authorization_id, user.user_id)
    confirm(user)
    key = api_keys.rotate(authorization_id, user.user_id, overlap=int(text), at=now())
    return _show(key, USUAL_EXAMPLE.format(key=key.text, audience=settings().default_audience))


def _template() -> KeyTemplate | None:
    """Return the template that the form starts from, None without one."""
    return catalog().templates.get(request.values.get("template", ""))


def _example(user: SignedInUser, choice: Choice, text: str) -> str:
    """Return a first call with a new key: of its template, with the first of what was chosen."""
    audience, template = settings().default_audience, _template()
    if template is None or not template.example:
        return USUAL_EXAMPLE.format(key=text, audience=audience)
    urls = _context(user).rights.server_urls
    return template.example_for(
        audience=audience,
        project=next(iter(sorted(choice.roles)), "PROJECT"),
        mcp_url=next((urls[i] for i in sorted(choice.mcp_servers)), "URL-OF-THE-MCP-SERVER"),
        key=text,
    )


def _context(user: SignedInUser) -> FormContext:
    return api_keys.page(user.user_id, catalog=catalog(), at=now())


def _form(
    user: SignedInUser, choice: Choice, problems: tuple[str, ...] = (), *, is_returned: bool = False
) -> str:
    context, template = _context(user), _template()
    return render_template(
        "api_key_new.html",
        tab="api-keys",
        choice=choice,
        rows=field_set(user, context.offer, choice, role=template.role if template else ""),
        templates=catalog().templates.values(),
        template=template,
        find=url_for("web.find_for_key"),
        preview=api_keys.preview(context, choice),
        problems=problems,
        is_returned=is_returned,
        expiries=expiries(choice, None),
        idempotency_key=request.form.get("idempotency_key") or random_base62(22),
        must_confirm=must_confirm(user),
    )


def _show(key: NewKey, example: str) -> str:
    return render_template("api_key_shown.html", tab="api-keys", key=key, example=example)
