"""What happens to the database itself, or to what it can give."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import psycopg

from tests.bench.faults.fault import Fault, Run
from tests.bench.faults.stage import POSTGRESQL
from tests.drivers.postgres_process import PostgresProcess

HOT_TABLES = "access_tokens, sessions, authorizations"
OTHER = "somebody else"
END_MANDATES = f"""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name <> '{OTHER}'
"""
GRABS = 3  # times that all connections are taken from Mandate


def _kill(run: Run) -> None:
    """Kill PostgreSQL with all its processes, and start it again on the same data."""
    process = PostgresProcess(run.stage.server_of_postgres())
    process.kill()
    window = run.hold()
    started = process.start()
    run.stage.stack.callback(started.wait, 10)
    run.stage.stack.callback(started.send_signal, signal.SIGINT)
    run.was_away(window)


def _stop(run: Run) -> None:
    """Stop PostgreSQL as a machine that swaps or a disk that hangs: connections stay open."""
    with PostgresProcess(run.stage.server_of_postgres()).stopped():
        window = run.hold()
    run.was_away(window)


def _lock(run: Run) -> None:
    """Hold what every write needs: the tables on PostgreSQL, the write lock on SQLite."""
    with _locked(run):
        window = run.hold()
    seen = run.statuses(window, "/oauth/token")
    run.expect(seen <= {503}, f"writes were answered with {seen}")
    if run.stage.postgres is None:
        reads = run.stage.times.between(*window, "/oauth/introspect")
        good = sum(one.status == 200 for one in reads)
        run.tally.notes.append(f"{good} of {len(reads)} reads were answered meanwhile")


@contextmanager
def _locked(run: Run) -> Iterator[None]:
    if run.stage.postgres is not None:
        with psycopg.connect(run.stage.postgres.uri(run.stage.database)) as connection:
            connection.execute(f"LOCK TABLE {HOT_TABLES}".encode())
            yield
        return
    file = run.stage.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def _take_connections(run: Run) -> None:
    """Let others have all connections that PostgreSQL gives, those of Mandate among them."""
    with ExitStack() as stack:
        uri = run.stage.server_of_postgres().uri(run.stage.database)
        first = stack.enter_context(psycopg.connect(uri, application_name=OTHER, autocommit=True))
        taken = 0
        for _ in range(GRABS):
            first.execute(END_MANDATES.encode())
            taken += _grab(stack, uri)
        window = run.hold()
    run.tally.notes.append(f"{taken} connections taken")
    seen = run.statuses(window, "/oauth/token")
    run.expect(503 in seen, f"the protocol answered with {seen}")


def _grab(stack: ExitStack, uri: str) -> int:
    """Connect until PostgreSQL refuses, and return how often it did not."""
    for count in range(1_000):
        try:
            connection = psycopg.connect(uri, application_name=OTHER, autocommit=True)
        except psycopg.OperationalError:
            return count
        stack.enter_context(connection)
    raise AssertionError("PostgreSQL has no bound")


FAULTS = [
    Fault("killed-postgresql", _kill, kinds=(POSTGRESQL,)),
    Fault("stopped-postgresql", _stop, kinds=(POSTGRESQL,)),
    Fault("locked-table", _lock),
    Fault("taken-connections", _take_connections, kinds=(POSTGRESQL,)),
]
