"""The one map from domain errors to OAuth errors, and their JSON form."""

import json
import re
from urllib.parse import unquote_plus

import structlog
from authlib.oauth2 import OAuth2Error
from flask import Response, request

from app.domain import errors
from app.http.browser import peer
from app.http.headers import add_retry_after
from app.runtime.clock import now
from app.runtime.logs import request_id
from app.services import throttle

log = structlog.get_logger("mandate.oauth")

OAUTH_ERRORS: dict[type[errors.DomainError], tuple[int, str]] = {
    errors.Invalid: (400, "invalid_request"),
    errors.NotFound: (404, "invalid_request"),
    errors.RequestExpired: (404, "invalid_request"),
    errors.Conflict: (409, "invalid_request"),
    errors.Forbidden: (403, "access_denied"),
    errors.Throttled: (429, "temporarily_unavailable"),
    errors.SignInRefused: (401, "access_denied"),
    errors.ConfirmationRequired: (401, "access_denied"),
    errors.ChoiceRefused: (400, "access_denied"),
    errors.AlreadyAnswered: (400, "invalid_grant"),
    errors.CredentialRejected: (400, "invalid_grant"),
    errors.RedirectUriRefused: (400, "invalid_redirect_uri"),
    errors.MetadataRefused: (400, "invalid_client_metadata"),
    errors.StatementRefused: (400, "invalid_software_statement"),
    errors.RegistrationRefused: (401, "invalid_token"),
    errors.DocumentRefused: (400, "invalid_client"),
    errors.TargetRejected: (400, "invalid_target"),
    errors.ScopeRejected: (400, "invalid_scope"),
    errors.AuthorizationDetailsRejected: (400, "invalid_authorization_details"),
    errors.Unavailable: (503, "temporarily_unavailable"),
    errors.Misconfigured: (500, "server_error"),
}
SECRET = re.compile(r"mdt[a-z]_")  # a secret of ours, sent in the wrong place
UNAUTHENTICATED = "Client authentication failed."
encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True).encode


def json_response(status: int, body: dict[str, object]) -> Response:
    """Return a JSON answer that no cache keeps."""
    response = Response(encode(body), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def json_of_domain_error(error: errors.DomainError) -> Response:
    """Return the OAuth error of a domain error; its private detail goes to the log."""
    response = json_response(*told(error, request_id()))
    add_retry_after(response, error)
    return response


def told(error: errors.DomainError, request_id: str) -> tuple[int, dict[str, object]]:
    """Return the status and the body of a domain error, and log its private detail."""
    status, code = OAUTH_ERRORS[type(error)]
    log.info("refused", error=code, detail=error.detail, request_id=request_id)
    return status, {"error": code, "error_description": _ascii(error.public)}


def json_of_oauth_error(error: OAuth2Error) -> Response:
    """Return Authlib's error as JSON; a failed client authentication always looks the same."""
    if error.error == "invalid_client":
        return _unauthenticated()
    return json_response(*told_by_protocol(error, request_id()))


def told_by_protocol(error: OAuth2Error, request_id: str) -> tuple[int, dict[str, object]]:
    """Return the status and the body of an error of Authlib's form, and log it."""
    body: dict[str, object] = {"error": error.error}
    if description := error.get_error_description():
        body["error_description"] = _ascii(description)
    log.info("refused", error=error.error, detail=description, request_id=request_id)
    return error.status_code, body


def _unauthenticated() -> Response:
    """RFC 6749 section 5.2. Failures are counted per client and address, so that guessing ends."""
    claimed = _claimed_client()
    shown = "a secret" if SECRET.search(claimed) else claimed[:80]
    log.info("refused", error="invalid_client", client=shown, request_id=request_id())
    try:
        network = throttle.network_of(peer().address)
        throttle.spend(throttle.CLIENT_SECRET_PER_ADDRESS, network, at=now())
        throttle.spend(throttle.CLIENT_SECRET, f"{claimed}\0{network}", at=now())
    except errors.Throttled as throttled:
        return json_of_domain_error(throttled)
    body: dict[str, object] = {"error": "invalid_client", "error_description": UNAUTHENTICATED}
    response = json_response(401, body)
    response.headers["WWW-Authenticate"] = 'Basic realm="mandate"'
    return response


def unknown_client(*, is_off: bool) -> Response:
    """Return the answer for an unknown client_id at the authorization endpoint.

    Programs that ask before they open a browser register again when they read it; one that an
    administrator has switched off (`is_off`) need not.
    """
    if is_off:
        description = "This client is switched off by the administrator of this server."
        return json_response(403, {"error": "access_denied", "error_description": description})
    body: dict[str, object] = {
        "error": "invalid_client",
        "error_description": "This client is not registered here (any more): register again.",
    }
    return json_response(401, body)


def _claimed_client() -> str:
    """Return the client_id that a request claims, in one spelling; empty when it cannot be read."""
    try:
        basic = request.authorization
    except ValueError:
        return ""
    name = basic.username if basic is not None and basic.type == "basic" else None
    return unquote_plus(name or request.form.get("client_id", ""))[:200]


def _ascii(text: str) -> str:
    """Keep to the characters that RFC 6749 section 5.2 allows in error_description."""
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "'" for c in text)
