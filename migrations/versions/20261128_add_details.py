"""Let a device ask by authorization_details, and let a client narrow an access token to some.

Columns are added and dropped in place: a table that SQLite builds anew would take the rows of others
with it, because their foreign keys cascade.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
# Table, lock, and how many rows a second are gone through under it; 0: it does not depend on them.
LOCKS = (
    ("access_tokens", "ACCESS EXCLUSIVE", 0),
    ("device_codes", "ACCESS EXCLUSIVE", 0),
)

TABLES = ("access_tokens", "device_codes")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("authorization_details", sa.JSON(), nullable=True))


def downgrade() -> None:
    # The release before does not know that these are narrowed: it would take them for the whole access.
    op.execute("DELETE FROM access_tokens WHERE authorization_details IS NOT NULL")
    for table in reversed(TABLES):
        op.drop_column(table, "authorization_details")
