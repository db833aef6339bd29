"""One Authorization's page: what it can do, the editor, its sessions and its past."""

from dataclasses import asdict

from flask import Response, flash, jsonify, make_response, render_template, request
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from app.domain.delegation.choice import KEEP, Choice
from app.domain.errors import ChoiceRefused, Conflict
from app.domain.sentences.explanation import Explanation, Question
from app.domain.sentences.preview import Preview
from app.http import browser
from app.http.paths import see_other
from app.runtime.clock import now
from app.runtime.current import catalog
from app.services.authorizations import editor, history
from app.services.authorizations.editor import EditorPage
from app.web import web
from app.web.api_keys import OVERLAPS
from app.web.choice_form import (
    KEPT,
    chosen_in,
    expiries,
    in_short,
    read_choice,
    read_version,
)
from app.web.step_up import must_confirm

ADDRESS = "/settings/authorizations/<authorization_id>"
UNTOLD = "Some resource servers do not tell what a call was for, so capabilities and projects stay."


@web.get(ADDRESS)
@login_required  # type: ignore[untyped-decorator]
def authorization(authorization_id: str) -> str:
    """Show one of the user's own Authorizations; `shrink` fills the editor with what was used."""
    page = _page(authorization_id)
    if "shrink" in request.args:
        return _shrunk(page)
    choice = _standing_choice(page)
    return _render(page, choice)


@web.post(ADDRESS)
@login_required  # type: ignore[untyped-decorator]
def edit_authorization(authorization_id: str) -> BaseResponse | str:
    """Save the choice, or (action `preview`) show what it would change."""
    page = _page(authorization_id)
    choice = _standing_choice(page)
    status = 200
    problems: tuple[str, ...] = ()
    try:
        choice = read_choice(request.form, without_expiry=KEEP)
        if request.form.get("action", "save") == "save":
            change = editor.edit(
                authorization_id,
                browser.user_id(),
                choice,
                version=read_version(),
                catalog=catalog(),
                at=now(),
            )
            flash(f"Saved. {change} It holds from the next call on.")
            return see_other(_address(authorization_id))
    except ChoiceRefused as refusal:
        status, problems = 422, refusal.problems
    except Conflict as conflict:
        page = _page(authorization_id)
        is_kept = page.listed.state != "revoked"
        status, problems = 409, (conflict.public, KEPT) if is_kept else (conflict.public,)
    return make_response(_render(page, choice, problems), status)


@web.post(f"{ADDRESS}/summary")
@login_required  # type: ignore[untyped-decorator]
def editor_summary(authorization_id: str) -> Response:
    """Say what the ticked boxes amount to and change, for the live sentence."""
    try:
        choice = read_choice(request.form, without_expiry=KEEP)
        return jsonify(asdict(_preview(_page(authorization_id), choice)))
    except ChoiceRefused as refusal:
        return jsonify(asdict(in_short(Preview(refusal.public, refusal.problems, ready=False))))


def _page(authorization_id: str) -> EditorPage:
    return editor.page(authorization_id, browser.user_id(), catalog=catalog(), at=now())


def _preview(page: EditorPage, choice: Choice) -> Preview:
    return in_short(editor.preview(page, choice, catalog=catalog(), at=now()))


def _address(authorization_id: str) -> str:
    return f"/settings/authorizations/{authorization_id}"


def _standing_choice(page: EditorPage) -> Choice:
    ends = None if page.listed.expires_at is None else KEEP
    return chosen_in(page.offer, expires_in=ends, name=page.listed.name)


def _shrunk(page: EditorPage) -> str:
    found = editor.shrunk(page, catalog=catalog(), at=now())
    choice = _standing_choice(page)
    hint: tuple[str, ...]
    if found is None:
        hint = ("It was not used in the last 30 days. Consider pausing or revoking it.",)
        return _render(page, choice, hint, is_hint=True)
    offer, smaller = found
    choice = chosen_in(offer, expires_in=choice.expires_in, name=page.listed.name)
    hint = ("The form shows what it used in the last 30 days. Nothing is saved yet.",)
    if smaller.is_guarded:
        hint = (*hint, UNTOLD)
    return _render(page, choice, hint, is_hint=True)


def _why(authorization_id: str) -> tuple[Question, Explanation] | None:
    """Answer the checker's question, when the query asks one."""
    parts = [
        request.args.get(name, "").strip()[:200] for name in ("capability", "project", "mcp_server")
    ]
    if not any(parts):
        return None
    question = Question(*(part or None for part in parts))
    user_id = browser.user_id()
    found = editor.why(authorization_id, user_id, question, catalog=catalog(), at=now())
    return question, found


def _render(
    page: EditorPage,
    choice: Choice,
    problems: tuple[str, ...] = (),
    *,
    is_hint: bool = False,
) -> str:
    return render_template(
        "authorization.html",
        tab="oauth2" if page.listed.kind == "oauth2" else "api-keys",
        page=page,
        row=page.listed,
        choice=choice,
        preview=_preview(page, choice),
        problems=() if is_hint else problems,
        hints=problems if is_hint else (),
        expiries=expiries(choice, page.listed.expires_at),
        history=history.history_of(page.listed.id, browser.user_id(), at=now()),
        why=_why(page.listed.id),
        capabilities=list(catalog().capabilities.values()),
        overlaps=OVERLAPS,
        must_confirm=must_confirm(),
    )
