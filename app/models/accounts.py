"""Sign-ins of people in browsers, and the counters that slow guessing down."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Instant, Model


class BrowserSession(Model):
    """A signed-in browser; ended here, the cookie is worth nothing.

    `confirmed_at` is when the password was last given, None: at the sign-in.
    """

    __tablename__ = "browser_sessions"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    user_agent: Mapped[str] = mapped_column(String(300))
    address: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class FailureCount(Model):
    """How often something failed in a window; `bucket` is a digest of what is counted."""

    __tablename__ = "failure_counts"

    bucket: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    ends_at: Mapped[datetime] = mapped_column(Instant, index=True)
