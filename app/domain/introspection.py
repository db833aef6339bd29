"""The answer for one token or API key: whether it is active for the resource server that asks.

What it may do comes from `app.domain.delegation.access`. Pure: a snapshot of rows has been read and
decoded before (RFC 7662 section 2.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.authorization_details import AuthorizationDetails
from app.domain.catalog import MCP, Catalog
from app.domain.delegation.access import EffectiveAccess, Permissions, Terms, effective_access
from app.domain.delegation.usage import Use
from app.domain.resources import covers, is_resource_uri

MAX_NOTED = 32  # capabilities of one call


@dataclass(frozen=True, slots=True)
class Credential:
    """An access token or API key with all that it rests on; nothing of that has ended.

    An API key has neither audience nor client. `session` is the id of the token's session, or the key's
    own: what uses are counted under. `urls` are those of the MCP servers in the Terms.
    """

    id: str
    session: str
    audience: str | None
    mcp_server: str | None
    narrowed_to: frozenset[str] | None
    issued_at: datetime
    expires_at: datetime | None
    authorization_id: str
    authorization_version: int
    user_id: str
    email: str
    client_id: str | None
    terms: Terms
    permissions: Permissions
    urls: Mapping[str, str]
    details: AuthorizationDetails | None = None


@dataclass(frozen=True, slots=True)
class ActiveToken:
    """An active credential with its effective access; times are aware UTC.

    An API key has no client and may have no end; its `audience` is what the resource server asks for.
    """

    id: str
    audience: str
    issued_at: datetime
    expires_at: datetime | None
    authorization_id: str
    authorization_version: int
    user_id: str
    email: str
    client_id: str | None
    access: EffectiveAccess
    urls: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Call:
    """What the resource server tells about the call that it asks for (RFC 7662 section 2.1).

    `resource` is the URI being called; `capabilities` and `project` are what the call needs. They
    change nothing of the access: they say what a credential is used for, and what would be refused.
    """

    resource: str | None = None
    capabilities: tuple[str, ...] = ()
    project: str = ""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer (`active` None: not active there) and what to note of it.

    `uses` is empty for a credential that is unknown or over by its own life. Calls after the end of the
    Authorization, or while it is paused, are refusals: its owner sees that somebody still tries.
    `lacking` is what the call needs and an active credential does not allow.
    """

    active: ActiveToken | None = None
    uses: tuple[Use, ...] = ()
    authorization_id: str = ""
    session: str = ""
    refused: bool = False
    lacking: tuple[Use, ...] = ()


UNKNOWN = Resolution()


def resolve(
    credential: Credential | None,
    call: Call,
    *,
    called: frozenset[str],
    is_wide: bool,
    audience: str,
    catalog: Catalog,
    at: datetime,
) -> Resolution:
    """Return what a token or key may do now for one resource server, and what it was used for.

    `audience` is the asking resource server's; a token for another is not active there, an API key has
    none of its own. The resource being called must lie within the audience. `called` are the MCP servers
    at or above that resource, or else at or above the audience: each must be in the effective access.
    `is_wide` says that MCP servers lie below the audience: there, an address of none of them is refused.
    """
    if credential is None or (credential.expires_at is not None and credential.expires_at <= at):
        return UNKNOWN
    access = effective_access(
        credential.terms,
        credential.permissions,
        catalog=catalog,
        at=at,
        narrowed_to=credential.narrowed_to,
        details=credential.details,
    )
    servers = called | {credential.mcp_server} if credential.mcp_server else called
    is_addressed = _is_addressed(credential, call.resource, audience)
    reached = is_addressed and servers <= set(access.mcp_servers)
    unknown = call.resource is not None and is_wide and not servers
    active = None
    if access.alive and reached and not unknown:
        active = _active(credential, access, credential.audience or call.resource or audience)
    uses = _uses(call, servers, credential.terms, catalog)
    lacking = () if active is None else _lacking(access, _needs(call, servers, catalog))
    is_refused = active is None or bool(lacking)
    return Resolution(
        active, uses, credential.authorization_id, credential.session, is_refused, lacking
    )


def next_change(credential: Credential, at: datetime) -> datetime | None:
    """Return the first instant after `at` from which an answer may be another one by time alone."""
    ends = (credential.expires_at, credential.terms.next_end(at))
    return min((end for end in ends if end is not None and end > at), default=None)


def _is_addressed(credential: Credential, resource: str | None, audience: str) -> bool:
    """Say whether the credential is for this resource server and the resource lies within."""
    bound = credential.audience or audience
    within = not resource or (is_resource_uri(resource) and covers(bound, resource))
    return within and (credential.audience is None or covers(audience, credential.audience))


def _active(credential: Credential, access: EffectiveAccess, audience: str) -> ActiveToken:
    ends = (credential.expires_at, credential.terms.expires_at)
    return ActiveToken(
        id=credential.id,
        audience=audience,
        issued_at=credential.issued_at,
        expires_at=min((end for end in ends if end is not None), default=None),
        authorization_id=credential.authorization_id,
        authorization_version=credential.authorization_version,
        user_id=credential.user_id,
        email=credential.email,
        client_id=credential.client_id,
        access=access,
        urls=credential.urls,
    )


def _uses(call: Call, servers: frozenset[str], terms: Terms, catalog: Catalog) -> tuple[Use, ...]:
    """Return what a call is for; names that mean nothing here are not kept."""
    known = [name for name in dict.fromkeys(call.capabilities) if name in catalog.capabilities]
    project = call.project if call.project in terms.projects else ""
    uses = [Use(name, project) for name in known[:MAX_NOTED]]
    uses += [Use(MCP, "", server) for server in sorted(servers)]
    return tuple(uses) or (Use("", project),)


def _needs(call: Call, servers: frozenset[str], catalog: Catalog) -> tuple[Use, ...]:
    """Return what a call needs, as far as the resource server told; one unknown capability is enough."""
    names = dict.fromkeys(call.capabilities)
    known = [name for name in names if name in catalog.capabilities]
    unknown = [name for name in names if name not in catalog.capabilities][:1]
    needs = [Use(name, call.project) for name in known + unknown]
    if call.project and not needs:
        needs = [Use("", call.project)]
    return (*needs, *(Use(MCP, "", server) for server in sorted(servers)))


def _lacking(access: EffectiveAccess, needs: tuple[Use, ...]) -> tuple[Use, ...]:
    return tuple(
        need
        for need in needs
        if not access.allows(need.capability or None, need.project or None, need.mcp_server or None)
    )
