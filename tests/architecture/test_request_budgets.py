"""How much a request may ask of the database, and of the clock: it walks one way and reads once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event

from app.extensions import db
from app.runtime.clock import CLOCK
from tests.drivers.tool import Tool, target_of
from tests.drivers.world import World

CHOICE: dict[str, Any] = {"capabilities": ["api"], "project-website": "viewer", "expires_in": ""}


@dataclass
class Cost:
    """What one request took: transactions, statements, and readings of the clock."""

    transactions: int = 0
    statements: int = 0
    instants: int = 0


@contextmanager
def measured(world: World) -> Iterator[Cost]:
    """Count what the app does meanwhile; the statement of introspection has a pool of its own."""
    cost = Cost()

    def begin(*_: object) -> None:
        cost.transactions += 1

    def execute(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        cost.statements += not statement.startswith("BEGIN")

    def clock() -> datetime:
        cost.instants += 1
        return world.clock()

    with world.app.app_context():
        engine = db.engine
    event.listen(engine, "begin", begin)
    event.listen(engine, "before_cursor_execute", execute)
    world.app.extensions[CLOCK] = clock
    try:
        yield cost
    finally:
        event.remove(engine, "begin", begin)
        event.remove(engine, "before_cursor_execute", execute)
        world.app.extensions[CLOCK] = world.clock


@pytest.fixture
def signed_in(lone_tool: Tool) -> Tool:
    """A tool in a browser that has been seen a moment ago: no sign-in is written meanwhile."""
    lone_tool.sign_in()
    return lone_tool


def approved(tool: Tool) -> str:
    """Approve a request and return the address that answers it."""
    address, page = tool.consent_page()
    answer = tool.browser.submit(page, address, decision="approve", **CHOICE)
    return str(answer.location)


def delegated(tool: Tool) -> str:
    """Delegate to the tool and return the address of its Authorization."""
    tool.tokens(CHOICE)
    [[found]] = tool.world.execute("SELECT id FROM authorizations")
    return f"/settings/authorizations/{found}"


def test_a_decided_request_is_answered_in_two_transactions(signed_in: Tool) -> None:
    location = approved(signed_in)
    with measured(signed_in.world) as cost:
        page = signed_in.browser.get(location)
    assert "code=" in target_of(page)
    assert cost.transactions == 2, "the sign-in's look-up, and the answer"
    assert cost.statements <= 6


EDITS: dict[str, dict[str, Any]] = {
    "a role": {**CHOICE, "project-website": "editor"},
    "everything": {
        "capabilities": ["api", "mcp", "flows:edit"],
        "project-website": "editor",
        "project-payments": "viewer",
        "mcp_servers": ["ledger"],
        "expires_in": "3600",
        "name": "Another name",
    },
    "nothing": CHOICE,
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_saved_edit_builds_no_page(signed_in: Tool, edit: str) -> None:
    address = delegated(signed_in)
    page = signed_in.browser.get(address)
    with measured(signed_in.world) as cost:
        answer = signed_in.browser.submit(page, address, action="save", **EDITS[edit])
    assert answer.status_code == 303
    assert cost.transactions == 2
    assert cost.statements <= 15


def test_the_checker_reads_nothing_but_what_the_page_has_read(signed_in: Tool) -> None:
    address = delegated(signed_in)
    with measured(signed_in.world) as page:
        signed_in.browser.get(address)
    with measured(signed_in.world) as checked:
        answer = signed_in.browser.get(f"{address}?capability=api&project=website")
    assert "It would be allowed now." in answer.text
    assert checked.statements == page.statements
    assert page.statements <= 15


def test_a_request_has_one_instant(signed_in: Tool) -> None:
    address = delegated(signed_in)
    consent, page = signed_in.consent_page()
    for url in (address, f"{address}?capability=api", consent, "/settings/account", "/login"):
        with measured(signed_in.world) as cost:
            signed_in.browser.get(url)
        assert cost.instants == 1, url
    with measured(signed_in.world) as cost:
        signed_in.browser.submit(page, consent, decision="approve", **CHOICE)
    assert cost.instants == 2, "who sends a large form is asked before its body has come"
