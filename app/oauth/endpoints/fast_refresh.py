"""The short way of refresh: the current refresh token of a session that stands.

1. Read, by the session that the token names, the client and all that stands behind it.
2. Let Authlib authenticate that client, by the same methods as on the long way.
3. Spend the token and issue the next ones in one write.

Plain is: a secret by HTTP Basic or in the body, or none; each field once and known here. Everything
else, and every refusal, takes the long way; `tests/oauth/test_fast_refresh.py` holds the two ways
against each other.
"""

import time
from datetime import datetime
from functools import cached_property

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import ClientAuthentication
from flask import Flask
from sqlalchemy import Engine

from app.database.compiled_select import hot_path_engine
from app.domain.clients.auth_methods import AUTH_METHODS, PRIVATE_KEY_JWT, PUBLIC, REFRESH_TOKEN
from app.domain.clients.scopes import meant
from app.domain.credentials.secrets import session_of
from app.domain.errors import DomainError
from app.oauth.adapters import SessionClientAdapter
from app.oauth.client_authentication import without_secret
from app.oauth.cors import OPEN
from app.oauth.errors import encode
from app.oauth.grants.token_response import token_response
from app.oauth.short_way import BASIC, PlainAnswer, PlainRequest
from app.runtime import clock, logs
from app.runtime.current import policy_of, settings_of
from app.services import audit
from app.services.directory.kept_audiences import KeptAudiences
from app.services.tokens.issuance import TokenSet
from app.services.tokens.refresh_at_once import refresh
from app.services.tokens.refresh_tokens import Refresh
from app.services.tokens.session_snapshot import SessionSnapshot, read_session

PATH = "/oauth/token"
FIELDS = frozenset(
    {"grant_type", "refresh_token", "client_id", "client_secret", "scope", "resource"}
)
METHODS = [name for name in AUTH_METHODS if name != PRIVATE_KEY_JWT]


class LightTokenRequest:
    """The few attributes that Authlib's client authentication reads."""

    def __init__(self, plain: PlainRequest, form: dict[str, str]) -> None:
        self.headers = {"Authorization": plain.authorization} if plain.authorization else {}
        self.form = form
        self.payload = self
        self.client: SessionClientAdapter | None = None
        self.auth_method: str | None = None


class FastRefresh:
    """Answers plain refresh requests of one app in one process."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.audiences = KeptAudiences(app.app_context)

    @cached_property
    def engine(self) -> Engine:
        """Return the app's engine for the hot path."""
        with self.app.app_context():
            return hot_path_engine()

    def __call__(self, plain: PlainRequest) -> PlainAnswer | None:
        """Return a good answer, None for what the long way must judge."""
        started = time.perf_counter()
        form = plain.form()
        if form is None or not _is_plain(plain, form):
            return None
        at = clock.instant_of(self.app)
        try:
            tokens = self._refresh(plain, form, at)
        except (DomainError, OAuth2Error):
            return None  # the long way says why, and counts it
        if tokens is None:
            return None
        request_id = logs.new_request_id()
        logs.line(request_id, "POST", PATH, 200, started)
        body = encode(token_response(tokens)).encode()
        return PlainAnswer(body, (*OPEN.items(), ("X-Request-Id", request_id)))

    def _refresh(self, plain: PlainRequest, form: dict[str, str], at: datetime) -> TokenSet | None:
        session_id = session_of(form["refresh_token"])
        found = read_session(session_id, self.engine) if session_id else None
        if found is None or not _is_authenticated(found, plain, form, at):
            return None
        own = settings_of(self.app)
        request = Refresh(
            text=form["refresh_token"],
            client_id=found.client.id,
            scope=meant(form.get("scope", ""), own.catalog.capabilities) or None,
            resource=form.get("resource"),
        )
        with audit.coming_from(audit.origin_of(plain.address)):
            return refresh(
                found,
                request,
                audiences=self.audiences,
                policy=policy_of(own),
                at=at,
                engine=self.engine,
            )


def _is_plain(plain: PlainRequest, form: dict[str, str]) -> bool:
    """Say whether a form is a refresh with credentials in one place at most, and nothing empty."""
    if form.get("grant_type") != REFRESH_TOKEN or "refresh_token" not in form:
        return False
    if not FIELDS.issuperset(form) or not all(form.values()):
        return False
    if not plain.authorization:
        return True
    return "client_secret" not in form and BASIC.fullmatch(plain.authorization) is not None


def _is_authenticated(
    found: SessionSnapshot, plain: PlainRequest, form: dict[str, str], at: datetime
) -> bool:
    """Let Authlib authenticate the session's own client; raises OAuth2Error when it does not."""
    client = found.client
    if form.get("client_id", client.identifier) != client.identifier:
        return False
    adapter = SessionClientAdapter(client, at)
    authenticate = ClientAuthentication(
        lambda client_id: adapter if client_id == client.identifier else None
    )
    authenticate.register(PUBLIC, without_secret)
    authenticate(LightTokenRequest(plain, form), METHODS, "token")
    return REFRESH_TOKEN in client.grant_types
