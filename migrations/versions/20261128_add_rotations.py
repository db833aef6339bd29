"""Let operators rotate secrets with an overlap, stop resource servers, and hand out password links.

Columns are added and dropped in place: a table that SQLite builds anew would take the rows of others
with it, because their foreign keys cascade.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
# Table, lock, and how many rows a second are gone through under it; 0: it does not depend on them.
LOCKS = (
    ("clients", "ACCESS EXCLUSIVE", 0),
    ("resource_servers", "ACCESS EXCLUSIVE", 0),
    ("users", "SHARE ROW EXCLUSIVE", 0),
)

ROTATED = ("clients", "resource_servers")
DIGEST, INSTANT = sa.String(length=64), sa.DateTime(timezone=True)


def upgrade() -> None:
    for table in ROTATED:
        op.add_column(table, sa.Column("previous_secret_digest", DIGEST, nullable=True))
        op.add_column(table, sa.Column("previous_secret_ends_at", INSTANT, nullable=True))
    op.add_column("resource_servers", sa.Column("disabled_at", INSTANT, nullable=True))
    op.create_table(
        "password_links",
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_password_links_user_id_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name="pk_password_links"),
        sa.UniqueConstraint("digest", name="uq_password_links_digest"),
    )
    op.create_index("ix_password_links_expires_at", "password_links", ["expires_at"])


def downgrade() -> None:
    op.drop_table("password_links")
    op.drop_column("resource_servers", "disabled_at")
    for table in reversed(ROTATED):
        op.drop_column(table, "previous_secret_ends_at")
        op.drop_column(table, "previous_secret_digest")
