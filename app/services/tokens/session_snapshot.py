"""All that a refresh rests on, read by one statement in one round trip."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine, Select, bindparam, literal_column, select

from app.database.compiled_select import (
    CompiledSelect,
    JsonFunction,
    instant,
    instant_or_none,
    parsed,
)
from app.domain.credentials.rotated_secrets import KeptSecret
from app.models import Authorization, Client, ClientSession, DirectoryState, User
from app.services.introspection.live_access import (
    PROJECT_COLUMNS,
    SERVER_COLUMNS,
    LiveDelegation,
    delegation_of_json,
    projects_of,
    servers_of,
)
from app.services.tokens.live_authorization import Standing


class _Row(NamedTuple):
    """The columns of `_session` as the driver gives them."""

    client_id: str
    identifier: str
    auth_method: str
    grant_types: Any
    secret_digest: str | None
    previous_secret_digest: str | None
    previous_secret_ends_at: Any
    seal_key: str
    refresh_digest: str | None
    resources: Any
    approved: Any
    idle_expires_at: Any
    expires_at: Any
    authorization_id: str
    user_id: str
    capabilities: Any
    authorization_expires_at: Any
    paused_at: Any
    directory: int
    projects: Any
    mcp_servers: Any


@dataclass(frozen=True, slots=True)
class SessionClient:
    """The client of a session: what authenticates it, which is not checked yet, and its grants."""

    id: str
    identifier: str
    auth_method: str
    grant_types: tuple[str, ...]
    secret: KeptSecret


@dataclass(frozen=True, slots=True)
class SessionSnapshot:
    """A session under an Authorization that stands; whether either has expired is not decided yet.

    `directory` is the number by which the database counts the changes of the directory.
    """

    id: str
    client: SessionClient
    seal_key: str
    refresh_digest: str | None
    resources: tuple[str, ...]
    approved: tuple[str, ...]
    idle_expires_at: datetime
    expires_at: datetime
    authorization: Standing
    live: LiveDelegation
    directory: int


def _session(rows: JsonFunction, row: JsonFunction) -> Select[*tuple[Any, ...]]:
    projects = projects_of(Authorization.id, User.id, rows(row(*PROJECT_COLUMNS)))
    servers = servers_of(Authorization.id, User.id, rows(row(*SERVER_COLUMNS)))
    owners = (Authorization, User)
    return (
        select(
            Client.id,
            Client.identifier,
            Client.auth_method,
            Client.grant_types,
            Client.secret_digest,
            Client.previous_secret_digest,
            Client.previous_secret_ends_at,
            ClientSession.seal_key,
            ClientSession.refresh_digest,
            ClientSession.resources,
            ClientSession.approved,
            ClientSession.idle_expires_at,
            ClientSession.expires_at,
            Authorization.id,
            User.id,
            Authorization.capabilities,
            Authorization.expires_at,
            Authorization.paused_at,
            DirectoryState.version,
            projects.correlate(*owners).scalar_subquery(),
            servers.correlate(*owners).scalar_subquery(),
        )
        .select_from(ClientSession)
        .join(Client, Client.id == ClientSession.client_id)
        .join(Authorization, Authorization.id == ClientSession.authorization_id)
        .join(User, User.id == Authorization.user_id)
        .join(DirectoryState, DirectoryState.id == literal_column("1"))
        .where(
            ClientSession.id == bindparam("session"),
            ClientSession.ended_at.is_(None),
            Authorization.revoked_at.is_(None),
            User.disabled_at.is_(None),
            Client.disabled_at.is_(None),
        )
    )


SESSION = CompiledSelect(_session)


def read_session(session_id: str, engine: Engine) -> SessionSnapshot | None:
    """Return a session with what stands behind it, None when any of that has been ended by somebody.

    Raises Unavailable.
    """
    found = SESSION.rows({"session": session_id}, engine)
    if not found:
        return None
    row = _Row(*found[0])
    return SessionSnapshot(
        id=session_id,
        client=_client(row),
        seal_key=row.seal_key,
        refresh_digest=row.refresh_digest,
        resources=tuple(parsed(row.resources)),
        approved=tuple(parsed(row.approved)),
        idle_expires_at=instant(row.idle_expires_at),
        expires_at=instant(row.expires_at),
        authorization=_standing(row),
        live=delegation_of_json(row.projects, row.mcp_servers),
        directory=row.directory,
    )


def _client(row: _Row) -> SessionClient:
    secret = KeptSecret(
        row.secret_digest,
        row.previous_secret_digest,
        instant_or_none(row.previous_secret_ends_at),
    )
    grants = tuple(parsed(row.grant_types))
    return SessionClient(row.client_id, row.identifier, row.auth_method, grants, secret)


def _standing(row: _Row) -> Standing:
    return Standing(
        row.authorization_id,
        row.user_id,
        tuple(parsed(row.capabilities)),
        instant_or_none(row.authorization_expires_at),
        row.paused_at is not None,
    )
