"""The page of one Authorization: the editor, its difference, and what it says of the present."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.drivers.editor import NARROW, VERSION, Editor
from tests.drivers.tool import USUAL, Browser, Tool, csrf_of
from tests.drivers.world import MCP, World


@pytest.mark.requirement("UI-34")
def test_an_edit_holds_for_the_token_issued_before(editor: Editor) -> None:
    before = editor.tool.introspect(editor.token)
    assert editor.post(**NARROW).status_code == 303
    narrowed = editor.tool.introspect(editor.token)
    assert narrowed["scope"] == "api"
    assert [d["identifier"] for d in narrowed["authorization_details"]] == ["website"]
    assert narrowed["authorization_version"] == before["authorization_version"] + 1
    wide = {**USUAL, "capabilities": ["api", "flows:edit", "mcp"], "project-website": "admin"}
    assert editor.post(**wide, mcp_servers=["cms"]).status_code == 303
    widened = editor.tool.introspect(editor.token)
    assert widened["scope"] == "mcp api flows:edit"
    assert [d["identifier"] for d in widened["authorization_details"]] == [
        "payments",
        "website",
        "cms",
    ]


def test_an_edit_writes_one_audit_event_with_the_difference(editor: Editor) -> None:
    editor.post(**NARROW)
    (event,) = editor.tool.world.audit("authorization.edited")
    assert event.subject == editor.address.rsplit("/", 1)[1]
    assert event.detail["narrowed"] == ["flows:edit", "editor on payments"]
    assert event.detail["widened"] == ["viewer on website", "time without end"]


def test_the_preview_shows_the_difference_and_changes_nothing(editor: Editor) -> None:
    shown = editor.post("preview", **NARROW)
    assert shown.status_code == 200
    words = "Takes away “Create and modify flows” and editor in Payments; adds viewer in Website"
    assert words in shown.text
    assert editor.tool.introspect(editor.token)["scope"] == "api flows:edit"
    assert not editor.tool.world.audit("authorization.edited")


def test_saving_without_an_action_saves(lone_editor: Editor) -> None:
    page = lone_editor.page()
    posted = lone_editor.browser.submit(page, lone_editor.address, **NARROW)
    assert posted.status_code == 303, "neither action nor version is needed"
    assert lone_editor.tool.introspect(lone_editor.token)["scope"] == "api"


def test_saving_what_stands_changes_nothing(lone_editor: Editor) -> None:
    version = lone_editor.tool.introspect(lone_editor.token)["authorization_version"]
    lone_editor.tool.world.clock.forward(minutes=3)
    lone_editor.post(**{**USUAL, "expires_in": "keep"})
    found = lone_editor.tool.introspect(lone_editor.token)
    assert found["authorization_version"] == version
    assert not lone_editor.tool.world.audit("authorization.edited")


def test_a_label_alone_can_be_changed(lone_editor: Editor) -> None:
    lone_editor.post(**{**USUAL, "expires_in": "keep"}, name="Work laptop")
    assert "Work laptop" in lone_editor.page().text
    assert lone_editor.tool.world.audit("authorization.edited")[0].detail["name"] == "Work laptop"


def test_the_second_of_two_tabs_sees_that_it_changed_and_loses_nothing(editor: Editor) -> None:
    first, second = editor.page(), editor.page()
    version = VERSION.search(first.text)
    assert version
    fields = {"version": version[1], "csrf_token": csrf_of(first)}
    assert editor.browser.http.post(editor.address, data={**NARROW, **fields}).status_code == 303
    fields["csrf_token"] = csrf_of(second)
    late = {**USUAL, "project-data": "viewer", "name": "Second tab", **fields}
    refused = editor.browser.http.post(editor.address, data=late)
    assert refused.status_code == 409
    assert "Somebody changed it meanwhile" in refused.text
    assert editor.tool.introspect(editor.token)["scope"] == "api", "the first save stands"
    assert 'value="Second tab"' in refused.text, "what was typed is kept"
    assert "adds “Create and modify flows”" in refused.text, (
        "the change to what stands now is shown"
    )
    again = VERSION.search(refused.text)
    assert again
    late |= {"version": again[1], "csrf_token": csrf_of(refused)}
    assert editor.browser.http.post(editor.address, data=late).status_code == 303
    assert editor.tool.introspect(editor.token)["scope"] == "api flows:edit"


@pytest.mark.requirement("UI-09", "UI-10")
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"capabilities": ["apps:admin", "nope"]}, "no such capability"),
        ({"project-data": "admin"}, "beyond your own role"),
        ({"project-sandbox": "viewer"}, "not one of yours"),
        ({"mcp_servers": ["play"]}, "not among those"),
        ({"expires_in": "0"}, "must lie in the future"),
        ({"expires_in": "soon"}, "whole number"),
        (
            {
                "project-payments": "editor",
                "role_ends_in-payments": "60",
                "role_then-payments": "admin",
            },
            "lower role",
        ),
        (
            {"capabilities": ["mcp"], "mcp_servers": ["ledger"], "server_ends_in-ledger": "0"},
            "must lie in the future",
        ),
        ({"project-payments": "editor", "role_ends_in-payments": "0"}, "must lie in the future"),
        ({"project-payments": "editor", "role_ends_in-payments": "-5"}, "whole number"),
        ({"name": "x" * 201}, "at most 200"),
    ],
)
def test_a_choice_outside_the_offer_is_refused_and_changes_nothing(
    lone_editor: Editor, fields: dict[str, Any], words: str
) -> None:
    refused = lone_editor.post(**{**USUAL, **fields})
    assert refused.status_code == 422
    assert words in refused.text
    assert lone_editor.tool.introspect(lone_editor.token)["scope"] == "api flows:edit"
    assert lone_editor.tool.introspect(lone_editor.token)["authorization_version"] == 1


def test_a_refused_choice_is_audited(lone_editor: Editor) -> None:
    lone_editor.post(**USUAL, mcp_servers=["play"])
    (event,) = lone_editor.tool.world.audit("authorization.choice_refused")
    assert event.subject == lone_editor.address.rsplit("/", 1)[1]
    assert "'play'" in event.detail["problems"][0]


@pytest.mark.parametrize("version", ["0", "999", "x", "-1", "1" * 400])
def test_a_wrong_version_saves_nothing(lone_editor: Editor, version: str) -> None:
    assert lone_editor.post(**NARROW, version=version).status_code == 409
    assert lone_editor.tool.introspect(lone_editor.token)["scope"] == "api flows:edit"


def test_what_is_lost_is_said_with_its_reason(editor: Editor) -> None:
    world = editor.tool.world
    editor.post(
        capabilities=["mcp", "flows:edit", "api"],
        mcp_servers=["ledger"],
        expires_in="",
        **{"project-payments": "editor", "project-data": "viewer"},
    )
    world.set_member("payments", "ben", "viewer")
    text = editor.page().text
    assert "“Create and modify flows” acts nowhere: it needs editor, and you are viewer" in text
    world.remove_member("payments", "ben")
    text = editor.page().text
    assert "payments: You are not a member of payments." in text
    assert "You are not a member of the project of ledger, or it is gone." in text
    assert '<option value="admin">' not in text.split('name="project-payments"')[-1][:10]


def test_a_role_above_the_users_own_is_lowered_and_said(lone_editor: Editor) -> None:
    lone_editor.tool.world.set_member("payments", "ben", "viewer")
    assert "Payments: it was given editor, and acts as viewer" in lone_editor.page().text


def test_the_timeline_tells_what_happened(lone_editor: Editor) -> None:
    lone_editor.post(**NARROW)
    lone_editor.post(**USUAL, mcp_servers=["play"])
    lone_editor.browser.submit(lone_editor.page(), f"{lone_editor.address}/pause")
    lone_editor.browser.submit(lone_editor.page(), f"{lone_editor.address}/resume")
    text = lone_editor.page().text.split("What happened")[1]
    for words in (
        "Created. Adds",
        "A session began.",
        (
            "Edited. Takes away “Create and modify flows” and editor in Payments; "
            "adds viewer in Website and time without end."
        ),
        "A change was refused. The MCP server",
        "Paused.",
        "Resumed.",
    ):
        assert words in text, words


def test_the_checker_says_which_bound_says_no(lone_editor: Editor) -> None:
    text = lone_editor.page("?capability=flows:edit&project=payments").text
    assert "It would be allowed now." in text
    text = lone_editor.page("?capability=secrets:edit&project=payments").text
    assert "“Manage secrets” was not given to this tool." in text
    lone_editor.tool.world.set_member("payments", "ben", "viewer")
    text = lone_editor.page("?capability=flows:edit&project=payments").text
    assert "You are viewer in Payments; ask for editor there." in text


def test_the_live_sentence_tells_the_change(lone_editor: Editor) -> None:
    page = lone_editor.page()
    answer = lone_editor.browser.submit(page, f"{lone_editor.address}/summary", **NARROW)
    assert answer.get_json()["change"].startswith("Takes away “Create and modify flows”")
    for fields in ({"expires_in": "x"}, {**USUAL, "project-sandbox": "viewer"}):
        broken = lone_editor.browser.submit(page, f"{lone_editor.address}/summary", **fields)
        assert broken.get_json()["ready"] is False


def test_shrinking_proposes_what_was_used(editor: Editor) -> None:
    wide = {
        "capabilities": ["mcp", "api", "flows:edit"],
        "project-payments": "editor",
        "project-website": "viewer",
    }
    editor.post(**wide, mcp_servers=["ledger", "cms"], expires_in="")
    assert "not used in the last 30 days" in editor.page("?shrink=1").text
    editor.tool.introspect(editor.token, capability="api flows:edit", project="payments")
    token = editor.tool.tokens({**wide, "mcp_servers": ["ledger", "cms"]}, resource=f"{MCP}/ledger")
    editor.tool.introspect(token["access_token"], "mcp", resource=f"{MCP}/ledger")
    editor.tool.world.flush_activity()
    text = editor.page("?shrink=1").text
    assert "what it used in the last 30 days" in text
    change = re.search(r"<p[^>]*data-change>([^<]*)<", text)
    assert change
    assert change[1] == "Takes away viewer in Website and the MCP server Cms."
    assert editor.tool.introspect(editor.token)["authorization_version"] == 3, (
        "nothing is saved yet"
    )
    editor.tool.world.clock.forward(days=31)
    editor.tool.browser.sign_in("ben")
    assert "not used in the last 30 days" in editor.page("?shrink=1").text


def test_unexplained_calls_keep_capabilities_and_projects(lone_editor: Editor) -> None:
    lone_editor.post(
        **{**USUAL, "capabilities": ["api", "flows:edit", "mcp"]}, mcp_servers=["ledger"]
    )
    lone_editor.tool.introspect(lone_editor.token)
    lone_editor.tool.world.flush_activity()
    text = lone_editor.page("?shrink=1").text
    assert "do not tell what a call was for" in text
    change = re.search(r"<p[^>]*data-change>([^<]*)<", text)
    assert change
    assert change[1] == "Takes away “Use MCP servers” and the MCP server Ledger."


def test_delta_consent_marks_only_what_is_new(lone_editor: Editor) -> None:
    tool = lone_editor.tool
    page = tool.consent_page(scope="api flows:edit apps:view", resource=f"{MCP}/ledger")[1].text
    assert page.count("tag-new") == 2, "the capability and the server"
    assert "asks for 2 more things" in page
    assert "View apps" in page.split("<legend>New")[1]
    assert "create and modify flows in Payments (editor)" in page
    tool.decide("deny", scope="api flows:edit apps:view")
    assert tool.introspect(lone_editor.token)["scope"] == "api flows:edit", (
        "declining keeps the old"
    )
    again = tool.consent_page(scope="api")[1].text
    assert "It goes on as it is." in again
    assert re.findall(r'value="(approve|deny)"', again) == ["approve", "deny"]


def test_approving_over_an_edit_made_meanwhile_is_told(lone_editor: Editor) -> None:
    tool = lone_editor.tool
    address, page = tool.consent_page()
    version = VERSION.search(page.text)
    assert version
    lone_editor.post(**NARROW)
    late = {**USUAL, "decision": "approve", "version": version[1]}
    refused = tool.browser.submit(page, address, **late)
    assert refused.status_code == 409
    assert "You changed what it has meanwhile" in refused.text
    assert tool.introspect(lone_editor.token)["scope"] == "api", "the edit stands"
    again = VERSION.search(refused.text)
    assert again
    assert tool.browser.submit(refused, address, **{**late, "version": again[1]}).status_code == 303
    assert tool.introspect(lone_editor.token)["scope"] == "api flows:edit"


def test_foreign_pages_are_not_found(lone_editor: Editor) -> None:
    stranger = Browser(lone_editor.tool.world)
    stranger.sign_in("cleo")
    assert stranger.get(lone_editor.address).status_code == 404
    page = stranger.get("/settings/account")
    for more in (
        "",
        "/summary",
        "/revoke",
        "/pause",
        "/resume",
        "/rotate",
        "/sessions/end",
        "/sessions/x/end",
    ):
        assert stranger.submit(page, lone_editor.address + more, **NARROW).status_code == 404, more
    assert lone_editor.tool.is_active(lone_editor.token)


def test_a_disabled_client_is_said(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.native)
    editor = Editor(tool)
    lone_world.disable_client(lone_world.native)
    assert "was switched off by an administrator" in editor.page().text


def test_approving_what_was_revoked_meanwhile_is_told(lone_editor: Editor) -> None:
    tool = lone_editor.tool
    address, page = tool.consent_page()
    lone_editor.browser.submit(lone_editor.page(), f"{lone_editor.address}/revoke")
    late = {**USUAL, "decision": "approve", "version": "1", "expires_in": "keep"}
    assert tool.browser.submit(page, address, **late).status_code == 409
    del late["version"]
    assert tool.browser.submit(page, address, **late).status_code == 422, "there is no end to keep"
