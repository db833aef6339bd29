"""What an access amounts to in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.domain.delegation.access import RoleTerm, Terms, effective_access
from app.domain.sentences.access import change_text, counted, notes, summary
from tests.drivers.offers import AROUND
from tests.drivers.terms import AT, CATALOG


def sentence(held: Terms) -> str:
    found = effective_access(held, AROUND.permissions, catalog=CATALOG, at=AT)
    return summary("Helper", found, CATALOG, AROUND, held)


def test_the_summary_says_what_is_possible_where() -> None:
    held = Terms(
        frozenset({"api", "mcp", "apps:view", "flows:edit"}),
        {"pay": RoleTerm("editor"), "web": RoleTerm("viewer")},
        {"ledger": None},
        AT + timedelta(days=1),
    )
    assert sentence(held) == (
        "Helper may use the API; view apps and create and modify flows in Payments (editor); "
        "view apps in Website (viewer). It may use the MCP server Ledger. "
        "It ends on 23 Nov 2026, 12:00 UTC."
    )


@pytest.mark.parametrize(
    ("held", "missing"),
    [
        (Terms(), "at least one capability"),
        (Terms(frozenset({"mcp"})), "MCP servers that it may use"),
        (Terms(frozenset({"api"})), "a project and a role"),
        (Terms(frozenset({"flows:edit"}), {"web": RoleTerm("viewer")}), "not enough"),
        (Terms(frozenset({"apps:admin"}), {"web": RoleTerm("viewer")}), "not enough"),
    ],
)
def test_the_summary_says_what_is_missing(held: Terms, missing: str) -> None:
    assert missing in sentence(held)
    assert sentence(held).startswith("Nothing useful")


def test_notes_name_what_has_no_effect() -> None:
    held = Terms(frozenset({"api", "mcp", "flows:edit"}), {"web": RoleTerm("viewer")})
    found = effective_access(held, AROUND.permissions, catalog=CATALOG, at=AT)
    said = " ".join(notes(found, held, CATALOG))
    assert "“Create and modify flows” has no effect" in said
    assert "until you tick a server" in said


def test_the_one_line_summary_counts() -> None:
    held = Terms(
        frozenset({"api", "mcp"}),
        {"pay": RoleTerm("editor"), "web": RoleTerm("viewer")},
        {"ledger": None},
    )
    found = effective_access(held, AROUND.permissions, catalog=CATALOG, at=AT)
    assert counted(found, CATALOG) == "2 projects, editor at most · 1 MCP server · api"


def test_a_change_is_a_sentence() -> None:
    changes = {"narrowed": ["editor on payments"], "widened": ["MCP server ledger"]}
    assert change_text(changes) == "Takes away editor on payments; adds MCP server ledger."
    assert change_text({"narrowed": [], "widened": ["api"]}) == "Adds api."
    assert change_text({}) == "Changes nothing."
