"""How the engines connect: pools, pragmas, and when a transaction begins."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, event, make_url

from app.database import files
from app.database.outage import outage_of
from app.settings.database import BY_SESSION, BY_TRANSACTION, Database

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
POSTGRESQL_BY_KEY = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_bitmapscan": "off",
    "enable_memoize": "off",
    "join_collapse_limit": "1",  # joins are written in the order of their keys
}
IN_MEMORY = (None, "", ":memory:")
AT_BEGIN = "at_begin"  # the execution option with the limits of one transaction
HOT_PATH = "hot_path"  # the bind that reads on the hot path


def engine_options(database: Database) -> dict[str, Any]:
    """Return the SQLAlchemy engine options for a database."""
    if database.is_sqlite:
        return {"connect_args": {"timeout": database.timeout}}
    options = {
        "pool_size": database.pool_size,
        "max_overflow": database.pool_size,
        "pool_timeout": database.timeout / 2,
        "pool_recycle": RECYCLED_AFTER,
        "connect_args": _connect_args(database),
    }
    if database.pooler == BY_TRANSACTION:
        limits = "; ".join(f"SET LOCAL {n} = '{v}'" for n, v in _limits(database).items())
        options["execution_options"] = {AT_BEGIN: limits}
    return options


def hot_path_options(database: Database) -> dict[str, Any]:
    """Return the options of the engine for the hot path: autocommit, and a plan made once.

    Each thread keeps a connection, so the server's threads are the bound.
    """
    options = engine_options(database)
    if make_url(database.url).database not in IN_MEMORY:  # its pool has one connection a thread
        options["max_overflow"] = -1
    options.pop("execution_options", None)  # one statement is no transaction
    options |= {
        "url": database.url,
        "isolation_level": "AUTOCOMMIT",
        "pool_reset_on_return": None,
    }
    if not database.is_sqlite:
        options["connect_args"] = _connect_args(database, POSTGRESQL_BY_KEY)
    return options


def _connect_args(database: Database, by_key: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return how to connect to PostgreSQL.

    A pooler takes no options at the start. It lends a connection for a session, in which limits can be
    set, or for a transaction, after which it belongs to somebody else.
    """
    state = {**_limits(database), **(by_key or {})}
    common = {
        "outage": outage_of(database.url),
        "is_bounded_there": database.pooler != BY_TRANSACTION,
        "tcp_user_timeout": database.timeout * 2_000,  # milliseconds
    }
    if database.pooler == BY_TRANSACTION:
        return {**common, "prepare_threshold": None}
    if database.pooler == BY_SESSION:
        return {**common, "first": "; ".join(f"SET {name} = '{state[name]}'" for name in state)}
    return {**common, "options": " ".join(f"-c {name}={state[name]}" for name in state)}


def _limits(database: Database) -> dict[str, str]:
    """Return the limits that the server itself keeps, so that we know that it lives."""
    return {
        "statement_timeout": f"{int(database.timeout * STATEMENT_PART * 1_000)}ms",
        "lock_timeout": f"{int(database.timeout * LOCK_PART * 1_000)}ms",
        "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION}s",
    }


@event.listens_for(Engine, "do_connect")
def _connect(_dialect: Any, _record: Any, _arguments: Any, parameters: dict[str, Any]) -> Any:
    """Connect to PostgreSQL with patience; None leaves SQLite to its driver."""
    if "outage" not in parameters:
        return None
    from app.database.patient_connection import connect  # with a driver that SQLite does without

    return connect(**parameters)


event.listen(Engine, "do_connect", files.make_private)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Leave BEGIN to `transactions`: the driver's own is neither early nor immediate."""
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)
