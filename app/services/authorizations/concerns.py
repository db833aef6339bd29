"""What somebody should look at among Authorizations: unused, unverified and strong, refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.database.repetition import repeated
from app.database.transactions import reading
from app.domain.delegation.authorization import AuthorizationState
from app.domain.sentences.concerns import REFUSED_ACTION, STRONG, UNUSED, refused_text
from app.models import Activity
from app.services.authorizations.listing import AuthorizationSummary

UNUSED_FOR = timedelta(days=60)
REFUSED_WITHIN = timedelta(days=7)
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Concern:
    """A sentence about one Authorization, and the part of its page that helps."""

    id: str
    name: str
    text: str
    action: str
    part: str


def concerns_of(rows: Sequence[AuthorizationSummary], *, at: datetime) -> list[Concern]:
    """Return what is to be looked at among the rows of one list, at most five."""
    live = [row for row in rows if row.state is AuthorizationState.ACTIVE and row.connected]
    refused = _refused([row.id for row in live], at)
    found = [concern for row in live for concern in _of(row, refused.get(row.id), at)]
    return found[:SHOWN]


def _of(
    row: AuthorizationSummary, refused: tuple[int, datetime] | None, at: datetime
) -> Iterator[Concern]:
    if not row.is_verified and row.is_strong:
        yield Concern(row.id, row.name, *STRONG, "access")
    if refused is not None:
        yield Concern(row.id, row.name, refused_text(*refused), REFUSED_ACTION, "activity")
    if (row.used_at or row.created_at) <= at - UNUSED_FOR:
        yield Concern(row.id, row.name, *UNUSED, "access")


@repeated
def _refused(authorization_ids: list[str], at: datetime) -> dict[str, tuple[int, datetime]]:
    """Return the number of refused calls of late and the last of them, by Authorization."""
    with reading() as session:
        rows = session.execute(
            select(Activity.authorization_id, func.sum(Activity.calls), func.max(Activity.last_at))
            .where(
                Activity.authorization_id.in_(authorization_ids),
                Activity.refused.is_(True),
                Activity.last_at > at - REFUSED_WITHIN,
            )
            .group_by(Activity.authorization_id)
        ).all()
    return {authorization_id: (int(calls), last) for authorization_id, calls, last in rows}
