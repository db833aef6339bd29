"""Token introspection (RFC 7662): what a token may do now, for the resource server that asks.

The hot path. Authlib's endpoint object is called directly with a light request, because Authlib's
Flask request costs more than everything else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    ClientAuthentication,
    InvalidClientError,
    InvalidRequestError,
)
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from flask import Response
from flask import request as flask_request
from werkzeug.datastructures import Headers

from app.domain.introspection import UNKNOWN, ActiveToken, Call, resolve
from app.domain.resources import distinct
from app.oauth import wire_request
from app.oauth.adapters import IntrospectingServerAdapter, is_plain
from app.oauth.endpoints.blueprint import oauth
from app.oauth.errors import json_response
from app.oauth.grants.token_response import authorization_details
from app.oauth.server import server
from app.runtime import activity_writer, misses
from app.runtime.clock import now
from app.runtime.current import catalog, settings
from app.services.introspection.denials import denial_of, read_given
from app.services.introspection.snapshot import IntrospectionSnapshot, read_snapshot

IS_CLIENT = "The client is authenticated, but only a resource server may ask about tokens."
INACTIVE: dict[str, Any] = {"active": False}


@dataclass(frozen=True, slots=True)
class Answered:
    """An active token, and why the call is refused that the resource server asks for."""

    token: ActiveToken
    denied: dict[str, str] | None


class LightRequest:
    """The few attributes that Authlib's client authentication and endpoint read.

    `address` is the resource server's; when it is not given, that of the running Flask request.
    """

    def __init__(
        self,
        headers: Mapping[str, str] | Headers,
        form: Mapping[str, str],
        *,
        address: str | None = None,
    ) -> None:
        self.headers = headers
        self.form = form
        self.payload = self
        self.address = flask_request.remote_addr or "" if address is None else address
        self.at = now()
        self.client: IntrospectingServerAdapter | None = None
        self.auth_method: str | None = None
        self.snapshot = IntrospectionSnapshot()
        self.resolved = UNKNOWN

    def find(self, client_id: str) -> IntrospectingServerAdapter | None:
        """Look the resource server up, and the token with it in the same round trip."""
        if not is_plain(client_id):
            return None
        self.snapshot = read_snapshot(
            client_id, self.form.get("token", ""), self.form.get("resource")
        )
        server = self.snapshot.server
        return None if server is None else IntrospectingServerAdapter(server, self.at)


class Introspection(IntrospectionEndpoint):
    """Authlib's endpoint, asked by resource servers only."""

    CLIENT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]  # noqa: RUF012 - Authlib's

    def authenticate_endpoint_client(self, request: LightRequest) -> IntrospectingServerAdapter:
        """Authenticate the resource server; raises InvalidClientError."""
        authenticate = ClientAuthentication(request.find)
        server: IntrospectingServerAdapter = authenticate(
            request, self.CLIENT_AUTH_METHODS, self.ENDPOINT_NAME
        )
        return server

    def authenticate_token(
        self, request: LightRequest, client: IntrospectingServerAdapter
    ) -> Answered | None:
        """Resolve the token for this resource server; a hint, known or not, does not matter."""
        if not request.form.get("token"):
            raise InvalidRequestError("The token is missing.")
        at, server = request.at, client.server
        request.resolved = resolved = resolve(
            request.snapshot.credential,
            call_of(request.form),
            called=request.snapshot.called,
            is_wide=request.snapshot.is_wide,
            audience=server.audience,
            catalog=catalog(),
            at=at,
        )
        activity_writer.note(
            resolved, resource_server=server.identifier, address=request.address, at=at
        )
        if not resolved.authorization_id:
            misses.note_miss(server.identifier)
        return None if resolved.active is None else Answered(resolved.active, _denied(request))

    def create_introspection_payload(self, token: Answered | None) -> dict[str, Any]:
        """Return the answer; nothing but `active` for an inactive token."""
        return INACTIVE if token is None else self.introspect_token(token)

    def introspect_token(self, answered: Answered) -> dict[str, Any]:
        """Return an active token's answer (RFC 7662 section 2.2, RFC 9396 section 9.2)."""
        token = answered.token
        body = {
            "active": True,
            "iss": settings().issuer,
            "sub": token.user_id,
            "username": token.email,
            "client_id": token.client_id,
            "token_type": "Bearer",
            "scope": " ".join(token.access.capabilities),
            "aud": token.audience,
            "iat": int(token.issued_at.timestamp()),
            "exp": int(token.expires_at.timestamp()) if token.expires_at else None,
            "jti": token.id,
            "authorization_id": token.authorization_id,
            "authorization_version": token.authorization_version,
            "token_use": "api_key" if token.client_id is None else "access_token",
            "authorization_details": authorization_details(token.access, token.urls),
            "denied": answered.denied,
        }
        return {name: value for name, value in body.items() if value is not None}


def call_of(form: Mapping[str, str]) -> Call:
    """Return what the resource server tells about the call that it asks for."""
    capabilities = tuple(form.get("capability", "").split())
    return Call(form.get("resource") or None, capabilities, form.get("project", ""))


def _denied(request: LightRequest) -> dict[str, str] | None:
    """Return why the call is refused and where its person changes that, None when it is allowed.

    The snapshot goes on with all that this rests on, so that a kept answer ends with it.
    """
    lacking, credential = request.resolved.lacking, request.snapshot.credential
    if not lacking or credential is None or not settings().introspection_denied:
        return None
    given = read_given(credential)
    credential = given.within(credential)
    request.snapshot = replace(request.snapshot, credential=credential)
    found = denial_of(lacking, credential, given, catalog=catalog(), at=request.at)
    if found is None:
        return None
    page = f"{settings().issuer}/settings/authorizations/{credential.authorization_id}"
    query = f"?{urlencode(found.missing)}" if found.missing else ""
    return {"bound": found.bound, "message": found.message, "link": page + query}


endpoint = Introspection(server)


@oauth.post("/oauth/introspect")
def introspect() -> Response:
    """Say what a token may do now (RFC 7662 section 2)."""
    form = flask_request.form.to_dict()
    named = distinct(filter(None, flask_request.form.getlist("resource")))
    if len(named) > 1:
        raise InvalidRequestError("Name the one resource that is being called.")
    if named:
        form["resource"] = named[0]
    try:
        status, body, _ = endpoint(LightRequest(flask_request.headers, form))
    except InvalidClientError:
        if server.is_by_client(wire_request.from_form()):
            raise OAuth2Error(IS_CLIENT, error="unauthorized_client", status_code=403) from None
        raise
    return json_response(status, body)
