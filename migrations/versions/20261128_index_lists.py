"""Give the long lists indexes that end with the key by which they are read on.

A list is read a page at a time, each page after the key of the last row: audit events by their number,
Authorizations by the instant of their creation, clients by their name.

On PostgreSQL each index is built beside its table (CONCURRENTLY), so that nobody waits to write; the old
one goes when the new one is there. With 5,000,000 events that takes about half a minute in all. A
migration that was cut off may be run again. On SQLite writers wait, for about as long.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
# Table, lock, and how many rows a second are gone through under it; 0: it does not depend on them.
LOCKS = (
    ("audit_events", "SHARE UPDATE EXCLUSIVE", 170_000),
    ("authorizations", "SHARE UPDATE EXCLUSIVE", 170_000),
    ("clients", "SHARE UPDATE EXCLUSIVE", 500_000),
)

# Index, table, its columns now, and its columns before; there was none where they are empty.
INDEXES: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("ix_audit_events_at", "audit_events", ("at", "number"), ("at",)),
    ("ix_audit_events_kind", "audit_events", ("kind", "number"), ("kind",)),
    ("ix_audit_events_subject", "audit_events", ("subject", "number"), ("subject",)),
    ("ix_audit_events_user_id", "audit_events", ("user_id", "number"), ("user_id",)),
    ("ix_authorizations_created_at", "authorizations", ("created_at", "id"), ()),
    ("ix_authorizations_user_id", "authorizations", ("user_id", "created_at", "id"), ("user_id",)),
    (
        "ix_authorizations_client_id",
        "authorizations",
        ("client_id", "created_at", "id"),
        ("client_id",),
    ),
    ("ix_clients_name", "clients", ("name", "identifier"), ()),
)


def upgrade() -> None:
    for name, table, columns, _ in INDEXES:
        _put(name, table, columns)


def downgrade() -> None:
    for name, table, _, columns in reversed(INDEXES):
        _put(name, table, columns)


def _put(name: str, table: str, columns: tuple[str, ...]) -> None:
    """Let an index have these columns, in place of what it had."""
    if op.get_bind().dialect.name == "postgresql":
        _put_beside(name, table, columns)
        return
    op.drop_index(name, table_name=table, if_exists=True)
    if columns:
        op.create_index(name, table, list(columns))


def _put_beside(name: str, table: str, columns: tuple[str, ...]) -> None:
    made = f"{name}_made"
    with op.get_context().autocommit_block():
        op.execute(sa.text(f"DROP INDEX CONCURRENTLY IF EXISTS {made}"))
        if columns:
            op.execute(
                sa.text(f"CREATE INDEX CONCURRENTLY {made} ON {table} ({', '.join(columns)})")
            )
        op.execute(sa.text(f"DROP INDEX CONCURRENTLY IF EXISTS {name}"))
        if columns:
            op.execute(sa.text(f"ALTER INDEX {made} RENAME TO {name}"))
