"""Authorizations with their parts, and the pending requests that ask for them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Instant, Model


class Authorization(Model):
    """A delegation; a user and a client have at most one that is not revoked.

    `used_at` is the last successful introspection, written in batches. `edit_digest` is the last edit as
    it was sent, so that the same one sent again is known. The database moves `parts_version` on with
    each change of the parts below.
    """

    __tablename__ = "authorizations"
    __table_args__ = (
        Index(
            "uq_authorizations_standing",
            "user_id",
            "client_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL AND client_id IS NOT NULL"),
            postgresql_where=text("revoked_at IS NULL AND client_id IS NOT NULL"),
        ),
        Index("ix_authorizations_created_at", "created_at", "id"),
        Index("ix_authorizations_user_id", "user_id", "created_at", "id"),
        Index("ix_authorizations_client_id", "client_id", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    client_id: Mapped[str | None] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(default=1)
    capabilities: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    paused_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    edit_digest: Mapped[str | None] = mapped_column(String(64))
    parts_version: Mapped[int] = mapped_column(BigInteger, server_default="0")


class AuthorizationProject(Model):
    """A delegated project role; from `until_at` on it falls back to `then_role`, or away."""

    __tablename__ = "authorization_projects"

    authorization_id: Mapped[str] = mapped_column(
        ForeignKey("authorizations.id", ondelete="CASCADE"), primary_key=True
    )
    project_id: Mapped[str] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(80))
    until_at: Mapped[datetime | None] = mapped_column(Instant)
    then_role: Mapped[str | None] = mapped_column(String(80))


class AuthorizationMcpServer(Model):
    """A delegated MCP server."""

    __tablename__ = "authorization_mcp_servers"

    authorization_id: Mapped[str] = mapped_column(
        ForeignKey("authorizations.id", ondelete="CASCADE"), primary_key=True
    )
    mcp_server_id: Mapped[str] = mapped_column(
        ForeignKey("mcp_servers.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    until_at: Mapped[datetime | None] = mapped_column(Instant)


class AuthorizationRequest(Model):
    """A pending request: what was asked is what is issued, to the browser that asked.

    `choice_digest` tells a decision that is sent twice; `code_digest` is the code that answers it now.
    """

    __tablename__ = "authorization_requests"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), index=True)
    browser_digest: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    decision: Mapped[str | None] = mapped_column(String(20))
    authorization_id: Mapped[str | None] = mapped_column(
        ForeignKey("authorizations.id", ondelete="CASCADE")
    )
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    choice_digest: Mapped[str | None] = mapped_column(String(64))
    code_digest: Mapped[str | None] = mapped_column(String(64))
