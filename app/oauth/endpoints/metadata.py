"""Authorization server metadata (RFC 8414): what this server does, no more and no less."""

from typing import Any

from app.oauth.endpoints.introspection import Introspection
from app.oauth.grants.authorization_code import AUTH_METHODS
from app.settings import Settings


def metadata(settings: Settings) -> dict[str, Any]:
    """Return the metadata document; every URL comes from the settings, none from the request."""
    issuer = settings.issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "scopes_supported": list(settings.catalog.capabilities),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": AUTH_METHODS,
        "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
        "introspection_endpoint_auth_methods_supported": Introspection.CLIENT_AUTH_METHODS,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "authorization_details_types_supported": ["project", "mcp_server"],
    }
