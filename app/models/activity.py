"""What credentials were used for, counted."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Instant, Model


class Activity(Model):
    """Calls of one credential for one purpose, as one resource server reported them by introspection.

    `credential` is the id of a session or of an API key; empty text stands for what was not told.
    `address` is where the resource server asked from last.
    """

    __tablename__ = "activities"

    authorization_id: Mapped[str] = mapped_column(
        ForeignKey("authorizations.id", ondelete="CASCADE"), primary_key=True
    )
    credential: Mapped[str] = mapped_column(String(40), primary_key=True)
    resource_server: Mapped[str] = mapped_column(String(80), primary_key=True)
    capability: Mapped[str] = mapped_column(String(200), primary_key=True)
    project: Mapped[str] = mapped_column(String(80), primary_key=True)
    mcp_server: Mapped[str] = mapped_column(String(80), primary_key=True)
    refused: Mapped[bool] = mapped_column(primary_key=True)
    calls: Mapped[int] = mapped_column(BigInteger, default=0)
    address: Mapped[str] = mapped_column(String(80))
    first_at: Mapped[datetime] = mapped_column(Instant)
    last_at: Mapped[datetime] = mapped_column(Instant, index=True)
