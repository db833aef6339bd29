"""What happened to one Authorization and what it was used for, for its page."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import reading
from app.domain.audit import AuditKind
from app.domain.catalog import Catalog
from app.domain.delegation.limits import UserRights
from app.domain.sentences.change import in_words
from app.domain.sentences.history import (
    SILENT,
    event_text,
    first_use_text,
    last_use_text,
    refused_use_text,
)
from app.domain.user_agents import device_name
from app.models import AuditEvent, Authorization, ClientSession
from app.services.authorizations import api_keys, rows
from app.services.authorizations.api_keys import ApiKeyInfo
from app.services.authorizations.last_uses import LastUses, last_uses_of
from app.services.introspection import activity
from app.services.introspection.activity import ActivityCount

SHOWN = 200
SIDES = ("narrowed", "widened")
CREATED = (AuditKind.AUTHORIZATION_APPROVED, AuditKind.API_KEY_CREATED)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of the timeline."""

    at: datetime
    text: str
    is_refusal: bool = False


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """One sign-in of the client that is still open."""

    id: str
    device: str
    address: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AuthorizationHistory:
    """The timeline (newest first), the open sessions, the live keys, what was used and when last."""

    entries: tuple[HistoryEntry, ...]
    sessions: tuple[SessionInfo, ...]
    keys: tuple[ApiKeyInfo, ...]
    uses: tuple[ActivityCount, ...]
    last_uses: LastUses


@repeated
def history_of(
    authorization_id: str, owner: str, *, catalog: Catalog, rights: UserRights, at: datetime
) -> AuthorizationHistory:
    """Return what is known of a user's own Authorization, in titles and names; raises NotFound."""
    with reading() as session:
        row = rows.require_row(session, authorization_id, owner)
        found = activity.of_authorization(session, row.id)
        uses = [_named(use, catalog, rights) for use in found]
        entries = [*_used(uses), *_events(session, row, catalog, rights)]
        return AuthorizationHistory(
            tuple(sorted(entries, key=lambda moment: moment.at, reverse=True)),
            tuple(_sessions(session, row.id, at)),
            tuple(api_keys.live_keys(session, row.id, at=at)),
            tuple(uses),
            last_uses_of(found),
        )


def _named(use: ActivityCount, catalog: Catalog, rights: UserRights) -> ActivityCount:
    """Return a use with titles and names instead of codes, as far as they are known."""
    entry = catalog.capabilities.get(use.capability)
    return replace(
        use,
        capability=entry.title if entry else use.capability,
        project=rights.project_names.get(use.project, use.project),
        mcp_server=rights.server_names.get(use.mcp_server, use.mcp_server),
    )


def _events(
    session: Session, row: Authorization, catalog: Catalog, rights: UserRights
) -> list[HistoryEntry]:
    rows = session.scalars(
        select(AuditEvent)
        .where(AuditEvent.subject == row.id, AuditEvent.kind.not_in(SILENT))
        .order_by(AuditEvent.number.desc())
        .limit(SHOWN)
    ).all()
    # The first of all events, not of those shown or kept: a later approval must not look like it.
    first = session.scalar(
        select(func.min(AuditEvent.number)).where(
            AuditEvent.subject == row.id,
            AuditEvent.kind.in_(CREATED),
            AuditEvent.at <= row.created_at,
        )
    )
    return [
        HistoryEntry(
            event.at,
            event_text(
                event.kind,
                {**event.detail, **in_words(_changes(event), catalog, rights)},
                is_first=event.number == first,
            ),
            event.kind in (AuditKind.CHOICE_REFUSED, AuditKind.CODE_REFUSED),
        )
        for event in rows
    ]


def _changes(event: AuditEvent) -> dict[str, list[str]]:
    """Return the difference that an event tells of."""
    return {side: list(event.detail[side]) for side in SIDES if side in event.detail}


def _used(uses: list[ActivityCount]) -> list[HistoryEntry]:
    """Return when it was used first and last, and each kind of refusal with its last time."""
    good = [use for use in uses if not use.refused]
    entries = []
    if good:
        first = min(good, key=lambda use: use.first_at)
        last = max(good, key=lambda use: use.last_at)
        entries = [
            HistoryEntry(last.last_at, last_use_text(last.resource_server)),
            HistoryEntry(first.first_at, first_use_text(first.resource_server)),
        ]
    return entries + [
        HistoryEntry(use.last_at, _refused_text(use), is_refusal=True)
        for use in uses
        if use.refused
    ]


def _refused_text(use: ActivityCount) -> str:
    what = use.mcp_server or use.capability
    where = f" in {use.project}" if use.project else ""
    return refused_use_text(use.resource_server, f"{what or 'a call'}{where}", use.calls)


def _sessions(session: Session, authorization_id: str, at: datetime) -> list[SessionInfo]:
    rows = session.scalars(
        select(ClientSession)
        .where(
            ClientSession.authorization_id == authorization_id,
            ClientSession.ended_at.is_(None),
            ClientSession.expires_at > at,
            ClientSession.idle_expires_at > at,
        )
        .order_by(ClientSession.used_at.desc(), ClientSession.id)
    )
    return [
        SessionInfo(
            row.id,
            device_name(row.user_agent),
            row.address,
            row.created_at,
            row.used_at,
            min(row.expires_at, row.idle_expires_at),
        )
        for row in rows
    ]
