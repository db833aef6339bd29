"""The refusal of a call in one sentence: the bound that says no, and what its person could give."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.delegation.access import Permissions, RoleTerm, Terms, effective_access
from app.domain.sentences.denial import LIFE, Denial, denial
from app.domain.sentences.explanation import KEY, Names, Question, Standpoint
from tests.drivers.terms import AT, CATALOG, HELD, OWN, SERVERS, SLUGS, permissions, terms

NAMES = Names({"p": "Payments", "q": "Quality", "r": "Research"}, {"s1": "Ledger"})
needs = st.lists(
    st.builds(
        Question,
        st.none() | st.sampled_from([*CATALOG.capabilities, "nope"]),
        st.none() | st.sampled_from([*SLUGS, "elsewhere"]),
        st.none() | st.sampled_from([*SERVERS, "elsewhere"]),
    ),
    max_size=4,
)
scopes = st.none() | st.frozensets(st.sampled_from(list(CATALOG.capabilities)))


def here(
    held: Terms = HELD, own: Permissions = OWN, narrowed_to: frozenset[str] | None = None
) -> Standpoint:
    return Standpoint(held, own, CATALOG, AT, NAMES, narrowed_to)


@given(needs, terms, permissions, scopes)
def test_it_is_there_exactly_when_something_of_the_call_is_not_allowed(
    asked: list[Question], held: Terms, own: Permissions, scope: frozenset[str] | None
) -> None:
    access = effective_access(held, own, catalog=CATALOG, at=AT, narrowed_to=scope)
    allowed = all(access.allows(q.capability, q.project, q.mcp_server) for q in asked)
    assert (denial(asked, here(held, own, scope)) is None) is allowed


def with_missing(held: Terms, missing: tuple[tuple[str, str], ...]) -> Terms:
    """Return the Terms after an edit that gives what is missing."""
    found = [value for name, value in missing if name == "give"]
    projects = {value: RoleTerm("admin") for name, value in missing if name == "project"}
    servers = {value: None for name, value in missing if name == "mcp_server"}
    return replace(
        held,
        capabilities=held.capabilities | set(found),
        projects={**held.projects, **projects},
        mcp_servers={**held.mcp_servers, **servers},
    )


@given(needs, terms, permissions, scopes)
def test_giving_what_is_missing_leaves_nothing_that_could_be_given(
    asked: list[Question], held: Terms, own: Permissions, scope: frozenset[str] | None
) -> None:
    found = denial(asked, here(held, own, scope))
    if found is None or not found.missing:
        return
    names = {name for name, _ in found.missing}
    assert names <= {"give", "project", "mcp_server"}
    after = denial(asked, here(with_missing(held, found.missing), own, scope))
    assert after is None or not after.missing


@given(needs, terms, permissions)
def test_nothing_is_asked_for_that_was_given_already(
    asked: list[Question], held: Terms, own: Permissions
) -> None:
    found = denial(asked, here(held, own))
    for name, value in found.missing if found else ():
        if name == "project":
            role = held.projects.get(value, RoleTerm("")).at(AT)
            assert role != "admin", "nobody can be given more"
        if name == "mcp_server":
            until = held.mcp_servers.get(value, AT)
            assert until is not None
            assert until <= AT


FLOWS = "“Create and modify flows”"
CASES: dict[str, tuple[list[Question], Standpoint, Denial]] = {
    "the capability": (
        [Question("secrets:edit", "p")],
        here(),
        Denial(
            "capability",
            "“Manage secrets” was not given to this tool.",
            (("give", "secrets:edit"),),
        ),
    ),
    "the project, and then with which role": (
        [Question("api", "x"), Question("flows:edit", "x")],
        here(),
        Denial(
            "project",
            "The project x was not given to this tool.",
            (("give", "flows:edit"), ("project", "x")),
        ),
    ),
    "the project alone": (
        [Question("api", "p")],
        here(replace(HELD, projects={})),
        Denial("project", "Payments was not given to this tool.", (("project", "p"),)),
    ),
    "the capability and the project": (
        [Question("secrets:edit", "x")],
        here(),
        Denial(
            "capability",
            "“Manage secrets” was not given to this tool.",
            (("give", "secrets:edit"), ("project", "x")),
        ),
    ),
    "the role that was given": (
        [Question("flows:edit", "q")],
        here(),
        Denial(
            "role_given",
            f"{FLOWS} needs editor; this tool is viewer in Quality.",
            (("give", "flows:edit"), ("project", "q")),
        ),
    ),
    "the end of a role": (
        [Question("api", "r")],
        here(),
        Denial(
            "end_of_role",
            "Its role in Research ended on 22 Nov 2026, 12:00 UTC.",
            (("project", "r"),),
        ),
    ),
    "the user's own role, before the given one": (
        [Question("secrets:edit"), Question("flows:edit", "q")],
        here(own=Permissions({"q": "viewer"})),
        Denial("your_role", "You are viewer in Quality; ask for editor there."),
    ),
    "the user's membership": (
        [Question("api", "p")],
        here(own=Permissions()),
        Denial("your_membership", "You are not a member of Payments."),
    ),
    "the scope of the token": (
        [Question("flows:edit", "p")],
        here(narrowed_to=frozenset({"api"})),
        Denial("scope", f"The tool did not ask for {FLOWS} this time; it must ask again."),
    ),
    "the MCP server": (
        [Question("mcp", None, "s2")],
        here(),
        Denial(
            "mcp_server",
            "The MCP server s2 was not given to this tool.",
            (("mcp_server", "s2"),),
        ),
    ),
    "MCP servers altogether": (
        [Question(None, None, "s2")],
        here(replace(HELD, capabilities=frozenset())),
        Denial(
            "capability",
            "“Use MCP servers” was not given to this tool.",
            (("give", "mcp"), ("mcp_server", "s2")),
        ),
    ),
    "no project at all": (
        [Question("flows:edit")],
        here(replace(HELD, projects={})),
        Denial("reach", f"{FLOWS} acts nowhere: no project was given."),
    ),
    "a capability that there is not": (
        [Question("nope", "p")],
        here(),
        Denial("capability", "There is no capability “nope”."),
    ),
    "two capabilities": (
        [Question("secrets:edit"), Question("endpoints:access", "q")],
        here(),
        Denial(
            "capability",
            "“Manage secrets” was not given to this tool.",
            (("give", "secrets:edit"), ("give", "endpoints:access")),
        ),
    ),
}


@pytest.mark.parametrize("why", CASES)
def test_it_names_the_bound_and_what_is_missing(why: str) -> None:
    asked, standpoint, expected = CASES[why]
    assert denial(asked, standpoint) == expected


def test_what_is_over_cannot_be_mended_by_giving_more() -> None:
    for change in ({"paused": True}, {"revoked": True}, {"expires_at": AT}):
        found = denial([Question("secrets:edit", "x")], here(replace(HELD, **change)))
        assert found is not None
        assert found.bound in LIFE
        assert found.missing == ()


def test_what_ends_later_is_not_missing() -> None:
    held = replace(HELD, projects={"p": RoleTerm("editor", AT + timedelta(seconds=1))})
    assert denial([Question("flows:edit", "p")], here(held)) is None


def test_an_api_key_is_no_tool() -> None:
    found = denial([Question("secrets:edit")], replace(here(), holder=KEY))
    assert found is not None
    assert found.message == "“Manage secrets” was not given to this API key."


@pytest.mark.parametrize("strange", ["P", "a b", "x" * 81, "\x1f", "é", "<b>"])
def test_a_text_that_names_nothing_is_not_repeated(strange: str) -> None:
    project = denial([Question(None, strange)], here())
    assert project == Denial("project", "That project was not given to this tool.")
    capability = denial([Question(strange + " ")], here())
    assert capability == Denial("capability", "There is no capability of that name.")
