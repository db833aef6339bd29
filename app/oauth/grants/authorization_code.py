"""The authorization code grant with PKCE (RFC 6749 section 4.1, RFC 7636, OAuth 2.1 section 4.1)."""

from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    InvalidClientError,
    InvalidRequestError,
    grants,
)

from app.domain.authorization_details import NO_DETAILS
from app.domain.errors import AuthorizationDetailsRejected, TargetRejected
from app.http.browser import peer
from app.oauth.adapters import ClientAdapter, CodeAdapter
from app.oauth.client_authentication import AUTH_METHODS
from app.oauth.errors import OAUTH_ERRORS
from app.oauth.grants.token_response import token_response
from app.oauth.wire_request import WireRequest, check_repeats, unsupported
from app.runtime.clock import now
from app.runtime.current import issuance_policy, settings
from app.services.directory import audiences
from app.services.tokens import code_redemption


class CodeGrant(grants.AuthorizationCodeGrant):
    """Authlib's grant; one service call spends the code and issues the tokens."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    @classmethod
    def check_authorization_endpoint(cls, request: WireRequest) -> bool:
        """Accept every request: the response type is checked after client and redirect URI."""
        del request
        return True

    @staticmethod
    def validate_no_multiple_request_parameter(request: WireRequest) -> None:
        """Refuse any repeated parameter but `resource`."""
        check_repeats(request.payload.datalist)

    @staticmethod
    def validate_authorization_redirect_uri(request: WireRequest, client: ClientAdapter) -> str:
        """Return the verified redirect URI; the errors before it never redirect."""
        uri = request.payload.redirect_uri or client.get_default_redirect_uri()
        if not uri or not client.check_redirect_uri(uri):
            raise InvalidRequestError("The redirect URI is not registered for this tool.")
        request.client = client
        if request.payload.response_type is None:
            raise InvalidRequestError("The response_type is missing.", redirect_uri=uri)
        if request.payload.response_type != "code":
            raise OAuth2Error(
                "Only the response type code is supported.",
                error="unsupported_response_type",
                redirect_uri=uri,
            )
        if not client.check_grant_type("authorization_code"):
            raise OAuth2Error(
                "The tool is not registered for this grant.",
                error="unauthorized_client",
                redirect_uri=uri,
            )
        return str(uri)

    def validate_authorization_request(self) -> str:
        """Check what Authlib checks, then the details (RFC 9396) and the resources (RFC 8707)."""
        if self.request.payload.client_id is None:
            raise InvalidClientError("The client_id is missing.")
        redirect_uri: str = super().validate_authorization_request()
        if (refused := unsupported(self.request.payload.datalist)) is not None:
            error, description = refused
            raise OAuth2Error(description, error=error, redirect_uri=redirect_uri)
        try:
            self._read_details()
            self.request.audiences = audiences.recognise(
                self.request.resources, default=settings().default_audience
            )
        except (AuthorizationDetailsRejected, TargetRejected) as refusal:
            _, error = OAUTH_ERRORS[type(refusal)]
            raise OAuth2Error(refusal.public, error=error, redirect_uri=redirect_uri) from refusal
        return redirect_uri

    def _read_details(self) -> None:
        wire: WireRequest = self.request
        client: ClientAdapter = wire.client
        details = client.get_allowed_details(wire.details_text, wire.payload.scope)
        wire.scope = client.get_asked_scope(wire.payload.scope, details)
        wire.details = details or NO_DETAILS

    def query_authorization_code(self, code: str, client: ClientAdapter) -> "CodeAdapter | None":
        """Return a code of this client, spent or not: the service judges that."""
        found = code_redemption.find_code(code, client_id=client.info.id)
        return None if found is None else CodeAdapter(found, self.request.payload.redirect_uri)

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Spend the code, then issue and answer with tokens."""
        client: ClientAdapter = self.request.client
        tokens = code_redemption.redeem_code(
            self.request.authorization_code.stored,
            resource=self.request.resource,
            details=client.get_allowed_details(self.request.details_text, None),
            with_refresh=client.check_grant_type("refresh_token"),
            peer=peer(),
            policy=issuance_policy(),
            at=now(),
        )
        return 200, token_response(tokens), self.TOKEN_RESPONSE_HEADER
