"""The facts of an introspection, read by one statement in one round trip.

Who asks, the credential with all that it rests on, and what is called. `app.domain.introspection`
decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Engine

from app.database.compiled_select import (
    Found,
    instant,
    instant_or_none,
    parsed,
)
from app.domain.authorization_details import details_of_json
from app.domain.credentials.rotated_secrets import KeptSecret
from app.domain.credentials.secrets import Prefix, digest, is_well_formed
from app.domain.introspection import Credential
from app.domain.resources import lookup_keys
from app.services.introspection.live_access import (
    LiveDelegation,
    delegation_of_json,
    terms_from,
)
from app.services.introspection.statements import (
    GROUNDS,
    KEY,
    KEY_AND_CALLED,
    KEY_GROUNDS,
    RESOURCE_SERVER_COLUMNS,
    TOKEN,
    TOKEN_AND_CALLED,
    TOKEN_GROUNDS,
)


@dataclass(frozen=True, slots=True)
class IntrospectingServer:
    """The resource server that asks, unless it is disabled; its secret is not checked yet."""

    identifier: str
    audience: str
    auth_method: str
    secret: KeptSecret


class _Row(NamedTuple):
    """The columns of `TOKEN_COLUMNS` or `KEY_COLUMNS` as the driver gives them."""

    id: str
    session: str
    audience: str | None
    mcp_server: str | None
    narrowed_to: Any
    details: Any
    issued_at: Any
    expires_at: Any
    authorization_id: str
    version: int
    capabilities: Any
    authorization_expires_at: Any
    paused_at: Any
    user_id: str
    email: str
    parts_version: int
    roles_version: int
    client_id: str | None


class Question(NamedTuple):
    """Which credential is asked about: the digest of a token or API key."""

    digest: str
    is_key: bool


@dataclass(frozen=True, slots=True)
class IntrospectionSnapshot:
    """What one statement read, decoded, with the grounds as the driver gave them.

    `called` are the MCP servers being called: those at or above the resource, or else the audience.
    `is_wide` says, when a resource is named, that MCP servers lie below the audience.
    """

    server: IntrospectingServer | None = None
    credential: Credential | None = None
    called: frozenset[str] = frozenset()
    is_wide: bool = False
    question: Question | None = None
    grounds: tuple[Any, ...] = ()


def read_grounds(question: Question, engine: Engine) -> Found | None:
    """Return what an answer rests on now, None when that has ended; raises Unavailable.

    Equal grounds mean an equal answer to an equal request, but for the time.
    """
    statement = KEY_GROUNDS if question.is_key else TOKEN_GROUNDS
    return statement.first({"digest": question.digest}, engine)


def read_snapshot(identifier: str, text: str, resource: str | None) -> IntrospectionSnapshot:
    """Read a resource server by its identifier, and an access token or API key, whoever may see it.

    A text with a wrong form or checksum is not looked up. Nothing is decided here.
    """
    is_key = text.startswith(Prefix.API_KEY)
    wanted = is_well_formed(text, Prefix.API_KEY if is_key else Prefix.ACCESS_TOKEN)
    parameters = {"identifier": identifier, "digest": digest(text) if wanted else ""}
    statement = KEY if is_key else TOKEN
    if resource:
        parameters["itself"], parameters["path"] = lookup_keys(resource)
        statement = KEY_AND_CALLED if is_key else TOKEN_AND_CALLED
    *found, projects, servers, called, wide = statement.rows(parameters)[0]
    grounds, found = tuple(found[:GROUNDS]), found[GROUNDS:]
    columns = len(RESOURCE_SERVER_COLUMNS)
    server = None if found[0] is None else _server(found[:columns])
    if found[columns] is None:
        return IntrospectionSnapshot(server)
    credential = _credential(_Row(*found[columns:]), delegation_of_json(projects, servers))
    return IntrospectionSnapshot(
        server,
        credential,
        frozenset(parsed(called) or ()),
        bool(wide),
        Question(parameters["digest"], is_key),
        grounds,
    )


def _server(columns: Sequence[Any]) -> IntrospectingServer:
    identifier, audience, auth_method, kept, previous, ends = columns
    secret = KeptSecret(kept, previous, instant_or_none(ends))
    return IntrospectingServer(identifier, audience, auth_method, secret)


def _credential(row: _Row, live: LiveDelegation) -> Credential:
    scope = parsed(row.narrowed_to)
    return Credential(
        id=row.id,
        session=row.session,
        audience=row.audience,
        mcp_server=row.mcp_server,
        narrowed_to=None if scope is None else frozenset(scope),
        issued_at=instant(row.issued_at),
        expires_at=instant_or_none(row.expires_at),
        authorization_id=row.authorization_id,
        authorization_version=row.version,
        user_id=row.user_id,
        email=row.email,
        client_id=row.client_id,
        terms=terms_from(
            live,
            capabilities=parsed(row.capabilities),
            expires_at=instant_or_none(row.authorization_expires_at),
            paused=row.paused_at is not None,
        ),
        permissions=live.permissions,
        urls=live.urls,
        details=details_of_json(parsed(row.details)),
    )
