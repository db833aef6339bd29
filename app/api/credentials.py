"""API keys and sessions of tools: list them, and end a session."""

from datetime import datetime
from http import HTTPMethod, HTTPStatus
from typing import Any

from pydantic import Field

from app.api.callers import caller, owner
from app.api.contract import Answer, operation
from app.api.cursors import Paging, page, single
from app.domain.management import AdminScope
from app.runtime.clock import now
from app.services.authorizations import credentials
from app.services.authorizations.credentials import KeyInfo, SessionInfo

READ, STOP = AdminScope.AUTHORIZATIONS_READ, AdminScope.AUTHORIZATIONS_STOP
TAG = "credentials"


class ApiKey(Answer):
    """An API key; its text is never shown again."""

    id: str
    authorization_id: str
    user_id: str
    last_four: str = Field(description="The last four characters of its text.")
    created_at: datetime
    expires_at: datetime | None = Field(description="Its own end, beside its Authorization's.")
    revoked_at: datetime | None


class ApiKeyPage(Answer):
    """A page of API keys, by id."""

    items: list[ApiKey]
    next: str | None


class ClientSession(Answer):
    """One sign-in of a tool."""

    id: str
    authorization_id: str
    user_id: str
    client_id: str
    user_agent: str
    address: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    ended_at: datetime | None


class SessionPage(Answer):
    """A page of sessions, by id."""

    items: list[ClientSession]
    next: str | None


def _key(info: KeyInfo) -> ApiKey:
    return ApiKey(
        id=info.id,
        authorization_id=info.authorization_id,
        user_id=info.user_id,
        last_four=info.last_four,
        created_at=info.created_at,
        expires_at=info.expires_at,
        revoked_at=info.revoked_at,
    )


def _session(info: SessionInfo) -> ClientSession:
    return ClientSession(
        id=info.id,
        authorization_id=info.authorization_id,
        user_id=info.user_id,
        client_id=info.client_id,
        user_agent=info.user_agent,
        address=info.address,
        created_at=info.created_at,
        used_at=info.used_at,
        expires_at=info.expires_at,
        ended_at=info.ended_at,
    )


@operation(HTTPMethod.GET, "/api-keys", tag=TAG, name="listApiKeys", answer=ApiKeyPage)
def list_api_keys(query: Paging) -> ApiKeyPage:
    """List API keys: everybody's with the scope, else one's own."""
    whose = owner(READ)
    found, following = page(
        query,
        lambda after, limit: credentials.keys(owner=whose, after=single(after), limit=limit),
        lambda one: (one.id,),
    )
    return ApiKeyPage(items=list(map(_key, found)), next=following)


@operation(HTTPMethod.GET, "/sessions", tag=TAG, name="listSessions", answer=SessionPage)
def list_sessions(query: Paging) -> SessionPage:
    """List sessions of tools: everybody's with the scope, else one's own."""
    whose = owner(READ)
    found, following = page(
        query,
        lambda after, limit: credentials.sessions(owner=whose, after=single(after), limit=limit),
        lambda one: (one.id,),
    )
    return SessionPage(items=list(map(_session, found)), next=following)


@operation(
    HTTPMethod.POST,
    "/sessions/<session_id>/end",
    tag=TAG,
    name="endSession",
    status=HTTPStatus.NO_CONTENT,
)
def end_session(session_id: str) -> Any:
    """End a session of a tool: its tokens stop at once."""
    whose = owner(STOP)
    credentials.end(session_id, owner=whose, actor=caller().actor, at=now())
    return "", HTTPStatus.NO_CONTENT.value
