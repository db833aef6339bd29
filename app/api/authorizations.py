"""Authorizations: list, read, see what they come to now, pause, resume, revoke."""

from datetime import datetime
from http import HTTPMethod
from typing import Any

from pydantic import Field

from app.api.callers import caller, owner, owner_name
from app.api.contract import Answer, Query, operation
from app.api.cursors import Paging, page, single
from app.domain.delegation.authorization import AuthorizationKind, AuthorizationState
from app.domain.errors import Forbidden
from app.domain.management import AdminScope
from app.domain.sentences.explanation import Question
from app.runtime.clock import now
from app.runtime.current import catalog
from app.services.authorizations import editor, inventory, lifecycle
from app.services.authorizations.inventory import Filter
from app.services.authorizations.listing import AuthorizationSummary

READ, STOP = AdminScope.AUTHORIZATIONS_READ, AdminScope.AUTHORIZATIONS_STOP
TAG = "authorizations"


class Authorization(Answer):
    """What a person delegated to a tool or an API key."""

    id: str
    kind: AuthorizationKind
    state: AuthorizationState
    version: int = Field(description="Grows with every edit.")
    user_id: str
    username: str
    tool: str | None = Field(description="The name of the tool; null for an API key.")
    name: str = Field(description="The label that its person gave it.")
    capabilities: list[str] = Field(description="As delegated.")
    projects: list[str] = Field(description="As delegated, by slug.")
    summary: str = Field(description="What it comes to, in words.")
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None


class AuthorizationPage(Answer):
    """A page of Authorizations, the newest first."""

    items: list[Authorization]
    next: str | None


class AuthorizationQuery(Paging):
    """Which Authorizations."""

    user: str | None = Field(default=None, max_length=320, description="A name or an address.")
    client_id: str | None = Field(default=None, max_length=2_000)


class EffectiveProject(Answer):
    """A project in which something is possible."""

    slug: str
    role: str
    capabilities: list[str]


class EffectiveServer(Answer):
    """An MCP server that is reached, with the user's role in its project."""

    identifier: str
    role: str


class ExplainQuery(Query):
    """What somebody asks about: any of the three, or none for the Authorization as a whole."""

    capability: str | None = Field(default=None, max_length=80)
    project: str | None = Field(default=None, max_length=80)
    mcp_server: str | None = Field(default=None, max_length=80)


class ExplainedBound(Answer):
    """One bound and how it stands."""

    name: str
    holds: bool
    sentence: str


class Explained(Answer):
    """Whether it would be allowed now, and every bound that was looked at, in order."""

    allowed: bool
    verdict: str
    bounds: list[ExplainedBound]


class Effective(Answer):
    """What is really possible now: what was delegated, bounded by the person's own rights."""

    alive: bool
    capabilities: list[str]
    projects: list[EffectiveProject]
    mcp_servers: list[EffectiveServer]


def _shown(row: AuthorizationSummary) -> Authorization:
    return Authorization(
        id=row.id,
        kind=row.kind,
        state=row.state,
        version=row.version,
        user_id=row.user_id,
        username=row.username,
        tool=row.client_name or None,
        name=row.name,
        capabilities=sorted(row.capabilities),
        projects=sorted(row.projects),
        summary=row.summary,
        created_at=row.created_at,
        used_at=row.used_at,
        expires_at=row.expires_at,
    )


def _read(authorization_id: str, whose: str | None) -> Authorization:
    found = editor.page(authorization_id, whose, catalog=catalog(), at=now())
    return _shown(found.summary)


@operation(
    HTTPMethod.GET,
    "/authorizations",
    tag=TAG,
    name="listAuthorizations",
    answer=AuthorizationPage,
)
def list_authorizations(query: AuthorizationQuery) -> AuthorizationPage:
    """List Authorizations, the newest first: everybody's with the scope, else one's own."""
    own = owner_name(READ)
    if own is not None and query.user not in (None, own):
        raise Forbidden("A person's credential sees what is that person's own.")

    def read(after: Any, limit: int) -> Any:
        which = Filter(own or query.user, query.client_id, single(after))
        return inventory.of_everyone(which, catalog=catalog(), at=now(), limit=limit)

    found, following = page(query, read, lambda one: (one.id,))
    return AuthorizationPage(items=list(map(_shown, found)), next=following)


@operation(
    HTTPMethod.GET,
    "/authorizations/<authorization_id>",
    tag=TAG,
    name="readAuthorization",
    answer=Authorization,
)
def read_authorization(authorization_id: str) -> Authorization:
    """Read an Authorization."""
    return _read(authorization_id, owner(READ))


@operation(
    HTTPMethod.GET,
    "/authorizations/<authorization_id>/effective",
    tag=TAG,
    name="readEffectiveAccess",
    answer=Effective,
)
def read_effective_access(authorization_id: str) -> Effective:
    """Read what an Authorization really allows now."""
    access = editor.page(authorization_id, owner(READ), catalog=catalog(), at=now()).access
    return Effective(
        alive=access.alive,
        capabilities=list(access.capabilities),
        projects=[
            EffectiveProject(slug=slug, role=part.role, capabilities=list(part.actions))
            for slug, part in sorted(access.projects.items())
        ],
        mcp_servers=[
            EffectiveServer(identifier=identifier, role=role)
            for identifier, role in sorted(access.mcp_servers.items())
        ],
    )


@operation(
    HTTPMethod.GET,
    "/authorizations/<authorization_id>/explain",
    tag=TAG,
    name="explainAuthorization",
    answer=Explained,
)
def explain_authorization(authorization_id: str, query: ExplainQuery) -> Explained:
    """Say whether something would be allowed now, and which bound decides it."""
    found = editor.page(authorization_id, owner(READ), catalog=catalog(), at=now())
    answer = found.explain(Question(query.capability, query.project, query.mcp_server))
    return Explained(
        allowed=answer.allowed,
        verdict=answer.verdict,
        bounds=[
            ExplainedBound(name=bound.name, holds=bound.holds, sentence=bound.sentence)
            for bound in answer.bounds
        ],
    )


@operation(
    HTTPMethod.POST,
    "/authorizations/<authorization_id>/pause",
    tag=TAG,
    name="pauseAuthorization",
    answer=Authorization,
)
def pause_authorization(authorization_id: str) -> Authorization:
    """Pause an Authorization: it gives nothing until its person resumes it."""
    whose = owner(STOP)
    lifecycle.pause(authorization_id, owner=whose, actor=caller().actor, at=now())
    return _read(authorization_id, whose)


@operation(
    HTTPMethod.POST,
    "/authorizations/<authorization_id>/resume",
    tag=TAG,
    name="resumeAuthorization",
    answer=Authorization,
)
def resume_authorization(authorization_id: str) -> Authorization:
    """Resume one's own paused Authorization; nobody gives in another person's name."""
    whose = caller().user_id
    if whose is None:
        raise Forbidden("Only the person who gave it resumes it.")
    lifecycle.resume(authorization_id, owner=whose, at=now())
    return _read(authorization_id, whose)


@operation(
    HTTPMethod.POST,
    "/authorizations/<authorization_id>/revoke",
    tag=TAG,
    name="revokeAuthorization",
    answer=Authorization,
)
def revoke_authorization(authorization_id: str) -> Authorization:
    """Revoke an Authorization for ever: every token and key under it stops at once."""
    whose = owner(STOP)
    lifecycle.revoke(authorization_id, owner=whose, actor=caller().actor, at=now())
    return _read(authorization_id, whose)
