"""Tables that PostgreSQL divides by month: months are added ahead and dropped as a whole.

A partition is unbounded (the first one, and the one for the rest) or a month. Whoever changes partitions
waits for a lock for a moment only, because everybody else would wait behind; it is done the next time.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

AHEAD = 3  # months
TO = re.compile(r"TO \('([^']+)'\)")
PARTITIONS = """
    SELECT child.relname, pg_get_expr(child.relpartbound, child.oid)
    FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
    JOIN pg_class AS parent ON parent.oid = inhparent
    WHERE parent.relname = :table AND pg_table_is_visible(parent.oid) ORDER BY child.relname
"""


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition: up to before `until`, None for the rest; only a month has a lower bound."""

    name: str
    until: datetime | None
    is_month: bool


def partitions_of(session: Session, table: str) -> list[Partition]:
    """Return the partitions of a table, none on SQLite and for a table that is not divided."""
    if session.get_bind().dialect.name != "postgresql":
        return []
    session.execute(text("SET LOCAL TimeZone = 'UTC'"))
    rows = session.execute(text(PARTITIONS), {"table": table}).all()
    return [_partition(name, bounds) for name, bounds in rows]


def _partition(name: str, bounds: str) -> Partition:
    found = TO.search(bounds)
    until = None if found is None else datetime.fromisoformat(found[1]).astimezone(UTC)
    return Partition(name, until, found is not None and "MINVALUE" not in bounds)


def wait_briefly(session: Session) -> None:
    """Let the running transaction give up soon when somebody holds a lock that it needs."""
    session.execute(text("SET LOCAL lock_timeout = '200ms'"))


def missing_months(partitions: list[Partition], at: datetime) -> list[datetime]:
    """Return the first instants of the coming months that have no partition yet."""
    months = [_month(at, ahead) for ahead in range(AHEAD + 1)]
    last = max((each.until for each in partitions if each.until), default=months[0])
    return [month for month in months if month >= last]


def _month(at: datetime, ahead: int) -> datetime:
    years, month = divmod(at.month - 1 + ahead, 12)
    return datetime(at.year + years, month + 1, 1, tzinfo=UTC)


def add_month(session: Session, table: str, column: str, month: datetime) -> None:
    """Add the partition of a month, unless the partition for the rest holds rows of it.

    The table itself stays open for writers; the partition for the rest is looked through.
    """
    wait_briefly(session)
    name, until = f"{table}_{month:%Y_%m}", _month(month, 1)
    span = {"since": month, "until": until}
    taken = f"SELECT 1 FROM {table} WHERE {column} >= :since AND {column} < :until LIMIT 1"  # noqa: S608 - names of ours
    if session.scalar(text(taken), span) is not None:
        return
    session.execute(text(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS)"))
    bounds = f"FROM ('{month.isoformat()}') TO ('{until.isoformat()}')"
    session.execute(text(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES {bounds}"))


def take_time(session: Session) -> None:
    """Let the statements of the running transaction take as long as they do: they block nobody."""
    session.execute(text("SET LOCAL statement_timeout = 0"))


def drop(session: Session, partition: Partition) -> None:
    """Drop a partition with its rows."""
    wait_briefly(session)
    session.execute(text(f"DROP TABLE {partition.name}"))
