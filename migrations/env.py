"""Alembic's environment: one connection, named constraints, batches for SQLite, one lock at a time."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import text

ADVISORY_LOCK = 7_104_220_526
database = current_app.extensions["migrate"].db


def render_item(kind: str, item: Any, _autogenerate: object) -> str | bool:
    """Write our column type as SQLAlchemy's, so that no revision imports the application."""
    if kind == "type" and type(item).__name__ == "Instant":
        return "sa.DateTime(timezone=True)"
    return False


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out the partitions of the audit events: they belong to their table."""
    return not (kind == "table" and str(name).startswith("audit_events_"))


def run() -> None:
    """Run the revisions inside one transaction, alone."""
    engine = database.engine.execution_options(writing=True)  # on SQLite others wait from the start
    with engine.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            # All of it holds for this transaction alone: behind a pooler there is no other state.
            connection.execute(text("SET LOCAL statement_timeout = '0'"))
            connection.execute(text("SET LOCAL lock_timeout = '0'"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
            connection.execute(text("SET LOCAL lock_timeout = '4s'"))
        options = dict(current_app.extensions["migrate"].configure_args)
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_item=render_item,
            include_name=include_name,
            **options,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
