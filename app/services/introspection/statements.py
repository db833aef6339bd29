"""The statements of introspection: one each for a token and a key, with and without a resource.

`TOKEN_GROUNDS` and `KEY_GROUNDS` read, by keys alone, what the answer rests on: the columns that the
others decide by, and in place of all else the numbers by which the database counts its changes.
"""

from functools import partial
from typing import Any

from sqlalchemy import (
    Select,
    Subquery,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    select,
    true,
)
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.types import String

from app.database.compiled_select import (
    CompiledSelect,
    JsonFunction,
)
from app.models import (
    AccessToken,
    ApiKey,
    Authorization,
    Client,
    ClientSession,
    DirectoryState,
    McpServer,
    ResourceServer,
    User,
)
from app.services.directory.audiences import servers_above
from app.services.introspection.live_access import (
    PROJECT_COLUMNS,
    SERVER_COLUMNS,
    projects_of,
    servers_of,
)

RESOURCE_SERVER_COLUMNS = (
    ResourceServer.identifier,
    ResourceServer.audience,
    ResourceServer.auth_method,
    ResourceServer.secret_digest,
    ResourceServer.previous_secret_digest,
    ResourceServer.previous_secret_ends_at,
)
AUTHORIZATION_COLUMNS = (
    Authorization.id.label("authorization_id"),
    Authorization.version,
    cast(Authorization.capabilities, Text).label("capabilities"),  # compared more often than parsed
    Authorization.expires_at.label("authorization_expires_at"),
    Authorization.paused_at,
    Authorization.user_id,
    User.email,
    Authorization.parts_version,
    User.roles_version,
)
TOKEN_COLUMNS = (
    AccessToken.id,
    AccessToken.session_id.label("session"),
    AccessToken.audience,
    AccessToken.mcp_server,
    cast(AccessToken.narrowed_to, Text).label("narrowed_to"),
    cast(AccessToken.authorization_details, Text).label("details"),
    AccessToken.issued_at,
    AccessToken.expires_at,
    *AUTHORIZATION_COLUMNS,
    Client.identifier.label("client_id"),
)
KEY_COLUMNS = (
    ApiKey.id,
    ApiKey.id.label("session"),
    null().label("audience"),
    null().label("mcp_server"),
    null().label("narrowed_to"),
    null().label("details"),
    ApiKey.created_at.label("issued_at"),
    ApiKey.expires_at,
    *AUTHORIZATION_COLUMNS,
    null().label("client_id"),
)


def _token_of_digest() -> Subquery:
    """Return the access token of a digest, unless something that it rests on has ended."""
    return (
        select(*TOKEN_COLUMNS)
        .select_from(AccessToken)
        .join(ClientSession, ClientSession.id == AccessToken.session_id)
        .join(Authorization, Authorization.id == ClientSession.authorization_id)
        .join(User, User.id == Authorization.user_id)
        .join(Client, Client.id == ClientSession.client_id)
        .where(
            AccessToken.digest == bindparam("digest"),
            AccessToken.revoked_at.is_(None),
            ClientSession.ended_at.is_(None),
            Authorization.revoked_at.is_(None),
            User.disabled_at.is_(None),
            Client.disabled_at.is_(None),
        )
        .subquery("asked")
    )


def _api_key_of_digest() -> Subquery:
    """Return the API key of a digest, unless something that it rests on has ended."""
    return (
        select(*KEY_COLUMNS)
        .select_from(ApiKey)
        .join(Authorization, Authorization.id == ApiKey.authorization_id)
        .join(User, User.id == Authorization.user_id)
        .where(
            ApiKey.digest == bindparam("digest"),
            ApiKey.revoked_at.is_(None),
            Authorization.revoked_at.is_(None),
            User.disabled_at.is_(None),
        )
        .subquery("asked")
    )


def _called(rows: JsonFunction) -> Any:
    """Return the MCP servers at or above the resource being called."""
    itself, path = bindparam("itself", type_=String()), bindparam("path", type_=String())
    return servers_above(rows(McpServer.identifier), path, also=itself).scalar_subquery()


def _around(rows: JsonFunction, audience: Any, owner: Any) -> Any:
    """Return the MCP servers at or above an audience (a column of `owner`)."""
    return servers_above(rows(McpServer.identifier), audience, owner=owner).scalar_subquery()


def _audience_key(credential: Subquery) -> Any:
    """Return the key by which an access token's audience is compared."""
    server = select(McpServer.url_key).where(McpServer.identifier == credential.c.mcp_server)
    return func.coalesce(server.correlate(credential).scalar_subquery(), credential.c.audience)


def _is_wide(audience: Any, owner: Any) -> Any:
    """Say whether MCP servers lie below an audience (a column of `owner`), as behind a gateway."""
    slash: ColumnClause[str] = literal_column("'/'")  # a bound value would be sent at every call
    prefix = func.rtrim(audience, slash).concat(slash)
    below = select(McpServer.id).where(McpServer.url_key.startswith(prefix))
    return below.correlate(owner).exists()


def _token(rows: JsonFunction, row: JsonFunction, *, with_called: bool) -> Select[Any]:
    """With a resource, only servers at or above it are needed; without one, those of the audience."""
    credential = _token_of_digest()
    if with_called:
        return _statement(
            rows, row, credential, (_called(rows), _is_wide(credential.c.audience, credential))
        )
    return _statement(
        rows, row, credential, (_around(rows, _audience_key(credential), credential), null())
    )


def _api_key(rows: JsonFunction, row: JsonFunction, *, with_called: bool) -> Select[Any]:
    """An API key has no audience: the audience of the asking resource server takes its place."""
    own = (ResourceServer.audience_key, ResourceServer)
    called = (_called(rows), _is_wide(*own)) if with_called else (_around(rows, *own), null())
    return _statement(rows, row, _api_key_of_digest(), called)


def _grounds(credential: Subquery) -> tuple[Any, ...]:
    """Return the columns that an answer rests on; what cannot change is not among them."""
    asked = credential.c
    return (
        DirectoryState.version,
        asked.parts_version,
        asked.roles_version,
        asked.version,
        asked.capabilities,
        asked.authorization_expires_at,
        asked.paused_at,
        asked.expires_at,
        asked.audience,
        asked.mcp_server,
        asked.narrowed_to,
        asked.details,
        asked.email,
        asked.client_id,
    )


def _grounds_alone(credential: Subquery) -> Select[Any]:
    """Return the grounds, or no row when something that the credential rests on has ended."""
    return select(*_grounds(credential)).join_from(
        credential, DirectoryState, DirectoryState.id == literal_column("1")
    )


def _facts(credential: Subquery, *more: Any) -> Select[Any]:
    """Return one row: the grounds, the resource server, the credential and more."""
    one = select(literal_column("1")).subquery("one")
    directory = DirectoryState.id == literal_column("1")
    asking_server = and_(
        ResourceServer.identifier == bindparam("identifier"), ResourceServer.disabled_at.is_(None)
    )
    return select(
        *_grounds(credential), *RESOURCE_SERVER_COLUMNS, *credential.c, *more
    ).select_from(
        one.outerjoin(DirectoryState, directory)
        .outerjoin(ResourceServer, asking_server)
        .outerjoin(credential, true())
    )


def _statement(
    rows: JsonFunction, row: JsonFunction, credential: Subquery, called: tuple[Any, Any]
) -> Select[Any]:
    """Return the grounds and, as JSON, the delegated parts and the servers called."""
    ids = (credential.c.authorization_id, credential.c.user_id)
    projects = projects_of(*ids, rows(row(*PROJECT_COLUMNS))).correlate(credential)
    servers = servers_of(*ids, rows(row(*SERVER_COLUMNS))).correlate(credential)
    return _facts(credential, projects.scalar_subquery(), servers.scalar_subquery(), *called)


TOKEN = CompiledSelect(partial(_token, with_called=False))
TOKEN_AND_CALLED = CompiledSelect(partial(_token, with_called=True))
KEY = CompiledSelect(partial(_api_key, with_called=False))
KEY_AND_CALLED = CompiledSelect(partial(_api_key, with_called=True))
TOKEN_GROUNDS = CompiledSelect(lambda _rows, _row: _grounds_alone(_token_of_digest()))
KEY_GROUNDS = CompiledSelect(lambda _rows, _row: _grounds_alone(_api_key_of_digest()))
GROUNDS = len(_grounds(_token_of_digest()))  # the columns that stand first in every statement
