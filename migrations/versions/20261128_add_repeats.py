"""Let a form be sent twice: what was chosen, the code that answers a request now, the last edit.

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

COLUMNS = (
    ("authorization_requests", "choice_digest"),
    ("authorization_requests", "code_digest"),
    ("authorizations", "edit_digest"),
)


def upgrade() -> None:
    for table, name in COLUMNS:
        op.add_column(table, sa.Column(name, sa.String(length=64), nullable=True))


def downgrade() -> None:
    for table, name in reversed(COLUMNS):
        op.drop_column(table, name)
