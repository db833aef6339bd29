"""Token revocation (RFC 7009), for confidential and public clients alike.

A public client proves nothing by its client_id, so its tokens are revoked for whoever holds them, also
without one: tools that leave it out would tell their users that they are signed out. Without a client, a
token of a confidential client and an unknown one are answered alike, by 401, so that nobody learns by
asking whether a text is a confidential client's token.
"""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from flask import Response

from app.oauth import wire_request
from app.oauth.client_authentication import AUTH_METHODS
from app.oauth.endpoints.blueprint import oauth
from app.oauth.errors import json_response
from app.oauth.form_checks import is_bearer
from app.oauth.server import server
from app.oauth.wire_request import WireRequest
from app.runtime.clock import now
from app.services.tokens import management, revocation

CLIENT_PARAMETERS = frozenset({"client_id", "client_secret", "client_assertion"})


class Revocation(RevocationEndpoint):
    """Authlib's endpoint; the service decides which token it is and whether it is the client's."""

    CLIENT_AUTH_METHODS = AUTH_METHODS

    def create_endpoint_response(
        self, request: WireRequest
    ) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Authenticate the client, then revoke; an unknown token or hint is no error (section 2.2)."""
        text = request.form.get("token")
        if text and _names_no_client(request):
            if not revocation.revoke_for_holder(text, at=now()):
                raise InvalidClientError("The client is missing.", status_code=401)
            return 200, {}, []
        client = self.authenticate_endpoint_client(request)
        if not text:
            raise InvalidRequestError("The token is missing.")
        if client.info.admin_scopes is not None:
            management.revoke(text, client.info, at=now())
        else:
            revocation.revoke(text, client_id=client.info.id, at=now())
        return 200, {}, []


def _names_no_client(request: WireRequest) -> bool:
    header = request.headers.get("Authorization")
    return (header is None or is_bearer(header)) and CLIENT_PARAMETERS.isdisjoint(request.form)


endpoint = Revocation(server)


@oauth.post("/oauth/revoke")
def revoke() -> Response:
    """Revoke a token (RFC 7009 section 2)."""
    status, body, _ = endpoint(wire_request.from_form())
    return json_response(status, body)
