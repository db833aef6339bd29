"""Token revocation (RFC 7009), for confidential and public clients alike."""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from flask import Response

from app.oauth import wire_request
from app.oauth.client_authentication import AUTH_METHODS
from app.oauth.endpoints.blueprint import oauth
from app.oauth.errors import json_response
from app.oauth.server import server
from app.oauth.wire_request import WireRequest
from app.runtime.clock import now
from app.services.tokens import revocation


class Revocation(RevocationEndpoint):
    """Authlib's endpoint; the service decides which token it is and whether it is the client's."""

    CLIENT_AUTH_METHODS = AUTH_METHODS

    def create_endpoint_response(
        self, request: WireRequest
    ) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Authenticate the client, then revoke; an unknown token or hint is no error (section 2.2)."""
        client = self.authenticate_endpoint_client(request)
        text = request.form.get("token")
        if not text:
            raise InvalidRequestError("The token is missing.")
        revocation.revoke(text, client_id=client.info.id, at=now())
        return 200, {}, []


endpoint = Revocation(server)


@oauth.post("/oauth/revoke")
def revoke() -> Response:
    """Revoke a token (RFC 7009 section 2)."""
    status, body, _ = endpoint(wire_request.from_form())
    return json_response(status, body)
