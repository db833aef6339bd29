"""The consent page: who asks, for what, and how much of it you give."""

from flask import Response, flash, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.domain.delegation.choice import KEEP, Choice
from app.domain.errors import ChoiceRefused, Conflict
from app.domain.sentences.lists import count_text
from app.domain.user_agents import device_name
from app.http import browser
from app.http.browser import REPEATED
from app.http.paths import see_other
from app.http.signed_in import signed_in
from app.runtime.clock import now
from app.runtime.current import catalog
from app.services.accounts.sign_in import SignedInUser
from app.services.consent import decision as consent_decision
from app.services.consent.decision import ConsentPage
from app.services.consent.requests import Approver, Decision
from app.web import web
from app.web.choice_form import (
    DEFAULT_EXPIRY,
    KEPT,
    chosen_in,
    expiries,
    in_part,
    live_summary,
    read_choice,
    read_version,
)
from app.web.field_set import field_set, found_rows
from app.web.identity import identity_of
from app.web.unsent_forms import returned_choice

STOOD = {
    "approved": "You had allowed this before. That stands; what you chose now changes nothing. Change "
    "or end what it has in your settings.",
    "denied": "You had cancelled this before. That stands. To give it something, start from the tool.",
}


def _approver(user: SignedInUser) -> Approver:
    return Approver(user.user_id, browser.browser_key())


@web.get("/consent/<request_id>")
@signed_in
def consent_page(user: SignedInUser, request_id: str) -> BaseResponse | str:
    """Show the page, or go on when the request is decided already."""
    page = _page(user, request_id)
    if page.pending.decision is not None:
        return see_other("authorization.continue_", request_id=request_id)
    if (returned := returned_choice(user)) is not None:
        return _render(user, page, returned, is_returned=True)
    return _render(user, page, _standing(page))


def _standing(page: ConsentPage) -> Choice:
    """Return the choice that the page starts from: what stands, or what is ticked at first."""
    kept = KEEP if page.expires_at is not None else None
    goes_on = page.delta is not None and not page.delta.is_over
    return chosen_in(page.offer, expires_in=kept if goes_on else DEFAULT_EXPIRY)


@web.post("/consent/<request_id>")
@signed_in
def decide(user: SignedInUser, request_id: str) -> BaseResponse | str:
    """Approve, deny, or (without JavaScript) show what the choice amounts to."""
    decision = request.form.get("decision", "")
    if decision == "deny":
        return _go_on(request_id, consent_decision.deny(request_id, _approver(user), at=now()))
    status, problems = 200, tuple[str, ...]()
    choice = Choice()
    try:
        choice = read_choice(request.form)
        if decision == "approve":
            decided = consent_decision.approve(
                request_id,
                _approver(user),
                choice,
                version=read_version(),
                catalog=catalog(),
                at=now(),
            )
            return _go_on(request_id, decided)
    except ChoiceRefused as refusal:
        status, problems = 422, refusal.problems
    except Conflict as conflict:
        status, problems = 409, (conflict.public, KEPT)
    page = _page(user, request_id)
    html = _render(user, page, choice, problems)
    return make_response(html, status)


def _go_on(request_id: str, decided: Decision) -> BaseResponse:
    """Lead to the client; a second decision that differs from the first is told so on the way."""
    if decided.differs:
        flash(STOOD[decided.decision], REPEATED)
    return see_other("authorization.continue_", request_id=request_id)


@web.post("/consent/<request_id>/summary")
@signed_in
def summary(user: SignedInUser, request_id: str) -> Response:
    """Say what the ticked boxes amount to, for the live sentence."""
    return live_summary(lambda choice: consent_decision.preview(_page(user, request_id), choice))


def _another_account(page: ConsentPage) -> str:
    """Return the address that signs out and leads back here; a device's code is typed again."""
    asking = page.pending.details.device
    if asking is None:
        return url_for("web.logout", next=request.path)
    return url_for("web.logout", next=url_for("web.device_page", user_code=asking.user_code))


def _page(user: SignedInUser, request_id: str) -> ConsentPage:
    return consent_decision.page(request_id, _approver(user), catalog=catalog(), at=now())


@web.get("/consent/<request_id>/find")
@signed_in
def find_in_consent(user: SignedInUser, request_id: str) -> str:
    """Return more rows of the form, for what its script searches for."""
    page = _page(user, request_id)
    return found_rows(field_set(user, page.offer, Choice()))


def _render(
    user: SignedInUser,
    page: ConsentPage,
    choice: Choice,
    problems: tuple[str, ...] = (),
    *,
    is_returned: bool = False,
) -> str:
    asking, delta = page.pending.details.device, page.delta
    # What is new alone, unless the whole form was asked for, or a program sent all of it.
    is_small = delta is not None and not delta.is_over and "edit" not in request.values
    request_id = page.pending.id
    return render_template(
        "consent_more.html" if is_small else "consent.html",
        page=page,
        title=page.title,
        identity=identity_of(page.pending.client, page.pending.details),
        device_name=device_name(asking.user_agent) if asking else "",
        choice=choice,
        rows=field_set(user, page.offer, choice, client=page.pending.client),
        preview=consent_decision.preview(page, choice),
        problems=problems,
        is_returned=is_returned,
        another=_another_account(page),
        expiries=expiries(choice, page.expires_at),
        more=_more(page),
        find=url_for("web.find_in_consent", request_id=request_id),
        standing=in_part(_standing(page)),
        whole=url_for("web.consent_page", request_id=request_id, edit=1),
    )


def _more(page: ConsentPage) -> str:
    """Return what else could be given, in words, such as `2 MCP servers`."""
    others = [s for s in page.offer.mcp_servers if not s.requested and s.reason is None]
    named = len(others) < len(page.offer.mcp_servers)
    return count_text(len(others), "MCP server") if others and named else ""
