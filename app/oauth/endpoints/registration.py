"""Dynamic client registration (RFC 7591) and its management (RFC 7592).

Authlib's endpoints are not used here: most of what they do would have to be overridden (types, redirect
URIs, secrets of public clients, the form of errors).
"""

from typing import Any

from flask import Blueprint, Response, request

from app.domain.errors import DomainError, MetadataRefused, NotFound, RegistrationRefused
from app.domain.json_values import parsed
from app.http.browser import peer
from app.oauth import cors
from app.oauth.errors import json_of_domain_error, json_response
from app.runtime.clock import now
from app.runtime.current import metadata_policy, settings
from app.services.clients import registration as registrations
from app.services.clients.registration import Registered
from app.settings.registration import OFF

MAX_BODY = 64 * 1024
registration = Blueprint("registration", __name__)
cors.allow(registration, frozenset({"register", "configuration"}))


@registration.before_request
def _guard() -> None:
    request.max_content_length = MAX_BODY
    if settings().registration.mode == OFF:
        raise NotFound("Tools cannot register themselves here.")


@registration.post("/oauth/register")
def register() -> Response:
    """Register a client (RFC 7591 section 3.1)."""
    registered = registrations.register(
        _body(),
        settings().registration,
        metadata_policy(),
        initial_token=_bearer(),
        address=peer().address,
        at=now(),
    )
    return json_response(201, _information(registered))


@registration.route("/oauth/register/<client_id>", methods=["GET", "PUT", "DELETE"])
def configuration(client_id: str) -> Response:
    """Read, replace or end a registration (RFC 7592 section 2)."""
    if request.method == "DELETE":
        registrations.remove(client_id, _bearer(), at=now())
        return json_response(204, {})
    known = registrations.read(client_id, _bearer())  # who has no token learns nothing of the body
    if request.method == "PUT":
        replaced = registrations.replace(client_id, _bearer(), _body(), metadata_policy(), at=now())
        return json_response(200, _information(replaced))
    return json_response(200, _information(known))


def _body() -> Any:
    if request.mimetype != "application/json":
        raise MetadataRefused("The body must be application/json.")
    return parsed(request.get_data())


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _information(registered: Registered) -> dict[str, object]:
    """Return the client information response (RFC 7591 section 3.2.1, RFC 7592 section 3)."""
    body: dict[str, object] = {
        "client_id": registered.identifier,
        "client_id_issued_at": int(registered.issued_at.timestamp()),
        **registered.metadata.wire,
        "registration_access_token": registered.access_token,
        "registration_client_uri": f"{settings().issuer}/oauth/register/{registered.identifier}",
    }
    if registered.secret is not None:
        body |= {"client_secret": registered.secret, "client_secret_expires_at": 0}
    return body


@registration.errorhandler(DomainError)
def _refused(error: DomainError) -> Response:
    response = json_of_domain_error(error)
    if isinstance(error, RegistrationRefused):
        response.headers["WWW-Authenticate"] = 'Bearer realm="mandate", error="invalid_token"'
    if isinstance(error, NotFound):
        response.status_code = 404
    return response
