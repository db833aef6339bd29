"""Shrinking an Authorization to what was used."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.domain.delegation.access import Permissions, RoleTerm, Terms, effective_access
from app.domain.delegation.usage import Use, shrink
from app.domain.sentences.difference import difference
from tests.drivers.terms import AT, CATALOG, SERVERS, SLUGS, SOON, permissions, terms

uses = st.builds(
    Use,
    st.sampled_from(["", *CATALOG.capabilities]),
    st.sampled_from(["", *SLUGS]),
    st.sampled_from(["", *SERVERS]),
)


@given(terms, st.lists(uses, max_size=5))
def test_shrinking_never_widens(held: Terms, used: list[Use]) -> None:
    found = shrink(held, used, CATALOG)
    assert (found is None) is (not used)
    if found is not None:
        assert difference(held, found.terms, CATALOG)["widened"] == []


@given(terms, permissions, st.lists(uses, min_size=1, max_size=5))
def test_shrinking_keeps_every_call_that_was_possible(
    held: Terms, own: Permissions, used: list[Use]
) -> None:
    found = shrink(held, used, CATALOG)
    assert found is not None
    before = effective_access(held, own, catalog=CATALOG, at=AT)
    after = effective_access(found.terms, own, catalog=CATALOG, at=AT)
    for use in used:
        named = (use.capability or None, use.project or None, use.mcp_server or None)
        plain = use.mcp_server == "" and use.capability not in {"mcp", ""}
        if plain and before.allows(*named):
            assert after.allows(*named), use
        if use.mcp_server and before.allows("mcp", None, use.mcp_server):
            assert after.allows("mcp", None, use.mcp_server)


HELD = Terms(
    frozenset({"mcp", "api", "apps:view", "flows:edit"}),
    {"p": RoleTerm("admin"), "q": RoleTerm("editor", SOON, "viewer"), "r": RoleTerm("viewer")},
    {"s1": None, "s2": None},
)


def test_shrinking_takes_the_least_role_that_was_needed() -> None:
    used = [Use("flows:edit", "p"), Use("apps:view", "q"), Use("api"), Use("mcp", "", "s1")]
    found = shrink(HELD, used, CATALOG)
    assert found is not None
    assert found.terms.capabilities == HELD.capabilities
    assert found.terms.projects == {"p": RoleTerm("editor"), "q": RoleTerm("viewer")}
    assert found.terms.mcp_servers == {"s1": None}


def test_a_call_that_nobody_explained_keeps_capabilities_and_projects() -> None:
    found = shrink(HELD, [Use(), Use("api")], CATALOG)
    assert found is not None
    assert found.is_guarded
    assert found.terms.projects == HELD.projects
    assert found.terms.capabilities == HELD.capabilities - {"mcp"}
    assert found.terms.mcp_servers == {}
