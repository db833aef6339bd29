"""Browser sessions of users, links for a new password, and the counters that slow down guessing."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Instant, Model


class BrowserSession(Model):
    """A signed-in browser; once it is ended here, its cookie is worthless.

    `confirmed_at` is when the password was given again, None when only at the sign-in.
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


class PasswordLink(Model):
    """A link with which a user sets a new password; a user has one at most, and using it removes it."""

    __tablename__ = "password_links"

    user_id: Mapped[str] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class KeptForm(Model):
    """What was chosen on a page when the sign-in had ended; `user_id` None when nobody knows whose."""

    __tablename__ = "kept_forms"

    browser_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    page: Mapped[str] = mapped_column(String(200), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    fields: Mapped[list[list[str]]] = mapped_column(JSON)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class FailureCount(Model):
    """How often something failed in a window; `bucket` is a digest of what is counted."""

    __tablename__ = "failure_counts"

    bucket: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    ends_at: Mapped[datetime] = mapped_column(Instant, index=True)
