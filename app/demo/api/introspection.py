"""How the example resource server asks what a token may do: at every call, remembering nothing.

Knows Mandate by its wire only: RFC 7662 with the authorization details of RFC 9396.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

TIMEOUT = 10.0


class MandateAway(Exception):
    """The authorization server gave no answer that could be used."""


@dataclass(frozen=True, slots=True)
class ProjectAccess:
    """What a token may do in one project."""

    role: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Denied:
    """Why Mandate says that the call is refused, for its person, and where they change that."""

    bound: str
    message: str
    link: str


@dataclass(frozen=True, slots=True)
class TokenAccess:
    """What an active token may do now; `servers` has the user's role by MCP server URL.

    The audience of an API key is the resource that was asked about. `denied` explains a call that is not
    allowed; Mandate can be told to keep that to itself, so it decides nothing.
    """

    username: str
    audience: str
    scope: frozenset[str]
    projects: Mapping[str, ProjectAccess]
    servers: Mapping[str, str]
    denied: Denied | None = None

    def is_for(self, url: str) -> bool:
        """Say whether the token is for exactly this URL."""
        return self.audience == url


class Introspector:
    """Asks the introspection endpoint as one resource server, over connections that stay open."""

    def __init__(self, issuer: str, credentials: tuple[str, str]) -> None:
        self._endpoint = f"{issuer}/oauth/introspect"
        # Proxies of the environment are not for 127.0.0.1.
        self._http = httpx.Client(
            auth=credentials, timeout=TIMEOUT, trust_env=False, transport=httpx.HTTPTransport()
        )

    def ask(
        self, token: str, *, resource: str, capability: str = "", project: str = ""
    ) -> TokenAccess | None:
        """Return what the token may do at `resource` now, or None when it is not active.

        What the call needs, the capabilities and the project, lets Mandate show what a token is used for
        and say why the call is refused. Raises MandateAway when there is no answer.
        """
        call = {"resource": resource, "capability": capability, "project": project}
        told = {name: value for name, value in call.items() if value}
        try:
            response = self._http.post(self._endpoint, data={"token": token, **told})
            if response.status_code != HTTPStatus.OK:
                raise MandateAway(f"Introspection was answered with {response.status_code}.")
            answer = response.json()
            return _access_of(answer) if answer["active"] is True else None
        except httpx.HTTPError as error:
            raise MandateAway("The authorization server does not answer.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise MandateAway("The authorization server's answer cannot be read.") from error

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _access_of(answer: dict[str, Any]) -> TokenAccess:
    details, denied = answer["authorization_details"], answer.get("denied")
    return TokenAccess(
        username=answer["username"],
        audience=answer["aud"],
        scope=frozenset(answer["scope"].split()),
        projects={
            d["identifier"]: ProjectAccess(d["privileges"][0], tuple(d["actions"]))
            for d in details
            if d["type"] == "project"
        },
        servers={
            url: d["privileges"][0]
            for d in details
            if d["type"] == "mcp_server"
            for url in d["locations"]
        },
        denied=Denied(denied["bound"], denied["message"], denied["link"]) if denied else None,
    )
