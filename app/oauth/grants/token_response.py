"""The token endpoint's answer (RFC 6749 section 5.1, RFC 9396 section 7)."""

from collections.abc import Mapping
from typing import Any

from app.domain.delegation.access import EffectiveAccess
from app.services.tokens.issuance import TokenSet


def authorization_details(access: EffectiveAccess, urls: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the effective access as RFC 9396 details: projects, then MCP servers, by identifier."""
    projects = [
        {
            "type": "project",
            "identifier": slug,
            "privileges": [part.role],
            "actions": list(part.actions),
        }
        for slug, part in sorted(access.projects.items())
    ]
    servers = [
        {
            "type": "mcp_server",
            "identifier": identifier,
            "locations": [urls[identifier]],
            "privileges": [role],
        }
        for identifier, role in sorted(access.mcp_servers.items())
    ]
    return [*projects, *servers]


def token_response(tokens: TokenSet) -> dict[str, Any]:
    """Return the JSON body of a token response; a member that is absent is left out."""
    body: dict[str, Any] = {
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
        "scope": " ".join(tokens.access.capabilities),
        "authorization_details": authorization_details(tokens.access, tokens.urls),
    }
    if tokens.refresh_token is not None:
        body["refresh_token"] = tokens.refresh_token
    return body
