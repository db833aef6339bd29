"""What one look at the database shows about a token, in one statement and one round trip.

The resource server that asks, the token with all that it rests on, the parts of its Authorization and
the MCP servers being called; no ORM entity, no write. `app.services.tokens` decides.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Select, Subquery, bindparam, func, literal_column, null, select, true
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.types import String

from app.domain.resources import enclosing
from app.domain.secret_text import Prefix, digest, is_well_formed
from app.models import (
    AccessToken,
    Authorization,
    Client,
    ClientSession,
    McpServer,
    ResourceServer,
    User,
)
from app.services.glance import Glance, JsonFunction, instant, parsed
from app.services.live_access import (
    PROJECT_COLUMNS,
    SERVER_COLUMNS,
    Parts,
    parts_of,
    projects_of,
    servers_of,
)

DEPTH = 8
VERIFIER_COLUMNS = (
    ResourceServer.identifier,
    ResourceServer.audience,
    ResourceServer.secret_digest,
    ResourceServer.auth_method,
)
TOKEN_COLUMNS = (
    AccessToken.id,
    AccessToken.audience,
    AccessToken.mcp_server,
    AccessToken.narrowed_to,
    AccessToken.issued_at,
    AccessToken.expires_at,
    Authorization.id.label("authorization_id"),
    Authorization.version,
    Authorization.capabilities,
    Authorization.expires_at.label("authorization_expires_at"),
    Authorization.user_id,
    User.email,
    Client.identifier.label("client_id"),
)


def _asked() -> Subquery:
    """Return the token that was asked for, if nothing that it rests on has ended."""
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
            Authorization.paused_at.is_(None),
            User.disabled_at.is_(None),
            Client.disabled_at.is_(None),
        )
        .subquery("asked")
    )


def _called(rows: JsonFunction) -> Any:
    """Return the MCP servers that the resource being called is or lies within."""
    keys = [bindparam(f"within{number}", type_=String()) for number in range(DEPTH)]
    return select(rows(McpServer.identifier)).where(McpServer.url_key.in_(keys)).scalar_subquery()


def _is_wide(asked: Subquery) -> Any:
    """Say whether MCP servers lie below the token's audience, as behind a gateway."""
    slash: ColumnClause[str] = literal_column(
        "'/'"
    )  # a bound value would have to be given at every call
    prefix = func.rtrim(asked.c.audience, slash).concat(slash)
    below = select(McpServer.id).where(McpServer.url_key.startswith(prefix))
    return below.correlate(asked).exists()


def _statement(rows: JsonFunction, row: JsonFunction, *, with_called: bool) -> Select[Any]:
    """Return one row: resource server, token, and as JSON the parts and the servers being called."""
    asked = _asked()
    called = (_called(rows), _is_wide(asked)) if with_called else (null(), null())
    keys = (asked.c.authorization_id, asked.c.user_id)
    projects = projects_of(*keys, rows(row(*PROJECT_COLUMNS))).correlate(asked)
    servers = servers_of(*keys, rows(row(*SERVER_COLUMNS))).correlate(asked)
    one = select(literal_column("1")).subquery("one")
    here = ResourceServer.identifier == bindparam("identifier")
    return select(
        *VERIFIER_COLUMNS,
        *asked.c,
        projects.scalar_subquery(),
        servers.scalar_subquery(),
        *called,
    ).select_from(one.outerjoin(ResourceServer, here).outerjoin(asked, true()))


TOKEN = Glance(partial(_statement, with_called=False))
TOKEN_AND_CALLED = Glance(partial(_statement, with_called=True))


@dataclass(frozen=True, slots=True)
class Verifier:
    """A resource server as the introspection endpoint authenticates one."""

    identifier: str
    audience: str
    secret_digest: str
    auth_method: str


class TokenRow(NamedTuple):
    """The columns of `TOKEN_COLUMNS` as the driver gives them."""

    id: str
    audience: str
    mcp_server: str | None
    narrowed_to: Any
    issued_at: Any
    expires_at: Any
    authorization_id: str
    version: int
    capabilities: Any
    authorization_expires_at: Any
    user_id: str
    email: str
    client_id: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at the database showed.

    `called` are the MCP servers being called, `is_wide` says that some lie below the audience.
    """

    verifier: Verifier | None = None
    token: TokenRow | None = None
    parts: Parts | None = None
    called: frozenset[str] = frozenset()
    is_wide: bool = False


def look(identifier: str, text: str, resource: str | None) -> Seen:
    """Read a resource server by its identifier and an access token, whoever may see it.

    A text with a wrong form or checksum is not looked up. Nothing is decided here.
    """
    wanted = digest(text) if is_well_formed(text, Prefix.ACCESS_TOKEN) else ""
    parameters = {"identifier": identifier, "digest": wanted}
    if resource:
        keys = enclosing(resource)[-DEPTH:]
        parameters |= {f"within{n}": keys[n] if n < len(keys) else "" for n in range(DEPTH)}
    row = (TOKEN_AND_CALLED if resource else TOKEN).rows(parameters)[0]
    *found, projects, servers, called, wide = row
    verifier = None if found[0] is None else Verifier(*found[: len(VERIFIER_COLUMNS)])
    token = found[len(VERIFIER_COLUMNS) :]
    if token[0] is None:
        return Seen(verifier)
    parts = parts_of(_ends(projects), _ends(servers))
    return Seen(verifier, TokenRow(*token), parts, frozenset(parsed(called) or ()), bool(wide))


def _ends(rows: Any) -> list[list[Any]]:
    """Return rows of JSON; their last column is an instant or None."""
    return [[*row[:-1], instant(row[-1])] for row in parsed(rows) or ()]
