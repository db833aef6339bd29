"""Terms and Permissions of every kind, for properties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from app.domain.authorization_details import (
    AuthorizationDetails,
    ProjectDetail,
    ServerDetail,
    actions_of_projects,
)
from app.domain.delegation.access import EffectiveAccess, Permissions, RoleTerm, Terms
from app.settings import read_catalog

CATALOG = read_catalog(None)
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROLES = list(CATALOG.roles)
SLUGS = ["p", "q", "r"]
SERVERS = {"s1": "p", "s2": "p", "s3": "q", "s4": "r"}

instants = st.none() | st.integers(-50, 50).map(lambda minutes: AT + timedelta(minutes=minutes))
role_terms = st.builds(
    RoleTerm, st.sampled_from(ROLES), instants, st.none() | st.sampled_from(ROLES)
)
terms = st.builds(
    Terms,
    capabilities=st.frozensets(st.sampled_from(list(CATALOG.capabilities))),
    projects=st.dictionaries(st.sampled_from(SLUGS), role_terms),
    mcp_servers=st.dictionaries(st.sampled_from(list(SERVERS)), instants),
    expires_at=instants,
    paused=st.sampled_from([False, False, False, True]),
    revoked=st.sampled_from([False, False, False, True]),
)
permissions = st.builds(
    Permissions,
    roles=st.dictionaries(st.sampled_from(SLUGS), st.sampled_from(ROLES)),
    mcp_servers=st.sets(st.sampled_from(list(SERVERS))).map(
        lambda found: {s: SERVERS[s] for s in found}
    ),
    active=st.sampled_from([True, True, True, False]),
)

project_details = st.builds(
    ProjectDetail,
    st.sampled_from([*SLUGS, "elsewhere"]),
    st.none() | st.sampled_from(ROLES),
    st.none() | st.frozensets(st.sampled_from(actions_of_projects(CATALOG)), min_size=1),
)
server_details = st.builds(ServerDetail, st.sampled_from([*SERVERS, "elsewhere"]))
details = st.builds(
    AuthorizationDetails,
    st.lists(project_details, max_size=4, unique_by=lambda one: one.identifier).map(tuple),
    st.lists(server_details, max_size=4, unique=True).map(tuple),
)


def is_within(small: EffectiveAccess, large: EffectiveAccess) -> bool:
    return (
        set(small.capabilities) <= set(large.capabilities)
        and set(small.projects) <= set(large.projects)
        and all(
            CATALOG.rank(p.role) <= CATALOG.rank(large.projects[s].role)
            and set(p.actions) <= set(large.projects[s].actions)
            for s, p in small.projects.items()
        )
        and set(small.mcp_servers) <= set(large.mcp_servers)
        and all(
            CATALOG.rank(r) <= CATALOG.rank(large.mcp_servers[s])
            for s, r in small.mcp_servers.items()
        )
    )


SOON, LATER = AT + timedelta(hours=1), AT + timedelta(hours=2)
INSTANTS = [AT + timedelta(minutes=minutes) for minutes in range(-60, 61, 7)]

HELD = Terms(
    frozenset({"mcp", "api", "flows:edit"}),
    {"p": RoleTerm("editor"), "q": RoleTerm("viewer"), "r": RoleTerm("editor", AT, None)},
    {"s1": None, "s3": AT},
)
OWN = Permissions({"p": "editor", "q": "admin", "r": "admin"}, SERVERS)
