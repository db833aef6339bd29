"""Transactions. A read ends with a rollback, a write with exactly one commit."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import structlog
from sqlalchemy import Engine, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from app.database import disk
from app.database.engine import AT_BEGIN
from app.database.outage import HANGS, note_failure
from app.database.repetition import has_lost
from app.database.write_lock import begin_writing
from app.domain.errors import Conflict, Unavailable
from app.extensions import db

log = structlog.get_logger()
WRITING = "writing"  # marks a transaction that takes the write lock


@contextmanager
def writing() -> Iterator[Session]:
    """Give a session whose transaction commits at the end, or rolls back when something is raised.

    On SQLite `_begin` takes the write lock at once: a snapshot that was read cannot be upgraded
    safely.
    Raises Conflict when a constraint refuses, Unavailable when the database does not answer.
    """
    session = _idle_session()
    session.rollback()
    session.info[WRITING] = True
    try:
        with _translated(session):
            session.connection(execution_options={WRITING: True})
            yield session
            session.commit()
    finally:
        session.info[WRITING] = False


@contextmanager
def reading() -> Iterator[Session]:
    """Give a session for reading; raises Unavailable when the database does not answer."""
    session = _idle_session()
    with _translated(session):
        yield session
        session.rollback()


def _idle_session() -> Session:
    """Refuse to nest: the inner end would silently undo or commit what the outer one spent."""
    session: Session = db.session()
    if session.info.get(WRITING):
        raise RuntimeError("a writing transaction is running; hand its session over")
    return session


@contextmanager
def _translated(session: Session) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        session.rollback()
        raise conflict(error.orig) from error
    except (DBAPIError, PoolTimeout) as error:
        session.rollback()
        raise unavailable(error) from error
    except BaseException:
        session.rollback()
        raise


def conflict(error: BaseException | None) -> Conflict:
    """Return the refusal of what a constraint refuses."""
    return Conflict("It exists already, or was changed meanwhile.", detail=str(error))


def unavailable(error: Exception) -> Unavailable:
    """Return the refusal for a database that failed, and log why."""
    # The statement's parameters may hold digests and names: only the driver's own words are kept.
    cause = getattr(error, "orig", error)
    detail = str(cause)
    refusal = Unavailable("The service is busy or its database is away; try again.", detail=detail)
    if has_lost(cause):
        refusal.has_lost = True
        return refusal
    note_failure()
    disk.note(cause)
    if HANGS not in detail:  # that was said once, when it began
        log.error("database.unavailable", detail=detail)
    return refusal


def disconnect() -> None:
    """Close every idle connection of the app."""
    for engine in db.engines.values():
        engine.dispose()


def answers() -> None:
    """Raise Unavailable unless the database answers and has a schema."""
    with reading() as session:
        session.execute(text("SELECT version_num FROM alembic_version"))


def takes_writes() -> None:
    """Raise Unavailable unless a write works; it changes nothing."""
    with writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = version_num"))


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    """Set the limits of a transaction where a pooler forgets those of a session.

    On SQLite take the write lock at the start of a writing one, so that no upgrade can deadlock.
    """
    if connection.dialect.name != "sqlite":
        if limits := connection.get_execution_options().get(AT_BEGIN):
            connection.exec_driver_sql(limits)
        return
    if not connection.get_execution_options().get(WRITING, False):
        connection.exec_driver_sql("BEGIN")
    elif not begin_writing(cast("sqlite3.Connection", connection.connection.driver_connection)):
        raise unavailable(TimeoutError("the write lock did not come in time"))
