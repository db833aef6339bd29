"""The authorization server object: Authlib's, with our clients, requests and errors."""

from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    ClientAuthentication,
    InvalidClientError,
    OAuth2Request,
    UnauthorizedClientError,
)
from flask import Flask, Response

from app.domain.clients.auth_methods import BASIC, POST, PRIVATE_KEY_JWT
from app.oauth import wire_request
from app.oauth.adapters import ClientAdapter, query_client, query_resource_server
from app.oauth.client_authentication import private_key_jwt, without_secret
from app.oauth.errors import json_of_oauth_error, json_response
from app.oauth.grants.authorization_code import CodeGrant
from app.oauth.grants.client_credentials import ClientCredentialsGrant
from app.oauth.grants.device_code import DeviceCodeGrant
from app.oauth.grants.pkce import S256
from app.oauth.grants.refresh_token import RefreshGrant

SECRETS = [BASIC, POST]
IS_RESOURCE_SERVER = (
    "These are the credentials of a resource server: it asks about tokens and gets none."
)


class MandateServer(AuthorizationServer):
    """RFC 6749 with RFC 7636; services issue the tokens, not Authlib."""

    def create_oauth2_request(self, request: OAuth2Request | None) -> OAuth2Request:
        """Take a request that was read before, or read the form of the running one."""
        return wire_request.from_form() if request is None else request

    def get_token_grant(self, request: wire_request.WireRequest) -> Any:
        """Find the grant; a missing grant_type is `invalid_request` (RFC 6749 section 5.2)."""
        if request.payload.grant_type is None:
            raise OAuth2Error(
                "The grant_type is missing.", error="invalid_request", status_code=400
            )
        for grant_class, extensions in self._token_grants:
            if grant_class.check_token_endpoint(request):
                grant = grant_class(request, self)
                for extension in extensions or ():
                    extension(grant)
                return grant
        raise OAuth2Error(
            "This grant is not supported.", error="unsupported_grant_type", status_code=400
        )

    def create_token_response(self, request: wire_request.WireRequest | None = None) -> Response:
        """Answer a token request; raises DomainError as the services do."""
        wire = self.create_oauth2_request(request)
        try:
            grant = self.get_token_grant(wire)
            grant.validate_token_request()
            status, body, _ = grant.create_token_response()
        except OAuth2Error as error:
            return json_of_oauth_error(error)
        return json_response(status, body)

    def authenticate_client(
        self, request: wire_request.WireRequest, methods: list[str], endpoint: str = "token"
    ) -> ClientAdapter:
        """Return the client that authenticates; raises InvalidClientError.

        A resource server with its right secret is told what it is, by UnauthorizedClientError.
        """
        try:
            client: ClientAdapter = super().authenticate_client(request, methods, endpoint)
        except InvalidClientError:
            if _is_by_resource_server(request):
                raise UnauthorizedClientError(IS_RESOURCE_SERVER) from None
            raise
        return client

    def is_by_client(self, request: wire_request.WireRequest) -> bool:
        """Say whether a client proves who it is, where none is expected."""
        try:
            super().authenticate_client(request, [*SECRETS, PRIVATE_KEY_JWT], "introspection")
        except InvalidClientError:
            return False
        return True

    def handle_error_response(self, request: OAuth2Request, error: OAuth2Error) -> Response:
        """Redirect when the error knows a verified redirect URI, answer with JSON otherwise."""
        if error.redirect_uri:
            return self.handle_response(*error(self.get_error_uri(request, error)))  # type: ignore[no-any-return]
        return json_of_oauth_error(error)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Send none: what happened is in the audit log."""


def _is_by_resource_server(request: wire_request.WireRequest) -> bool:
    try:
        ClientAuthentication(query_resource_server)(request, SECRETS, "introspection")
    except InvalidClientError:
        return False
    return True


server = MandateServer(query_client=query_client)


def install(app: Flask) -> None:
    """Register grants and extensions once, whatever the number of apps."""
    server.init_app(app)
    if not server._token_grants:  # noqa: SLF001 - Authlib has no public way to ask
        server.register_grant(CodeGrant, [S256(required=True)])
        server.register_grant(RefreshGrant)
        server.register_grant(DeviceCodeGrant)
        server.register_grant(ClientCredentialsGrant)
        server.register_client_auth_method("none", without_secret)
        server.register_client_auth_method(PRIVATE_KEY_JWT, private_key_jwt)
