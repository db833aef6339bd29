"""What somebody's tools and keys used last and most, so that a form can offer it first."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.database.repetition import repeated
from app.database.transactions import reading
from app.models import Activity, Authorization

LAST, MOST = 4, 2


@dataclass(frozen=True, slots=True)
class Recent:
    """Slugs of projects and identifiers of MCP servers, the latest first, then the most used."""

    projects: tuple[str, ...]
    mcp_servers: tuple[str, ...]


@repeated
def recent_of(user_id: str) -> Recent:
    """Return what was used by anything that acts for a user."""
    with reading() as session:
        return Recent(
            _used(session, user_id, Activity.project), _used(session, user_id, Activity.mcp_server)
        )


def _used(session: Session, user_id: str, place: InstrumentedAttribute[str]) -> tuple[str, ...]:
    rows = session.execute(
        select(place, func.max(Activity.last_at), func.sum(Activity.calls))
        .join(Authorization, Authorization.id == Activity.authorization_id)
        .where(Authorization.user_id == user_id, place != "", Activity.refused.is_(False))
        .group_by(place)
    ).all()
    last = sorted(rows, key=lambda row: (row[1], row[0]), reverse=True)[:LAST]
    most = sorted(rows, key=lambda row: (row[2], row[0]), reverse=True)
    return _once([row[0] for row in [*last, *most]])[: LAST + MOST]


def _once(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
