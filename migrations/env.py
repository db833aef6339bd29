"""Alembic's environment: named constraints, batches for SQLite, one upgrade at a time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, Engine, inspect, text

ADVISORY_LOCK = 7_104_220_526
LOOK_EVERY = 0.2  # seconds
LOCK_WAIT = "4s"  # a lock that does not come holds up everybody who comes after it
OUTSIDE_THE_MODELS = ("audit_events_", "schema_support")
database = current_app.extensions["migrate"].db


def render_item(kind: str, item: Any, _autogenerate: object) -> str | bool:
    """Write our column type as SQLAlchemy's, so that no revision imports the application."""
    if kind == "type" and type(item).__name__ == "Instant":
        return "sa.DateTime(timezone=True)"
    return False


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out partitions, which belong to their table, and what only the migrations write."""
    return not (kind == "table" and str(name).startswith(OUTSIDE_THE_MODELS))


def note_support(ctx: Any, step: Any, **_: object) -> None:
    """Write down which code a schema serves: all that the schema before it served, and its own.

    A revision that takes away what older code needs names the revisions of that code in `ENDS`.
    """
    connection, revision = ctx.connection, step.up_revision_id
    if not inspect(connection).has_table("schema_support"):
        return
    if not step.is_upgrade:
        gone = "DELETE FROM schema_support WHERE schema_revision = :revision"
        connection.execute(text(gone), {"revision": revision})
        return
    before = "SELECT code_revision FROM schema_support WHERE schema_revision = :revision"
    served = {
        row[0]
        for down in step.down_revision_ids
        for row in connection.execute(text(before), {"revision": down})
    }
    ends = getattr(step.up_revision.module, "ENDS", ())
    for code in sorted((served - set(ends)) | {revision}):
        pair = {"schema": revision, "code": code}
        connection.execute(text("INSERT INTO schema_support VALUES (:schema, :code)"), pair)


@contextmanager
def alone(engine: Engine) -> Iterator[None]:
    """Wait until no other upgrade runs, and keep others waiting until the block ends.

    A transaction beside that of the upgrade holds the lock, which is right behind any pooler. Who waits
    asks again and again: a question that waits would keep an index from being built concurrently.
    """
    if engine.dialect.name != "postgresql":
        yield  # the transaction of the upgrade takes SQLite's lock at its start
        return
    with engine.connect() as holder:
        while not holder.scalar(text(f"SELECT pg_try_advisory_xact_lock({ADVISORY_LOCK})")):
            holder.rollback()
            time.sleep(LOOK_EVERY)
        holder.execute(text("SET LOCAL idle_in_transaction_session_timeout = '0'"))
        yield
        holder.rollback()


@contextmanager
def connected(engine: Engine) -> Iterator[Connection]:
    """Give the connection of the upgrade, which waits for statements as long as they take."""
    limits = f"statement_timeout = '0'; SET{{}} lock_timeout = '{LOCK_WAIT}'"
    if engine.dialect.name != "postgresql":
        with engine.connect().execution_options(writing=True) as connection, connection.begin():
            yield connection
    elif "at_begin" in engine.get_execution_options():  # a pooler that lends by transaction
        option = "SET LOCAL " + limits.format(" LOCAL")
        with engine.connect().execution_options(at_begin=option) as connection:
            yield connection
    else:
        with engine.connect() as connection:
            connection.exec_driver_sql("SET " + limits.format(""))
            connection.commit()
            yield connection
            connection.invalidate()  # the limits are not those of others


def run() -> None:
    """Run the revisions alone."""
    with alone(database.engine), connected(database.engine) as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_item=render_item,
            include_name=include_name,
            on_version_apply=note_support,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
