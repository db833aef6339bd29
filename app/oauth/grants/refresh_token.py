"""The refresh token grant (RFC 6749 section 6, OAuth 2.1 section 4.3)."""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError, grants

from app.domain.clients.scopes import meant
from app.oauth.adapters import ClientAdapter
from app.oauth.client_authentication import AUTH_METHODS
from app.oauth.grants.token_response import token_response
from app.runtime.clock import now
from app.runtime.current import catalog, issuance_policy
from app.services.tokens.refresh_tokens import Refresh, refresh


class RefreshGrant(grants.RefreshTokenGrant):
    """Authlib's grant; one service call judges, rotates and issues."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def validate_token_request(self) -> None:
        """Authenticate the client; the token is judged where it is spent."""
        self.request.client = self._validate_request_client()
        if "refresh_token" not in self.request.form:
            raise InvalidRequestError("The refresh_token is missing.")

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Rotate the refresh token and answer with the next access token."""
        client: ClientAdapter = self.request.client
        scope = meant(self.request.payload.scope or "", catalog().capabilities)
        tokens = refresh(
            Refresh(
                text=self.request.form["refresh_token"],
                client_id=client.info.id,
                scope=scope or None,
                resource=self.request.resource,
                details=client.get_allowed_details(
                    self.request.details_text, self.request.payload.scope
                ),
            ),
            policy=issuance_policy(),
            at=now(),
        )
        return 200, token_response(tokens), self.TOKEN_RESPONSE_HEADER
