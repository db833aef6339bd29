"""How the engines connect: pools, pragmas, and when a transaction begins."""

import sqlite3
from typing import Any

from sqlalchemy import Engine, event, make_url

from app.database.outage import outage_of
from app.database.patient_connection import connect
from app.settings.database import NO_POOLER, Database

RECYCLED_AFTER = 1_800  # seconds that a connection is used for
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
)
# Parts of a request's span after which the server itself ends what waits: we then know that it lives.
STATEMENT_PART, LOCK_PART = 0.9, 0.7
IDLE_IN_TRANSACTION = 15  # seconds
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


def engine_options(database: Database) -> dict[str, Any]:
    """Return the SQLAlchemy engine options for a database."""
    if database.is_sqlite:
        return {"connect_args": {"timeout": database.timeout}}
    return {
        "pool_size": database.pool_size,
        "max_overflow": database.pool_size,
        "pool_timeout": database.timeout / 2,
        "pool_recycle": RECYCLED_AFTER,
        "connect_args": _connect_args(database),
    }


def hot_path_options(database: Database) -> dict[str, Any]:
    """Return the options of the engine for the hot path: autocommit, and a plan made once.

    Each thread keeps a connection, so the server's threads are the bound.
    """
    options = engine_options(database)
    if make_url(database.url).database not in IN_MEMORY:  # its pool has one connection a thread
        options["max_overflow"] = -1
    options |= {
        "url": database.url,
        "isolation_level": "AUTOCOMMIT",
        "pool_reset_on_return": None,
    }
    if not database.is_sqlite:
        options["connect_args"] = _connect_args(database, POSTGRESQL_BY_KEY)
    return options


def _connect_args(database: Database, more: str = "") -> dict[str, Any]:
    """Return how to connect to PostgreSQL.

    A pooler lends connections to others, so it gets no options.
    """
    common = {
        "outage": outage_of(database.url),
        "is_bounded_there": database.pooler == NO_POOLER,
        "tcp_user_timeout": max(database.timeout, 1) * 2_000,  # milliseconds
    }
    if database.pooler != NO_POOLER:
        return {**common, "prepare_threshold": None}
    limits = {
        "statement_timeout": f"{int(database.timeout * STATEMENT_PART * 1_000)}ms",
        "lock_timeout": f"{int(database.timeout * LOCK_PART * 1_000)}ms",
        "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION}s",
    }
    options = " ".join(f"-c {name}={value}" for name, value in limits.items())
    return {**common, "options": f"{options} {more}".rstrip()}


@event.listens_for(Engine, "do_connect")
def _connect(_dialect: Any, _record: Any, _arguments: Any, parameters: dict[str, Any]) -> Any:
    """Connect to PostgreSQL with patience; None leaves SQLite to its driver."""
    return connect(**parameters) if "outage" in parameters else None


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Leave BEGIN to `_begin_sqlite`: the driver's own is neither early nor immediate."""
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)
