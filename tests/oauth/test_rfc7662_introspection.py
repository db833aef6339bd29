"""Introspection: RFC 7662, and an answer that is computed live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from app.database.compiled_select import CompiledSelect
from app.domain.credentials.secrets import ALPHABET, Prefix, new_secret
from app.extensions import db
from app.services.clients import resource_servers
from tests.drivers.deployment import AUDIENCE, ISSUER
from tests.drivers.tool import USUAL, Tool
from tests.drivers.world import MCP, World

EVERYTHING = {
    "capabilities": [
        "mcp",
        "api",
        "apps:view",
        "flows:edit",
        "secrets:edit",
        "apps:admin",
        "endpoints:access",
    ],
    "project-payments": "editor",
    "project-website": "admin",
    "project-data": "viewer",
    "mcp_servers": ["ledger", "cms"],
    "expires_in": "",
}
ALL_SCOPES = "mcp api apps:view apps:admin flows:edit secrets:edit endpoints:access"
DETAILS = [
    {
        "type": "project",
        "identifier": "data",
        "privileges": ["viewer"],
        "actions": ["apps:view", "endpoints:access"],
    },
    {
        "type": "project",
        "identifier": "payments",
        "privileges": ["editor"],
        "actions": ["apps:view", "flows:edit", "secrets:edit", "endpoints:access"],
    },
    {
        "type": "project",
        "identifier": "website",
        "privileges": ["admin"],
        "actions": [
            "apps:view",
            "apps:admin",
            "flows:edit",
            "secrets:edit",
            "endpoints:access",
        ],
    },
    {
        "type": "mcp_server",
        "identifier": "cms",
        "locations": [f"{MCP}/cms"],
        "privileges": ["admin"],
    },
    {
        "type": "mcp_server",
        "identifier": "ledger",
        "locations": [f"{MCP}/ledger"],
        "privileges": ["editor"],
    },
]


@pytest.mark.rfc("7662", "2.2")
@pytest.mark.requirement("IN-08")
def test_the_answer_is_that_of_the_contract(tool: Tool) -> None:
    tokens = tool.tokens(EVERYTHING, scope=ALL_SCOPES)
    answer = tool.introspect(tokens["access_token"])
    jti, authorization = answer.pop("jti"), answer.pop("authorization_id")
    subject = answer.pop("sub")
    assert jti.startswith("tok_")
    assert authorization.startswith("aut_")
    assert subject.startswith("usr_")
    start = int(tool.world.at.timestamp())
    assert answer == {
        "active": True,
        "iss": ISSUER,
        "username": "ben@example.org",
        "client_id": tool.client.client_id,
        "token_type": "Bearer",
        "scope": ALL_SCOPES,
        "aud": AUDIENCE,
        "iat": start,
        "exp": start + 600,
        "authorization_version": 1,
        "token_use": "access_token",
        "authorization_details": DETAILS,
    }
    assert tokens["authorization_details"] == answer["authorization_details"]
    assert tokens["scope"] == answer["scope"]


def test_the_answer_is_not_cached_and_has_no_null(lone_tool: Tool) -> None:
    token = lone_tool.tokens()["access_token"]
    response = lone_tool.http.post(
        "/oauth/introspect", data={"token": token}, auth=("api", lone_tool.world.secrets["api"])
    )
    assert response.headers["Cache-Control"] == "no-store"
    assert response.mimetype == "application/json"
    assert None not in response.get_json().values()


CHANGES: dict[str, Callable[[World], object]] = {
    "the role shrinks": lambda w: w.set_member("payments", "ben", "viewer"),
    "the membership ends": lambda w: w.remove_member("payments", "ben"),
    "the user is disabled": lambda w: w.disable_user("ben"),
    "the client is disabled": lambda w: w.disable_client(w.native),
    "the authorization is revoked": lambda w: w.execute(
        "UPDATE authorizations SET revoked_at = created_at"
    ),
    "the authorization has expired": lambda w: w.execute(
        "UPDATE authorizations SET expires_at = created_at"
    ),
    "the session has ended": lambda w: w.execute("UPDATE sessions SET ended_at = created_at"),
    "the authorization is paused": lambda w: w.execute(
        "UPDATE authorizations SET paused_at = created_at"
    ),
}


@pytest.mark.requirement("UI-10", "RT-17")
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_holds_at_the_next_introspection(tool: Tool, name: str) -> None:
    token = tool.tokens()["access_token"]
    CHANGES[name](tool.world)
    answer = tool.introspect(token)
    if name == "the role shrinks":
        assert answer["scope"] == "api"
        assert answer["authorization_details"][0]["privileges"] == ["viewer"]
        assert answer["authorization_details"][0]["actions"] == []
    elif name == "the membership ends":
        assert answer["authorization_details"] == []
    else:
        assert answer == {"active": False}


def test_a_greater_role_of_the_user_gives_the_tool_nothing_more(tool: Tool) -> None:
    token = tool.tokens()["access_token"]
    tool.world.set_member("payments", "ben", "admin")
    assert tool.introspect(token)["authorization_details"][0]["privileges"] == ["editor"]


def test_approving_again_acts_on_the_tokens_issued_before(tool: Tool) -> None:
    before = tool.tokens()
    tool.tokens({"capabilities": ["api"], "project-website": "viewer", "expires_in": ""})
    answer = tool.introspect(before["access_token"])
    assert answer["scope"] == "api"
    assert answer["authorization_version"] == 2
    assert [d["identifier"] for d in answer["authorization_details"]] == ["website"]


@pytest.mark.rfc("7662", "2.2")
@pytest.mark.requirement("IN-02", "AT-03")
def test_what_is_not_active_says_nothing_else(tool: Tool) -> None:
    tokens = tool.tokens()
    text = tokens["access_token"]
    middle = len(text) // 2
    flipped = text[:middle] + ALPHABET[(ALPHABET.index(text[middle]) + 1) % 62] + text[middle + 1 :]
    revoked = tool.tokens()["access_token"]
    tool.revoke(revoked)
    texts = [
        tokens["refresh_token"],
        flipped,
        text[:-1],
        text + "0",
        text.swapcase(),
        text[5:],
        "x",
        "é",
        '"',
        "mdta_",
        "a" * 10_000,
        new_secret(Prefix.ACCESS_TOKEN),
        new_secret(Prefix.API_KEY),
        new_secret(Prefix.CLIENT_SECRET),
        revoked,
    ]
    bodies = set()
    for mangled in texts:
        response = tool.http.post(
            "/oauth/introspect", data={"token": mangled}, auth=("api", tool.world.secrets["api"])
        )
        bodies.add((response.status_code, response.data))
    tool.world.clock.forward(seconds=600)
    expired = tool.http.post(
        "/oauth/introspect", data={"token": text}, auth=("api", tool.world.secrets["api"])
    )
    bodies.add((expired.status_code, expired.data))
    assert bodies == {(200, b'{"active":false}')}


@pytest.mark.rfc("7662", "2.1")
@pytest.mark.requirement("IN-07")
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "foo", "é", '"'])
def test_a_wrong_hint_does_not_matter(lone_tool: Tool, hint: str) -> None:
    token = lone_tool.tokens()["access_token"]
    assert lone_tool.introspect(token, token_type_hint=hint)["active"]


@pytest.mark.rfc("7662", "2.1")
@pytest.mark.requirement("IN-01")
@pytest.mark.parametrize("client", ["web", "post"])
def test_a_client_is_no_resource_server_and_is_told_so(lone_world: World, client: str) -> None:
    tool = Tool(lone_world, getattr(lone_world, client))
    token = tool.tokens()["access_token"]
    answer = tool.post("/oauth/introspect", {"token": token})
    assert (answer.status_code, answer.get_json()["error"]) == (403, "unauthorized_client")
    assert "only a resource server" in answer.get_json()["error_description"]
    assert "active" not in answer.get_json()
    assert tool.http.post("/oauth/introspect", data={"token": token}).status_code == 401
    name = tool.client.client_id
    for pair in ({"client_id": name}, {"client_id": name, "client_secret": "wrong"}):
        wrong = tool.http.post("/oauth/introspect", data={"token": token, **pair})
        assert (wrong.status_code, wrong.get_json()["error"]) == (401, "invalid_client")


@pytest.mark.rfc("7662", "2.1")
def test_a_missing_token_is_an_invalid_request(lone_tool: Tool) -> None:
    for fields in ({}, {"token": ""}):
        response = lone_tool.http.post(
            "/oauth/introspect", data=fields, auth=("api", lone_tool.world.secrets["api"])
        )
        assert response.status_code == 400
        assert response.get_json()["error"] == "invalid_request"


def test_introspection_is_one_read(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tool.tokens()["access_token"]
    asked: list[dict[str, str]] = []
    rows = CompiledSelect.rows

    def counted(self: CompiledSelect, parameters: dict[str, str]) -> list[tuple[Any, ...]]:
        asked.append(parameters)
        return rows(self, parameters)

    monkeypatch.setattr(CompiledSelect, "rows", counted)
    statements: list[str] = []
    with tool.world.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda _c, _u, sql, *_: statements.append(sql))
    assert tool.is_active(token)
    assert len(asked) == 1
    assert statements == [], "no transaction of the ORM"
    assert not tool.is_active(token[:-1] + ("0" if token[-1] != "0" else "1"))
    assert asked[1]["digest"] == "", "a wrong checksum is not looked up"


@pytest.mark.requirement("XC-13")
def test_identifiers_do_not_count(lone_tool: Tool) -> None:
    answers = [lone_tool.introspect(lone_tool.tokens()["access_token"]) for _ in range(3)]
    assert len({a["jti"] for a in answers}) == 3
    assert len({a["sub"] for a in answers}) == 1
    assert all(len(a["jti"]) > 20 for a in answers)


def test_an_expired_element_falls_back_or_away(tool: Tool) -> None:
    token = tool.tokens({**USUAL, "project-website": "admin"})["access_token"]
    tool.world.execute(
        "UPDATE authorization_projects "
        "SET until_at = '2026-11-22 12:05:00+00:00', then_role = 'viewer' WHERE role = 'admin'"
    )
    tool.world.execute(
        "UPDATE authorization_projects SET until_at = '2026-11-22 12:05:00+00:00' WHERE role = 'editor'"
    )
    assert [d["privileges"] for d in tool.introspect(token)["authorization_details"]] == [
        ["editor"],
        ["admin"],
    ]
    tool.world.clock.forward(minutes=5)
    assert [
        (d["identifier"], d["privileges"]) for d in tool.introspect(token)["authorization_details"]
    ] == [("website", ["viewer"])]


@pytest.mark.requirement("AT-01")
def test_a_token_says_the_end_of_what_it_rests_on(tool: Tool) -> None:
    tokens = tool.tokens({**USUAL, "expires_in": "60"})
    assert tokens["expires_in"] == 60
    assert tool.introspect(tokens["access_token"])["exp"] == int(tool.world.at.timestamp()) + 60


def test_an_unknown_address_is_refused_however_the_gateway_was_spelled(world: World) -> None:
    with world.app.app_context():
        resource_servers.add_resource_server(
            "gateway",
            audience="HTTP://127.0.0.1:8001/mcp",
            auth_method="client_secret_basic",
            at=world.at,
            actor="test",
        )
    assert world.execute("SELECT audience FROM resource_servers WHERE identifier = 'gateway'") == [
        (MCP,)
    ]


@pytest.mark.requirement("XC-04")
def test_a_secret_in_the_wrong_place_stays_out_of_the_log(
    lone_tool: Tool, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = new_secret(Prefix.API_KEY)
    for more in ({"auth": (secret, "x")}, {"data": {"client_id": secret, "token": "x"}}):
        assert (
            lone_tool.http.post("/oauth/introspect", **{"data": {"token": "x"}, **more}).status_code
            == 401
        )
    said = capfd.readouterr().err
    assert "a secret" in said
    assert secret[5:20] not in said
