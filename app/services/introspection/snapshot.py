"""What one look at the database shows about a token or key, in one statement and one round trip.

Who asks, the credential with all that it rests on, what is called.
`app.services.introspection.resolution` decides.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Select, Subquery, bindparam, func, literal_column, null, select, true
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.types import String

from app.database.compiled_select import (
    CompiledSelect,
    JsonFunction,
    instant,
    parsed,
)
from app.domain.credentials.secrets import Prefix, digest, is_well_formed
from app.domain.resources import looked_up
from app.models import (
    AccessToken,
    ApiKey,
    Authorization,
    Client,
    ClientSession,
    McpServer,
    ResourceServer,
    User,
)
from app.services.directory.audiences import servers_above
from app.services.introspection.live_access import (
    PROJECT_COLUMNS,
    SERVER_COLUMNS,
    LiveDelegation,
    parts_of,
    projects_of,
    servers_of,
)

RESOURCE_SERVER_COLUMNS = (
    ResourceServer.identifier,
    ResourceServer.audience,
    ResourceServer.secret_digest,
    ResourceServer.auth_method,
)
STANDING_COLUMNS = (
    Authorization.id.label("authorization_id"),
    Authorization.version,
    Authorization.capabilities,
    Authorization.expires_at.label("authorization_expires_at"),
    Authorization.paused_at,
    Authorization.user_id,
    User.email,
)
TOKEN_COLUMNS = (
    AccessToken.id,
    AccessToken.session_id.label("credential"),
    AccessToken.audience,
    AccessToken.mcp_server,
    AccessToken.narrowed_to,
    AccessToken.issued_at,
    AccessToken.expires_at,
    *STANDING_COLUMNS,
    Client.identifier.label("client_id"),
)
KEY_COLUMNS = (
    ApiKey.id,
    ApiKey.id.label("credential"),
    null().label("audience"),
    null().label("mcp_server"),
    null().label("narrowed_to"),
    ApiKey.created_at.label("issued_at"),
    ApiKey.expires_at,
    *STANDING_COLUMNS,
    null().label("client_id"),
)


def _token_of_digest() -> Subquery:
    """Return the access token that was asked for, if nothing that it rests on has ended."""
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


def _key_of_digest() -> Subquery:
    """Return the API key that was asked for, if nothing that it rests on has ended."""
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
    """Return the MCP servers that the resource being called is or lies within."""
    itself, path = bindparam("itself", type_=String()), bindparam("path", type_=String())
    return servers_above(rows(McpServer.identifier), path, also=itself).scalar_subquery()


def _around(rows: JsonFunction, audience: Any, owner: Any) -> Any:
    """Return the MCP servers that an audience (a column of `owner`) is or lies within."""
    return servers_above(rows(McpServer.identifier), audience, owner=owner).scalar_subquery()


def _key_of(credential: Subquery) -> Any:
    """Return what an access token's audience is compared by; it is spelled as registered."""
    server = select(McpServer.url_key).where(McpServer.identifier == credential.c.mcp_server)
    return func.coalesce(server.correlate(credential).scalar_subquery(), credential.c.audience)


def _is_wide(audience: Any, owner: Any) -> Any:
    """Say whether MCP servers lie below an audience (a column of `owner`), as behind a gateway."""
    slash: ColumnClause[str] = literal_column("'/'")  # a bound value would be given at every call
    prefix = func.rtrim(audience, slash).concat(slash)
    below = select(McpServer.id).where(McpServer.url_key.startswith(prefix))
    return below.correlate(owner).exists()


def _token(rows: JsonFunction, row: JsonFunction, *, with_called: bool) -> Select[Any]:
    """A resource lies within the audience, so whatever the audience is within is above it too."""
    credential = _token_of_digest()
    if with_called:
        return _statement(
            rows, row, credential, (_called(rows), _is_wide(credential.c.audience, credential))
        )
    return _statement(
        rows, row, credential, (_around(rows, _key_of(credential), credential), null())
    )


def _key(rows: JsonFunction, row: JsonFunction, *, with_called: bool) -> Select[Any]:
    """An API key has no audience: the asking resource server's own stands in for it."""
    own = (ResourceServer.audience_key, ResourceServer)
    called = (_called(rows), _is_wide(*own)) if with_called else (_around(rows, *own), null())
    return _statement(rows, row, _key_of_digest(), called)


def _statement(
    rows: JsonFunction, row: JsonFunction, credential: Subquery, called: tuple[Any, Any]
) -> Select[Any]:
    """Return one row: resource server, token, and as JSON the parts and the servers being called."""
    keys = (credential.c.authorization_id, credential.c.user_id)
    projects = projects_of(*keys, rows(row(*PROJECT_COLUMNS))).correlate(credential)
    servers = servers_of(*keys, rows(row(*SERVER_COLUMNS))).correlate(credential)
    one = select(literal_column("1")).subquery("one")
    asking_server = ResourceServer.identifier == bindparam("identifier")
    return select(
        *RESOURCE_SERVER_COLUMNS,
        *credential.c,
        projects.scalar_subquery(),
        servers.scalar_subquery(),
        *called,
    ).select_from(one.outerjoin(ResourceServer, asking_server).outerjoin(credential, true()))


TOKEN = CompiledSelect(partial(_token, with_called=False))
TOKEN_AND_CALLED = CompiledSelect(partial(_token, with_called=True))
KEY = CompiledSelect(partial(_key, with_called=False))
KEY_AND_CALLED = CompiledSelect(partial(_key, with_called=True))


@dataclass(frozen=True, slots=True)
class IntrospectingServer:
    """A resource server as the introspection endpoint authenticates one."""

    identifier: str
    audience: str
    secret_digest: str
    auth_method: str


class TokenRow(NamedTuple):
    """The columns of `TOKEN_COLUMNS` or `KEY_COLUMNS` as the driver gives them.

    An API key has neither audience nor client. `credential` is the id of its session or its own.
    """

    id: str
    credential: str
    audience: str | None
    mcp_server: str | None
    narrowed_to: Any
    issued_at: Any
    expires_at: Any
    authorization_id: str
    version: int
    capabilities: Any
    authorization_expires_at: Any
    paused_at: Any
    user_id: str
    email: str
    client_id: str | None


@dataclass(frozen=True, slots=True)
class IntrospectionSnapshot:
    """What one look at the database showed.

    `called` are the MCP servers being called: those that the resource, else the audience, is or lies
    within. `is_wide` says, when a resource is named, that some lie below the audience.
    """

    server: IntrospectingServer | None = None
    token: TokenRow | None = None
    parts: LiveDelegation | None = None
    called: frozenset[str] = frozenset()
    is_wide: bool = False


def read_snapshot(identifier: str, text: str, resource: str | None) -> IntrospectionSnapshot:
    """Read a resource server by its identifier, and an access token or API key, whoever may see it.

    A text with a wrong form or checksum is not looked up. Nothing is decided here.
    """
    is_key = text.startswith(Prefix.API_KEY)
    wanted = is_well_formed(text, Prefix.API_KEY if is_key else Prefix.ACCESS_TOKEN)
    parameters = {"identifier": identifier, "digest": digest(text) if wanted else ""}
    statement = KEY if is_key else TOKEN
    if resource:
        parameters["itself"], parameters["path"] = looked_up(resource)
        statement = KEY_AND_CALLED if is_key else TOKEN_AND_CALLED
    *found, projects, servers, called, wide = statement.rows(parameters)[0]
    server = (
        None if found[0] is None else IntrospectingServer(*found[: len(RESOURCE_SERVER_COLUMNS)])
    )
    token = found[len(RESOURCE_SERVER_COLUMNS) :]
    if token[0] is None:
        return IntrospectionSnapshot(server)
    parts = parts_of(_ends(projects), _ends(servers))
    return IntrospectionSnapshot(
        server, TokenRow(*token), parts, frozenset(parsed(called) or ()), bool(wide)
    )


def _ends(rows: Any) -> list[list[Any]]:
    """Return rows of JSON; their last column is an instant or None."""
    return [[*row[:-1], instant(row[-1])] for row in parsed(rows) or ()]
