"""keep api keys and activity."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activities",
        sa.Column("authorization_id", sa.String(length=40), nullable=False),
        sa.Column("credential", sa.String(length=40), nullable=False),
        sa.Column("resource_server", sa.String(length=80), nullable=False),
        sa.Column("capability", sa.String(length=200), nullable=False),
        sa.Column("project", sa.String(length=80), nullable=False),
        sa.Column("mcp_server", sa.String(length=80), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(length=80), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["authorization_id"],
            ["authorizations.id"],
            name=op.f("fk_activities_authorization_id_authorizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "authorization_id",
            "credential",
            "resource_server",
            "capability",
            "project",
            "mcp_server",
            "refused",
            name=op.f("pk_activities"),
        ),
    )
    with op.batch_alter_table("activities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activities_last_at"), ["last_at"], unique=False)

    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("authorization_id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("last_four", sa.String(length=4), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["authorization_id"],
            ["authorizations.id"],
            name=op.f("fk_api_keys_authorization_id_authorizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
    )
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_api_keys_authorization_id"), ["authorization_id"], unique=False
        )

    op.add_column("authorizations", sa.Column("used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "browser_sessions", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    # Dropped in place: a batch would make the table anew, and on SQLite that deletes its children.
    op.drop_column("browser_sessions", "confirmed_at")
    op.drop_column("authorizations", "used_at")

    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_keys_authorization_id"))

    op.drop_table("api_keys")
    with op.batch_alter_table("activities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_activities_last_at"))

    op.drop_table("activities")
