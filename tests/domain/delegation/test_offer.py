"""The offer: what may be ticked, and for the rest why not."""

from __future__ import annotations

from app.domain.delegation.access import Permissions, RoleTerm, Terms
from app.domain.delegation.offer import UserRights
from tests.drivers.offers import ALL, offer


def test_nothing_that_gives_power_is_selected() -> None:
    shown = offer()
    assert not any(p.selected for p in shown.projects)
    assert not any(s.selected for s in shown.mcp_servers)
    ticked = {c.name for c in shown.capabilities if c.selected}
    assert ticked == {"mcp", "api", "apps:view", "flows:edit", "endpoints:access"}, (
        "nothing sensitive"
    )


def test_what_cannot_be_ticked_says_why() -> None:
    reasons = {
        c.name: c.reason
        for c in offer(asked=frozenset({"api", "apps:admin"}), allowed=ALL - {"mcp"}).capabilities
    }
    assert reasons["mcp"] == "This tool is not registered for it."
    assert reasons["flows:edit"] == "This tool did not ask for it."
    assert reasons["apps:admin"] == "It needs admin in a project, and you are not."
    assert reasons["api"] is None
    nobody = UserRights(Permissions(), {}, {}, {})
    bare = {c.name: c.reason for c in offer(rights=nobody).capabilities}
    assert bare["mcp"] == "None of your projects has an MCP server."


def test_roles_above_the_users_own_cannot_be_chosen() -> None:
    roles = {p.slug: [r.name for r in p.roles if r.reason is None] for p in offer().projects}
    assert roles == {"pay": ["viewer", "editor"], "web": ["viewer"]}


def test_the_page_is_filled_with_what_stands() -> None:
    standing = Terms(
        frozenset({"secrets:edit", "mcp"}), {"pay": RoleTerm("admin")}, {"ledger": None}
    )
    shown = offer(asked=frozenset({"api"}), standing=standing)
    assert {c.name for c in shown.capabilities if c.selected} == {"secrets:edit", "mcp"}, (
        "what is new is left to the user"
    )
    assert {p.slug: p.selected for p in shown.projects} == {"pay": "editor", "web": ""}, (
        "not above the own role"
    )
    assert [s.identifier for s in shown.mcp_servers if s.selected] == ["ledger"]
    assert [s.identifier for s in shown.mcp_servers if s.requested] == ["cms"]
