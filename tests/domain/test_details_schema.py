"""The published schemas say of each object what the server says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app.domain.details_schema import schema_of
from app.domain.details_syntax import read_details
from app.domain.errors import AuthorizationDetailsRejected
from tests.drivers.details import FAULTS
from tests.drivers.terms import CATALOG

ADDRESS = "https://x/oauth/authorization-details/{}.json"
# What no schema of one object can say.
BEYOND = ("stands twice", "needs the role", "no absolute http(s) URI", "NUL", "Unicode")
GOOD = [
    {"type": "project", "identifier": "payments"},
    {"type": "project", "identifier": "a", "privileges": ["admin"], "actions": ["apps:admin"]},
    {"type": "mcp_server", "identifier": "ledger"},
    {"type": "mcp_server", "locations": ["https://mcp.example/ledger"]},
    {"type": "mcp_server", "identifier": "ledger", "locations": ["https://mcp.example/ledger"]},
]


def is_valid(value: Any) -> bool:
    kind = value.get("type") if isinstance(value, dict) else None
    kinds = [kind] if kind in ("project", "mcp_server") else ["project", "mcp_server"]
    return any(
        Draft202012Validator(schema_of(one, CATALOG, address=ADDRESS.format(one))).is_valid(value)
        for one in kinds
    )


@pytest.mark.requirement("RR-10")
@pytest.mark.parametrize("kind", ["project", "mcp_server"])
def test_a_schema_is_one(kind: str) -> None:
    schema = schema_of(kind, CATALOG, address=ADDRESS.format(kind))
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == ADDRESS.format(kind)


def test_a_schema_names_the_roles_and_capabilities_of_the_catalog() -> None:
    properties = schema_of("project", CATALOG, address="x")["properties"]
    roles = [one["const"] for one in properties["privileges"]["items"]["oneOf"]]
    actions = [one["const"] for one in properties["actions"]["items"]["oneOf"]]
    assert roles == list(CATALOG.roles)
    assert actions == [n for n, c in CATALOG.capabilities.items() if c.least_role]


@pytest.mark.parametrize("value", GOOD, ids=json.dumps)
def test_what_is_taken_is_valid(value: dict[str, Any]) -> None:
    assert is_valid(value)
    read_details(json.dumps([value]), CATALOG)


@pytest.mark.parametrize("text", FAULTS, ids=FAULTS.get)
def test_what_is_not_valid_is_refused(text: str) -> None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(value, list) and value and not any(said in FAULTS[text] for said in BEYOND):
        assert not all(map(is_valid, value))
    with pytest.raises(AuthorizationDetailsRejected):
        read_details(text, CATALOG)
