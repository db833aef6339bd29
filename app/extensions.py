"""The Flask extensions, unbound. `create_app` binds them; services and faces import them from here."""

import sqlite3
from typing import Any

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Engine, MetaData, event
from sqlalchemy.engine import Connection

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=15000",
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
    )
)

db = SQLAlchemy(
    metadata=MetaData(naming_convention=NAMING),
    session_options={"expire_on_commit": False},
)
migrate = Migrate(render_as_batch=True, compare_type=True)
csrf = CSRFProtect()
login = LoginManager()
limiter = Limiter(get_remote_address, strategy="fixed-window")
HOT_PATH = "glance"  # the bind that reads on the hot path


def engine_options(database_url: str) -> dict[str, Any]:
    """Return the SQLAlchemy engine options for a database URL."""
    if database_url.startswith("sqlite"):
        return {"connect_args": {"timeout": 15}}
    return {
        "pool_size": 8,
        "max_overflow": 8,
        "pool_timeout": 5,
        "pool_recycle": 1_800,
        "connect_args": {"options": POSTGRESQL_OPTIONS, "connect_timeout": 3},
    }


def hot_path_options(database_url: str) -> dict[str, Any]:
    """Return the options of the engine for the hot path: autocommit, and a plan made once."""
    options = engine_options(database_url)
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


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at the start of a writing transaction, so that no upgrade can deadlock."""
    options = connection.get_execution_options()
    if connection.dialect.name == "sqlite":
        writing = options.get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
