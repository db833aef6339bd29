"""Let a form be sent twice and later, and know a browser that signed in before.

Columns are added and dropped in place: a table that SQLite builds anew would take the rows of others
with it, because their foreign keys cascade.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
# Table, lock, and how many rows a second are gone through under it; 0: it does not depend on them.
LOCKS = (
    ("authorization_requests", "ACCESS EXCLUSIVE", 0),
    ("authorizations", "ACCESS EXCLUSIVE", 0),
    ("users", "ACCESS EXCLUSIVE", 0),
)

COLUMNS = (
    ("authorization_requests", "choice_digest"),
    ("authorization_requests", "code_digest"),
    ("authorizations", "edit_digest"),
)


def upgrade() -> None:
    for table, name in COLUMNS:
        op.add_column(table, sa.Column(name, sa.String(length=64), nullable=True))
    op.create_table(
        "kept_forms",
        sa.Column("browser_digest", sa.String(length=64), nullable=False),
        sa.Column("page", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_kept_forms_user_id_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("browser_digest", "page", name="pk_kept_forms"),
    )
    op.add_column("users", sa.Column("devices_since", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_kept_forms_expires_at", "kept_forms", ["expires_at"])


def downgrade() -> None:
    op.drop_column("users", "devices_since")
    op.drop_table("kept_forms")
    for table, name in reversed(COLUMNS):
        op.drop_column(table, name)
