"""The device authorization grant (RFC 8628): the two requests that the device makes."""

from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    InvalidRequestError,
    TokenEndpointMixin,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc6749.grants import BaseGrant

from app.domain.authorization_details import NO_DETAILS
from app.domain.clients.auth_methods import DEVICE_CODE
from app.http.browser import peer
from app.oauth.adapters import ClientAdapter
from app.oauth.client_authentication import AUTH_METHODS
from app.oauth.grants.token_response import token_response
from app.oauth.wire_request import WireRequest
from app.runtime.clock import now
from app.runtime.current import issuance_policy, settings
from app.services.directory import audiences
from app.services.tokens import device_grant
from app.services.tokens.device_grant import Waiting

ERRORS = {
    Waiting.PENDING: ("authorization_pending", "The user has not decided yet."),
    Waiting.TOO_FAST: ("slow_down", "Wait five seconds longer between polls from now on."),
    Waiting.DENIED: ("access_denied", "The user denied the request."),
    Waiting.EXPIRED: ("expired_token", "The device code has expired; ask for a new one."),
}


def refusal(waiting: Waiting) -> OAuth2Error:
    """Return the error that says why a poll brings no tokens (RFC 8628 section 3.5)."""
    code, sentence = ERRORS[waiting]
    return OAuth2Error(sentence, error=code, status_code=400)


class DeviceCodeGrant(BaseGrant, TokenEndpointMixin):
    """Authlib's shape of a grant; one service call judges, spends and issues."""

    GRANT_TYPE = DEVICE_CODE
    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def validate_token_request(self) -> None:
        """Authenticate the client; the code is judged where it is spent (section 3.4)."""
        client: ClientAdapter = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(DEVICE_CODE):
            raise UnauthorizedClientError("The client is not registered for this grant.")
        if "device_code" not in self.request.form:
            raise InvalidRequestError("The device_code is missing.")
        self.request.client = client

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Answer with tokens, or say why not yet (section 3.5)."""
        result = device_grant.poll(
            self.request.form["device_code"],
            self.request.client.info,
            resource=self.request.resource,
            details=self.request.client.get_allowed_details(self.request.details_text, None),
            peer=peer(),
            policy=issuance_policy(),
            at=now(),
        )
        if isinstance(result, Waiting):
            raise refusal(result)
        return 200, token_response(result), self.TOKEN_RESPONSE_HEADER


def ask(request: WireRequest, client: ClientAdapter) -> dict[str, object]:
    """Return the answer to a device authorization request (section 3.2) of an authenticated client."""
    if not client.check_grant_type(DEVICE_CODE):
        raise UnauthorizedClientError("The client is not registered for this grant.")
    details = client.get_allowed_details(request.details_text, request.payload.scope)
    scope = client.get_asked_scope(request.payload.scope, details)
    found = audiences.recognise(request.resources, default=settings().default_audience)
    response = device_grant.ask(
        client.info,
        capabilities=tuple(scope.split()),
        resources=tuple(audience.uri for audience in found),
        details=details or NO_DETAILS,
        peer=peer(),
        lifetimes=settings().lifetimes,
        at=now(),
    )
    page = f"{settings().issuer}/device"
    return {
        "device_code": response.device_code,
        "user_code": response.user_code,
        "verification_uri": page,
        "verification_uri_complete": f"{page}?user_code={response.user_code}",
        "expires_in": response.expires_in,
        "interval": response.interval,
    }
