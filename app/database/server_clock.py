"""The clock of the database server, which an operator keeps beside those of the app's machines."""

from datetime import datetime
from typing import cast

from sqlalchemy import text

from app.database.repetition import repeated
from app.database.transactions import reading


@repeated
def ahead_by(at: datetime) -> float:
    """Return by how many seconds PostgreSQL's clock is ahead of `at`; raises Unavailable."""
    with reading() as session:
        there = cast(datetime, session.scalar(text("SELECT clock_timestamp()")))
        return (there - at).total_seconds()
