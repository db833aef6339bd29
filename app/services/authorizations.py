"""A user's Authorizations: the list, and revoking one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.access import effective_access
from app.domain.audit import AuditKind
from app.domain.catalog import Catalog
from app.domain.client_rules import host_of
from app.domain.errors import NotFound
from app.domain.wording import counted, summary
from app.models import Authorization, Client, ClientSession, User
from app.services import audit, people, standing, surroundings
from app.services.database import reading, writing
from app.services.programs import Tool, as_tool


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the list; `state` is active, paused, expired, revoked or no effect."""

    id: str
    kind: str
    name: str
    tool: str
    host: str
    verified: bool
    username: str
    summary: str
    sentence: str
    state: str
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None


def of_user(user_id: str, *, catalog: Catalog, at: datetime) -> list[Listed]:
    """Return a user's OAuth2 Authorizations, the newest first, revoked ones last."""
    with reading() as session:
        return _listed(session, [user_id], catalog, at)


def of_everyone(username: str | None, *, catalog: Catalog, at: datetime) -> list[Listed]:
    """Return the Authorizations of one user, or of all, for administrators; raises NotFound."""
    with reading() as session:
        if username is not None:
            ids = [people.require(session, username).id]
        else:
            ids = list(session.scalars(select(User.id)))
        return _listed(session, ids, catalog, at)


def _listed(session: Session, user_ids: list[str], catalog: Catalog, at: datetime) -> list[Listed]:
    used = (
        select(ClientSession.authorization_id, func.max(ClientSession.used_at).label("used_at"))
        .group_by(ClientSession.authorization_id)
        .subquery()
    )
    found = session.execute(
        select(Authorization, Client, User.username, used.c.used_at)
        .join(Client, Client.id == Authorization.client_id)
        .join(User, User.id == Authorization.user_id)
        .outerjoin(used, used.c.authorization_id == Authorization.id)
        .where(Authorization.user_id.in_(user_ids))
        .order_by(Authorization.revoked_at.is_not(None), Authorization.created_at.desc())
    ).all()
    terms = standing.terms_of_rows(session, [row[0] for row in found])
    around = {user_id: surroundings.of_user(session, user_id) for user_id in user_ids}
    rows = []
    for authorization, client, username, used_at in found:
        held, here = terms[authorization.id], around[authorization.user_id]
        tool = as_tool(client)
        access = effective_access(held, here.permissions, catalog=catalog, at=at)
        rows.append(
            Listed(
                id=authorization.id,
                kind=authorization.kind,
                name=authorization.name,
                tool=tool.name,
                host=host_of(tool.redirect_uris[0]),
                verified=tool.is_verified,
                username=username,
                summary=counted(access, catalog),
                sentence=summary(authorization.name, access, catalog, here, held),
                state=_state(authorization, tool, useful=access.is_useful, at=at),
                created_at=authorization.created_at,
                used_at=used_at,
                expires_at=authorization.expires_at,
            )
        )
    return rows


def _state(authorization: Authorization, tool: Tool, *, useful: bool, at: datetime) -> str:
    if authorization.revoked_at is not None:
        return "revoked"
    if authorization.expires_at is not None and authorization.expires_at <= at:
        return "expired"
    if authorization.paused_at is not None:
        return "paused"
    return "active" if useful and not tool.disabled else "no effect"


def revoke(authorization_id: str, *, owner: str | None, actor: str, at: datetime) -> None:
    """Revoke an Authorization: every token under it stops at once. Doing it twice changes nothing.

    `owner` None is an administrator. Raises NotFound, also for somebody else's.
    """
    if not (authorization_id.isascii() and authorization_id.isprintable()):
        raise NotFound("There is no such authorization.")
    with writing() as session:
        row = session.get(Authorization, authorization_id)
        if row is None or owner not in (None, row.user_id):
            raise NotFound("There is no such authorization.")
        revoked = session.scalar(
            update(Authorization)
            .where(Authorization.id == authorization_id, Authorization.revoked_at.is_(None))
            .values(revoked_at=at, updated_at=at, version=Authorization.version + 1)
            .returning(Authorization.id)
        )
        if revoked is None:
            return
        standing.end_sessions(session, authorization_id, at=at)
        audit.record(
            session,
            AuditKind.AUTHORIZATION_REVOKED,
            at=at,
            actor=actor,
            subject=authorization_id,
            user_id=row.user_id,
        )
