"""Divide the audit events by month on PostgreSQL, so that old months go as a whole.

SQLite has no partitions and nothing changes there. On PostgreSQL the table that there is becomes the
first partition, up to the month after next; no row is copied. `mandate cleanup` adds months and drops
them; what no month takes goes to the partition `audit_events_rest`, so that no event is ever refused.
The primary key is (number, at) from now on, because a key must hold what divides the table. Numbers
come from one sequence, as before.

Locks: a unique index is built and the bound is checked beside the table, which takes some ten seconds
with 5,000,000 events and keeps nobody from writing. Then the table is locked (ACCESS EXCLUSIVE) for
renames and the attachment, a few milliseconds. The release before writes and reads on: a name and its
columns are all that it knows. A migration that was cut off may be run again.

Down, all events are copied into one table under that lock: about half a minute with 5,000,000.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
# Table, lock, and how many rows a second are gone through under it; 0: it does not depend on them.
LOCKS = (
    ("audit_events", "SHARE UPDATE EXCLUSIVE", 500_000),
    ("audit_events", "ACCESS EXCLUSIVE", 0),
)

INDEXED = {"at": "at, number", "kind": "kind, number", "subject": "subject, number"}
INDEXED["user_id"] = "user_id, number"
BOUND = """
    SELECT to_char(date_trunc('month', greatest(now(), max(at)) AT TIME ZONE 'UTC')
        + interval '2 months', 'YYYY-MM-DD') || ' 00:00:00+00' FROM audit_events
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    bound = op.get_bind().execute(sa.text(BOUND)).scalar()
    with op.get_context().autocommit_block():
        _run(
            "DROP INDEX CONCURRENTLY IF EXISTS ux_audit_events_first",
            "CREATE UNIQUE INDEX CONCURRENTLY ux_audit_events_first ON audit_events (number, at)",
            "ALTER TABLE audit_events DROP CONSTRAINT IF EXISTS ck_audit_events_first",
            "ALTER TABLE audit_events ADD CONSTRAINT ck_audit_events_first "
            f"CHECK (at < '{bound}') NOT VALID",
            "ALTER TABLE audit_events VALIDATE CONSTRAINT ck_audit_events_first",
        )
    _run(
        "LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE",
        "ALTER TABLE audit_events RENAME TO audit_events_first",
        "ALTER TABLE audit_events_first DROP CONSTRAINT pk_audit_events",
        "ALTER TABLE audit_events_first "
        "ADD CONSTRAINT pk_audit_events_first PRIMARY KEY USING INDEX ux_audit_events_first",
        *(f"ALTER INDEX ix_audit_events_{n} RENAME TO ix_audit_events_first_{n}" for n in INDEXED),
        "CREATE TABLE audit_events (LIKE audit_events_first INCLUDING DEFAULTS, "
        "CONSTRAINT pk_audit_events PRIMARY KEY (number, at)) PARTITION BY RANGE (at)",
        *_indexes("audit_events"),
        "ALTER SEQUENCE audit_events_number_seq OWNED BY audit_events.number",
        "ALTER TABLE audit_events ATTACH PARTITION audit_events_first "
        f"FOR VALUES FROM (MINVALUE) TO ('{bound}')",
        "ALTER TABLE audit_events_first DROP CONSTRAINT ck_audit_events_first",
        "CREATE TABLE audit_events_rest PARTITION OF audit_events DEFAULT",
    )


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    _run(
        "LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE",
        "CREATE TABLE audit_events_whole (LIKE audit_events INCLUDING DEFAULTS)",
        "INSERT INTO audit_events_whole SELECT * FROM audit_events",
        "ALTER SEQUENCE audit_events_number_seq OWNED BY audit_events_whole.number",
        "DROP TABLE audit_events",
        "ALTER TABLE audit_events_whole RENAME TO audit_events",
        "ALTER TABLE audit_events ADD CONSTRAINT pk_audit_events PRIMARY KEY (number)",
        *_indexes("audit_events"),
    )


def _indexes(table: str) -> list[str]:
    return [f"CREATE INDEX ix_{table}_{n} ON {table} ({keys})" for n, keys in INDEXED.items()]


def _run(*statements: str) -> None:
    for statement in statements:
        op.execute(sa.text(statement))
