"""Resolving a token or API key: what it may do now, for the resource server that asks (RFC 7662)."""

from dataclasses import dataclass
from datetime import datetime

from app.database.compiled_select import instant, parsed
from app.domain.catalog import MCP, Catalog
from app.domain.delegation.access import EffectiveAccess, effective_access
from app.domain.delegation.usage import Use
from app.domain.resources import covers, is_resource_uri
from app.services.introspection.live_access import LiveDelegation, terms_from
from app.services.introspection.snapshot import IntrospectionSnapshot, TokenRow


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
    urls: dict[str, str]


@dataclass(frozen=True, slots=True)
class Call:
    """What the resource server tells about the call that it asks for (RFC 7662 section 2.1).

    `resource` is the URI being called; `capabilities` and `project` are what the call needs. They
    change no answer: they say what a credential is used for.
    """

    resource: str | None = None
    capabilities: tuple[str, ...] = ()
    project: str = ""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer (`active` None: not active there) and what to note of it.

    `uses` is empty for a credential that is unknown or over by its own life. Calls after the end of the
    Authorization, or while it is paused, are refusals: its owner sees that somebody still tries.
    """

    active: ActiveToken | None = None
    uses: tuple[Use, ...] = ()
    authorization_id: str = ""
    credential: str = ""
    refused: bool = False


UNKNOWN = Resolution()


def resolve(
    seen: IntrospectionSnapshot, call: Call, *, audience: str, catalog: Catalog, at: datetime
) -> Resolution:
    """Return what a token or key may do now for one resource server, and what it was used for.

    `audience` is the asking resource server's; a token for another is not active there, an API key has
    none of its own. The resource being called must lie within the audience; every MCP server that it,
    or else the audience, is or lies within must be in the effective access. Below an audience that
    covers MCP servers an address that belongs to none of them is refused.
    """
    if seen.token is None or seen.parts is None:
        return UNKNOWN
    token = seen.token
    expires_at = instant(token.expires_at)
    if expires_at is not None and expires_at <= at:
        return UNKNOWN
    access = _access(token, seen.parts, catalog, at)
    servers = seen.called | (frozenset((token.mcp_server,)) if token.mcp_server else frozenset())
    reached = _is_addressed(token, call.resource, audience) and servers <= set(access.mcp_servers)
    unknown = call.resource is not None and seen.is_wide and not servers
    active = None
    if access.alive and reached and not unknown:
        active = _active(token, seen.parts, access, token.audience or call.resource or audience, at)
    uses = _uses(call, servers, seen.parts, catalog)
    refused = active is None or not _allows(access, call, uses)
    return Resolution(active, uses, token.authorization_id, token.credential, refused)


def _is_addressed(token: TokenRow, resource: str | None, audience: str) -> bool:
    """Say whether the credential is for this resource server and the resource lies within."""
    bound = token.audience or audience
    within = not resource or (is_resource_uri(resource) and covers(bound, resource))
    return within and (token.audience is None or covers(audience, token.audience))


def _active(
    token: TokenRow, parts: LiveDelegation, access: EffectiveAccess, audience: str, at: datetime
) -> ActiveToken:
    ends = [instant(token.expires_at), instant(token.authorization_expires_at)]
    return ActiveToken(
        id=token.id,
        audience=audience,
        issued_at=instant(token.issued_at) or at,
        expires_at=min((end for end in ends if end is not None), default=None),
        authorization_id=token.authorization_id,
        authorization_version=token.version,
        user_id=token.user_id,
        email=token.email,
        client_id=token.client_id,
        access=access,
        urls=parts.urls,
    )


def _uses(
    call: Call, servers: frozenset[str], parts: LiveDelegation, catalog: Catalog
) -> tuple[Use, ...]:
    """Return what a call is for; names that mean nothing here are not kept."""
    known = [name for name in dict.fromkeys(call.capabilities) if name in catalog.capabilities]
    project = call.project if call.project in parts.projects else ""
    uses = [Use(name, project) for name in known]
    uses += [Use(MCP, "", server) for server in sorted(servers)]
    return tuple(uses) or (Use("", project),)


def _allows(access: EffectiveAccess, call: Call, uses: tuple[Use, ...]) -> bool:
    """Say whether the access covers what the call needs, as far as the resource server told."""
    there = not call.project or call.project in access.projects
    return there and all(
        access.allows(use.capability or None, use.project or None, use.mcp_server or None)
        for use in uses
    )


def _access(
    token: TokenRow, parts: LiveDelegation, catalog: Catalog, at: datetime
) -> EffectiveAccess:
    terms = terms_from(
        parts,
        capabilities=parsed(token.capabilities),
        expires_at=instant(token.authorization_expires_at),
        paused=token.paused_at is not None,
    )
    scope = parsed(token.narrowed_to)
    narrowed = None if scope is None else frozenset(scope)
    return effective_access(terms, parts.permissions, catalog=catalog, at=at, narrowed_to=narrowed)
