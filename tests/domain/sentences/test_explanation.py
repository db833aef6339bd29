"""Why or why not: the verdict is that of the decision, and the bounds tell how it came about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.authorization_details import AuthorizationDetails, ProjectDetail
from app.domain.catalog import Catalog, parse
from app.domain.delegation.access import Permissions, RoleTerm, Terms, effective_access
from app.domain.sentences.explanation import (
    KEY,
    Explanation,
    Names,
    Question,
    Standpoint,
    explain,
)
from tests.drivers.terms import AT, CATALOG, HELD, OWN, SERVERS, SLUGS, details, permissions, terms

TIED_MCP = parse(
    "".join(
        f'[[roles]]\nname = "{role}"\ntitle = "{role}"\ndescription = "x"\n'
        for role in CATALOG.roles
    )
    + '[[capabilities]]\nname = "mcp"\ntitle = "m"\ndescription = "x"\nleast_role = "editor"\n'
    + '[[capabilities]]\nname = "api"\ntitle = "a"\ndescription = "x"\n'
)
questions = st.builds(
    Question,
    st.none() | st.sampled_from([*CATALOG.capabilities, "nope"]),
    st.none() | st.sampled_from([*SLUGS, "elsewhere"]),
    st.none() | st.sampled_from([*SERVERS, "elsewhere"]),
)


scopes = st.none() | st.frozensets(st.sampled_from(list(CATALOG.capabilities)))
narrowings = st.fixed_dictionaries({"narrowed_to": scopes, "details": st.none() | details})


@given(questions, terms, permissions, st.sampled_from([CATALOG, TIED_MCP]), narrowings)
def test_it_is_allowed_exactly_when_every_bound_holds(
    question: Question,
    held: Terms,
    own: Permissions,
    catalog: Catalog,
    narrowed: dict[str, Any],
) -> None:
    found = explain(question, Standpoint(held, own, catalog, AT, **narrowed))
    assert found.allowed is all(bound.holds for bound in found.bounds), found
    access = effective_access(held, own, catalog=catalog, at=AT, **narrowed)
    asked = (question.capability, question.project, question.mcp_server)
    assert found.allowed is access.allows(*asked)


@given(terms, permissions)
def test_what_stands_in_the_access_is_allowed(held: Terms, own: Permissions) -> None:
    access = effective_access(held, own, catalog=CATALOG, at=AT)
    for slug, part in access.projects.items():
        assert access.allows(None, slug)
        for name in CATALOG.capabilities:
            tied = CATALOG.capabilities[name].least_role is not None
            assert access.allows(name, slug) is (
                name in (part.actions if tied else access.capabilities)
            )
    for server in SERVERS:
        assert access.allows("mcp", None, server) is (server in access.mcp_servers)


NAMES = Names({"p": "Payments", "q": "Quality", "r": "Research"}, {"s2": "Ledger"})
FLOWS = "“Create and modify flows”"


def why(question: Question, held: Terms = HELD, own: Permissions = OWN, **more: Any) -> Explanation:
    return explain(question, Standpoint(held, own, CATALOG, AT, NAMES, **more))


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (Question("flows:edit", "p"), "Every bound holds."),
        (Question("secrets:edit"), "“Manage secrets” was not given to this tool."),
        (Question("nope"), "There is no capability “nope”."),
        (Question("x" * 99), f"There is no capability “{'x' * 80}”."),
        (Question("a b"), "There is no capability of that name."),
        (Question("flows:edit", "q"), f"{FLOWS} needs editor; this tool is viewer in Quality."),
        (Question(project="r"), "Its role in Research ended on 22 Nov 2026, 12:00 UTC."),
        (Question(project="x"), "The project x was not given to this tool."),
        (Question(project="no slug"), "That project was not given to this tool."),
        (Question(mcp_server="s2"), "The MCP server Ledger was not given to this tool."),
        (Question(mcp_server="s3"), "The MCP server s3 ended on 22 Nov 2026, 12:00 UTC."),
    ],
)
def test_the_reason_is_the_first_bound_that_says_no(question: Question, reason: str) -> None:
    assert why(question).reason == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"revoked": True}, "It was revoked."),
        ({"paused": True}, "It is paused."),
        ({"expires_at": AT}, "It ended on 22 Nov 2026, 12:00 UTC."),
    ],
)
def test_what_is_over_says_so_first(changes: dict[str, object], reason: str) -> None:
    assert why(Question("api"), replace(HELD, **changes)).reason == reason  # type: ignore[arg-type]


def test_what_holds_is_said_in_plain_words() -> None:
    found = why(Question("flows:edit", "p", "s1"), narrowed_to=frozenset({"flows:edit", "mcp"}))
    assert [bound.sentence for bound in found.bounds] == [
        "Not revoked.",
        "Not paused.",
        "It has no end.",
        "Your account and the tool are on.",
        f"{FLOWS} was given to this tool.",
        f"The tool asked for {FLOWS}.",
        "Payments was given to this tool.",
        "You are editor in Payments.",
        f"{FLOWS} needs editor; you are editor in Payments.",
        f"{FLOWS} needs editor; this tool is editor in Payments.",
        "“Use MCP servers” was given to this tool.",
        "The tool asked for “Use MCP servers”.",
        "The MCP server s1 was given to this tool.",
        "You are editor in the project of s1.",
    ]


def test_a_smaller_scope_of_the_token_is_a_bound_of_its_own() -> None:
    found = why(Question("flows:edit", "p"), narrowed_to=frozenset({"api"}))
    assert [bound.id for bound in found.bounds if not bound.holds] == ["scope"]
    assert found.reason == f"The tool did not ask for {FLOWS} this time; it must ask again."
    assert "scope" not in [bound.id for bound in why(Question("flows:edit", "p")).bounds]


def test_the_users_own_role_is_told_from_the_given_one() -> None:
    own = replace(OWN, roles={"p": "viewer", "q": "viewer"})
    assert why(Question("flows:edit", "p"), own=own).reason == (
        "You are viewer in Payments; ask for editor there."
    )
    assert why(Question("flows:edit"), own=own).reason == (
        f"{FLOWS} acts nowhere: it needs editor, and you are viewer at most there."
    )
    low = replace(HELD, projects={"q": RoleTerm("viewer")})
    assert why(Question("flows:edit"), low).reason == (
        f"{FLOWS} acts nowhere: it needs editor, and it is viewer at most in the projects you chose."
    )
    assert "no project was given" in why(Question("flows:edit"), replace(HELD, projects={})).reason
    gone = replace(OWN, roles={"q": "admin"})
    assert "you are not a member there any more" in why(Question("flows:edit"), own=gone).reason
    assert why(Question("api", "p"), own=gone).reason == "You are not a member of Payments."


def test_what_is_not_known_of_the_user_in_a_project_that_was_not_given_is_not_said() -> None:
    stranger = why(Question("flows:edit", "x"))
    assert [bound.name for bound in stranger.bounds][-2:] == ["capability", "project"]
    own = replace(OWN, roles={**OWN.roles, "x": "viewer"})
    member = why(Question("flows:edit", "x"), own=own)
    assert [bound.sentence for bound in member.bounds][-2:] == [
        "You are viewer in x.",
        "You are viewer in x; ask for editor there.",
    ]


def test_a_switched_off_account_says_so_for_tools_and_for_keys() -> None:
    off = replace(OWN, active=False)
    assert why(Question(), own=off).reason == (
        "Your account or the tool was switched off by an administrator."
    )
    assert why(Question(), own=off, holder=KEY).reason == (
        "Your account was switched off by an administrator."
    )
    assert why(Question(), holder=KEY).bounds[-1].sentence == "Your account is on."


def test_what_a_token_was_narrowed_to_is_a_bound_of_its_own() -> None:
    asked = AuthorizationDetails((ProjectDetail("q"),), ())
    found = why(Question("flows:edit", "p"), details=asked)
    assert not found.allowed
    assert [bound.name for bound in found.bounds if not bound.holds] == ["details"]
    assert found.reason == "The tool asked for less this time; it must ask again."
    whole = AuthorizationDetails((ProjectDetail("p"),), ())
    assert why(Question("flows:edit", "p"), details=whole).allowed
