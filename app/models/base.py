"""The base class of all tables and the column type of instants."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import DateTime, Dialect, Table
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from app.extensions import db

if TYPE_CHECKING:

    class Model(DeclarativeBase):
        """What mypy sees of `db.Model`."""

else:
    Model = db.Model


def table_of(model: type[Model]) -> Table:
    """Return the table of a model, for statements without the ORM."""
    return cast(Table, model.__table__)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime on both databases; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware value into UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must be aware")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Make what SQLite gives back aware again."""
        del dialect
        if value is None or not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
