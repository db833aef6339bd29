"""The audit log and its proof."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Index, Integer, LargeBinary, String
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


class AuditSegment(Model):
    """A sealed part of the log, as `app.domain.audit_chain` describes it; `number` counts from 1.

    The key keeps two sealers from going on from one segment.
    """

    __tablename__ = "audit_segments"

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False
    )
    first: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger, index=True)
    count: Mapped[int] = mapped_column(Integer)
    entries: Mapped[bytes] = mapped_column(LargeBinary)
    entries_digest: Mapped[str] = mapped_column(String(64))
    previous: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime] = mapped_column(Instant)
    key: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64))
    begins: Mapped[bool] = mapped_column(Boolean)
    mark_key: Mapped[str | None] = mapped_column(String(16))
    mark: Mapped[str | None] = mapped_column(String(64))
