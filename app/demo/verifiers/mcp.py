"""Put an MCP server behind Mandate: the SDK's token verifier, which asks at every call (RFC 7662)."""

from typing import Any

import httpx
from mcp.server.auth.provider import AccessToken, TokenVerifier


class MandateVerifier(TokenVerifier):
    """Asks what a token may do at one MCP server; nothing is kept, so every change holds at once.

    `http` carries the credentials of a resource server: httpx.AsyncClient(auth=(client_id, secret)).
    """

    def __init__(self, http: httpx.AsyncClient, endpoint: str, resource: str) -> None:
        self._http = http
        self._endpoint = endpoint  # the introspection endpoint
        self._resource = resource  # the MCP server's URL, so that API keys are checked for it too

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return what Mandate says, whole in `claims`, or None for a token that is not good here."""
        answer = await self.ask(token)
        if not answer["active"]:
            return None
        return AccessToken(
            token=token,
            client_id=answer.get("client_id", answer["authorization_id"]),  # a key has no client
            scopes=answer["scope"].split(),
            expires_at=answer.get("exp"),
            resource=answer["aud"],
            subject=answer["sub"],
            claims=answer,
        )

    async def ask(self, token: str, **call: str) -> dict[str, Any]:
        """Return the answer for a call; `capability` and `project` are what it needs."""
        form = {"token": token, "resource": self._resource, **call}
        response = await self._http.post(self._endpoint, data=form)
        answer: dict[str, Any] = response.raise_for_status().json()
        return answer
