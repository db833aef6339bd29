"""The difference between two Terms, over time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given

from app.domain.delegation.access import Permissions, RoleTerm, Terms, effective_access
from app.domain.sentences.difference import difference
from tests.drivers.terms import AT, CATALOG, INSTANTS, LATER, SOON, is_within, permissions, terms


def test_the_difference_names_both_directions() -> None:
    before = Terms(frozenset({"api", "mcp"}), {"pay": RoleTerm("editor")}, {"cms": None}, AT)
    after = Terms(
        frozenset({"api", "apps:view"}),
        {"pay": RoleTerm("viewer"), "web": RoleTerm("viewer")},
        {"ledger": None},
    )
    assert difference(before, after, CATALOG) == {
        "widened": ["apps:view", "viewer on web", "MCP server ledger", "time without end"],
        "narrowed": ["mcp", "editor on pay", "MCP server cms"],
    }
    assert difference(after, after, CATALOG) == {"widened": [], "narrowed": []}


@pytest.mark.parametrize(
    ("before", "after", "widened", "narrowed"),
    [
        (RoleTerm("editor"), RoleTerm("editor", SOON), [], ["editor on p"]),
        (RoleTerm("editor"), RoleTerm("editor", SOON, "viewer"), [], ["editor on p"]),
        (
            RoleTerm("viewer"),
            RoleTerm("editor", SOON, "viewer"),
            ["editor on p until 22 Nov 2026, 13:00 UTC, then viewer"],
            [],
        ),
        (
            RoleTerm("viewer"),
            RoleTerm("editor", SOON),
            ["editor on p until 22 Nov 2026, 13:00 UTC"],
            ["viewer on p"],
        ),
        (
            RoleTerm("editor", SOON),
            RoleTerm("editor", LATER),
            ["editor on p until 22 Nov 2026, 14:00 UTC"],
            [],
        ),
        (RoleTerm("editor", SOON, "viewer"), RoleTerm("editor", SOON, "viewer"), [], []),
    ],
)
def test_the_difference_looks_at_roles_over_time(
    before: RoleTerm, after: RoleTerm, widened: list[str], narrowed: list[str]
) -> None:
    found = difference(Terms(projects={"p": before}), Terms(projects={"p": after}), CATALOG)
    assert found == {"widened": widened, "narrowed": narrowed}


@pytest.mark.parametrize(
    ("before", "after", "widened", "narrowed"),
    [
        (None, SOON, [], ["MCP server s1"]),
        (SOON, None, ["MCP server s1"], ["MCP server s1 until 22 Nov 2026, 13:00 UTC"][:0]),
        (SOON, LATER, ["MCP server s1 until 22 Nov 2026, 14:00 UTC"], []),
    ],
)
def test_the_difference_looks_at_the_ends_of_servers(
    before: datetime | None, after: datetime | None, widened: list[str], narrowed: list[str]
) -> None:
    found = difference(Terms(mcp_servers={"s1": before}), Terms(mcp_servers={"s1": after}), CATALOG)
    assert found == {"widened": widened, "narrowed": narrowed}


@given(terms, terms, permissions)
def test_without_widening_nothing_is_gained_at_any_time(
    one: Terms, two: Terms, own: Permissions
) -> None:
    one, two = replace(one, paused=False, revoked=False), replace(two, paused=False, revoked=False)
    found = difference(one, two, CATALOG)
    if found["widened"]:
        return
    for at in INSTANTS:
        before = effective_access(one, own, catalog=CATALOG, at=at)
        assert is_within(effective_access(two, own, catalog=CATALOG, at=at), before)


@given(terms)
def test_a_thing_does_not_differ_from_itself(held: Terms) -> None:
    assert difference(held, held, CATALOG) == {"widened": [], "narrowed": []}
