"""How authorization_details are written, and each fault that RFC 9396 section 5 has refused."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.authorization_details import AuthorizationDetails, ProjectDetail, ServerDetail
from app.domain.catalog import Catalog
from app.domain.details_syntax import MAX_LENGTH, check_scope, read_details
from app.domain.errors import AuthorizationDetailsRejected
from app.domain.json_values import MAX_ITEMS
from tests.drivers.details import FAULTS
from tests.drivers.terms import CATALOG

PAYMENTS = {
    "type": "project",
    "identifier": "payments",
    "privileges": ["editor"],
    "actions": ["flows:edit", "apps:view"],
}
LEDGER = {"type": "mcp_server", "identifier": "ledger"}
PLACE = {"type": "mcp_server", "locations": ["https://mcp.example/cms"]}


def read(value: object, **more: Any) -> AuthorizationDetails:
    text = value if isinstance(value, str) else json.dumps(value)
    return read_details(text, CATALOG, **more)


def fault(value: object, **more: Any) -> str:
    with pytest.raises(AuthorizationDetailsRejected) as refused:
        read(value, **more)
    return refused.value.public


@pytest.mark.requirement("RR-01")
def test_both_types_are_read() -> None:
    assert read([PAYMENTS, LEDGER, PLACE]) == AuthorizationDetails(
        (ProjectDetail("payments", "editor", frozenset({"flows:edit", "apps:view"})),),
        (ServerDetail("ledger"), ServerDetail(None, ("https://mcp.example/cms",))),
    )
    assert read([{"type": "project", "identifier": "data"}]).projects == (ProjectDetail("data"),)


@pytest.mark.requirement("RR-02")
@pytest.mark.rfc("9396", "5")
@pytest.mark.parametrize("value", FAULTS, ids=FAULTS.get)
def test_each_fault_is_refused_by_its_name(value: str) -> None:
    said = fault(value)
    assert FAULTS[value] in said
    assert all(" " <= c <= "~" and c not in '"\\' for c in said), "RFC 6749 section 5.2"


def test_the_place_of_a_fault_is_named() -> None:
    assert "authorization_details[1]:" in fault([PAYMENTS, {"type": "payment"}])


def test_what_may_be_sent_is_bounded() -> None:
    many = [{"type": "project", "identifier": f"p{n}"} for n in range(MAX_ITEMS + 1)]
    assert "1 to 50 objects" in fault(many)
    assert len(read(many[:-1]).projects) == MAX_ITEMS
    assert f"{MAX_LENGTH} characters" in fault(json.dumps([PAYMENTS]) + " " * MAX_LENGTH)


def test_a_client_is_held_to_the_types_that_it_registered() -> None:
    assert read([PAYMENTS], allowed={"project"}).projects
    assert "not registered for the type mcp_server" in fault([LEDGER], allowed={"project"})
    assert "not registered for the type project" in fault([PAYMENTS], allowed=())


def test_without_the_capability_there_are_no_mcp_servers() -> None:
    bare = Catalog(
        CATALOG.roles, {n: c for n, c in CATALOG.capabilities.items() if c.least_role is not None}
    )
    with pytest.raises(AuthorizationDetailsRejected, match="type must be one of project"):
        read_details(json.dumps([LEDGER]), bare)


@pytest.mark.requirement("RR-03")
def test_details_stay_within_the_scope_of_their_request() -> None:
    check_scope(read([PAYMENTS, LEDGER]), frozenset({"flows:edit", "apps:view", "mcp"}))
    check_scope(read([{"type": "project", "identifier": "data"}]), frozenset())
    with pytest.raises(AuthorizationDetailsRejected, match="the action apps:view is not in the sc"):
        check_scope(read([PAYMENTS]), frozenset({"flows:edit"}))
    with pytest.raises(AuthorizationDetailsRejected, match="mcp_server needs mcp in the scope"):
        check_scope(read([LEDGER]), frozenset({"api"}))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["project", "mcp_server", "payments", "editor", "flows:edit", "https://x/"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "identifier", "privileges", "actions", "locations", "tools"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(values | st.text(max_size=30))
def test_any_text_is_read_or_refused_and_what_is_read_comes_out_again(value: object) -> None:
    with suppress(AuthorizationDetailsRejected):
        found = read(value)
        assert read(found.to_json()) == found
