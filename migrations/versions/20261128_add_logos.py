"""Keep a picture of a client, drawn anew by us, and the digest that is its address.

Columns are added and dropped in place: a table that SQLite builds anew would take the rows of others
with it, because their foreign keys cascade.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
# Table, lock, and how many rows a second are gone through under it; 0: it does not depend on them.
LOCKS = (("clients", "ACCESS EXCLUSIVE", 500_000),)


def upgrade() -> None:
    op.add_column("clients", sa.Column("logo_digest", sa.String(length=64), nullable=True))
    op.create_index("ix_clients_logo_digest", "clients", ["logo_digest"])
    op.create_table(
        "client_logos",
        sa.Column("client_id", sa.String(length=40), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["clients.id"],
            name="fk_client_logos_client_id_clients",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client_id", name="pk_client_logos"),
    )


def downgrade() -> None:
    op.drop_table("client_logos")
    op.drop_index("ix_clients_logo_digest", table_name="clients")
    op.drop_column("clients", "logo_digest")
