"""What programs call: token, introspection, revocation, metadata. JSON in every case."""

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from flask import Blueprint, Response, request

from app.domain.errors import DomainError
from app.oauth import cors, wire_request
from app.oauth.client_authentication import AUTH_METHODS
from app.oauth.endpoints.introspection import Introspection, LightRequest
from app.oauth.endpoints.metadata import metadata
from app.oauth.endpoints.revocation import Revocation
from app.oauth.errors import json_of_domain_error, json_of_oauth_error, json_response
from app.oauth.form_checks import check_form_request
from app.oauth.grants import device_code
from app.oauth.server import server
from app.runtime.current import settings

back = Blueprint("back", __name__)
back.register_error_handler(DomainError, json_of_domain_error)
back.register_error_handler(OAuth2Error, json_of_oauth_error)

introspection = Introspection(server)
revocation = Revocation(server)
cors.allow(back, frozenset({"token", "revoke", "server_metadata", "device_authorization"}))


@back.before_request
def _guard() -> None:
    if request.method == "POST":
        check_form_request()


@back.post("/oauth/token")
def token() -> Response:
    """Redeem a code or refresh (RFC 6749 section 3.2)."""
    return server.create_token_response()


@back.post("/oauth/introspect")
def introspect() -> Response:
    """Say what a token may do now (RFC 7662 section 2)."""
    if len(request.form.getlist("resource")) > 1:
        raise InvalidRequestError("Name the one resource that is being called.")
    status, body, _ = introspection(LightRequest(request.headers, request.form))
    return json_response(status, body)


@back.post("/oauth/revoke")
def revoke() -> Response:
    """Revoke a token (RFC 7009 section 2)."""
    status, body, _ = revocation(wire_request.from_form())
    return json_response(status, body)


@back.post("/oauth/device_authorization")
def device_authorization() -> Response:
    """Begin the sign-in of a device (RFC 8628 section 3.1)."""
    asked = wire_request.from_form()
    client = server.authenticate_client(asked, AUTH_METHODS, "device_authorization")
    return json_response(200, device_code.ask(asked, client))


@back.get("/.well-known/oauth-authorization-server")
def server_metadata() -> Response:
    """Describe this server (RFC 8414 section 3)."""
    response = json_response(200, metadata(settings()))
    response.headers["Cache-Control"] = "public, max-age=300"
    del response.headers["Pragma"]
    return response
