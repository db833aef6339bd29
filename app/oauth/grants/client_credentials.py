"""The client credentials grant (RFC 6749 section 4.4), for service accounts alone."""

from typing import Any

from authlib.oauth2.rfc6749 import TokenEndpointMixin, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import BaseGrant

from app.domain.clients.auth_methods import BASIC, CLIENT_CREDENTIALS, POST, PRIVATE_KEY_JWT
from app.domain.errors import TargetRejected
from app.domain.resources import canonical
from app.http.paths import MANAGEMENT
from app.oauth.adapters import ClientAdapter
from app.runtime.clock import now
from app.runtime.current import settings
from app.services.tokens import management


class ClientCredentialsGrant(BaseGrant, TokenEndpointMixin):
    """Authlib's shape of a grant; no refresh token comes of it (section 4.4.3)."""

    GRANT_TYPE = CLIENT_CREDENTIALS
    TOKEN_ENDPOINT_AUTH_METHODS = (BASIC, POST, PRIVATE_KEY_JWT)

    def validate_token_request(self) -> None:
        """Authenticate the client; raises TargetRejected for a resource other than our own API."""
        client: ClientAdapter = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(CLIENT_CREDENTIALS):
            raise UnauthorizedClientError("The client is not registered for this grant.")
        own = canonical(settings().issuer + MANAGEMENT)
        if self.request.resource is not None and canonical(self.request.resource) != own:
            raise TargetRejected("A service account's token is for the management API alone.")
        self.request.client = client

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Answer with a token that is bounded by the account as it is at each call."""
        token = management.issue(
            self.request.client.info,
            self.request.payload.scope or "",
            lifetime=settings().lifetimes.access_token,
            at=now(),
        )
        body = {
            "access_token": token.text,
            "token_type": "Bearer",
            "expires_in": token.expires_in,
            "scope": " ".join(token.scopes),
        }
        return 200, body, self.TOKEN_RESPONSE_HEADER
