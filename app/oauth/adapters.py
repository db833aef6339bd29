"""Frozen adapters: what Authlib wants of a client, so that tables need not know Authlib."""

from dataclasses import dataclass
from datetime import datetime

from authlib.oauth2.rfc6749 import InvalidScopeError

from app.domain.authorization_details import AuthorizationDetails
from app.domain.clients import auth_methods, redirect_uris, scopes
from app.domain.details_syntax import check_scope, read_details
from app.domain.errors import ScopeRejected
from app.runtime.clock import now
from app.runtime.current import catalog
from app.services.clients.clients import ClientInfo, find_client
from app.services.introspection.snapshot import IntrospectingServer, read_snapshot
from app.services.tokens import code_redemption
from app.services.tokens.grounds import GroundsClient


@dataclass(frozen=True, slots=True)
class ClientAdapter:
    """A client as Authlib asks for one; how it may authenticate is the same at every endpoint."""

    info: ClientInfo

    def check_client_secret(self, client_secret: str) -> bool:
        """Compare in constant time; a public client has no secret that fits."""
        return self.info.secret.fits(client_secret, now())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Allow the registered method, or a secret in its other place, whatever the endpoint."""
        del endpoint
        return auth_methods.may_authenticate_by(self.info.auth_method, method)

    def check_grant_type(self, grant_type: str) -> bool:
        """Allow the registered grant types."""
        return grant_type in self.info.grant_types

    def check_response_type(self, response_type: str) -> bool:
        """Allow `code` and nothing else."""
        return response_type == "code"

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Compare with the registered ones: exactly, or any port on loopback."""
        return redirect_uris.is_registered(redirect_uri, self.info.redirect_uris)

    def get_default_redirect_uri(self) -> str | None:
        """Return the redirect URI of a request without one: only if exactly one is registered."""
        return self.info.redirect_uris[0] if len(self.info.redirect_uris) == 1 else None

    def get_allowed_scope(self, scope: str | None) -> str:
        """Return the capabilities a request asks for; all it may ask for when it names none.

        Raises InvalidScopeError with the name of an unknown one. A capability that the client is not
        registered for stays in: the consent page shows it disabled, with the reason.
        """
        offered = catalog()
        try:
            requested = scopes.capabilities_of(scope or "", offered.capabilities)
        except ScopeRejected as refusal:
            raise InvalidScopeError(refusal.public) from refusal
        return " ".join(offered.in_order(requested or self.info.may_ask(offered)))

    def get_allowed_details(
        self, details: str | None, scope: str | None
    ) -> AuthorizationDetails | None:
        """Return the details a request asks for, None without any (RFC 9396 section 2).

        Raises AuthorizationDetailsRejected, also for what the scope of the same request leaves out.
        """
        if not details:
            return None
        offered = catalog()
        asked = read_details(details, offered, allowed=self.info.details_types)
        if named := scopes.meant(scope or "", offered.capabilities):
            check_scope(asked, named)
        return asked

    def get_asked_scope(self, scope: str | None, details: AuthorizationDetails | None) -> str:
        """Return the capabilities a request asks for by scope or, without one, by its details.

        Raises InvalidScopeError as `get_allowed_scope`.
        """
        is_named = scopes.meant(scope or "", catalog().capabilities)
        if not is_named and details is not None:
            scope = " ".join(details.capabilities)
        return self.get_allowed_scope(scope)


@dataclass(frozen=True, slots=True)
class IntrospectingServerAdapter:
    """A resource server as Authlib's client authentication asks for one, at an instant."""

    server: IntrospectingServer
    at: datetime

    def check_client_secret(self, client_secret: str) -> bool:
        """Compare in constant time."""
        return self.server.secret.fits(client_secret, self.at)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Allow the secret in the header or in the body, for introspection only."""
        may = auth_methods.may_authenticate_by(self.server.auth_method, method)
        return endpoint == "introspection" and may


@dataclass(frozen=True, slots=True)
class GroundsClientAdapter:
    """The client of a credential as Authlib's client authentication asks for one, at an instant."""

    client: GroundsClient
    at: datetime

    def check_client_secret(self, client_secret: str) -> bool:
        """Compare in constant time; a public client has no secret that fits."""
        return self.client.secret.fits(client_secret, self.at)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Allow the registered method, or a secret in its other place, whatever the endpoint."""
        del endpoint
        return auth_methods.may_authenticate_by(self.client.auth_method, method)


def query_client(client_id: str) -> ClientAdapter | None:
    """Return the enabled client of a client_id."""
    client = find_client(client_id) if is_plain(client_id) else None
    return None if client is None else ClientAdapter(client)


def query_resource_server(identifier: str) -> IntrospectingServerAdapter | None:
    """Return the resource server of an identifier."""
    server = read_snapshot(identifier, "", None).server if is_plain(identifier) else None
    return None if server is None else IntrospectingServerAdapter(server, now())


def is_plain(identifier: str) -> bool:
    """Say whether the text can be an identifier at all."""
    return identifier.isascii() and identifier.isprintable()


class CodeAdapter:
    """A code as Authlib and its PKCE extension ask for one."""

    def __init__(self, stored: code_redemption.StoredCode, sent_redirect_uri: str | None) -> None:
        self.stored = stored
        self.sent_redirect_uri = sent_redirect_uri
        self.code_challenge = stored.code_challenge
        self.code_challenge_method = "S256"

    def get_redirect_uri(self) -> str:
        """Return what a sent redirect URI must equal; nothing when none was sent.

        OAuth 2.1 section 10.2: a client of RFC 6749 sends it and it is enforced, a newer one does not.
        """
        return self.stored.redirect_uri if self.sent_redirect_uri else ""
