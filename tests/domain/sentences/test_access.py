"""What an access amounts to in words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given

from app.domain.delegation.access import Permissions, RoleTerm, Terms, effective_access
from app.domain.delegation.limits import UserRights
from app.domain.sentences.access import (
    Heading,
    change_text,
    counted,
    details,
    heading,
    notes,
    summary,
)
from tests.drivers.offers import AROUND
from tests.drivers.terms import AT, CATALOG, permissions, terms

HIGHER = "Choose a higher role: what you ticked needs more than the roles you chose."


def sentence(held: Terms) -> str:
    found = effective_access(held, AROUND.permissions, catalog=CATALOG, at=AT)
    return summary(found, CATALOG, AROUND, held)


def test_the_summary_says_what_is_possible_where() -> None:
    held = Terms(
        frozenset({"api", "mcp", "apps:view", "flows:edit"}),
        {"pay": RoleTerm("editor"), "web": RoleTerm("viewer")},
        {"ledger": None},
        AT + timedelta(days=1),
    )
    found = effective_access(held, AROUND.permissions, catalog=CATALOG, at=AT)
    assert details(found, CATALOG, AROUND) == (
        "Create and modify flows and view apps in Payments (editor).",
        "View apps in Website (viewer).",
        "Use the MCP server Ledger.",
    )
    assert sentence(held) == (
        "It can do up to 2 things in 2 projects and use 1 MCP server until 23 Nov 2026, 12:00 UTC."
    )


SHORT = [
    (
        Terms(frozenset({"api", "flows:edit"}), {"pay": RoleTerm("editor")}),
        "It can create and modify flows in Payments (editor) until you stop it.",
    ),
    (
        Terms(frozenset({"api"}), {"pay": RoleTerm("viewer"), "web": RoleTerm("viewer")}),
        "It can work in Payments (viewer) and Website (viewer) until you stop it.",
    ),
    (
        Terms(frozenset({"mcp"}), {}, {"ledger": None, "cms": None}, AT + timedelta(days=90)),
        "It can use CMS and Ledger until 20 Feb 2027, 12:00 UTC.",
    ),
    (
        Terms(frozenset({"apps:view", "flows:edit", "secrets:edit"}), {"pay": RoleTerm("editor")}),
        "It can manage secrets and 2 more in Payments (editor) until you stop it.",
    ),
]


@pytest.mark.parametrize(("held", "words"), SHORT, ids=["one", "general", "servers", "sensitive"])
def test_the_sentence_fits_on_two_lines_of_a_phone(held: Terms, words: str) -> None:
    assert sentence(held) == words
    assert len(words) <= 92


@given(terms, permissions)
def test_the_sentence_is_short_and_its_details_are_whole(held: Terms, own: Permissions) -> None:
    names = {s: s for s in own.mcp_servers}
    rights = UserRights(own, {s: s for s in own.roles}, names, names)
    found = effective_access(held, own, catalog=CATALOG, at=AT)
    said = " ".join(details(found, CATALOG, rights))
    assert len(summary(found, CATALOG, rights, held)) <= 110
    for part in found.projects.values():
        for name in part.actions:
            assert CATALOG.capabilities[name].title.lower() in said.lower()
    for server in found.mcp_servers:
        assert server in said.split("MCP server", 1)[1]


def test_a_list_shows_what_and_where() -> None:
    held = Terms(frozenset({"mcp", "flows:edit"}), {"pay": RoleTerm("editor")}, {"cms": None})
    found = effective_access(held, AROUND.permissions, catalog=CATALOG, at=AT)
    shown = heading(found, CATALOG, AROUND)
    assert shown == Heading(
        "Create and modify flows and use 1 MCP server", "Payments (editor), CMS"
    )
    nothing = effective_access(Terms(), AROUND.permissions, catalog=CATALOG, at=AT)
    assert heading(nothing, CATALOG, AROUND) == Heading("", "")


@pytest.mark.parametrize(
    ("held", "missing"),
    [
        (Terms(), "Choose what it may do."),
        (Terms(frozenset({"mcp"})), "Choose the MCP servers that it may use."),
        (Terms(frozenset({"api"})), "Choose at least one project."),
        (Terms(frozenset({"flows:edit"}), {"web": RoleTerm("viewer")}), HIGHER),
        (Terms(frozenset({"apps:admin"}), {"web": RoleTerm("viewer")}), HIGHER),
    ],
)
def test_the_summary_says_what_is_missing(held: Terms, missing: str) -> None:
    assert sentence(held) == missing


def test_notes_name_what_has_no_effect() -> None:
    held = Terms(frozenset({"api", "mcp", "flows:edit"}), {"web": RoleTerm("viewer")})
    found = effective_access(held, AROUND.permissions, catalog=CATALOG, at=AT)
    said = " ".join(notes(found, held, CATALOG))
    assert "“Create and modify flows” is left out: it needs editor" in said
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
