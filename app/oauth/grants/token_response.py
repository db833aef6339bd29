"""The token endpoint's answer (RFC 6749 section 5.1, RFC 9396 section 7)."""

from collections.abc import Mapping
from typing import Any

from app.domain.delegation.access import EffectiveAccess
from app.oauth.errors import encode
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
    details = authorization_details(tokens.access, tokens.urls)
    return {**_without_details(tokens), "authorization_details": details}


def details_text(access: EffectiveAccess, urls: Mapping[str, str]) -> str:
    """Return the details as JSON, to be used by `token_text` again and again."""
    return encode(authorization_details(access, urls))


def token_text(tokens: TokenSet, details: str) -> str:
    """Return what `token_response` returns as JSON, around details that were encoded before."""
    return f'{encode(_without_details(tokens))[:-1]},"authorization_details":{details}}}'


def _without_details(tokens: TokenSet) -> dict[str, Any]:
    body: dict[str, Any] = {
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
        "scope": " ".join(tokens.access.capabilities),
    }
    if tokens.refresh_token is not None:
        body["refresh_token"] = tokens.refresh_token
    return body
