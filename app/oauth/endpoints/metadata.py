"""Authorization server metadata (RFC 8414): what this server does, no more and no less."""

from typing import Any

from flask import Response

from app.domain.authorization_details import types_of
from app.domain.clients.auth_methods import CLIENT_CREDENTIALS, GRANT_TYPES
from app.oauth.client_authentication import AUTH_METHODS, SIGNING_ALGORITHMS
from app.oauth.endpoints.blueprint import oauth
from app.oauth.endpoints.introspection import Introspection
from app.oauth.errors import json_response
from app.runtime import current
from app.settings import Settings
from app.settings.registration import OFF


def metadata(settings: Settings) -> dict[str, Any]:
    """Return the metadata document; every URL comes from the settings, none from the request."""
    issuer = settings.issuer
    register = {"registration_endpoint": f"{issuer}/oauth/register"}
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        **({} if settings.registration.mode == OFF else register),
        "device_authorization_endpoint": f"{issuer}/oauth/device_authorization",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "service_documentation": f"{issuer}/docs",
        "scopes_supported": list(settings.catalog.capabilities),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [*GRANT_TYPES, CLIENT_CREDENTIALS],
        "token_endpoint_auth_methods_supported": AUTH_METHODS,
        "token_endpoint_auth_signing_alg_values_supported": SIGNING_ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
        "revocation_endpoint_auth_signing_alg_values_supported": SIGNING_ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": Introspection.CLIENT_AUTH_METHODS,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": settings.documents.are_advertised,
        "authorization_details_types_supported": types_of(settings.catalog),
    }


@oauth.get("/.well-known/oauth-authorization-server")
def server_metadata() -> Response:
    """Describe this server (RFC 8414 section 3)."""
    response = json_response(200, metadata(current.settings()))
    response.headers["Cache-Control"] = "public, max-age=300"
    del response.headers["Pragma"]
    return response
