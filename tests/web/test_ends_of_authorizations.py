"""Roles, MCP servers and whole Authorizations for a while."""

from __future__ import annotations

from tests.drivers.editor import Editor
from tests.drivers.tool import USUAL


def test_a_role_for_a_while_falls_back(editor: Editor) -> None:
    editor.post(
        capabilities=["api", "apps:view", "flows:edit"],
        expires_in="",
        **{
            "project-payments": "editor",
            "role_ends_in-payments": "300",
            "role_then-payments": "viewer",
        },
    )
    assert editor.details()[0]["privileges"] == ["editor"]
    assert "until 22 Nov 2026, 12:05 UTC</option>" in editor.page().text
    assert ">22 Nov 2026, 12:05 UTC</time>, then viewer" in editor.page().text
    editor.tool.world.clock.forward(seconds=299)
    assert editor.details()[0]["privileges"] == ["editor"]
    editor.tool.world.clock.forward(seconds=1)
    assert editor.details()[0]["privileges"] == ["viewer"]
    assert editor.tool.introspect(editor.token)["scope"] == "api apps:view"


def test_an_mcp_server_for_a_while_falls_away(editor: Editor) -> None:
    fields = {"capabilities": ["mcp"], "mcp_servers": ["ledger", "cms"], "expires_in": ""}
    editor.post(**fields, **{"server_ends_in-ledger": "300"})
    assert [d["identifier"] for d in editor.details()] == ["cms", "ledger"]
    editor.tool.world.clock.forward(seconds=300)
    assert [d["identifier"] for d in editor.details()] == ["cms"]


def test_an_end_stays_when_the_form_keeps_it_or_does_not_name_it(lone_editor: Editor) -> None:
    role = {"project-payments": "editor"}
    lone_editor.post(**USUAL, **{"role_ends_in-payments": "300"})
    lone_editor.tool.world.clock.forward(seconds=100)
    lone_editor.post(capabilities=["api", "flows:edit"], expires_in="", **role)
    lone_editor.post(capabilities=["api"], **role, **{"role_ends_in-payments": "keep"})
    lone_editor.tool.world.clock.forward(seconds=199)
    assert lone_editor.details(), "the role has a second left"
    lone_editor.tool.world.clock.forward(seconds=1)
    assert lone_editor.details() == []


def test_an_authorization_can_be_given_a_later_end(lone_editor: Editor) -> None:
    lone_editor.post(**{**USUAL, "expires_in": "60"})
    lone_editor.tool.world.clock.forward(seconds=61)
    assert not lone_editor.tool.is_active(lone_editor.token)
    assert "expired" in lone_editor.page().text
    lone_editor.post(**{**USUAL, "expires_in": "3600"})
    assert lone_editor.tool.is_active(lone_editor.token)


def test_an_end_that_has_passed_is_no_change_and_saves_nothing(lone_editor: Editor) -> None:
    fields = {"capabilities": ["api", "mcp"], "mcp_servers": ["ledger", "cms"], "expires_in": ""}
    ends = {
        "server_ends_in-ledger": "60",
        "role_ends_in-payments": "60",
        "role_then-payments": "viewer",
    }
    lone_editor.post(**fields, **{"project-payments": "editor"}, **ends)
    lone_editor.tool.world.clock.forward(seconds=60)
    assert "data-change>Changes nothing.<" in lone_editor.page().text
    now = {**fields, "mcp_servers": ["cms"], "project-payments": "viewer"}
    lone_editor.post(**now)
    assert len(lone_editor.tool.world.audit("authorization.edited")) == 1


def test_a_form_that_keeps_an_end_revives_nothing_when_sent_too_late(lone_editor: Editor) -> None:
    fields = {"capabilities": ["flows:edit", "mcp"], "mcp_servers": ["ledger"], "expires_in": ""}
    role = {"project-payments": "editor"}
    lone_editor.post(
        **fields, **role, **{"role_ends_in-payments": "60", "server_ends_in-ledger": "60"}
    )
    lone_editor.tool.world.clock.forward(seconds=60)
    kept = {"role_ends_in-payments": "keep", "server_ends_in-ledger": "keep"}
    lone_editor.post(**fields, **role, **kept)
    assert lone_editor.details() == []
