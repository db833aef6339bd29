"""Many audit events and Authorizations, written with SQL: what a busy year leaves behind."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

KINDS = ("session.refreshed", "session.started", "code.issued", "user.signed_in")
RARE = "user.disabled"  # one event in 1,000
EVENTS = """
    WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})
    INSERT INTO audit_events (at, kind, actor, subject, user_id, detail)
    SELECT {at}, CASE WHEN n % 1000 = 0 THEN '{rare}' ELSE {kind} END, 'usr_' || n % {users},
        'aut_' || n % {users}, 'usr_' || n % {users}, '{{"address": "192.0.2.7", "session": "x"}}'
    FROM numbers
"""
SQLITE_AT = "strftime('%Y-%m-%d %H:%M:%S.000000', '{start}', (n * {seconds}) || ' seconds')"
POSTGRESQL_AT = "timestamptz '{start}+00' + make_interval(secs => n * {seconds})"
START = "2026-01-01 00:00:00"


def events_statement(dialect: str, first: int, last: int, *, users: int, seconds: float) -> str:
    """Return the statement that adds the events `first` to `last`, one each `seconds` seconds."""
    at = instant_of(dialect, seconds=seconds)
    kind = f"CASE n % 4 {' '.join(f'WHEN {n} THEN {kind!r}' for n, kind in enumerate(KINDS))} END"
    return EVENTS.format(first=first, last=last, at=at, kind=kind, rare=RARE, users=users)


def instant_of(dialect: str, *, seconds: float) -> str:
    """Return the SQL of the instant of row n, when there is one each `seconds` seconds."""
    return (SQLITE_AT if dialect == "sqlite" else POSTGRESQL_AT).format(
        start=START, seconds=seconds
    )


def add_events(path: Path, number: int) -> None:
    """Add events to an SQLite database."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(events_statement("sqlite", 1, number, users=100, seconds=1))
