"""Say which code a schema serves, so that an older version can go on beside a newer one.

The environment of the migrations writes the rows.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
LOCKS = ()  # no table that was there before is locked


def upgrade() -> None:
    op.create_table(
        "schema_support",
        sa.Column("schema_revision", sa.String(length=32), nullable=False),
        sa.Column("code_revision", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("schema_revision", "code_revision", name="pk_schema_support"),
    )


def downgrade() -> None:
    op.drop_table("schema_support")
