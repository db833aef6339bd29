"""What stands in front of PostgreSQL: a pooler is recognised by what it does to connections."""

import psycopg
from sqlalchemy import make_url

from app.database.patient_connection import GIVES_UP_AFTER
from app.database.transactions import unavailable
from app.settings.database import BY_SESSION, BY_TRANSACTION, NO_POOLER, Database

PID = "SELECT pg_backend_pid()"


def pooler_of(database: Database) -> str:
    """Return which pooler is there, in the words of the setting; raises Unavailable.

    The server tells a client its process at the start, and a pooler tells a number of its own. Two
    clients that are connected at once, and get the same process, get it for a transaction each.
    """
    url = make_url(database.url).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with _connected(url) as one, _connected(url) as other:
            told = one.info.backend_pid
            first, second = (each.execute(PID).fetchone() for each in (one, other))
    except psycopg.Error as error:
        raise unavailable(error) from error
    if first is None or first[0] == told:
        return NO_POOLER
    return BY_TRANSACTION if first == second else BY_SESSION


def _connected(url: str) -> psycopg.Connection[tuple[int]]:
    return psycopg.connect(
        url, autocommit=True, prepare_threshold=None, connect_timeout=GIVES_UP_AFTER
    )
