"""How the engines connect: pools, pragmas, and when a transaction begins."""

import sqlite3
from typing import Any

from sqlalchemy import Engine, event, make_url

RECYCLED_AFTER = 1_800  # seconds that a connection is used for
BUSY_TIMEOUT = 15  # seconds that SQLite waits for somebody else's lock
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT * 1_000}",
    "PRAGMA foreign_keys=ON",
)
POSTGRESQL_OPTIONS = (
    "-c statement_timeout=10s -c lock_timeout=8s -c idle_in_transaction_session_timeout=15s"
)
# The hot path reads by key at every step: one plan fits all, whatever the statistics say.
POSTGRESQL_BY_KEY = " ".join(
    f"-c {name}"
    for name in (
        "plan_cache_mode=force_generic_plan",
        "enable_seqscan=off",
        "enable_hashjoin=off",
        "enable_mergejoin=off",
        "enable_bitmapscan=off",
        "enable_memoize=off",
        "join_collapse_limit=1",  # joins are written in the order of their keys
    )
)
IN_MEMORY = (None, "", ":memory:")
HOT_PATH = "hot_path"  # the bind that reads on the hot path


def engine_options(database_url: str) -> dict[str, Any]:
    """Return the SQLAlchemy engine options for a database URL."""
    if database_url.startswith("sqlite"):
        return {"connect_args": {"timeout": BUSY_TIMEOUT}}
    return {
        "pool_size": 8,
        "max_overflow": 8,
        "pool_timeout": 5,
        "pool_recycle": RECYCLED_AFTER,
        "connect_args": {"options": POSTGRESQL_OPTIONS, "connect_timeout": 3},
    }


def hot_path_options(database_url: str) -> dict[str, Any]:
    """Return the options of the engine for the hot path: autocommit, and a plan made once.

    Each thread keeps a connection, so the server's threads are the bound.
    """
    options = engine_options(database_url)
    if make_url(database_url).database not in IN_MEMORY:  # its pool has one connection a thread
        options["max_overflow"] = -1
    options |= {"url": database_url, "isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
    if not database_url.startswith("sqlite"):
        by_key = f"{POSTGRESQL_OPTIONS} {POSTGRESQL_BY_KEY}"
        options["connect_args"] = {**options["connect_args"], "options": by_key}
    return options


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Leave BEGIN to `_begin_sqlite`: the driver's own is neither early nor immediate."""
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)
