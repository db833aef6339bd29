"""The database from MANDATE_DATABASE_*: where it is, how long it is waited for, who stands between."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.domain.errors import Misconfigured
from app.settings.numbers import whole_number

URL_NAME = "MANDATE_DATABASE_URL"
TIMEOUT_NAME = "MANDATE_DATABASE_TIMEOUT"
POOLER_NAME = "MANDATE_DATABASE_POOLER"
POOL_SIZE_NAME = "MANDATE_DATABASE_POOL_SIZE"
NAMES = (URL_NAME, TIMEOUT_NAME, POOLER_NAME, POOL_SIZE_NAME)

SCHEMES = ("sqlite:///", "postgresql+psycopg://")
MAX_TIMEOUT = 60
MAX_POOL_SIZE = 100
NO_POOLER, BY_SESSION, BY_TRANSACTION = "none", "session", "transaction"
POOLERS = (NO_POOLER, BY_SESSION, BY_TRANSACTION)


@dataclass(frozen=True, slots=True)
class Database:
    """A database.

    `timeout` is in seconds: how long one request waits for it in all. `pooler` says what a pooler such
    as PgBouncer lends a connection for. `pool_size` is the number of connections that one process holds
    beside one for each thread of the hot path.
    """

    url: str
    timeout: int = 1
    pooler: str = NO_POOLER
    pool_size: int = 8

    @property
    def is_sqlite(self) -> bool:
        """Say whether it is a file of SQLite."""
        return self.url.startswith("sqlite")


def database_of(environ: Mapping[str, str]) -> Database:
    """Return what the environment says; raises Misconfigured."""
    url, pooler = _url(environ.get(URL_NAME, "")), environ.get(POOLER_NAME) or NO_POOLER
    if pooler not in POOLERS:
        raise Misconfigured(f"{POOLER_NAME} must be one of {', '.join(POOLERS)}.")
    if pooler != NO_POOLER and url.startswith("sqlite"):
        raise Misconfigured(f"{POOLER_NAME} is for PostgreSQL only.")
    return Database(
        url,
        whole_number(TIMEOUT_NAME, environ.get(TIMEOUT_NAME) or "1", 1, MAX_TIMEOUT),
        pooler,
        whole_number(POOL_SIZE_NAME, environ.get(POOL_SIZE_NAME) or "8", 1, MAX_POOL_SIZE),
    )


def _url(text: str) -> str:
    if not text.startswith(SCHEMES):
        raise Misconfigured(f"{URL_NAME} must begin with {' or '.join(SCHEMES)}.")
    try:
        make_url(text)
    except (ArgumentError, ValueError):
        raise Misconfigured(f"{URL_NAME} cannot be read as a URL.") from None
    return text
