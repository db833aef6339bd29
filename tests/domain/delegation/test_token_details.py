"""What a client may narrow a token to: what was given, and nothing that was not."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from app.domain.authorization_details import AuthorizationDetails, ProjectDetail, ServerDetail
from app.domain.delegation.access import RoleTerm, Terms, actions_of, effective_access
from app.domain.delegation.token_details import narrowed
from app.domain.errors import AuthorizationDetailsRejected
from tests.drivers.terms import (
    AT,
    CATALOG,
    HELD,
    OWN,
    SERVERS,
    details,
    is_within,
    terms,
)

URLS = {identifier: f"https://mcp.example/{identifier}" for identifier in SERVERS}


def check(asked: AuthorizationDetails, held: Terms = HELD) -> AuthorizationDetails:
    return narrowed(asked, held, URLS, catalog=CATALOG, at=AT)


def fault(*asked: ProjectDetail | ServerDetail, held: Terms = HELD) -> str:
    projects = tuple(one for one in asked if isinstance(one, ProjectDetail))
    servers = tuple(one for one in asked if isinstance(one, ServerDetail))
    with pytest.raises(AuthorizationDetailsRejected) as refused:
        check(AuthorizationDetails(projects, servers), held)
    return refused.value.public


@pytest.mark.requirement("RR-06")
@given(details, terms)
def test_what_passes_is_within_what_was_given(asked: AuthorizationDetails, held: Terms) -> None:
    with suppress(AuthorizationDetailsRejected):
        found = check(asked, held)
        assert found.projects == asked.projects
        for project in found.projects:
            role = held.projects[project.identifier].at(AT)
            assert role is not None
            assert project.role is None or CATALOG.rank(project.role) <= CATALOG.rank(role)
            possible = actions_of(role, CATALOG.in_order(held.capabilities), CATALOG)
            assert (project.actions or set()) <= set(possible)
        assert {server.identifier for server in found.servers} <= set(held.mcp_servers)
        assert not found.servers or "mcp" in held.capabilities
        assert is_within(
            effective_access(held, OWN, catalog=CATALOG, at=AT, details=found),
            effective_access(held, OWN, catalog=CATALOG, at=AT),
        )


@given(details, terms)
def test_whether_it_passes_does_not_rest_on_what_others_have(
    asked: AuthorizationDetails, held: Terms
) -> None:
    """A client learns of nothing beyond what it was given, by neither outcome nor words."""
    outcomes = []
    for urls in (URLS, {i: url for i, url in URLS.items() if i in held.mcp_servers}):
        try:
            outcomes.append(str(narrowed(asked, held, urls, catalog=CATALOG, at=AT)))
        except AuthorizationDetailsRejected as refused:
            outcomes.append(refused.public)
    assert outcomes[0] == outcomes[1]


def test_more_than_was_given_is_refused_by_name() -> None:
    assert "the project elsewhere was not given" in fault(ProjectDetail("elsewhere"))
    assert "the role admin in p was not given" in fault(ProjectDetail("p", "admin"))
    assert "the project r was not given, or not any more" in fault(ProjectDetail("r"))
    other = frozenset({"flows:edit", "secrets:edit"})
    assert "the action secrets:edit in p was" in fault(ProjectDetail("p", None, other))
    beyond_the_role = frozenset({"flows:edit"})
    assert "the action flows:edit in q was" in fault(ProjectDetail("q", None, beyond_the_role))
    assert "the MCP server s2 was not given" in fault(ServerDetail("s2"))
    assert "the MCP server s3 was not given, or not any more" in fault(ServerDetail("s3"))
    bare = replace(HELD, capabilities=frozenset({"api"}))
    assert "an mcp_server was not given" in fault(ServerDetail("s1"), held=bare)
    king = replace(HELD, projects={"p": RoleTerm("king")})
    assert "the project p was not given" in fault(ProjectDetail("p"), held=king)


def test_a_location_names_a_server_that_was_given() -> None:
    held = replace(HELD, mcp_servers={"s1": None, "s2": AT + timedelta(hours=1)})
    places = (URLS["s1"], URLS["s2"] + "/")
    found = check(AuthorizationDetails((), (ServerDetail(None, places),)), held)
    assert found.servers == (ServerDetail("s1"), ServerDetail("s2"))
    both = AuthorizationDetails((), (ServerDetail("s2", (URLS["s2"],)), ServerDetail("s1")))
    assert check(both, held).servers == (ServerDetail("s2"), ServerDetail("s1"))
    for asked in (
        ServerDetail(None, (URLS["s3"],)),
        ServerDetail(None, (URLS["s1"], "https://elsewhere.example/")),
        ServerDetail("s1", (URLS["s2"],)),
        ServerDetail("s1", (URLS["s1"], URLS["s2"])),
    ):
        assert "the MCP server at https://" in fault(asked, held=held)
