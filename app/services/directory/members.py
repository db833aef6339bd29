"""The members of a project: list them, and replace them all in one step."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from app.database.pages import Found, Order, in_pages
from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.database.upserts import insert_into
from app.domain.audit import AuditKind
from app.domain.catalog import Catalog
from app.domain.credentials.passwords import canonical_name
from app.domain.errors import Invalid, NotFound
from app.models import Membership, Project, User
from app.services import audit
from app.services.directory import projects

MOST = 20_000  # members in one replacement
BATCH = 400  # rows or names in one statement


@dataclass(frozen=True, slots=True)
class MemberInfo:
    """A user with a role in a project."""

    user_id: str
    username: str
    email: str
    role: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """How many members were added, got another role, were removed, and stayed as they were."""

    added: int
    changed: int
    removed: int
    kept: int


@repeated
def of_project(
    slug: str, *, after: str | None = None, limit: int | None = None
) -> Iterator[MemberInfo]:
    """Give a project's members by name, those after a name; raises NotFound before the first."""
    with reading() as session:
        project_id = projects.require(session, slug).id
    found = (
        select(User.id, User.username, User.email, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.project_id == project_id)
    )
    begin = None if after is None else (canonical_name(after),)
    return in_pages(found, Order((User.username_key,), begin), _made, limit=limit)


def _made(_session: Session, rows: Sequence[Found]) -> list[MemberInfo]:
    return [MemberInfo(*tuple(row)[:4]) for row in rows]


@repeated
def replace(
    slug: str, roles: Sequence[tuple[str, str]], *, catalog: Catalog, at: datetime, actor: str
) -> Replaced:
    """Let a project have these members and no others: pairs of a name or e-mail address and a role.

    One transaction with one event; sent again it changes nothing. Raises Invalid for an unknown role,
    somebody who is named twice, or too many, NotFound for an unknown user or project.
    """
    if len(roles) > MOST:
        raise Invalid(f"A project may have {MOST:,} members in one request.")
    for _, role in roles:
        if role not in catalog.roles:
            raise Invalid(f"{role[:40]!r} is not a role; there are {', '.join(catalog.roles)}.")
    with writing() as session:
        project = projects.require(session, slug)
        session.execute(select(Project.id).where(Project.id == project.id).with_for_update())
        wanted = _wanted(session, roles)
        standing = dict(
            session.execute(
                select(Membership.user_id, Membership.role).where(
                    Membership.project_id == project.id
                )
            ).all()
        )
        gone = sorted(set(standing) - set(wanted))
        changed = {one: role for one, role in wanted.items() if standing.get(one) != role}
        if gone or changed:
            _write(session, project.id, gone, changed)
            audit.record(
                session,
                AuditKind.MEMBERS_REPLACED,
                at=at,
                actor=actor,
                subject=slug,
                set=changed,
                removed=gone,
            )
    added = len(set(changed) - set(standing))
    return Replaced(added, len(changed) - added, len(gone), len(wanted) - len(changed))


def _wanted(session: Session, roles: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the roles by the users' ids."""
    by_key = {canonical_name(name): (name, role) for name, role in roles}
    keys = [key for key in by_key if key.isprintable()]
    found: dict[str, str] = {}
    for start in range(0, len(keys), BATCH):
        some = keys[start : start + BATCH]
        rows = session.execute(
            select(User.id, User.username_key, User.email_key).where(
                or_(User.username_key.in_(some), User.email_key.in_(some))
            )
        )
        for user_id, *own in rows:
            found |= dict.fromkeys(set(own) & by_key.keys(), user_id)
    if unknown := by_key.keys() - found.keys():
        raise NotFound(f"There is no user {by_key[min(unknown)][0][:80]!r}.")
    if len(set(found.values())) < len(roles):
        raise Invalid("Somebody is named twice.")
    return {found[key]: role for key, (_, role) in by_key.items()}


def _write(
    session: Session, project_id: str, gone: Sequence[str], changed: Mapping[str, str]
) -> None:
    """Write in the order of the users' ids, as everybody does, so that two cannot block each other."""
    for start in range(0, len(gone), BATCH):
        some = gone[start : start + BATCH]
        own = Membership.project_id == project_id
        session.execute(delete(Membership).where(own, Membership.user_id.in_(some)))
    rows = [
        {"user_id": user_id, "project_id": project_id, "role": changed[user_id]}
        for user_id in sorted(changed)
    ]
    for start in range(0, len(rows), BATCH):
        upsert = insert_into(Membership, session.connection()).values(rows[start : start + BATCH])
        session.execute(
            upsert.on_conflict_do_update(
                index_elements=["user_id", "project_id"], set_={"role": upsert.excluded.role}
            )
        )
