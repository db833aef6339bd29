"""The consent page: what it shows, what it accepts, and that it decides once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.drivers.tool import (
    USUAL,
    Browser,
    Tool,
    answer_of,
    csrf_of,
    target_of,
)
from tests.drivers.world import MCP, World


@pytest.fixture
def ready(lone_tool: Tool) -> Tool:
    return lone_tool.sign_in()


def approve(tool: Tool, choice: dict[str, Any], **changes: Any) -> TestResponse:
    address, page = tool.consent_page(**changes)
    return tool.browser.submit(page, address, decision="approve", **choice)


@pytest.mark.requirement("UI-03")
def test_the_page_says_who_asks_for_what(ready: Tool) -> None:
    page = ready.consent_page(
        scope="api secrets:edit mcp",
        redirect_uri="http://127.0.0.1:5005/callback",
        resource=f"{MCP}/ledger",
    )[1].text
    for words in (
        "Native tool",
        "127.0.0.1:5005",
        "Native tool</bdi> wants to manage secrets and use Ledger",
        "Added by your administrator.",
        "a program on this computer",
        "ben@example.org",
        "Connect to your workspace",
        "Manage secrets",
        "powerful",
        "Payments",
        "Website",
        "Ledger",
        "No end",
    ):
        assert words in page, words
    assert "Sandbox" not in page, "projects of others are not shown"
    assert "This tool did not ask for it." in page
    assert "above your own" in page


def test_a_web_client_gets_no_loopback_warning(lone_world: World) -> None:
    page = Tool(lone_world, lone_world.web).sign_in().consent_page()[1].text
    assert "program on this computer" not in page
    assert "reports.example" in page


def test_names_are_escaped(lone_world: World) -> None:
    client = lone_world.add_client('<b onclick="x">Evil</b>{{7*7}}', "https://x.example/cb", "none")
    page = Tool(lone_world, client).sign_in().consent_page()[1].text
    assert "<b onclick" not in page
    assert "&lt;b onclick" in page
    assert "{{7*7}}" in page


def test_projects_and_servers_start_empty(ready: Tool) -> None:
    page = ready.consent_page(scope="api mcp")[1].text
    assert " selected" not in page
    assert "checked" not in re.sub(r'name="(expires_in|capabilities)"[^>]*>', "", page)
    assert re.findall(r'name="expires_in" value="(\d*)" checked', page) == ["7776000"]


USELESS: list[tuple[dict[str, Any], str]] = [
    ({}, "Choose what it may do."),
    ({"capabilities": ["api"]}, "Choose at least one project."),
    ({"capabilities": ["flows:edit"], "project-data": "viewer"}, "Choose a higher role"),
    ({"capabilities": ["mcp"]}, "Choose the MCP servers that it may use."),
    ({"project-payments": "editor"}, "Choose what it may do."),
    ({"mcp_servers": ["ledger"]}, "Choose what it may do."),
]


@pytest.mark.parametrize(("choice", "words"), USELESS, ids=str)
def test_approving_nothing_useful_is_refused_with_a_sentence(
    ready: Tool, choice: dict[str, Any], words: str
) -> None:
    page = approve(ready, choice, scope="api flows:edit mcp")
    assert page.status_code == 422
    assert words in page.text.split('id="problems"')[1][:300]
    assert ready.world.execute("SELECT count(*) FROM authorizations") == [(0,)]


@pytest.mark.requirement("UI-09", "UI-10")
@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"capabilities": ["api", "secrets:edit"]}, "did not ask for it"),
        ({"capabilities": ["api", "root"]}, "no such capability"),
        ({"project-data": "admin"}, "beyond your own role"),
        ({"project-sandbox": "viewer"}, "not one of yours"),
        ({"project-payments": "owner"}, "beyond your own role"),
        ({"mcp_servers": ["play"]}, "not among those"),
        ({"mcp_servers": ["ledger"]}, "not among those"),
        ({"expires_in": "-1"}, "whole number"),
        ({"expires_in": "x"}, "whole number"),
        ({"expires_in": "0"}, "future"),
        ({"expires_in": "9" * 12}, "whole number"),
        ({"expires_in": "٣"}, "whole number"),
        ({"name": "x" * 300}, "label"),
    ],
)
def test_a_choice_beyond_the_offer_is_refused_and_loses_nothing(
    ready: Tool, more: dict[str, Any], words: str
) -> None:
    page = approve(ready, {**USUAL, **more})
    assert page.status_code == 422
    assert words in page.text
    assert ready.world.execute("SELECT count(*) FROM authorizations") == [(0,)]
    if not {"expires_in", "name"} & set(more):
        assert len(ready.world.audit("authorization.choice_refused")) == 1
        assert '<option value="editor" selected' in page.text or "project-payments" in more
    again = ready.browser.submit(page, page.request.path, decision="approve", **USUAL)
    assert again.status_code == 303


def test_a_role_lost_while_the_page_was_open_is_refused(ready: Tool) -> None:
    address, page = ready.consent_page()
    ready.world.set_member("payments", "ben", "viewer")
    refused = ready.browser.submit(page, address, decision="approve", **USUAL)
    assert refused.status_code == 422
    assert "beyond your own role" in refused.text


@pytest.mark.requirement("UI-12")
def test_denying_sends_access_denied(tool: Tool) -> None:
    answer = answer_of(tool.decide("deny"))
    assert answer["error"] == "access_denied"
    assert answer["state"] == "xyzzy"
    assert "code" not in answer
    assert tool.world.execute("SELECT count(*) FROM authorization_codes") == [(0,)]
    assert len(tool.world.audit("authorization.denied")) == 1


def test_denying_leaves_what_stands(lone_tool: Tool) -> None:
    tokens = lone_tool.tokens()
    lone_tool.decide("deny", scope="secrets:edit")
    assert lone_tool.introspect(tokens["access_token"])["scope"] == "api flows:edit"


@pytest.mark.requirement("UI-04")
def test_a_decision_needs_the_csrf_field_of_this_browser(ready: Tool) -> None:
    address, page = ready.consent_page()
    attacker = Browser(ready.world)
    attacker.sign_in("ada")
    foreign = csrf_of(attacker.get("/settings/authorizations/oauth2"))
    for token in ("", "x", foreign):
        response = ready.browser.http.post(
            address, data={"csrf_token": token, "decision": "approve", **USUAL}
        )
        assert response.status_code == 403
    assert ready.browser.submit(page, address, decision="approve", **USUAL).status_code == 303


@pytest.mark.requirement("UI-04", "UI-06")
def test_a_request_that_an_attacker_started_cannot_be_answered_by_a_victim(ready: Tool) -> None:
    attacker = Tool(ready.world, ready.client)
    address = attacker.authorize().location
    assert ready.browser.get(address).status_code == 403
    own_page = ready.consent_page()[1]
    assert ready.browser.submit(own_page, address, decision="approve", **USUAL).status_code == 403
    assert ready.world.execute("SELECT count(*) FROM authorizations") == [(0,)]


@pytest.mark.requirement("UI-05")
def test_what_was_shown_is_what_is_decided(ready: Tool) -> None:
    address, page = ready.consent_page()
    extra = {
        "client_id": ready.world.web.client_id,
        "redirect_uri": "https://evil.test",
        "scope": "secrets:edit",
        "code_challenge": "x" * 43,
        "state": "other",
    }
    posted = ready.browser.submit(page, address, decision="approve", **USUAL, **extra)
    answer = answer_of(target_of(ready.browser.get(posted.location)))
    assert answer["state"] == "xyzzy"
    assert ready.redeem(answer["code"]).get_json()["scope"] == "api flows:edit"


@pytest.mark.requirement("UI-07")
def test_a_decision_counts_once(ready: Tool) -> None:
    address, page = ready.consent_page()
    first = ready.browser.submit(page, address, decision="approve", **USUAL)
    for decision in ("approve", "deny"):
        again = ready.browser.submit(page, address, decision=decision, **USUAL)
        assert (again.status_code, again.location) == (303, first.location)
    assert len(ready.world.audit("authorization.approved")) == 1
    assert not ready.world.audit("authorization.denied")


@pytest.mark.requirement("UI-37")
def test_two_tabs_do_not_disturb_each_other(ready: Tool) -> None:
    first, second = ready.consent_page(), ready.consent_page(state="second")
    for (address, page), state in ((first, "xyzzy"), (second, "second")):
        posted = ready.browser.submit(page, address, decision="approve", **USUAL)
        assert answer_of(target_of(ready.browser.get(posted.location)))["state"] == state


def test_a_pending_request_expires(ready: Tool) -> None:
    address, page = ready.consent_page()
    ready.world.clock.forward(minutes=59)
    assert ready.browser.get(address).status_code == 200
    ready.world.clock.forward(minutes=1)
    assert ready.browser.get(address).status_code == 404
    late = ready.browser.submit(page, address, decision="approve", **USUAL)
    assert late.status_code == 303
    assert late.location not in (address, address.replace("/consent/", "/oauth/continue/"))
    assert ready.world.execute("SELECT count(*) FROM authorizations") == [(0,)]


@pytest.mark.parametrize("request_id", ["x", "a" * 500, "%00", "é", "../login"])
def test_an_unknown_request_is_not_found(ready: Tool, request_id: str) -> None:
    response = ready.browser.get(f"/consent/{request_id}")
    assert response.status_code in (404, 405)


@pytest.mark.requirement("UI-01")
def test_consent_is_asked_every_time_filled_with_what_stands(ready: Tool) -> None:
    ready.tokens()
    page = ready.consent_page(scope="api apps:view")[1].text
    assert "asks for 1 more thing" in page
    assert "Already allowed: It can create and modify flows in Payments (editor)" in page
    assert 'name="project-payments" value="editor"' in page
    assert "checked" not in page, "apps:view is new, and left to ben"
    whole = ready.browser.get(ready.consent_page(scope="api apps:view")[0] + "?edit=1").text
    assert '<option value="editor" selected' in whole
    ticked = re.findall(r'name="capabilities" value="([a-z:]+)"[^>]*checked', whole)
    assert ticked == ["api", "flows:edit"]


def test_approving_edits_the_one_authorization(tool: Tool) -> None:
    one = tool.introspect(tool.tokens()["access_token"])
    other = tool.introspect(
        tool.tokens({"capabilities": ["api"], "project-website": "admin", "name": "My laptop"})[
            "access_token"
        ]
    )
    assert one["authorization_id"] == other["authorization_id"]
    assert other["authorization_version"] == one["authorization_version"] + 1
    assert tool.world.audit("authorization.approved")[1].detail["narrowed"] == [
        "flows:edit",
        "editor on payments",
    ]
    assert "My laptop" in tool.browser.get("/settings/authorizations/oauth2").text


def test_a_revoked_authorization_is_not_revived(tool: Tool) -> None:
    old = tool.tokens()
    tool.world.execute("UPDATE authorizations SET revoked_at = created_at")
    new = tool.tokens()
    assert not tool.is_active(old["access_token"])
    assert tool.is_active(new["access_token"])
    assert tool.world.execute("SELECT count(*) FROM authorizations") == [(2,)]


def test_the_summary_follows_the_choice(ready: Tool) -> None:
    address, page = ready.consent_page()
    answer = ready.browser.submit(page, f"{address}/summary", **USUAL)
    assert answer.get_json()["ready"] is True
    assert "create and modify flows in Payments (editor)" in answer.get_json()["sentence"]
    beyond = {**USUAL, "project-sandbox": "viewer"}
    for broken in ({"capabilities": ["root"]}, {"expires_in": "x"}, beyond):
        assert (
            ready.browser.submit(page, f"{address}/summary", **broken).get_json()["ready"] is False
        )
    shown = ready.browser.submit(page, address, decision="preview", **USUAL)
    assert shown.status_code == 200
    assert "create and modify flows in Payments (editor)" in shown.text
    assert ready.world.execute("SELECT count(*) FROM authorizations") == [(0,)]


def test_a_resource_that_is_not_ticked_is_named(ready: Tool) -> None:
    address, page = ready.consent_page(scope="api mcp flows:edit", resource=f"{MCP}/ledger")
    answer = ready.browser.submit(page, f"{address}/summary", **USUAL).get_json()
    assert "wants to use Ledger" in answer["sentence"]
    assert not answer["ready"]


def test_a_user_without_projects_is_told_so(lone_world: World) -> None:
    lone_world.remove_member("website", "cleo")
    page = Tool(lone_world, lone_world.native).sign_in("cleo").consent_page(scope="api mcp")[1].text
    assert "You are in no project yet" in page
    assert "Ask your administrator" in page
    assert 'value="approve"' not in page, "a form that cannot be sent"


def test_a_disabled_user_cannot_decide(ready: Tool) -> None:
    address, page = ready.consent_page()
    ready.world.disable_user("ben")
    response = ready.browser.submit(page, address, decision="approve", **USUAL)
    assert response.status_code in (303, 403)
    assert ready.world.execute("SELECT count(*) FROM authorizations") == [(0,)]


@pytest.mark.requirement("RT-18", "AK-12")
def test_somebody_elses_authorization_is_not_found(tool: Tool) -> None:
    token = tool.tokens()["access_token"]
    authorization_id = tool.introspect(token)["authorization_id"]
    stranger = Browser(tool.world)
    stranger.sign_in("ada")
    page = stranger.get("/settings/authorizations/oauth2")
    assert "Native tool" not in page.text
    for target in (authorization_id, "aut_nope", "x"):
        response = stranger.http.post(
            f"/settings/authorizations/{target}/revoke", data={"csrf_token": _token(stranger)}
        )
        assert response.status_code == 404
    assert tool.is_active(token)


def _token(browser: Browser) -> str:
    return csrf_of(browser.get("/settings/authorizations/oauth2"))
