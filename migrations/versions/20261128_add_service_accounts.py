"""Let service accounts act over others within scopes of administration.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
# Table, lock, and how many rows a second are gone through under it; 0: it does not depend on them.
LOCKS = (("clients", "ACCESS EXCLUSIVE", 0),)

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("clients", sa.Column("admin_scopes", sa.JSON(none_as_null=True), nullable=True))
    op.create_table(
        "management_tokens",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=40), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["clients.id"],
            name="fk_management_tokens_client_id_clients",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest", name="pk_management_tokens"),
    )
    op.create_index("ix_management_tokens_client_id", "management_tokens", ["client_id"])
    op.create_index("ix_management_tokens_expires_at", "management_tokens", ["expires_at"])


def downgrade() -> None:
    op.drop_table("management_tokens")
    op.drop_column("clients", "admin_scopes")
