"""A tool that the administrator switched off, and those that would pass for another."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.services.clients import suspension
from tests.drivers.tool import Tool
from tests.drivers.world import Registered, World

CODE: dict[str, Any] = {
    "client_name": "Claude Code",
    "redirect_uris": ["http://localhost:53211/callback"],
    "token_endpoint_auth_method": "none",
}


def register(world: World, **changes: Any) -> TestResponse:
    return world.app.test_client().post("/oauth/register", json={**CODE, **changes})


def switch_off(world: World, client_id: str) -> None:
    with world.app.app_context():
        suspension.disable_client(client_id, at=world.at, actor="test")


@pytest.fixture
def switched_off(lone_world: World) -> str:
    made = register(lone_world).get_json()
    switch_off(lone_world, made["client_id"])
    return str(made["client_id"])


def test_a_person_is_told_who_switched_it_off(lone_world: World, switched_off: str) -> None:
    tool = Tool(lone_world, Registered(switched_off, None, "none", CODE["redirect_uris"][0]))
    page = tool.authorize()
    assert page.status_code == 400
    assert "switched this tool off" in page.text
    assert "registration is gone" not in page.text
    answer = tool.http.get(
        "/oauth/authorize", query_string=tool.request(), headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.get_json()["error"]) == (403, "access_denied")
    assert "register again" not in answer.text


def test_a_tool_of_the_administrator_too(lone_world: World) -> None:
    switch_off(lone_world, lone_world.spa.client_id)
    assert "switched this tool off" in Tool(lone_world, lone_world.spa).authorize().text


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"redirect_uris": ["http://localhost:9/other"]},
        {"client_name": "CLAUDE  code"},
        {"client_name": "Clаude Code"},
    ],
    ids=["the same", "another port", "another spelling", "a letter of another script"],
)
def test_it_does_not_come_back_by_registering_anew(
    lone_world: World, switched_off: str, changes: dict[str, Any]
) -> None:
    refused = register(lone_world, **changes)
    assert refused.status_code == 400
    assert refused.get_json()["error"] == "invalid_client_metadata"
    assert "switched" in refused.get_json()["error_description"]


def test_others_may_register(lone_world: World, switched_off: str) -> None:
    assert register(lone_world, client_name="Codex").status_code == 201
    elsewhere = ["https://claude.example/callback"]
    assert register(lone_world, redirect_uris=elsewhere).status_code == 201


def test_who_removed_its_own_registration_may_come_back(lone_world: World) -> None:
    made = register(lone_world).get_json()
    tool = Tool(lone_world, Registered(made["client_id"], None, "none", CODE["redirect_uris"][0]))
    tool.tokens()
    http = lone_world.app.test_client()
    bearer = {"Authorization": f"Bearer {made['registration_access_token']}"}
    path = "/oauth/register/" + made["client_id"]
    assert http.delete(path, headers=bearer).status_code == 204
    assert "registration is gone" in tool.authorize().text
    assert register(lone_world).status_code == 201


@pytest.mark.parametrize("name", ["Reports", "rеports", "R e p o r t s"])
def test_a_name_of_the_administrators_tools_is_taken(lone_world: World, name: str) -> None:
    refused = register(lone_world, client_name=name)
    assert refused.status_code == 400
    made = register(lone_world).get_json()
    bearer = {"Authorization": f"Bearer {made['registration_access_token']}"}
    body = {**CODE, "client_id": made["client_id"], "client_name": name}
    renamed = lone_world.app.test_client().put(
        "/oauth/register/" + made["client_id"], json=body, headers=bearer
    )
    assert renamed.status_code == 400


@pytest.mark.parametrize(
    "name", ["\u3164", "\u2800\u2800", "\u115f", "a\u3164", "\u200d", "x\u180e"]
)
def test_a_name_that_nobody_sees_is_refused(lone_world: World, name: str) -> None:
    assert register(lone_world, client_name=name).status_code == 400


def test_emoji_and_persian_are_seen(lone_world: World) -> None:
    for name in ("Deploy ✔️", "👩‍💻 Helper", "می‌خواهم"):
        assert register(lone_world, client_name=name).status_code == 201
