"""The consent page: who asks, for what, and how much of it you give."""

from dataclasses import dataclass

from flask import Response, flash, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.domain.clients.redirect_uris import host_of, is_loopback, is_web
from app.domain.delegation.choice import KEEP, Choice
from app.domain.errors import ChoiceRefused, Conflict
from app.domain.user_agents import device_name
from app.http import browser
from app.http.browser import REPEATED
from app.http.paths import see_other
from app.http.signed_in import signed_in
from app.runtime.clock import now
from app.runtime.current import catalog
from app.services.accounts.sign_in import SignedInUser
from app.services.clients.clients import ClientInfo
from app.services.consent import decision as consent_decision
from app.services.consent.decision import ConsentPage
from app.services.consent.requests import Approver, Decision, RequestDetails
from app.web import web
from app.web.choice_form import (
    DEFAULT_EXPIRY,
    KEPT,
    chosen_in,
    expiries,
    live_summary,
    read_choice,
    read_version,
)
from app.web.unsent_forms import returned_choice

STOOD = {
    "approved": "You had approved this before. That stands; what you chose now changes nothing. Change "
    "or end what it has in your settings.",
    "denied": "You had denied this before. That stands. To give it something, start from the tool.",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known about the tool that asks.

    `publisher` is the host that its metadata document was read from, if it has one. `lands` says where
    the answer goes: `web`, `loopback` (a program on the computer), `app` (a private-use scheme) or
    `device`.
    """

    name: str
    host: str
    verified: bool
    publisher: str
    lands: str

    @property
    def is_local(self) -> bool:
        """Say whether the answer goes to a program on the user's own computer."""
        return self.lands in ("loopback", "app")


def _identity(client: ClientInfo, details: RequestDetails) -> Identity:
    return Identity(
        client.name,
        host_of(details.redirect_uri),
        client.is_verified,
        client.publisher,
        _landing(client, details),
    )


def _landing(client: ClientInfo, details: RequestDetails) -> str:
    if details.device:
        return "device"
    if is_loopback(details.redirect_uri) or all(is_loopback(uri) for uri in client.redirect_uris):
        return "loopback"
    return "web" if is_web(details.redirect_uri) else "app"


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
        return _render(page, returned, is_returned=True)
    kept = KEEP if page.expires_at is not None else None
    choice = chosen_in(page.offer, expires_in=kept if page.delta else DEFAULT_EXPIRY)
    return _render(page, choice)


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
    html = _render(page, choice, problems)
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


def _render(
    page: ConsentPage,
    choice: Choice,
    problems: tuple[str, ...] = (),
    *,
    is_returned: bool = False,
) -> str:
    asking = page.pending.details.device
    return render_template(
        "consent.html",
        page=page,
        identity=_identity(page.pending.client, page.pending.details),
        device_name=device_name(asking.user_agent) if asking else "",
        choice=choice,
        preview=consent_decision.preview(page, choice),
        problems=problems,
        is_returned=is_returned,
        another=_another_account(page),
        expiries=expiries(choice, page.expires_at),
    )
