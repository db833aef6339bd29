"""The page for a device's code (RFC 8628 section 3.3): typed or pre-filled, always confirmed."""

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from app.domain.credentials import user_codes
from app.domain.errors import NotFound, Throttled, Unavailable
from app.http import browser
from app.http.error_pages import refused
from app.http.paths import see_other
from app.http.signed_in import signed_in
from app.runtime.clock import now
from app.runtime.current import lookup
from app.services.accounts.sign_in import SignedInUser
from app.services.clients import metadata_documents
from app.services.consent import requests
from app.services.consent.requests import Approver
from app.services.tokens import device_grant
from app.web import web

EMPTY = "Type the code that your device shows."


@web.get("/device")
@signed_in
def device_page(_user: SignedInUser) -> str:
    """Show the form, with the code of the address filled in; nothing is looked up yet."""
    letters = user_codes.tidy(request.args.get("user_code", ""))
    return _page(
        "" if letters is None else user_codes.shown(letters), is_filled=letters is not None
    )


@web.post("/device")
@signed_in
def device_claim(user: SignedInUser) -> Response:
    """Go on to the consent page of the device that shows the code."""
    typed = request.form.get("user_code", "").strip()[:64]
    if not typed:
        return make_response(_page("", problem=EMPTY), 422)
    approver = Approver(user.user_id, browser.ensure_browser_key())
    try:
        request_id = device_grant.claim(typed, approver, address=browser.peer().address, at=now())
        _look_up(request_id, approver)
    except (NotFound, Throttled, Unavailable) as refusal:
        return refused(_page(typed, problem=refusal.public), refusal)
    return see_other("web.consent_page", request_id=request_id)


def _look_up(request_id: str, approver: Approver) -> None:
    """Bring a client that is known by a document up to date; a device cannot trigger that."""
    client = requests.find(request_id, approver, at=now()).client
    if client.publisher:
        metadata_documents.ensure(client.identifier, lookup(), user_id=approver.user_id, at=now())


def _page(code: str, *, problem: str = "", is_filled: bool = False) -> str:
    return render_template("device.html", code=code, problem=problem, is_filled=is_filled)
