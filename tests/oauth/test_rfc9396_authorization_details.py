"""Asking by authorization_details (RFC 9396): in the browser and by a device."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.drivers.details import FAULTS
from tests.drivers.device import Device
from tests.drivers.tool import Tool, answer_of, refusal
from tests.drivers.world import MCP, World

pytestmark = pytest.mark.rfc("9396", "2")

PAYMENTS = {
    "type": "project",
    "identifier": "payments",
    "privileges": ["editor"],
    "actions": ["flows:edit"],
}
LEDGER = {"type": "mcp_server", "identifier": "ledger"}
SCOPE = "mcp api flows:edit"
GIVEN = {
    "capabilities": ["api", "mcp", "flows:edit"],
    "project-website": "viewer",
    "mcp_servers": ["cms"],
    "expires_in": "3600",
}
KEPT = "SELECT details FROM authorization_requests"


def said(*objects: dict[str, Any]) -> str:
    return json.dumps(objects)


def kept(world: World) -> dict[str, Any]:
    [[found]] = world.execute(KEPT)
    return dict(json.loads(found)) if isinstance(found, str) else dict(found)  # type: ignore[call-overload]


@pytest.mark.requirement("RR-01")
def test_what_is_asked_waits_for_its_user(tool: Tool) -> None:
    tool.sign_in()
    _, page = tool.consent_page(scope=SCOPE, authorization_details=said(PAYMENTS, LEDGER))
    details = kept(tool.world)
    assert details["authorization_details"] == [PAYMENTS, LEDGER]
    assert details["capabilities"] == SCOPE.split()
    assert json.loads(details["parameters"]["authorization_details"][0]) == [PAYMENTS, LEDGER]
    assert "in Payments and use Ledger</h1>" in page.text
    asked, others = page.text.split("<legend>It asks for", 1)[1].split("Fraud", 1)
    assert "it asks for editor" in asked
    assert asked.index('name="project-payments"') < asked.index('name="project-data"')
    assert " selected" not in page.text, "it is asked for, and not given"
    assert "Ledger" in asked
    assert "Cms" in others


@pytest.mark.requirement("RR-02")
@pytest.mark.rfc("9396", "5")
def test_every_fault_is_told_by_the_redirect(spa: Tool) -> None:
    for value, named in FAULTS.items():
        answer = answer_of(spa.authorize(authorization_details=value, scope=SCOPE).location)
        assert answer["error"] == "invalid_authorization_details", value
        assert named in answer["error_description"]
        assert answer["state"] == "xyzzy"
        assert "code" not in answer
    assert spa.world.execute(KEPT) == []
    assert spa.authorize(authorization_details="").location.startswith("/consent/")


@pytest.mark.rfc("9396", "5")
def test_a_fault_is_told_after_the_sign_in_and_to_registered_addresses_only(
    lone_world: World,
) -> None:
    tool = Tool(lone_world, lone_world.spa)
    bad = {"authorization_details": "[{}]"}
    assert tool.authorize(**bad).location.startswith("/consent/")
    details = kept(lone_world)
    assert details["error"]["error"] == "invalid_authorization_details"
    assert details["authorization_details"] == []
    evil = tool.authorize(**bad, redirect_uri="https://evil.example/")
    assert evil.status_code == 400


def test_details_that_stand_twice_are_a_repeated_parameter(spa: Tool) -> None:
    answer = spa.authorize(authorization_details=[said(LEDGER), said(PAYMENTS)])
    assert answer.status_code == 400
    assert "A parameter is repeated." in answer.text


@pytest.mark.requirement("RR-03")
def test_details_and_scope_ask_together(spa: Tool) -> None:
    for scope, details, fault in (
        ("api", said(PAYMENTS), "the action flows:edit is not in the scope"),
        ("api flows:edit", said(LEDGER), "mcp_server needs mcp in the scope"),
        ("api openid", said(PAYMENTS, LEDGER), "not in the scope"),
    ):
        answer = answer_of(spa.authorize(scope=scope, authorization_details=details).location)
        assert answer["error"] == "invalid_authorization_details"
        assert fault in answer["error_description"]


@pytest.mark.parametrize(
    ("details", "asked"),
    [
        (said(PAYMENTS), ["flows:edit"]),
        (said(LEDGER), ["mcp"]),
        (said(PAYMENTS, LEDGER), ["mcp", "flows:edit"]),
        (said(LEDGER, {"type": "project", "identifier": "data"}), None),
    ],
)
@pytest.mark.parametrize("scope", [None, "openid offline_access"])
def test_without_a_scope_the_details_say_which_capabilities(
    lone_tool: Tool, details: str, asked: list[str] | None, scope: str | None
) -> None:
    lone_tool.sign_in()
    lone_tool.consent_page(scope=scope, authorization_details=details)
    everything = list(lone_tool.world.catalog.capabilities)
    assert kept(lone_tool.world)["capabilities"] == (asked or everything)


@pytest.mark.requirement("RR-04")
@pytest.mark.rfc("9396", "7")
def test_asking_gives_nothing_and_the_user_may_give_something_else(tool: Tool) -> None:
    tokens = tool.tokens(GIVEN, scope=SCOPE, authorization_details=said(PAYMENTS, LEDGER))
    found = [(d["type"], d["identifier"]) for d in tokens["authorization_details"]]
    assert found == [("project", "website"), ("mcp_server", "cms")]
    assert "flows:edit" not in tokens["scope"], "nothing of it acts for a viewer"
    answer = tool.introspect(tokens["access_token"])
    assert answer["authorization_details"] == tokens["authorization_details"]
    [approved] = tool.world.audit("authorization.approved")
    assert "payments" not in json.dumps(approved.detail)


@pytest.mark.requirement("RR-04")
@pytest.mark.rfc("9396", "12")
def test_no_answer_tells_whether_a_project_or_server_exists(spa: Tool) -> None:
    """`sandbox` and `play` exist and are not ben's; `nowhere` does not exist."""
    pages = []
    for project, server in (("sandbox", "play"), ("nowhere", "nothing")):
        for named in ({"identifier": server}, {"locations": [f"{MCP}/{server}"]}):
            details = said(
                {"type": "project", "identifier": project}, {"type": "mcp_server", **named}
            )
            address, page = spa.consent_page(scope=SCOPE, authorization_details=details)
            assert page.status_code == 200
            assert "It asks for" not in page.text
            assert "it asks for" not in page.text
            text = page.text.replace(address.rpartition("/")[2], "")
            pages.append(len(text.replace(details, "")))
            spa.world.execute("DELETE FROM authorization_requests")
    assert len(set(pages)) == 1


def test_a_request_that_begins_again_asks_for_the_same(lone_tool: Tool) -> None:
    lone_tool.sign_in()
    details = said(PAYMENTS)
    address, _ = lone_tool.consent_page(authorization_details=details)
    lone_tool.world.clock.forward(seconds=3_700)
    page = lone_tool.sign_in().browser.get(address)
    assert page.status_code == 404
    assert "authorization_details=" in page.text


def test_a_request_of_the_release_before_is_read(lone_tool: Tool) -> None:
    lone_tool.sign_in()
    address, _ = lone_tool.consent_page()
    details = kept(lone_tool.world)
    assert details.pop("authorization_details") == []
    lone_tool.world.execute(f"UPDATE authorization_requests SET details = '{json.dumps(details)}'")
    assert lone_tool.browser.get(address).status_code == 200


@pytest.mark.requirement("RR-01")
def test_a_device_asks_in_the_same_way(box: Device) -> None:
    assert box.ask(scope=SCOPE, authorization_details=said(PAYMENTS, LEDGER)).status_code == 200
    page = box.browser.get(box.type().location)
    details = kept(box.world)
    assert details["authorization_details"] == [PAYMENTS, LEDGER]
    assert details["capabilities"] == SCOPE.split()
    assert "<legend>It asks for" in page.text
    assert box.ask(scope=None, authorization_details=said(LEDGER)).status_code == 200
    assert box.world.execute(
        "SELECT count(*) FROM device_codes WHERE CAST(capabilities AS VARCHAR) = '[\"mcp\"]'"
    ) == [(1,)]


@pytest.mark.requirement("RR-02")
@pytest.mark.rfc("9396", "5")
def test_every_fault_is_told_to_a_device(lone_box: Device) -> None:
    before = lone_box.world.execute("SELECT count(*) FROM device_codes")
    for value, named in FAULTS.items():
        response = lone_box.ask(scope=SCOPE, authorization_details=value)
        assert refusal(response) == "invalid_authorization_details", value
        assert named in response.get_json()["error_description"]
    outside = lone_box.ask(scope="api", authorization_details=said(PAYMENTS))
    assert refusal(outside) == "invalid_authorization_details"
    assert lone_box.world.execute("SELECT count(*) FROM device_codes") == before


def test_a_device_of_the_release_before_is_read(lone_box: Device) -> None:
    lone_box.world.execute("UPDATE device_codes SET authorization_details = NULL")
    assert lone_box.browser.get(lone_box.type().location).status_code == 200
    assert kept(lone_box.world)["authorization_details"] == []


def test_details_belong_in_the_body(lone_box: Device) -> None:
    path = "/oauth/device_authorization?authorization_details=[]"
    response = lone_box.post(path, {"scope": "api"})
    assert refusal(response) == "invalid_request"
    assert "belong in the body" in response.get_json()["error_description"]
