"""The example tool as an OAuth client: discovery, PKCE, state, `iss`, refresh, revocation.

The protocol is Authlib's client; the requests are httpx's. (Authlib's own httpx client wants httpx2 and
warns without it; its requests client needs requests, which the demo would install for nothing else.)
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client

MAX_WAIT = 600
VERIFIER_LENGTH = 64
LEEWAY = 15
TIMEOUT = 10.0
WELL_KNOWN = "/.well-known/oauth-authorization-server"
AWAY = "Mandate does not answer. Is it running? Nothing was changed here; try again."


class Trouble(Exception):
    """Something went wrong that a person can read about; `ended` when the tokens are worth nothing."""

    def __init__(self, sentence: str, *, ended: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.ended = ended


@dataclass(frozen=True, slots=True)
class Registration:
    """What the tool was given when it was registered, and what it asks for."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    scope: str


@dataclass(frozen=True, slots=True)
class Pending:
    """A connection that waits for the browser to come back."""

    state: str
    verifier: str = field(repr=False)
    resource: str
    url: str
    started_at: float

    @property
    def is_over(self) -> bool:
        """Say whether the browser took too long."""
        return time.time() - self.started_at > MAX_WAIT


class _BasicAuth(httpx.Auth, ClientAuth):
    """Authlib's client authentication as httpx asks for one."""

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        """Add the Authorization header."""
        _, headers, _ = self.prepare(request.method, str(request.url), {}, request.content)
        request.headers.update(headers)
        yield request


class _Client(OAuth2Client):
    client_auth_class = _BasicAuth


class OAuthClient:
    """Speaks with Mandate for all visitors; keeps no token itself."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration
        # Proxies of the environment are not for 127.0.0.1.
        self._http = httpx.Client(timeout=TIMEOUT, trust_env=False, transport=httpx.HTTPTransport())

    def start(self, resource: str) -> Pending:
        """Return where to send the browser, and what to keep until it comes back."""
        with _told():
            endpoint = self._metadata()["authorization_endpoint"]
            verifier = generate_token(VERIFIER_LENGTH)
            client = self._client(
                scope=self._registration.scope,
                redirect_uri=self._registration.redirect_uri,
                code_challenge_method="S256",
            )
            url, state = client.create_authorization_url(
                endpoint, code_verifier=verifier, resource=resource
            )
        return Pending(state, verifier, resource, url, time.time())

    def finish(self, pending: Pending, url: str) -> dict[str, Any]:
        """Redeem the code of the authorization response; returns the token response."""
        with _told():
            client = self._client(redirect_uri=self._registration.redirect_uri)
            token = client.fetch_token(
                self._metadata()["token_endpoint"],
                authorization_response=url,
                state=pending.state,
                code_verifier=pending.verifier,
                resource=pending.resource,
            )
            return dict(token)

    def fresh(self, token: Mapping[str, Any]) -> dict[str, Any]:
        """Return the token as it is, or refreshed when it is about to end."""
        client = self._client(token=dict(token))
        return dict(token) if not client.token.is_expired(leeway=LEEWAY) else self.refresh(token)

    def refresh(self, token: Mapping[str, Any]) -> dict[str, Any]:
        """Return the next token response; raises Trouble, `ended` when Mandate refuses."""
        with _told():
            client = self._client(token=dict(token))
            return dict(client.refresh_token(self._metadata()["token_endpoint"]))

    def revoke(self, token: Mapping[str, Any]) -> None:
        """Tell Mandate that the tokens are not needed any more (RFC 7009)."""
        with _told():
            kind = "refresh_token" if "refresh_token" in token else "access_token"
            response = self._client().revoke_token(
                self._metadata()["revocation_endpoint"],
                token=token[kind],
                token_type_hint=kind,
            )
            response.raise_for_status()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def check_issuer(self, answer: Mapping[str, str]) -> None:
        """Raise Trouble unless the answer names the server that was asked (RFC 9207 section 2.4)."""
        if answer.get("iss") != self._registration.issuer:
            raise Trouble("The answer came from another server than the one that was asked.")

    def _client(self, **more: Any) -> Any:
        own = self._registration
        return _Client(self._http, own.client_id, own.client_secret, **more)

    def _metadata(self) -> dict[str, str]:
        """Return the server's description, if it describes the issuer (RFC 8414 section 3.3)."""
        response = self._http.get(self._registration.issuer + WELL_KNOWN)
        response.raise_for_status()
        found: dict[str, str] = response.json()
        if found.get("issuer") != self._registration.issuer:
            raise Trouble("The metadata document is of another server.")
        return found


@contextmanager
def _told() -> Iterator[None]:
    """Turn every failure of the protocol or the network into Trouble with a sentence."""
    try:
        yield
    except AuthlibBaseError as error:
        ended = error.error == "invalid_grant"
        sentence = error.description or "No reason was given."
        raise Trouble(f"Mandate refused ({error.error}). {sentence}", ended=ended) from error
    except httpx.HTTPError as error:
        raise Trouble(AWAY) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Trouble("Mandate's answer could not be read.") from error
