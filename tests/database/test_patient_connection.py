"""Connections to PostgreSQL that wait no longer than patience lasts."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest

from app.database import patience
from app.database.outage import Outage
from app.database.patient_connection import PatientConnection, connect
from tests.drivers.postgres import Postgres

pytestmark = pytest.mark.slow

SPAN = 0.4


@contextmanager
def a_request(seconds: float = SPAN) -> Iterator[None]:
    patience.begin(seconds)
    try:
        yield
    finally:
        patience.finish()


@contextmanager
def stopped(server: Postgres) -> Iterator[None]:
    """Stop a server and all its processes."""
    parent = server.pid()
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, check=True
    )
    pids = [parent, *map(int, listed.stdout.split())]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


Make = Callable[..., PatientConnection]


@pytest.fixture
def made(postgres: Postgres) -> Iterator[Make]:
    """Connections that are closed at the end."""
    with ExitStack() as stack:

        def make(outage: Outage, **more: Any) -> PatientConnection:
            uri = postgres.uri("postgres")
            one = connect(outage, is_bounded_there=True, conninfo=uri, **more)
            one.autocommit = True
            stack.callback(one.close)
            return one

        yield make


def test_a_server_that_is_stopped_is_given_up_and_then_not_asked(
    postgres: Postgres, made: Make
) -> None:
    outage = Outage()
    one, other = made(outage), made(outage)
    with stopped(postgres):
        began = time.monotonic()
        with a_request(), pytest.raises(psycopg.OperationalError, match="in time"):
            one.execute("SELECT 1")
        assert SPAN <= time.monotonic() - began < SPAN + 0.5
        began = time.monotonic()
        with a_request(), pytest.raises(psycopg.OperationalError, match="tried again"):
            other.execute("SELECT 1")
        with a_request(), pytest.raises(psycopg.OperationalError, match="tried again"):
            made(outage)
        assert time.monotonic() - began < SPAN / 2
    assert one.closed
    outage.ends()
    assert made(outage).execute("SELECT 1").fetchone() == (1,)


def test_a_new_connection_is_given_up_too(postgres: Postgres, made: Make) -> None:
    with stopped(postgres):
        began = time.monotonic()
        with a_request(), pytest.raises(psycopg.OperationalError, match="no connection"):
            made(Outage())
        assert SPAN <= time.monotonic() - began < SPAN + 0.5


def test_a_network_that_swallows_everything_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/none"
        began = time.monotonic()
        with a_request(), pytest.raises(psycopg.OperationalError, match="no connection"):
            connect(Outage(), is_bounded_there=True, conninfo=where)
        assert time.monotonic() - began < SPAN + 0.5


def test_who_has_little_left_says_nothing_about_the_server(made: Make) -> None:
    outage = Outage()
    one = made(outage)
    with a_request():
        patience.spend(SPAN - 0.05)
        with pytest.raises(psycopg.OperationalError, match="in time"):
            one.execute("SELECT pg_sleep(1)")
    assert not outage.is_on()


def test_a_server_that_refuses_is_no_outage(made: Make) -> None:
    outage = Outage()
    one = made(outage, options="-c lock_timeout=50ms")
    other = made(outage)
    other.execute("CREATE TABLE locked (one int)")
    try:
        with other.transaction(), a_request():
            other.execute("LOCK TABLE locked")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                one.execute("SELECT * FROM locked")
    finally:
        other.execute("DROP TABLE locked")
    assert not outage.is_on()
    assert not one.closed


def test_an_attempt_that_succeeds_too_late_is_closed(
    made: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[PatientConnection] = []
    done = threading.Event()
    real = PatientConnection.connect

    def slow(**parameters: Any) -> PatientConnection:
        time.sleep(0.3)
        late.append(real(**parameters))
        threading.Timer(0.2, done.set).start()
        return late[0]

    monkeypatch.setattr(PatientConnection, "connect", slow)
    with a_request(0.1), pytest.raises(psycopg.OperationalError, match="no connection"):
        made(Outage())
    assert done.wait(5)
    assert late[0].closed
