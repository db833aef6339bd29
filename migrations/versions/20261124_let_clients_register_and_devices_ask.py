"""let clients register and devices ask."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ADDED = {
    "registration_digest": sa.String(length=64),
    "removable_at": sa.DateTime(timezone=True),
    "document_fresh_until": sa.DateTime(timezone=True),
    "fetched_keys": sa.JSON(),
    "keys_read_at": sa.DateTime(timezone=True),
}


def upgrade() -> None:
    op.add_column("clients", sa.Column("more", sa.JSON(), nullable=False, server_default="{}"))
    for name, kind in ADDED.items():
        op.add_column("clients", sa.Column(name, kind, nullable=True))
    op.create_index(op.f("ix_clients_removable_at"), "clients", ["removable_at"])
    op.create_table(
        "claims",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_ends_at"), "claims", ["ends_at"])
    op.create_table(
        "device_codes",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("user_code_digest", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=40), nullable=False),
        sa.Column("capabilities", sa.JSON(), nullable=False),
        sa.Column("resources", sa.JSON(), nullable=False),
        sa.Column("user_agent", sa.String(length=300), nullable=False),
        sa.Column("address", sa.String(length=80), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=True),
        sa.Column("redeemed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["clients.id"],
            name=op.f("fk_device_codes_client_id_clients"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["authorization_requests.id"],
            name=op.f("fk_device_codes_request_id_authorization_requests"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_device_codes")),
        sa.UniqueConstraint("user_code_digest", name=op.f("uq_device_codes_user_code_digest")),
    )
    for column in ("client_id", "expires_at", "request_id"):
        op.create_index(op.f(f"ix_device_codes_{column}"), "device_codes", [column])


def downgrade() -> None:
    op.drop_table("device_codes")
    op.drop_table("claims")
    op.drop_index(op.f("ix_clients_removable_at"), "clients")
    # Dropped in place: a batch would make the table anew, and on SQLite that deletes its children.
    for name in ("more", *ADDED):
        op.drop_column("clients", name)
