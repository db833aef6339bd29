"""The offer: what may be ticked, and for the rest why not."""

from __future__ import annotations

from typing import Any

from app.domain.delegation.access import Permissions, RoleTerm, Terms
from app.domain.delegation.limits import UserRights
from app.domain.delegation.offer import Offer
from tests.drivers.offers import ALL, offer


def test_nothing_that_gives_power_is_selected() -> None:
    shown: Offer = offer()
    assert not any(p.selected for p in shown.projects)
    assert not any(s.selected for s in shown.mcp_servers)
    asked = frozenset({"mcp", "api", "flows:edit", "secrets:edit"})
    ticked = {c.name for c in offer(asked=asked).capabilities if c.selected}
    assert ticked == {"mcp", "api", "flows:edit"}, "nothing sensitive"


def test_of_a_wide_request_nothing_is_selected() -> None:
    assert {c.name for c in offer(asked=ALL).capabilities if c.selected} == {"mcp"}
    four = frozenset({"api", "apps:view", "flows:edit", "endpoints:access"})
    assert {c.name for c in offer(asked=four).capabilities if c.selected} == four


def test_a_single_server_is_selected_when_it_is_all_that_is_asked_for() -> None:
    def selected(**more: Any) -> list[str]:
        return [s.identifier for s in offer(**more).mcp_servers if s.selected]

    assert selected(asked=frozenset({"mcp"})) == ["cms"]
    assert selected(asked=frozenset({"mcp", "api"})) == [], "the title would not say it all"
    assert selected(asked=frozenset({"api"})) == []
    assert selected(asked=frozenset({"mcp"}), standing=Terms(frozenset({"api"}))) == []
    assert selected(asked=frozenset({"mcp"}), servers=frozenset({"ledger"})) == []
    assert selected(asked=frozenset({"mcp"}), projects={"pay": None}) == []


def test_a_project_that_is_named_is_marked_and_not_selected() -> None:
    shown = {p.slug: p for p in offer(projects={"pay": "editor", "web": None}).projects}
    assert [(p.requested, p.asked_role, p.selected) for p in shown.values()] == [
        (True, "editor", ""),
        (True, "", ""),
    ]


def test_each_role_tells_what_acts_there_of_what_can_be_given() -> None:
    shown = offer(asked=frozenset({"apps:view", "flows:edit"})).projects[0]
    assert {role.name: role.gives for role in shown.roles} == {
        "viewer": ("apps:view",),
        "editor": ("apps:view", "flows:edit"),
        "admin": ("apps:view", "flows:edit"),
    }


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
