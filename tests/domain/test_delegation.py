"""The offer, the check of a choice, and what it amounts to in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.delegation.access import (
    Permissions,
    RoleTerm,
    Terms,
    effective_access,
)
from app.domain.delegation.choice import Choice, check_choice, terms_of
from app.domain.delegation.offer import (
    Limits,
    Offer,
    UserRights,
    make_offer,
)
from app.domain.errors import ChoiceRefused
from app.domain.sentences.access import (
    counted,
    notes,
    summary,
)
from app.domain.sentences.difference import difference
from app.domain.sentences.lists import listed
from app.settings import read_catalog

CATALOG = read_catalog(None)
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALL = frozenset(CATALOG.capabilities)
AROUND = UserRights(
    Permissions({"pay": "editor", "web": "viewer"}, {"ledger": "pay", "cms": "web"}),
    project_names={"pay": "Payments", "web": "Website"},
    server_names={"ledger": "Ledger", "cms": "CMS"},
    server_urls={"ledger": "https://x/ledger", "cms": "https://x/cms"},
)


def offer(
    asked: frozenset[str] = ALL,
    standing: Terms | None = None,
    allowed: frozenset[str] = ALL,
    rights: UserRights = AROUND,
) -> Offer:
    return make_offer(CATALOG, Limits(allowed, asked, ("https://x/cms",)), rights, standing, at=AT)


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


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice(frozenset({"apps:admin"})), "apps:admin"),
        (Choice(frozenset({"nope"})), "no such capability"),
        (Choice(roles={"pay": "admin"}), "beyond your own role"),
        (Choice(roles={"web": "editor"}), "beyond"),
        (Choice(roles={"other": "viewer"}), "not one of yours"),
        (Choice(roles={"pay": "king"}), "king"),
        (Choice(mcp_servers=frozenset({"other"})), "'other'"),
        (Choice(expires_in=0), "future"),
        (Choice(expires_in=10**12), "ten years"),
    ],
)
def test_a_choice_outside_the_offer_is_refused_with_a_sentence(choice: Choice, words: str) -> None:
    with pytest.raises(ChoiceRefused) as refusal:
        check_choice(offer(), choice, CATALOG)
    assert any(words in problem for problem in refusal.value.problems)


@given(
    st.frozensets(st.sampled_from([*ALL, "nope"])),
    st.dictionaries(
        st.sampled_from(["pay", "web", "other"]), st.sampled_from(["viewer", "editor", "admin"])
    ),
    st.frozensets(st.sampled_from(["ledger", "cms", "other"])),
)
def test_an_accepted_choice_is_never_more_than_the_user_has(
    capabilities: frozenset[str], roles: dict[str, str], servers: frozenset[str]
) -> None:
    choice = Choice(capabilities, roles, servers)
    try:
        check_choice(offer(), choice, CATALOG)
    except ChoiceRefused:
        return
    assert all(
        CATALOG.rank(r) <= CATALOG.rank(AROUND.permissions.roles[s]) for s, r in roles.items()
    )
    assert servers <= set(AROUND.server_names)
    assert capabilities <= ALL


def test_expires_in_counts_from_the_decision() -> None:
    assert terms_of(Choice(expires_in=60), at=AT, catalog=CATALOG).expires_at == AT + timedelta(
        seconds=60
    )
    assert terms_of(Choice(), at=AT, catalog=CATALOG).expires_at is None


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
    said = " ".join(notes(found, held, CATALOG, ("CMS",)))
    assert "“Create and modify flows” has no effect" in said
    assert "until you tick a server" in said
    assert "asked to reach CMS" in said


def test_lists_stay_short() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([str(n) for n in range(9)]) == "0, 1, 2 and 6 more"


def test_the_one_line_summary_counts() -> None:
    held = Terms(
        frozenset({"api", "mcp"}),
        {"pay": RoleTerm("editor"), "web": RoleTerm("viewer")},
        {"ledger": None},
    )
    found = effective_access(held, AROUND.permissions, catalog=CATALOG, at=AT)
    assert counted(found, CATALOG) == "2 projects, editor at most · 1 MCP server · api"
