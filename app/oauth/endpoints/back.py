"""What programs call: token, introspection, revocation, metadata. JSON in every case."""

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from flask import Blueprint, Response, request

from app.domain.errors import DomainError
from app.http.current import settings
from app.oauth import wire
from app.oauth.endpoints.introspection import Introspection, LightRequest
from app.oauth.endpoints.metadata import metadata
from app.oauth.endpoints.revocation import Revocation
from app.oauth.errors import json_of_domain_error, json_of_oauth_error, json_response
from app.oauth.guard import check_form_request
from app.oauth.server import server

back = Blueprint("back", __name__)
back.register_error_handler(DomainError, json_of_domain_error)
back.register_error_handler(OAuth2Error, json_of_oauth_error)

introspection = Introspection(server)
revocation = Revocation(server)
CROSS_ORIGIN = frozenset({"back.token", "back.revoke", "back.server_metadata"})


@back.before_request
def _guard() -> None:
    if request.method == "POST":
        check_form_request()


@back.after_request
def _allow_browser_clients(response: Response) -> Response:
    """Let browser-based clients read the answer; no cookie is involved, so any origin may."""
    if request.endpoint in CROSS_ORIGIN:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate, Retry-After"
    if request.method == "OPTIONS" and request.endpoint in CROSS_ORIGIN:
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = (
            "content-type, authorization, mcp-protocol-version, accept"
        )
        response.headers["Access-Control-Max-Age"] = "3600"
    return response


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
    status, body, _ = revocation(wire.from_form())
    return json_response(status, body)


@back.get("/.well-known/oauth-authorization-server")
def server_metadata() -> Response:
    """Describe this server (RFC 8414 section 3)."""
    response = json_response(200, metadata(settings()))
    response.headers["Cache-Control"] = "public, max-age=300"
    del response.headers["Pragma"]
    return response
