"""What stands behind a credential now, and which resource a token may be for.

Used within running transactions by every grant, so that none can forget a check.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.authorization_details import AuthorizationDetails
from app.domain.catalog import Catalog
from app.domain.delegation.access import EffectiveAccess, effective_access
from app.domain.delegation.request import Request, fulfilment_of
from app.domain.delegation.token_details import narrowed
from app.domain.errors import CredentialRejected, TargetRejected
from app.domain.lifetimes import Lifetimes
from app.domain.resources import canonical
from app.models import Authorization, Client, User
from app.services.directory.audiences import Audience
from app.services.introspection.live_access import (
    LiveDelegation,
    delegation_now,
    terms_from,
)

ENDED = "The authorization behind it has ended."
NOT_REACHED = "The access of this tool does not reach the resource. Ask the user again."


@dataclass(frozen=True, slots=True)
class IssuancePolicy:
    """What a deployment decides about issuing."""

    lifetimes: Lifetimes
    catalog: Catalog
    default_audience: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The row of an Authorization that stands: neither it nor its user or client has ended."""

    id: str
    user_id: str
    capabilities: tuple[str, ...]
    expires_at: datetime | None
    paused: bool


@dataclass(frozen=True, slots=True)
class LiveAuthorization:
    """What stands behind a credential now; `urls` are those of MCP servers by identifier.

    `lasting` is what the access would be without a pause. Both are narrowed to `details`, if any.
    """

    authorization: Standing
    access: EffectiveAccess
    lasting: EffectiveAccess
    urls: dict[str, str]
    details: AuthorizationDetails | None = None


def require_live_authorization(
    session: Session,
    authorization_id: str,
    catalog: Catalog,
    at: datetime,
    narrowed_to: frozenset[str] | None = None,
    *,
    details: AuthorizationDetails | None = None,
) -> LiveAuthorization:
    """Return who and what stands behind a credential; raises CredentialRejected when that has ended.

    It is narrowed to `details`, when a client asks by them; raises AuthorizationDetailsRejected for more
    than was given. A paused Authorization still hands out tokens, which are not active: the tool stays
    connected and works again when the user resumes it.
    """
    authorization, user, client = session.execute(
        select(Authorization, User, Client)
        .join(User, User.id == Authorization.user_id)
        .join(Client, Client.id == Authorization.client_id)
        .where(Authorization.id == authorization_id)
    ).one()
    ended = authorization.revoked_at is not None or (
        authorization.expires_at is not None and authorization.expires_at <= at
    )
    if ended or user.disabled_at is not None or client.disabled_at is not None:
        raise CredentialRejected(ENDED, detail=f"{authorization_id} or its user or client")
    standing = Standing(
        authorization.id,
        authorization.user_id,
        tuple(authorization.capabilities),
        authorization.expires_at,
        authorization.paused_at is not None,
    )
    live = delegation_now(session, authorization_id, authorization.user_id)
    return live_access(standing, live, catalog, at, narrowed_to, details=details)


def live_access(
    standing: Standing,
    live: LiveDelegation,
    catalog: Catalog,
    at: datetime,
    narrowed_to: frozenset[str] | None,
    *,
    details: AuthorizationDetails | None = None,
) -> LiveAuthorization:
    """Return what an Authorization that stands amounts to now; raises as `narrowed`."""
    terms = terms_from(
        live,
        capabilities=standing.capabilities,
        expires_at=standing.expires_at,
        paused=standing.paused,
    )
    if details is not None:
        details = narrowed(details, terms, live.urls, catalog=catalog, at=at)
    decide = partial(
        effective_access,
        permissions=live.permissions,
        catalog=catalog,
        at=at,
        narrowed_to=narrowed_to,
        details=details,
    )
    access = decide(terms)
    lasting = decide(replace(terms, paused=False)) if terms.paused else access
    return LiveAuthorization(standing, access, lasting, live.urls, details)


def choose_audience(
    recognise: Callable[[str], Audience],
    resource: str | None,
    granted: Sequence[str],
    live: LiveAuthorization,
) -> Audience:
    """Return the one audience of a token: the resource asked for now, else the first of use.

    `recognise` returns the registered resource of a URI. Raises TargetRejected for a resource outside
    what was granted (RFC 8707 section 2.2), and for one that the access does not reach (any more): a
    token for it would be inactive from birth.
    """
    if resource is not None:
        audience = recognise(resource)
        if canonical(audience.uri) not in {canonical(uri) for uri in granted}:
            raise TargetRejected("The resource was not part of the authorization request.")
        if audience.resource.is_reached_by(live.lasting):
            return audience
        raise TargetRejected(NOT_REACHED)
    found = [recognise(uri) for uri in granted]
    active = [one for one in found if one.resource.is_reached_by(live.lasting)]
    asked = Request(
        frozenset(live.authorization.capabilities), tuple(one.resource for one in active)
    )
    useful = fulfilment_of(asked, live.lasting).reached
    chosen = next((one for one in active if one.resource in useful), None)
    if chosen is None and not active:
        raise TargetRejected(NOT_REACHED)
    return chosen or active[0]
