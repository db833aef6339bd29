"""The main job, end to end, over HTTP alone."""

from __future__ import annotations

from tests.drivers.tool import Tool


def test_a_tool_signs_in_is_introspected_refreshed_and_revoked(tool: Tool) -> None:
    tokens = tool.tokens()
    assert tokens["token_type"] == "Bearer"
    assert tokens["scope"] == "api flows:edit"
    assert tokens["expires_in"] == 600

    answer = tool.introspect(tokens["access_token"])
    assert answer["active"] is True
    assert answer["username"] == "ben@example.org"
    assert answer["aud"] == "http://127.0.0.1:8001/api"
    assert answer["authorization_details"] == [
        {
            "type": "project",
            "identifier": "payments",
            "privileges": ["editor"],
            "actions": ["flows:edit"],
        }
    ]

    again = tool.refresh(tokens["refresh_token"]).get_json()
    assert again["refresh_token"] != tokens["refresh_token"]
    assert tool.is_active(again["access_token"])

    tool.world.remove_member("payments", "ben")
    narrowed = tool.introspect(again["access_token"])
    assert narrowed["scope"] == "api"
    assert narrowed["authorization_details"] == []

    assert tool.revoke(again["refresh_token"]).status_code == 200
    assert tool.introspect(again["access_token"]) == {"active": False}
