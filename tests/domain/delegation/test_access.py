"""The decision, by properties and by example."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.authorization_details import AuthorizationDetails, ProjectDetail, ServerDetail
from app.domain.delegation.access import (
    NOTHING,
    EffectiveAccess,
    Permissions,
    ProjectAccess,
    RoleTerm,
    Terms,
    effective_access,
    without_lapsed,
)
from tests.drivers.terms import (
    AT,
    CATALOG,
    INSTANTS,
    ROLES,
    SERVERS,
    details,
    is_within,
    permissions,
    terms,
)


def access(held: Terms, own: Permissions, **more: object) -> EffectiveAccess:
    return effective_access(held, own, catalog=CATALOG, at=AT, **more)  # type: ignore[arg-type]


@given(terms, permissions)
def test_the_result_is_never_wider_than_the_terms(held: Terms, own: Permissions) -> None:
    found = access(held, own)
    assert set(found.capabilities) <= held.capabilities
    assert set(found.mcp_servers) <= set(held.mcp_servers)
    for slug, part in found.projects.items():
        given_role = held.projects[slug].at(AT)
        assert CATALOG.rank(part.role) <= CATALOG.rank(given_role)


@given(terms, permissions)
def test_the_result_is_never_wider_than_the_permissions(held: Terms, own: Permissions) -> None:
    found = access(held, own)
    for slug, part in found.projects.items():
        assert CATALOG.rank(part.role) <= CATALOG.rank(own.roles.get(slug))
    for identifier, role in found.mcp_servers.items():
        assert role == own.roles[own.mcp_servers[identifier]]
    if not own.active:
        assert found == NOTHING


@given(terms, permissions, st.randoms())
def test_taking_from_the_terms_never_adds(held: Terms, own: Permissions, random: Random) -> None:
    less = replace(
        held,
        capabilities=frozenset(c for c in held.capabilities if random.random() < 0.7),
        projects={s: t for s, t in held.projects.items() if random.random() < 0.7},
        mcp_servers={s: t for s, t in held.mcp_servers.items() if random.random() < 0.7},
    )
    assert is_within(access(less, own), access(held, own))


@given(terms, permissions, st.randoms())
def test_taking_from_the_permissions_never_adds(
    held: Terms, own: Permissions, random: Random
) -> None:
    less = Permissions(
        roles={
            s: ROLES[random.randint(0, CATALOG.rank(r))]
            for s, r in own.roles.items()
            if random.random() < 0.7
        },
        mcp_servers={s: p for s, p in own.mcp_servers.items() if random.random() < 0.8},
        active=own.active,
    )
    assert is_within(access(held, less), access(held, own))


@given(terms, permissions, st.frozensets(st.sampled_from([*CATALOG.capabilities, "unknown"])))
def test_narrowing_only_takes_away(held: Terms, own: Permissions, scope: frozenset[str]) -> None:
    found = access(held, own, narrowed_to=scope)
    assert is_within(found, access(held, own))
    assert set(found.capabilities) <= scope


scopes = st.none() | st.frozensets(st.sampled_from([*CATALOG.capabilities, "unknown"]))


@pytest.mark.requirement("RR-05")
@given(terms, permissions, details, scopes)
def test_details_only_take_away(
    held: Terms, own: Permissions, asked: AuthorizationDetails, scope: frozenset[str] | None
) -> None:
    found = access(held, own, details=asked, narrowed_to=scope)
    assert is_within(found, access(held, own, narrowed_to=scope))
    assert set(found.mcp_servers) <= {server.identifier for server in asked.servers}
    named = {project.identifier: project for project in asked.projects}
    assert set(found.projects) <= set(named)
    for slug, part in found.projects.items():
        bound = named[slug]
        assert bound.role is None or CATALOG.rank(part.role) <= CATALOG.rank(bound.role)
        assert bound.actions is None or set(part.actions) <= bound.actions
    assert "mcp" not in found.capabilities or asked.servers


@given(terms, permissions, details, st.randoms())
def test_fewer_details_never_add(
    held: Terms, own: Permissions, asked: AuthorizationDetails, random: Random
) -> None:
    less = AuthorizationDetails(
        tuple(one for one in asked.projects if random.random() < 0.7),
        tuple(one for one in asked.servers if random.random() < 0.7),
    )
    assert is_within(access(held, own, details=less), access(held, own, details=asked))


@given(terms, permissions)
def test_details_that_name_everything_take_nothing_away(held: Terms, own: Permissions) -> None:
    everything = AuthorizationDetails(
        tuple(map(ProjectDetail, held.projects)), tuple(map(ServerDetail, held.mcp_servers))
    )
    found, whole = access(held, own, details=everything), access(held, own)
    assert (found.projects, found.mcp_servers) == (whole.projects, whole.mcp_servers)
    assert set(whole.capabilities) - set(found.capabilities) <= {"mcp"}


def test_details_bound_the_role_and_the_actions_of_a_project() -> None:
    held = Terms(
        frozenset({"api", "mcp", "apps:view", "flows:edit"}),
        {"p": RoleTerm("admin"), "q": RoleTerm("editor")},
        {"s1": None, "s3": None},
    )
    own = Permissions({"p": "admin", "q": "editor"}, SERVERS)
    asked = AuthorizationDetails(
        (ProjectDetail("p", "viewer"), ProjectDetail("q", None, frozenset({"flows:edit"}))),
        (ServerDetail("s3"),),
    )
    found = access(held, own, details=asked)
    assert found.projects == {
        "p": ProjectAccess("viewer", ("apps:view",)),
        "q": ProjectAccess("editor", ("flows:edit",)),
    }
    assert found.capabilities == ("mcp", "api", "apps:view", "flows:edit")
    assert found.mcp_servers == {"s3": "editor"}
    only_p = access(held, own, details=AuthorizationDetails(asked.projects[:1]))
    assert only_p.capabilities == ("api", "apps:view")
    king = AuthorizationDetails((ProjectDetail("p", "king"),))
    assert access(held, own, details=king).projects == {}, "the catalog has changed meanwhile"


@given(terms, permissions)
def test_dead_terms_give_nothing(held: Terms, own: Permissions) -> None:
    for dead in (
        replace(held, revoked=True),
        replace(held, paused=True),
        replace(held, expires_at=AT),
    ):
        assert access(dead, own) == NOTHING


@given(terms, permissions)
@settings(max_examples=50)
def test_beyond_every_end_nothing_is_left(held: Terms, own: Permissions) -> None:
    ended = replace(
        held,
        projects={s: replace(t, until=AT, then=None) for s, t in held.projects.items()},
        mcp_servers=dict.fromkeys(held.mcp_servers, AT),
    )
    found = access(ended, own)
    assert not found.projects
    assert not found.mcp_servers
    assert not found.is_useful


@pytest.mark.parametrize(
    ("capability", "role", "acts"),
    [
        ("apps:view", "viewer", True),
        ("flows:edit", "viewer", False),
        ("flows:edit", "editor", True),
        ("apps:admin", "editor", False),
        ("apps:admin", "admin", True),
        ("endpoints:access", "viewer", True),
    ],
)
def test_a_capability_acts_where_the_role_reaches_it(
    capability: str, role: str, acts: bool
) -> None:
    held = Terms(frozenset({capability}), {"p": RoleTerm("admin")})
    found = access(held, Permissions({"p": role}))
    assert (capability in found.capabilities) is acts
    assert found.projects["p"].actions == ((capability,) if acts else ())


def test_mcp_servers_need_the_mcp_capability() -> None:
    held = Terms(frozenset({"api"}), {}, {"s1": None})
    own = Permissions({"p": "viewer"}, {"s1": "p"})
    assert access(held, own).mcp_servers == {}
    assert access(replace(held, capabilities=frozenset({"mcp"})), own).mcp_servers == {
        "s1": "viewer"
    }


@given(terms, permissions, st.sampled_from(INSTANTS))
def test_time_alone_changes_nothing_before_the_next_end(
    held: Terms, own: Permissions, at: datetime
) -> None:
    end = held.next_end(at)
    assert end is None or end > at
    for later in INSTANTS:
        if later >= at and (end is None or later < end):
            now, then = (
                effective_access(held, own, catalog=CATALOG, at=one) for one in (at, later)
            )
            assert now == then


def test_an_element_falls_back_at_its_end() -> None:
    held = Terms(frozenset({"apps:view"}), {"p": RoleTerm("admin", AT, "viewer")})
    own = Permissions({"p": "admin"})
    assert access(held, own).projects["p"].role == "viewer"
    before = effective_access(held, own, catalog=CATALOG, at=AT - timedelta(microseconds=1))
    assert before.projects["p"].role == "admin"


@pytest.mark.parametrize(
    ("held", "useful"),
    [
        (Terms(), False),
        (Terms(frozenset({"api"})), False),
        (Terms(frozenset({"mcp"})), False),
        (Terms(frozenset({"mcp"}), {"p": RoleTerm("editor")}), False),
        (Terms(frozenset(), {"p": RoleTerm("editor")}, {"s1": None}), False),
        (Terms(frozenset({"apps:admin"}), {"p": RoleTerm("editor")}), False),
        (Terms(frozenset({"api"}), {"p": RoleTerm("viewer")}), True),
        (Terms(frozenset({"mcp"}), {}, {"s1": None}), True),
    ],
)
def test_what_is_useful(held: Terms, useful: bool) -> None:
    assert access(held, Permissions({"p": "editor"}, {"s1": "p"})).is_useful is useful


def test_an_mcp_server_falls_away_at_its_end() -> None:
    held = Terms(frozenset({"mcp"}), {}, {"s1": AT, "s2": AT + timedelta(seconds=1), "s3": None})
    own = Permissions({"p": "viewer", "q": "editor"}, SERVERS)
    assert access(held, own).mcp_servers == {"s2": "viewer", "s3": "editor"}


def test_a_role_that_the_catalog_does_not_know_is_no_role() -> None:
    held = Terms(frozenset({"api", "apps:view"}), {"p": RoleTerm("admin"), "q": RoleTerm("king")})
    assert access(held, Permissions({"p": "king", "q": "admin"})).projects == {}


@given(terms, permissions)
def test_dropping_what_has_lapsed_changes_nothing_from_now_on(
    held: Terms, own: Permissions
) -> None:
    for at in [at for at in INSTANTS if at >= AT]:
        before = effective_access(held, own, catalog=CATALOG, at=at)
        assert effective_access(without_lapsed(held, at=AT), own, catalog=CATALOG, at=at) == before
