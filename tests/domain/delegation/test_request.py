"""How much of a request an answer gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.domain.delegation.access import EffectiveAccess, RoleTerm, Terms, effective_access
from app.domain.delegation.request import Request, Resource, fulfilment_of
from tests.drivers.offers import AROUND
from tests.drivers.terms import AT, CATALOG

API = Resource("https://x/api")
LEDGER = Resource("https://x/ledger", frozenset({"ledger"}))
CMS = Resource("https://x/cms", frozenset({"cms"}))
NESTED = Resource("https://x/ledger/cms", frozenset({"ledger", "cms"}))
HELD = Terms(frozenset({"api", "mcp"}), {"pay": RoleTerm("editor")}, {"ledger": None})


def useful(asked: set[str], *resources: Resource, held: Terms = HELD) -> bool:
    access = effective_access(held, AROUND.permissions, catalog=CATALOG, at=AT)
    return fulfilment_of(Request(frozenset(asked), resources), access).is_useful


def test_an_mcp_server_is_reached_only_when_the_access_names_it_and_those_above_it() -> None:
    assert useful({"mcp"}, LEDGER)
    assert useful({"api"}, LEDGER), "`mcp` is held already"
    assert not useful({"mcp"}, CMS)
    assert not useful({"mcp", "api"}, CMS), "what it holds elsewhere is of no use there"
    assert not useful({"mcp"}, NESTED)
    assert useful({"mcp"}, NESTED, LEDGER), "one of two is enough"
    assert not useful(
        {"mcp"}, LEDGER, held=Terms(frozenset({"api"}), HELD.projects, {"ledger": None})
    )


def test_an_api_is_reached_only_with_something_that_was_asked_for() -> None:
    assert useful({"api", "flows:edit"}, API)
    assert not useful({"flows:edit"}, API)
    assert useful({"mcp"}, API)
    assert not useful({"api"}, API, held=Terms(frozenset({"api", "mcp"}), {}, {"ledger": None}))
    assert not useful({"mcp"}, API, held=Terms(frozenset({"api", "mcp"}), HELD.projects, {}))


def test_a_request_names_what_must_be_ticked() -> None:
    assert Request(frozenset(), (API, NESTED, LEDGER)).mcp_servers == {"ledger", "cms"}


@given(
    st.frozensets(st.sampled_from(sorted(CATALOG.capabilities))),
    st.lists(st.sampled_from([API, LEDGER, CMS, NESTED]), unique=True),
)
def test_all_that_was_asked_is_either_given_or_missing(
    asked: frozenset[str], resources: list[Resource]
) -> None:
    access = effective_access(HELD, AROUND.permissions, catalog=CATALOG, at=AT)
    found = fulfilment_of(Request(asked, tuple(resources)), access)
    assert found.given | found.missing == asked
    assert not found.given & found.missing
    assert {*found.reached, *found.unreached} == set(resources)
    assert found.given <= set(access.capabilities)
    assert all(resource.is_reached_by(access) for resource in found.reached)


def test_servers_that_are_named_count_with_those_at_its_resources() -> None:
    asked = Request(frozenset(), (NESTED,), {"payments": "editor", "data": None}, frozenset({"x"}))
    assert asked.mcp_servers == Request(frozenset(), (NESTED,)).mcp_servers | {"x"}
    assert not fulfilment_of(asked, EffectiveAccess()).is_useful, "to name is not to have"
