"""One Authorization's page: what it can do, the editor, its sessions and its past."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response, flash, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.domain.delegation.access import Terms
from app.domain.delegation.authorization import AuthorizationKind, AuthorizationState
from app.domain.delegation.choice import KEEP, Choice
from app.domain.errors import ChoiceRefused, Conflict
from app.domain.sentences.authorizations import revocation_effects
from app.domain.sentences.explanation import Question
from app.domain.sentences.lists import every
from app.domain.sentences.preview import Preview
from app.http.paths import see_other
from app.http.signed_in import signed_in
from app.runtime.clock import now
from app.runtime.current import catalog
from app.services.accounts.sign_in import SignedInUser
from app.services.authorizations import editor, history
from app.services.authorizations.editor import EditorPage
from app.web import web
from app.web.api_keys import OVERLAPS
from app.web.authorizations import Field
from app.web.choice_form import (
    KEPT,
    chosen_in,
    expiries,
    live_summary,
    read_choice,
    read_version,
)
from app.web.field_set import NOTHING_WANTED, Wanted, field_set, found_rows
from app.web.options import Option
from app.web.step_up import must_confirm
from app.web.unsent_forms import forget, returned_choice

ADDRESS = "/settings/authorizations/<authorization_id>"
PLACES_SHOWN = 30
USES_SHOWN = 100
OPTIONS_SHOWN = 100
MANY, LACKS = 20, "give"
LACKING = "A call was refused. It lacked {}: what is missing is marked below. Nothing is saved yet."
RETURNED = (
    "What you chose before you signed in again is filled in below. Nothing has been sent yet."
)
UNTOLD = "Some resource servers do not tell what a call was for, so capabilities and projects stay."


@web.get(ADDRESS)
@signed_in
def authorization(user: SignedInUser, authorization_id: str) -> str:
    """Show one of the user's own Authorizations; `shrink` fills the editor with what was used."""
    page = _page(user, authorization_id)
    if "shrink" in request.args:
        return _shrunk(user, page)
    if (returned := returned_choice(user, without_expiry=KEEP)) is not None:
        return _render(user, page, returned, hints=(RETURNED,))
    return _render(user, page, _current_choice(page), hints=_lacking(page))


@web.post(ADDRESS)
@signed_in
def edit_authorization(user: SignedInUser, authorization_id: str) -> BaseResponse | str:
    """Save the choice, or (action `preview`) show what it would change."""
    choice: Choice | None = None
    problems: tuple[str, ...] = ()
    is_conflict = False
    try:
        choice = read_choice(request.form, without_expiry=KEEP)
        if request.form.get("action", "save") == "save":
            return _save(user, authorization_id, choice)
    except ChoiceRefused as refusal:
        problems = refusal.problems
    except Conflict as conflict:
        problems, is_conflict = (conflict.public,), True
    page = _page(user, authorization_id)
    if is_conflict and page.summary.state is not AuthorizationState.REVOKED:
        problems = (*problems, KEPT)
    html = _render(user, page, choice or _current_choice(page), problems)
    return make_response(html, 409 if is_conflict else 422 if problems else 200)


def _save(user: SignedInUser, authorization_id: str, choice: Choice) -> BaseResponse:
    change = editor.edit(
        authorization_id,
        user.user_id,
        choice,
        version=read_version(),
        catalog=catalog(),
        at=now(),
    )
    forget()
    flash(f"Saved. {change} It holds from the next call on.")
    return see_other("web.authorization", authorization_id=authorization_id)


@web.post(f"{ADDRESS}/summary")
@signed_in
def editor_summary(user: SignedInUser, authorization_id: str) -> Response:
    """Say what the ticked boxes amount to and change, for the live sentence."""
    return live_summary(
        lambda choice: _preview(_page(user, authorization_id), choice), without_expiry=KEEP
    )


def _page(user: SignedInUser, authorization_id: str) -> EditorPage:
    return editor.page(authorization_id, user.user_id, catalog=catalog(), at=now())


def _preview(page: EditorPage, choice: Choice) -> Preview:
    return editor.preview(page, choice)


def _current_choice(page: EditorPage) -> Choice:
    ends = None if page.summary.expires_at is None else KEEP
    return chosen_in(page.offer, expires_in=ends, name=page.summary.name)


def _shrunk(user: SignedInUser, page: EditorPage) -> str:
    found = editor.shrunk(page)
    choice = _current_choice(page)
    if found is None:
        unused = "It was not used in the last 30 days. Consider pausing or revoking it."
        return _render(user, page, choice, hints=(unused,))
    offer, smaller = found
    choice = chosen_in(offer, expires_in=choice.expires_in, name=page.summary.name)
    hints: tuple[str, ...] = (
        "The form shows what it used in the last 30 days. Nothing is saved yet.",
    )
    if smaller.is_guarded:
        hints = (*hints, UNTOLD)
    return _render(user, page, choice, hints=hints)


def _wanted() -> Wanted:
    """Return what a refused call lacked, as its answer's link names it (`denied` at introspection)."""
    if LACKS not in request.args:
        return NOTHING_WANTED
    names = (LACKS, "project", "mcp_server")
    return Wanted(*(frozenset(request.args.getlist(name)[:MANY]) for name in names))


def _lacking(page: EditorPage) -> tuple[str, ...]:
    """Return what to do about a refused call that led here, if one did."""
    if LACKS not in request.args:
        return ()
    wanted, rights = _wanted(), page.context.rights
    capabilities = catalog().capabilities
    names = [
        *(f"“{capabilities[name].title}”" for name in catalog().in_order(wanted.capabilities)),
        *(
            rights.project_names[slug]
            for slug in sorted(wanted.projects & set(rights.project_names))
        ),
        *(rights.server_names[i] for i in sorted(wanted.mcp_servers & set(rights.server_names))),
    ]
    return (LACKING.format(every(names)),) if names else ()


def _checker(page: EditorPage) -> dict[str, Any]:
    """Return what the checker shows: the question of the query, and its answer when it asks one."""
    names = ("capability", "project", "mcp_server")
    is_link = LACKS in request.args  # of a refused call: it opens the editor
    parts = ["" if is_link else request.args.get(name, "").strip()[:200] for name in names]
    question = Question(*(part or None for part in parts))
    answer = page.explain(question) if any(parts) else None
    return {
        "part": "check" if answer else "access",
        "question": question,
        "answer": answer,
        "asked": _asked(page, question),
    }


def _asked(page: EditorPage, question: Question) -> tuple[Field, ...]:
    """Return the checker's lists: what the Authorization names comes first."""
    terms, rights = page.context.terms or Terms(), page.context.rights
    capabilities = {name: entry.title for name, entry in catalog().capabilities.items()}
    lists = (
        ("capability", "What", capabilities, ()),
        ("project", "Project", rights.project_names, terms.projects),
        ("mcp_server", "MCP server", rights.server_names, terms.mcp_servers),
    )
    return tuple(
        Field(name, label, _options(names, first, getattr(question, name) or ""))
        for name, label, names, first in lists
    )


def _options(names: Mapping[str, str], first: Iterable[str], chosen: str) -> tuple[Option, ...]:
    keys = [*dict.fromkeys([*([chosen] if chosen else []), *sorted(first), *names])][:OPTIONS_SHOWN]
    return (Option("", "any"), *(Option(key, names.get(key, key), key == chosen) for key in keys))


@web.get(f"{ADDRESS}/find")
@signed_in
def find_in_editor(user: SignedInUser, authorization_id: str) -> str:
    """Return more rows of the form, for what its script searches for."""
    page = _page(user, authorization_id)
    return found_rows(field_set(user, page.offer, Choice()))


def _render(
    user: SignedInUser,
    page: EditorPage,
    choice: Choice,
    problems: tuple[str, ...] = (),
    *,
    hints: tuple[str, ...] = (),
) -> str:
    row, report, preview = page.summary, page.report, _preview(page, choice)
    past = history.history_of(
        row.id, user.user_id, catalog=catalog(), rights=page.context.rights, at=now()
    )
    return render_template(
        "authorization.html",
        tab="oauth2" if row.kind is AuthorizationKind.OAUTH2 else "api-keys",
        report=report,
        sentence=page.sentence,
        details=page.details,
        places_shown=PLACES_SHOWN,
        row=row,
        choice=choice,
        rows=field_set(user, page.offer, choice, uses=past.last_uses, wanted=_wanted()),
        find=url_for("web.find_in_editor", authorization_id=row.id),
        preview=preview,
        is_calm=preview.changes_nothing and choice.name == row.name and not problems,
        problems=problems,
        hints=hints,
        expiries=expiries(choice, row.expires_at),
        history=past,
        uses_shown=USES_SHOWN,
        effects=revocation_effects(
            row.kind, sessions=len(past.sessions), what=row.heading.what, places=report.places
        ),
        overlaps=OVERLAPS,
        must_confirm=must_confirm(user),
        **_checker(page),
    )
