"""authorization_details as values: what they name, and how rows keep them."""

from __future__ import annotations

import json

from hypothesis import given

from app.domain.authorization_details import (
    NO_DETAILS,
    AuthorizationDetails,
    ProjectDetail,
    ServerDetail,
    actions_of_projects,
    details_of_json,
    types_of,
)
from app.domain.catalog import Catalog
from tests.drivers.terms import CATALOG, details

LEDGER = "https://mcp.example/ledger"


@given(details)
def test_rows_keep_them_as_they_are(found: AuthorizationDetails) -> None:
    assert AuthorizationDetails.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_row_without_details_is_told_from_one_with_none() -> None:
    assert details_of_json(None) is None
    assert details_of_json([]) == NO_DETAILS


def test_they_name_capabilities_unless_a_project_leaves_its_actions_open() -> None:
    named = ProjectDetail("payments", "editor", frozenset({"flows:edit"}))
    server = ServerDetail("ledger")
    assert AuthorizationDetails((named,)).capabilities == {"flows:edit"}
    assert AuthorizationDetails((named,), (server,)).capabilities == {"flows:edit", "mcp"}
    assert AuthorizationDetails((), (server,)).capabilities == {"mcp"}
    both = AuthorizationDetails((named, ProjectDetail("website")), (server,))
    assert both.capabilities == frozenset()
    assert both.roles == {"payments": "editor", "website": None}


def test_a_server_is_the_one_that_is_meant_by_name_and_by_place() -> None:
    assert ServerDetail("ledger").is_of("ledger", LEDGER)
    assert not ServerDetail("ledger").is_of("cms", LEDGER)
    assert ServerDetail(None, (f"{LEDGER}/",)).is_of("ledger", LEDGER)
    assert ServerDetail(None, ("https://mcp.example/cms", "HTTPS://MCP.example:443/ledger")).is_of(
        "ledger", LEDGER
    )
    assert not ServerDetail("ledger", ("https://mcp.example/cms",)).is_of("ledger", LEDGER)
    assert not ServerDetail("cms", (LEDGER,)).is_of("ledger", LEDGER)


def test_the_catalog_says_which_types_and_actions_there_are() -> None:
    assert types_of(CATALOG) == ("project", "mcp_server")
    capabilities = {n: c for n, c in CATALOG.capabilities.items() if n != "mcp"}
    assert types_of(Catalog(CATALOG.roles, capabilities)) == ("project",)
    assert actions_of_projects(CATALOG) == (
        "apps:view",
        "apps:admin",
        "flows:edit",
        "secrets:edit",
        "endpoints:access",
    )
