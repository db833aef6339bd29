"""Who may still commit rows that have a number already.

PostgreSQL gives a row its number before its transaction commits, so a lower number may appear after a
higher one. But a transaction locks the table before it takes a number, and holds that lock until others
see what it wrote. So once all who held such a lock when a number was seen have let go of it, all numbers
up to that one are settled. That is exact: it needs no clock and no limit on how long a transaction may
take, and a pooler changes nothing, because the locks are those of the server. The sequence must not give
numbers out in advance (`CACHE 1`, as it is made).
"""

from collections.abc import Set as AbstractSet

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

HOLDERS = """
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND relation = CAST(:table AS regclass) AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND mode NOT IN ('AccessShareLock', 'RowShareLock', 'ShareUpdateExclusiveLock')
"""
STILL = text(f"{HOLDERS} AND virtualtransaction IN :before").bindparams(
    bindparam("before", expanding=True)
)


def open_writers(session: Session, table: str) -> frozenset[str]:
    """Return the transactions that may have written to a table and have not ended.

    There are none on SQLite, where only what is committed is seen and one writes at a time.
    """
    if session.get_bind().dialect.name != "postgresql":
        return frozenset()
    return frozenset(session.scalars(text(HOLDERS), {"table": table}))


def still_open(session: Session, table: str, before: AbstractSet[str]) -> frozenset[str]:
    """Return those of some transactions that have not ended yet."""
    if not before:
        return frozenset()
    return frozenset(session.scalars(STILL, {"table": table, "before": sorted(before)}))
