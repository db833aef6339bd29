"""Connections to PostgreSQL that wait no longer than patience lasts, whatever the server does.

The server's own limits (`statement_timeout`, `lock_timeout`) do nothing when it is stopped, or when the
network swallows what it says.
"""

import threading
import time
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Any

import psycopg
from psycopg import generators
from psycopg.abc import RV, PQGen
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from app.database import patience
from app.database.outage import HANGS, Outage

SLOW = "the database did not answer in time"
NO_CONNECTION = "no connection to the database within the time that a request has"
GOOD = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
GIVES_UP_AFTER = 2  # seconds, of libpq: an attempt that nobody waits for any more ends
INTERVAL = 0.1  # seconds between two looks for Ctrl-C


class PatientConnection(psycopg.Connection[Any]):
    """A connection whose every wait is bounded; one that waited in vain is closed."""

    outage: Outage = Outage()
    is_bounded_there = True
    """Whether a server that lives ends a statement before we give up."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._statements: dict[bytes, bytes] = {}

    def read_prepared(self, sql: bytes, values: Sequence[bytes]) -> PGresult:
        """Return the result of a statement, which is prepared once; raises psycopg.Error.

        A cursor would decode every value, which takes longer than the statement itself.
        """
        name = self._statements.get(sql)
        if name is None:
            name = b"mandate_%d" % len(self._statements)
            self.pgconn.send_prepare(name, sql)
            self._result()
            self._statements[sql] = name
        self.pgconn.send_query_prepared(name, values)
        return self._result()

    def decoded(self, result: PGresult) -> tuple[Any, ...]:
        """Return the first row of a result as a cursor would."""
        transformer = Transformer(self)
        transformer.set_pgresult(result)
        row: tuple[Any, ...] = transformer.load_row(0, tuple) or ()
        return row

    def _result(self) -> PGresult:
        result: PGresult
        [result] = self.wait(generators.execute(self.pgconn))
        if result.status not in GOOD:
            raise error_from_result(result)
        return result

    def wait(self, gen: PQGen[RV], interval: float = INTERVAL, timeout: float | None = None) -> RV:
        """Run a step of the driver; raises psycopg.OperationalError when patience is over."""
        limit = patience.left()
        if timeout is not None:
            limit = min(limit, timeout)
        if self.outage.until and self.outage.is_on():
            self.pgconn.finish()
            raise psycopg.OperationalError(HANGS)
        began = time.monotonic()
        try:
            found = super().wait(gen, interval, limit)
        except psycopg.OperationalError as error:
            waited = time.monotonic() - began
            patience.spend(waited)
            if waited < limit or error.sqlstate is not None:
                raise
            self.pgconn.finish()
            if self.is_bounded_there and limit >= patience.whole():
                self.outage.begins()
            raise psycopg.OperationalError(SLOW) from error
        patience.spend(time.monotonic() - began)
        if self.outage.until:
            self.outage.ends()
        return found


def connect(
    outage: Outage, *, is_bounded_there: bool, first: str = "", **parameters: Any
) -> PatientConnection:
    """Return a new connection on which the statements `first` have been run.

    Raises psycopg.Error, at the latest when patience is over. The attempt runs beside the caller,
    because a name that does not resolve cannot be interrupted.
    """
    if outage.is_on():
        raise psycopg.OperationalError(HANGS)
    attempt = _Attempt(first, parameters)
    limit, began = patience.left(), time.monotonic()
    try:
        found = attempt.result(limit)
    except Empty:
        if limit >= patience.whole():
            outage.begins()
        raise psycopg.OperationalError(NO_CONNECTION) from None
    finally:
        patience.spend(time.monotonic() - began)
    found.outage, found.is_bounded_there = outage, is_bounded_there
    outage.ends()
    return found


class _Attempt:
    """An attempt to connect, in a thread of its own."""

    def __init__(self, first: str, parameters: dict[str, Any]) -> None:
        self._first, self._parameters = first, parameters
        self._made: SimpleQueue[PatientConnection | psycopg.Error] = SimpleQueue()
        self._is_given_up = threading.Event()
        threading.Thread(target=self._run, name="connect", daemon=True).start()

    def _run(self) -> None:
        try:
            made = PatientConnection.connect(
                autocommit=True, connect_timeout=GIVES_UP_AFTER, **self._parameters
            )
            if self._first:
                made.execute(self._first.encode())
            made.autocommit = False
        except psycopg.Error as error:
            self._made.put(error)
            return
        self._made.put(made)
        if self._is_given_up.is_set():
            made.close()

    def result(self, seconds: float) -> PatientConnection:
        """Return the connection; raises Empty when it does not come in time, or psycopg.Error."""
        try:
            found = self._made.get(timeout=seconds)
        except Empty:
            self._is_given_up.set()
            raise
        if isinstance(found, psycopg.Error):
            raise found
        return found
