"""The audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Instant, Model


class AuditEvent(Model):
    """One event; `number` gives the order, `user_id` whose timeline it belongs to.

    Each index ends with the number, because lists are read on from a number.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_at", "at", "number"),
        Index("ix_audit_events_kind", "kind", "number"),
        Index("ix_audit_events_subject", "subject", "number"),
        Index("ix_audit_events_user_id", "user_id", "number"),
    )

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(String(60))
    actor: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[str | None] = mapped_column(String(40))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
