"""Recalling what was issued, in bulk: after an incident, and after a restore of the database.

A restored database knows nothing of what was revoked since its backup: that is alive in it, and was
issued before. So a restore ends every sign-in and pauses every Authorization. What a person still wants
is resumed or approved by that person, and the rest stays dead.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ColumnElement, case, delete, func, insert, literal, select, update
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.delegation.authorization import AuthorizationKind
from app.models import AuditEvent, Authorization, DirectoryState, PasswordLink, User
from app.services import audit
from app.services.bulk_ends import Ended, Scope, changed, end_all, take_time
from app.services.clients import clients
from app.services.directory import users

RESTORED = "a backup was restored"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Recall:
    """What is recalled: what was issued from `since` on and before `until`, of a user, of a tool.

    `tool` is a client_id. Sign-ins of browsers are recalled as well, unless a tool is named.
    """

    since: datetime | None = None
    until: datetime | None = None
    username: str | None = None
    tool: str | None = None


@dataclass(frozen=True, slots=True)
class Paused:
    """How many Authorizations a restore paused: of tools, and of API keys."""

    tools: int
    api_keys: int


@repeated
def end_sessions(recall: Recall, *, at: datetime, actor: str) -> Ended:
    """End sessions of tools, what would open one, and sign-ins of browsers, in one transaction.

    A session counts as issued from when it began to its last refresh. Authorizations and API keys stay.
    Raises NotFound for a user or a tool that does not exist.
    """
    scope = Scope(
        recall.since,
        recall.until,
        None if recall.username is None else users.require_id(recall.username),
        None if recall.tool is None else clients.require_id(recall.tool),
    )
    bounds = {"issued_after": recall.since, "issued_before": recall.until}
    said = {name: value.isoformat() for name, value in bounds.items() if value is not None}
    with writing() as session:
        take_time(session)
        ended = end_all(session, scope, at=at)
        audit.record(
            session,
            AuditKind.SESSIONS_ENDED,
            at=at,
            actor=actor,
            subject=recall.tool or "sessions",
            user_id=scope.user_id,
            bounds=said,
            ended=asdict(ended),
        )
        return ended


@repeated
def end_after_restore(
    *, keep_keys: bool, at: datetime, actor: str, backup: Mapping[str, object] | None = None
) -> tuple[Ended, Paused]:
    """End and pause all that may have been revoked since the backup, in one transaction.

    Sessions of tools, codes, pending requests, device codes, sign-ins of browsers and password links
    end, browsers are strangers again. Authorizations are paused; those of API keys not with `keep_keys`.
    No answer that a process keeps stands any more. The audit event carries what is known of the backup.
    """
    with writing() as session:
        take_time(session)
        changed(session, update(User).values(devices_since=at))
        paused = _pause(session, keep_keys=keep_keys, at=at, actor=actor)
        ended = end_all(session, Scope(), at=at)
        session.execute(delete(PasswordLink))
        _count_on(session, at)
        audit.record(
            session,
            AuditKind.DATABASE_RESTORED,
            at=at,
            actor=actor,
            subject="database",
            keys_kept=keep_keys,
            ended=asdict(ended),
            paused=asdict(paused),
            backup=dict(backup or {}),
        )
        return ended, paused


@repeated
def newest_event_at() -> datetime | None:
    """Return the instant of the newest audit event; a backup was made then or later."""
    with reading() as session:
        at: datetime | None = session.scalar(select(func.max(AuditEvent.at)))
        return at


def _pause(session: Session, *, keep_keys: bool, at: datetime, actor: str) -> Paused:
    kept = [AuthorizationKind.API_KEY] if keep_keys else []
    standing: list[ColumnElement[bool]] = [
        Authorization.revoked_at.is_(None),
        Authorization.paused_at.is_(None),
        Authorization.kind.not_in(kept),
    ]
    _tell_owners(session, standing, at=at, actor=actor)
    paused = {
        kind: changed(
            session,
            update(Authorization)
            .where(*standing, Authorization.kind == kind)
            .values(paused_at=at, updated_at=at, version=Authorization.version + 1),
        )
        for kind in AuthorizationKind
    }
    return Paused(paused[AuthorizationKind.OAUTH2], paused[AuthorizationKind.API_KEY])


def _tell_owners(
    session: Session, standing: list[ColumnElement[bool]], *, at: datetime, actor: str
) -> None:
    """Add the event of each Authorization that is paused: its person reads why."""
    said: dict[str, Any] = audit.event(
        AuditKind.AUTHORIZATION_PAUSED, at=at, actor=actor, subject="", reason=RESTORED
    )
    columns = (
        literal(at, AuditEvent.at.type),
        literal(said["kind"]),
        literal(actor),
        Authorization.id,
        Authorization.user_id,
        literal(said["detail"], JSON),
    )
    names = ["at", "kind", "actor", "subject", "user_id", "detail"]
    made = select(*columns).where(*standing).order_by(Authorization.id)
    session.execute(insert(AuditEvent).from_select(names, made))


def _count_on(session: Session, at: datetime) -> None:
    """Give the directory a version that it never had: what processes keep rests on these versions.

    The instant is larger than any number of changes, and each restore has a later one.
    """
    number = (at - EPOCH) // MICROSECOND
    now = DirectoryState.version
    later = case((now >= number, now + 1), else_=number)
    changed(session, update(DirectoryState).values(version=later))
