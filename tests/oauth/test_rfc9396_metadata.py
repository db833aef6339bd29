"""What a server and a client say of their types of authorization_details (RFC 9396 section 10)."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from tests.drivers.deployment import ISSUER
from tests.drivers.device import GRANTS, Device
from tests.drivers.metadata_documents import person
from tests.drivers.registrations import as_client, register
from tests.drivers.sites import Site, answer, document
from tests.drivers.tool import Tool, answer_of, refusal, target_of
from tests.drivers.world import World

pytestmark = pytest.mark.rfc("9396", "10")

PROJECT = json.dumps([{"type": "project", "identifier": "payments"}])
SERVER = json.dumps([{"type": "mcp_server", "identifier": "ledger"}])
SCOPE = "mcp api flows:edit"


def told(tool: Tool, **asked: str) -> dict[str, str]:
    """Return what the page of an unverified client carries back to it."""
    return answer_of(target_of(tool.browser.follow(tool.authorize(**asked).location)))


@pytest.mark.requirement("RR-10")
def test_each_type_that_is_supported_has_its_schema(lone_world: World) -> None:
    http = lone_world.app.test_client()
    metadata = http.get("/.well-known/oauth-authorization-server").get_json()
    types = metadata["authorization_details_types_supported"]
    assert types == ["project", "mcp_server"]
    for kind, text in zip(types, (PROJECT, SERVER), strict=True):
        path = f"/oauth/authorization-details/{kind}.json"
        response = http.get(path)
        assert response.status_code == 200
        assert response.content_type == "application/schema+json"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Cache-Control"] == "public, max-age=300"
        schema = json.loads(response.data)
        assert schema["$id"] == ISSUER + path
        Draft202012Validator(schema).validate(json.loads(text)[0])
    assert http.get("/oauth/authorization-details/payment.json").status_code == 404


@pytest.mark.requirement("RR-09")
def test_a_client_is_held_to_the_types_that_it_registered(lone_world: World) -> None:
    registered = register(
        lone_world, grant_types=list(GRANTS), authorization_details_types=["project"]
    )
    assert registered.get_json()["authorization_details_types"] == ["project"]
    client = as_client(registered)
    tool, box = Tool(lone_world, client), Device(lone_world, client)
    refresh_token = tool.tokens(scope=SCOPE, authorization_details=PROJECT)["refresh_token"]
    code = tool.code(scope=SCOPE)
    for response in (
        box.ask(scope=SCOPE, authorization_details=SERVER),
        tool.redeem(code, authorization_details=SERVER),
        tool.refresh(refresh_token, authorization_details=SERVER),
    ):
        assert refusal(response) == "invalid_authorization_details"
        described = response.get_json()["error_description"]
        assert "not registered for the type mcp_server" in described
    error = told(tool, scope=SCOPE, authorization_details=SERVER)
    assert error["error"] == "invalid_authorization_details"
    assert box.ask(scope=SCOPE, authorization_details=PROJECT).status_code == 200
    assert tool.redeem(code, authorization_details=PROJECT).status_code == 200
    assert tool.refresh(refresh_token, authorization_details=PROJECT).status_code == 200


@pytest.mark.requirement("RR-09")
def test_a_client_that_lists_none_uses_none_and_one_that_is_silent_uses_all(spa: Tool) -> None:
    none = Tool(spa.world, as_client(register(spa.world, authorization_details_types=[])))
    assert none.refresh("x", authorization_details=PROJECT).status_code == 400
    error = told(none.sign_in(), authorization_details=PROJECT)
    assert error["error"] == "invalid_authorization_details"
    for details in (PROJECT, SERVER):
        asked = spa.authorize(scope=SCOPE, authorization_details=details)
        assert asked.location.startswith("/consent/")


@pytest.mark.requirement("RR-09")
def test_an_unknown_type_is_refused_in_a_registration_and_left_out_of_a_document(
    lone_world: World, stranger: Site
) -> None:
    types = ["project", "payment_initiation"]
    refused = register(lone_world, authorization_details_types=types)
    assert refusal(refused) == "invalid_client_metadata"
    assert "payment_initiation" in refused.get_json()["error_description"]
    stranger.handler = answer(document(stranger.url(), authorization_details_types=types))
    tool = person(lone_world, stranger.url())
    assert tool.consent_page(scope=SCOPE, authorization_details=PROJECT)[1].status_code == 200
    error = told(tool, scope=SCOPE, authorization_details=SERVER)
    assert error["error"] == "invalid_authorization_details"
