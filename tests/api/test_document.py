"""The OpenAPI document: it is valid, whole, and what it promises is what is answered."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.drivers.account import API, Account
from tests.drivers.world import World

TEXTS = st.one_of(
    st.text(max_size=20), st.sampled_from(["ada", "payments", "ben", "cms", "viewer"])
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture
def document(lone_world: World) -> dict[str, Any]:
    """The document as a stranger reads it."""
    response = lone_world.app.test_client().get(f"{API}/openapi.json")
    assert response.status_code == 200
    found: dict[str, Any] = response.get_json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_each_address_is_described_once_by_name(
    lone_world: World, document: dict[str, Any]
) -> None:
    described = {(path, method.upper()) for path, method, _ in operations(document)}
    there = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method)
        for rule in lone_world.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        and rule.endpoint not in ("api.openapi", "api.operations")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == there
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert all(operation["summary"].endswith(".") for _, _, operation in operations(document))


def test_each_reference_leads_somewhere_and_each_schema_is_one(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    schemas = document["components"]["schemas"]
    references = set(re.findall(r"'\$ref': '#/components/schemas/(\w+)'", str(document)))
    assert references <= set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_failures_are_problems(document: dict[str, Any]) -> None:
    for _, _, operation in operations(document):
        for status, answer in operation["responses"].items():
            kinds = set(answer.get("content", {}))
            expected = {"application/problem+json"} if status >= "400" else {"application/json"}
            assert kinds == (set() if status == "204" else expected), operation["operationId"]


def test_a_person_reads_the_operations(lone_world: World, document: dict[str, Any]) -> None:
    page = lone_world.app.test_client().get(f"{API}/")
    assert page.status_code == 200
    text = unescape(page.text)
    for path, _, operation in operations(document):
        assert path in text
        assert operation["summary"] in text


def check(account: Account, document: dict[str, Any], data: st.DataObject) -> None:
    """Call an operation with whatever comes, and hold the answer against what is promised."""
    path, method, operation = data.draw(st.sampled_from(operations(document)))
    address = re.sub(
        r"\{\w+\}", lambda _: data.draw(st.sampled_from(["ada", "payments", "x", "%00"])), path
    )
    names = [one["name"] for one in operation["parameters"] if one["in"] == "query"]
    query = data.draw(st.dictionaries(st.sampled_from(names or ["x"]), TEXTS, max_size=3))
    body = None
    if "requestBody" in operation:
        reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        members = list(document["components"]["schemas"][reference.rsplit("/", 1)[1]]["properties"])
        body = data.draw(st.dictionaries(st.sampled_from([*members, "x"]), VALUES, max_size=4))
    more = {} if body is None else {"json": body}
    response = account.call(method.upper(), address.removeprefix(API), query_string=query, **more)
    promised = operation["responses"].get(str(response.status_code))
    assert promised is not None, (response.status_code, response.text)
    for kind, content in promised.get("content", {}).items():
        assert response.content_type == kind
        whole = {**content["schema"], "components": document["components"]}
        Draft202012Validator(whole).validate(response.get_json())


def test_whatever_comes_is_answered_as_the_document_says(
    lone_world: World, document: dict[str, Any]
) -> None:
    account = Account(lone_world)

    @settings(
        max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.data())
    def any_call(data: st.DataObject) -> None:
        check(account, document, data)

    any_call()
