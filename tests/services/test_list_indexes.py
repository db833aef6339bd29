"""The long lists read along an index, whatever they are narrowed to: the databases say so themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import ClauseElement, text

from app.database.pages import Order, Statement, page_of
from app.extensions import db
from app.models import AuditEvent
from app.services import audit
from app.services.audit import Filter
from app.services.authorizations import inventory, listing
from tests.drivers.events import RARE, events_statement, instant_of
from tests.drivers.world import World

EVENTS, AUTHORIZATIONS = 30_000, 10_000
SINCE = datetime(2026, 1, 1, 8, tzinfo=UTC)
FILTERS = {
    "ix_audit_events_kind": [
        Filter(kind=RARE),
        Filter(kind=RARE, after=20_000),
    ],
    "ix_audit_events_user_id": [Filter(user_id="usr_7"), Filter(user_id="usr_nobody")],
    "ix_audit_events_subject": [Filter(subject="aut_7"), Filter(subject="nothing")],
}
# The partition for what no month takes is empty, and read whole.
WHOLE = re.compile(
    r"Seq Scan on (audit_events_first|authorizations)\b|SCAN a(udit_events|uthorizations)$",
    re.MULTILINE,
)
ENDS_WITH_NUMBER = re.compile("Index Cond: .*number >")  # few rows are sorted after they were found
COPIES = """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {number})
    INSERT INTO authorizations (id, kind, user_id, client_id, name, version, capabilities, created_at,
        updated_at, revoked_at)
    SELECT 'aut_' || n, 'oauth2', users.id, clients.id, 'x', 1, '[]', {at}, {at}, {at}
    FROM numbers, users, clients WHERE users.username = CASE WHEN n % 100 = 0 THEN 'cleo' ELSE 'ben' END
        AND clients.name = CASE WHEN n % 100 = 1 THEN 'Reports' ELSE 'Native tool' END
"""


@pytest.fixture
def large(world: World) -> Iterator[World]:
    with world.app.app_context():
        dialect = db.engine.dialect.name
        with db.engine.begin() as connection:
            at = instant_of(dialect, seconds=1)
            copies = COPIES.format(number=AUTHORIZATIONS, at=at)
            made = events_statement(dialect, 1_000, EVENTS, users=300, seconds=1)
            connection.execute(text(made))
            connection.execute(text(copies))
            if dialect == "postgresql":  # it does so itself; SQLite never does
                connection.execute(text("ANALYZE"))
        yield world


def plan(statement: ClauseElement) -> str:
    """Return how the database would read a statement."""
    with db.engine.connect() as connection:
        made = statement.compile(connection, compile_kwargs={"literal_binds": True})
        word = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        rows = connection.exec_driver_sql(f"{word} {made}".replace("%", "%%")).all()
    return "\n".join(str(row[-1]) for row in rows)


def page(statement: Statement, key: tuple[Any, ...], after: tuple[Any, ...] | None = None) -> str:
    order = Order(key, is_descending=key == inventory.KEY)
    return plan(page_of(statement, order, after, 1_000))


def reads_along(found: str, index: str) -> bool:
    """Say whether a plan reads a table along an index, and sorts nothing but what it begins at."""
    sorts = "TEMP B-TREE" in found or ("Sort" in found and not ENDS_WITH_NUMBER.search(found))
    in_partition = index.replace("audit_events", "audit_events_first")
    is_used = index in found or in_partition in found
    return is_used and not WHOLE.search(found) and not sorts


def test_events_are_found_along_the_index_of_each_filter(large: World) -> None:
    for index, filters in FILTERS.items():
        for which in filters:
            found = page(audit.statement_of(which), (AuditEvent.number,), (which.after,))
            assert reads_along(found, index), found


def test_all_events_are_read_along_their_numbers(large: World) -> None:
    for which in (Filter(), Filter(after=25_000), Filter(since=SINCE, after=20_000)):
        found = page(audit.statement_of(which), (AuditEvent.number,), (which.after,))
        # Few events since an instant may be found by it and sorted; many are read by number.
        keys = ("pk_audit_events_first", "USING INTEGER PRIMARY KEY (rowid>?)")
        by_instant = which.since is not None and "ix_audit_events_first_at" in found
        assert by_instant or any(key in found for key in keys), found
        assert reads_along(found, ""), found


def test_the_first_event_since_an_instant_is_read_off_an_index(large: World) -> None:
    found = plan(audit.first_since_statement(datetime(2026, 1, 1, 8, 19, tzinfo=UTC)))
    assert reads_along(found, "ix_audit_events_at"), found


def test_authorizations_are_read_along_an_index(large: World) -> None:
    with db.engine.connect() as connection:
        user_id = connection.scalar(text("SELECT id FROM users WHERE username = 'cleo'"))
        client_id = connection.scalar(text("SELECT id FROM clients WHERE name = 'Reports'"))
    after = (SINCE - timedelta(hours=7), "aut_5000")
    for index, narrow in (
        ("ix_authorizations_created_at", (None, None)),
        ("ix_authorizations_user_id", (user_id, None)),
        ("ix_authorizations_client_id", (None, client_id)),
    ):
        for begin in (None, after):
            found = page(inventory.narrowed(listing.everything(), *narrow), inventory.KEY, begin)
            assert reads_along(found, index), found
