"""${message}.

A released schema is kept for ever, and a revision runs while the release before it still serves. So:
expand (a new table, or a column that may be null or has a server default), backfill in batches, and
contract in a later release, in revisions of their own. On PostgreSQL `env.py` waits at most four
seconds for a lock; an index on a large table is made CONCURRENTLY, outside the transaction. For
SQLite, which cannot alter a column, use `op.batch_alter_table`. Import nothing of the application.
"""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
