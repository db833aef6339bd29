"""Leases: locks across threads and processes, kept in the database, that end by themselves."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.sweep import due
from app.database.transactions import reading, writing
from app.database.upserts import insert_into
from app.domain.credentials.secrets import digest
from app.models import Lease

REMOVED_AT_ONCE = 10


@repeated
def acquire(what: str, *, until: datetime, at: datetime) -> bool:
    """Say whether the caller got the lease `what`, which then ends at `until`.

    A lease that has ended is free again.
    """
    with writing() as session:
        return acquire_within(session, what, until=until, at=at)


def acquire_within(session: Session, what: str, *, until: datetime, at: datetime) -> bool:
    """Acquire a lease as `acquire`, within a running transaction."""
    _forget(session, at)
    statement = (
        insert_into(Lease, session.connection())
        .values(digest=digest(what), ends_at=until)
        .on_conflict_do_update(
            index_elements=[Lease.digest], set_={"ends_at": until}, where=Lease.ends_at <= at
        )
        .returning(Lease.digest)
    )
    return session.scalar(statement) is not None


def _forget(session: Session, at: datetime) -> None:
    """Remove a few leases that are over, so that they never pile up."""
    is_due = due(Lease, Lease.ends_at <= at, oldest=Lease.ends_at, limit=REMOVED_AT_ONCE)
    session.execute(delete(Lease).where(is_due))


@repeated
def release(what: str) -> None:
    """End a lease now, so that the next caller gets it."""
    with writing() as session:
        session.execute(delete(Lease).where(Lease.digest == digest(what)))


@repeated
def runs(what: str, *, at: datetime) -> bool:
    """Say whether a lease runs; changes nothing."""
    with reading() as session:
        known = select(Lease.digest).where(Lease.digest == digest(what), Lease.ends_at > at)
        return session.scalar(known) is not None


@repeated
def take(what: str, *, at: datetime) -> bool:
    """End a lease now, and say whether it ran until then."""
    with writing() as session:
        return take_within(session, what, at=at)


def take_within(session: Session, what: str, *, at: datetime) -> bool:
    """End a lease as `take`, within a running transaction."""
    found = session.scalar(
        delete(Lease)
        .where(Lease.digest == digest(what), Lease.ends_at > at)
        .returning(Lease.digest)
    )
    return found is not None
