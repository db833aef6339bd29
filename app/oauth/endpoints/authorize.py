"""What a browser meets: the authorization endpoint, and the way back to the client."""

from urllib.parse import urlsplit

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AccessDeniedError
from flask import Blueprint, get_flashed_messages, redirect, render_template, request
from werkzeug.wrappers import Response

from app.domain.clients.metadata_urls import looks_like_url
from app.domain.clients.redirect_uris import host_of
from app.domain.errors import DomainError
from app.http import browser
from app.http.browser import REPEATED
from app.http.error_pages import MAKERS, error_page, page_of, to_sign_in
from app.http.paths import see_other
from app.http.signed_in import signed_in
from app.oauth import wire_request
from app.oauth.errors import json_of_domain_error, json_of_oauth_error, unknown_client
from app.oauth.server import server
from app.runtime.clock import now
from app.runtime.current import lookup, settings
from app.services.accounts.sign_in import SignedInUser
from app.services.clients import metadata_documents
from app.services.clients.clients import is_switched_off
from app.services.consent import arrivals, requests
from app.services.consent.authorization_response import Answer
from app.services.consent.authorization_response import answer as answer_request
from app.services.consent.requests import Approver, RequestDetails, RequestError

authorization = Blueprint("authorization", __name__)
authorization.register_error_handler(DomainError, page_of)

DENIED = RequestError(AccessDeniedError.error, AccessDeniedError.description)
NOT_SENT_BACK = "You were not sent back to it: its address could not be trusted."
OFF_TITLE = "This tool is switched off"
OFF = (
    "Your administrator has switched this tool off here. Connecting it again does not help: ask your "
    "administrator."
)
STALE_TITLE = "This tool's registration is gone"
STALE = (
    "Mandate does not know the tool that sent you here, or not any more. Reconnect it: nothing is wrong "
    "with your account, and nothing was given away."
)
STALE_STEPS = (
    "In the tool, remove this connection (look for “disconnect”, “log out” or “reset”).",
    "Connect again. The tool then registers itself anew, and you are asked what it may do.",
    "Should you meet this page again, ask the makers of the tool where it keeps old registrations.",
)


@authorization.get("/oauth/authorize")
def authorize() -> Response | str:
    """Validate and keep the request; the consent page takes over (RFC 6749 section 4.1.1).

    A client_id that is the URL of a metadata document is looked up first, for a signed-in user only.
    """
    wire = wire_request.from_query()
    try:
        wire_request.check_query(request.query_string)
        wire_request.check_text(request.args.to_dict(flat=False))
        if looks_like_url(wire.payload.client_id or ""):
            metadata_documents.check_url(wire.payload.client_id, settings().documents)
            if (user := browser.signed_in_user()) is None:
                return to_sign_in()
            metadata_documents.ensure(
                wire.payload.client_id, lookup(), user_id=user.user_id, at=now()
            )
        grant = server.get_consent_grant(wire)
        _check_prompt(wire, grant.redirect_uri)
    except OAuth2Error as error:
        return _refuse(wire, error)
    except DomainError as error:
        if _wants_json():
            return json_of_domain_error(error)
        return page_of(error, hint=NOT_SENT_BACK)
    return _add_request(wire, grant.redirect_uri)


def _check_prompt(wire: wire_request.WireRequest, redirect_uri: str) -> None:
    """Consent is asked each time, so `prompt=none` cannot succeed; other prompts change nothing."""
    if "none" in wire.payload.data.get("prompt", "").split():
        missing = "consent_required" if browser.signed_in_user() else "login_required"
        raise OAuth2Error("A person has to answer.", error=missing, redirect_uri=redirect_uri)


def _refuse(wire: wire_request.WireRequest, error: OAuth2Error) -> Response:
    """Redirect with the error only to a verified URI, and only once a person is signed in.

    A client that nobody vouches for gets it by a page that names its host (RFC 9700 section 4.11.2).
    """
    if not error.redirect_uri:
        return _not_redirected(error)
    error.state = wire.payload.state
    is_trusted = wire.client.info.is_verified
    asks_nobody = error.error == "login_required" and is_trusted
    if not is_trusted or (browser.signed_in_user() is None and not asks_nobody):
        # It is answered after the sign-in, and then only the consent is missing.
        code = "consent_required" if error.error == "login_required" else error.error
        reason = RequestError(code, error.get_error_description() or "")
        return _add_request(wire, error.redirect_uri, reason)
    return redirect(_error_location(error), 303)


def _error_location(error: OAuth2Error) -> str:
    _, _, headers = error()
    location: str = dict(headers)["Location"]
    return str(add_params_to_uri(location, [("iss", settings().issuer)]))


def _not_redirected(error: OAuth2Error) -> Response:
    is_unknown = error.error == "invalid_client"
    is_off = is_unknown and is_switched_off(request.args.get("client_id", ""))
    if _wants_json():
        return unknown_client(is_off=is_off) if is_unknown else json_of_oauth_error(error)
    if is_off:
        return error_page(400, OFF_TITLE, OFF)
    if is_unknown:
        return error_page(400, STALE_TITLE, STALE, steps=STALE_STEPS)
    sentence = error.get_error_description()
    return error_page(400, "This tool cannot connect", sentence, hint=NOT_SENT_BACK, move=MAKERS)


def _wants_json() -> bool:
    accepts = request.accept_mimetypes
    return accepts.best_match(["text/html", "application/json"]) == "application/json"


def _add_request(
    wire: wire_request.WireRequest, redirect_uri: str, error: RequestError | None = None
) -> Response:
    audiences = () if error else wire.audiences
    request_id = arrivals.add(
        wire.client.info,
        RequestDetails(
            parameters=wire_request.kept_parameters(wire),
            redirect_uri=redirect_uri,
            capabilities=() if error else tuple(wire.scope.split()),
            resources=tuple(audience.uri for audience in audiences),
            authorization_details=wire.details,
            error=error,
        ),
        asker=browser.asker(),
        lifetimes=settings().lifetimes,
        at=now(),
    )
    return see_other("web.consent_page", request_id=request_id)


@authorization.get("/oauth/continue/<request_id>")
@signed_in
def continue_(user: SignedInUser, request_id: str) -> Response | str:
    """Answer the pending request by a page that carries the browser on to the client.

    It is a page and not a redirect, because Chromium would check the redirect against the form-action
    of the page whose form led here. HEAD and a prefetch answer nothing: nobody reads them.
    """
    approver = Approver(user.user_id, browser.browser_key())
    if browser.is_speculative():
        requests.find(request_id, approver, at=now())
        return Response(status=204)
    answer = answer_request(request_id, approver, lifetimes=settings().lifetimes, at=now())
    if answer.decision is None:
        return see_other("web.consent_page", request_id=request_id)
    if answer.details.device or answer.is_connected:
        return render_template("answered.html", answer=answer)
    location = _location_of(answer)
    return render_template(
        "continue.html",
        client=answer.client,
        decision=answer.decision,
        authorization_id=answer.authorization_id,
        repeated=bool(get_flashed_messages(category_filter=[REPEATED])),
        location=location,
        host=host_of(answer.details.redirect_uri),
        is_web=urlsplit(location).scheme in ("http", "https"),
    )


def _location_of(answer: Answer) -> str:
    """Return the redirect URI with the authorization response (RFC 6749 section 4.1.2, RFC 9207)."""
    details = answer.details
    if answer.code is not None:
        parameters = [("code", answer.code)]
    else:
        reason = details.error or DENIED
        parameters = [
            ("error", reason.error),
            ("error_description", reason.error_description),
        ]
    parameters += [("state", state) for state in details.parameters.get("state", [])]
    return str(add_params_to_uri(details.redirect_uri, [*parameters, ("iss", settings().issuer)]))


@authorization.errorhandler(OAuth2Error)
def _oauth_error(error: OAuth2Error) -> Response:
    return _not_redirected(error)
