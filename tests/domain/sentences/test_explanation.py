"""Why or why not: the verdict is that of the decision, and the bounds tell how it came about."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog import Catalog, parse
from app.domain.delegation.access import Permissions, RoleTerm, Terms, effective_access
from app.domain.sentences.explanation import Explanation, Question, Standpoint, explain
from tests.drivers.terms import AT, CATALOG, HELD, OWN, SERVERS, SLUGS, permissions, terms

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


@given(questions, terms, permissions, st.sampled_from([CATALOG, TIED_MCP]))
def test_it_is_allowed_exactly_when_every_bound_holds(
    question: Question, held: Terms, own: Permissions, catalog: Catalog
) -> None:
    found = explain(question, Standpoint(held, own, catalog, AT))
    assert found.allowed is all(bound.holds for bound in found.bounds), found
    access = effective_access(held, own, catalog=catalog, at=AT)
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


def why(question: Question, held: Terms = HELD, own: Permissions = OWN) -> Explanation:
    return explain(question, Standpoint(held, own, CATALOG, AT))


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (Question("flows:edit", "p"), "Every bound holds."),
        (Question("secrets:edit"), "“secrets:edit” was not given."),
        (Question("nope"), "There is no capability “nope”."),
        (Question("flows:edit", "q"), "“flows:edit” needs editor, and it is viewer there."),
        (Question(project="r"), "Its role there ended on 22 Nov 2026, 12:00 UTC."),
        (Question(project="x"), "x was not given."),
        (Question(mcp_server="s2"), "The MCP server s2 was not given."),
        (Question(mcp_server="s3"), "It ended on 22 Nov 2026, 12:00 UTC."),
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


def test_the_users_own_role_is_told_from_the_given_one() -> None:
    own = replace(OWN, roles={"p": "viewer", "q": "viewer"})
    assert why(Question("flows:edit"), own=own).reason == (
        "“flows:edit” acts nowhere: it needs editor, and you are viewer at most there."
    )
    low = replace(HELD, projects={"q": RoleTerm("viewer")})
    assert why(Question("flows:edit"), low).reason == (
        "“flows:edit” acts nowhere: it needs editor, and it is viewer at most in the projects you chose."
    )
    assert "no project was given" in why(Question("flows:edit"), replace(HELD, projects={})).reason
    gone = replace(OWN, roles={"q": "admin"})
    assert "you are a member there no more" in why(Question("flows:edit"), own=gone).reason
    assert why(Question(), own=replace(OWN, active=False)).reason.endswith("by an administrator.")
