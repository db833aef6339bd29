"""What may happen once until an instant."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Instant, Model


class Lease(Model):
    """Something that may happen once until `ends_at`: a client assertion, a fetch that is running."""

    __tablename__ = "leases"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(Instant, index=True)
