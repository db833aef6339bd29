"""Seal the audit events: a table with the segments of the chain, and a trigger that refuses changes.

The server seals what is there when it starts, a few thousand events a second beside the requests.

Code of the release before works on: it adds events as before, and seals nothing. Its `mandate cleanup`
removes old events once, without a mark, before the trigger refuses its second batch; and it removes the
events of unused registrations. If those were sealed, `mandate audit verify` calls them deleted. So let
all servers, and the clean-up, be of this version soon.

Locks: on PostgreSQL the trigger takes SHARE ROW EXCLUSIVE on the events, months included, for a
moment. Down, the segments
go, and the events stay; up again, a new chain begins.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
# Table, lock, and how many rows a second are gone through under it; 0: it does not depend on them.
LOCKS = (("audit_events", "SHARE ROW EXCLUSIVE", 0),)

REFUSAL = "audit events are never changed"
SQLITE_TRIGGER = f"""
    CREATE TRIGGER tr_audit_events_stay BEFORE UPDATE ON audit_events
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
"""
POSTGRESQL_FUNCTION = f"""
    CREATE FUNCTION refuse_change_of_audit_event() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
POSTGRESQL_TRIGGER = """
    CREATE TRIGGER tr_audit_events_stay BEFORE UPDATE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit_event()
"""


def upgrade() -> None:
    op.create_table(
        "audit_segments",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.Column("entries_digest", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("begins", sa.Boolean(), nullable=False),
        sa.Column("mark_key", sa.String(length=16), nullable=True),
        sa.Column("mark", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_audit_segments"),
    )
    op.create_index("ix_audit_segments_last", "audit_segments", ["last"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text(POSTGRESQL_FUNCTION))
        op.execute(sa.text(POSTGRESQL_TRIGGER))
    else:
        op.execute(sa.text(SQLITE_TRIGGER))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("DROP TRIGGER tr_audit_events_stay ON audit_events"))
        op.execute(sa.text("DROP FUNCTION refuse_change_of_audit_event()"))
    else:
        op.execute(sa.text("DROP TRIGGER tr_audit_events_stay"))
    op.drop_index("ix_audit_segments_last", table_name="audit_segments")
    op.drop_table("audit_segments")
