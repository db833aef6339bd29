"""The short way of introspection and the long way give the same answers."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote_plus

import pytest

from tests.drivers.introspection import basic, both_ways
from tests.drivers.tool import Tool
from tests.drivers.world import MCP

FORM = "application/x-www-form-urlencoded"


def test_plain_questions_take_the_short_way(tool: Tool) -> None:
    token = tool.tokens()["access_token"]
    header = {"Authorization": basic("api", tool.world.secrets["api"])}
    for fields in (
        {"token": token},
        {"token": "unknown"},
        {"token": token, "token_type_hint": "x"},
        {"token": token, "resource": f"{MCP}/x"},
        {"token": token + "0"},
        {"token": token, "resource": "http://127.0.0.1:8001/api/projects"},
    ):
        (status, _, _), short = both_ways(tool, data=fields, headers=header)
        assert status == 200
        assert short


def test_all_others_take_the_long_way_untouched(lone_tool: Tool) -> None:
    token, secret = lone_tool.tokens()["access_token"], lone_tool.world.secrets["api"]
    good = {"Authorization": basic("api", secret)}
    asked: list[tuple[dict[str, Any], int]] = [
        ({"data": {}, "headers": good}, 400),
        ({"data": {"token": ""}, "headers": good}, 400),
        ({"data": {"token": token}}, 401),
        ({"data": {"token": token}, "headers": {"Authorization": basic("api", "wrong")}}, 401),
        ({"data": {"token": token}, "headers": {"Authorization": basic("nobody", secret)}}, 401),
        ({"data": {"token": token}, "headers": {"Authorization": basic("é", secret)}}, 401),
        ({"data": {"token": token}, "headers": {"Authorization": "Basic ???"}}, 401),
        ({"data": {"token": token}, "headers": {"Authorization": "Basic"}}, 401),
        ({"data": {"token": token}, "headers": {"Authorization": "Bearer x"}}, 401),
        (
            {
                "data": {"token": token},
                "headers": {"Authorization": "Basic " + base64.b64encode(b"\xff:\xff").decode()},
            },
            401,
        ),
        ({"data": {"token": token, "client_id": "api"}, "headers": good}, 200),
        ({"data": {"token": token, "client_id": "other"}, "headers": good}, 400),
        ({"data": {"token": token, "client_secret": secret}, "headers": good}, 400),
        ({"data": {"token": [token, token]}, "headers": good}, 400),
        ({"data": {"token": token + "\x00"}, "headers": good}, 400),
        (
            {"data": f"token={quote_plus(token)}&token=%ff", "content_type": FORM, "headers": good},
            400,
        ),
        ({"data": b"token=\xff", "content_type": FORM, "headers": good}, 400),
        ({"data": {f"f{n}": "x" for n in range(20)} | {"token": token}, "headers": good}, 200),
        ({"data": {"token": token}, "query_string": {"token": token}, "headers": good}, 400),
        ({"json": {"token": token}, "headers": good}, 400),
        (
            {"data": f"token={token}", "content_type": FORM + "; charset=utf-8", "headers": good},
            200,
        ),
        ({"data": {"token": "x" * 300_000}, "headers": good}, 413),
    ]
    for question, expected in asked:
        (status, _, _), short = both_ways(lone_tool, **question)
        assert status == expected, question
        assert not short, question


@pytest.mark.rfc("7662", "2.1")
@pytest.mark.parametrize("registered", ["client_secret_basic", "client_secret_post"])
def test_a_resource_server_sends_its_secret_in_either_way_or_in_both(
    lone_tool: Tool, registered: str
) -> None:
    token = lone_tool.tokens()["access_token"]
    secret = lone_tool.world.add_resource_server("gateway", "http://127.0.0.1:8001/api", registered)
    good = {"Authorization": basic("gateway", secret)}
    pair = {"client_id": "gateway", "client_secret": secret}
    asked: list[tuple[dict[str, Any], int, bool]] = [
        ({"data": {"token": token}, "headers": good}, 200, True),
        ({"data": {"token": token, **pair}}, 200, False),
        ({"data": {"token": token, **pair}, "headers": good}, 200, False),
        ({"data": {"token": token, **pair, "client_secret": "other"}, "headers": good}, 400, False),
        ({"data": {"token": token, **pair, "client_id": "api"}, "headers": good}, 400, False),
        ({"data": {"token": token, **pair, "client_secret": "other"}}, 401, False),
    ]
    for question, expected, quick in asked:
        (status, body, _), short = both_ways(lone_tool, **question)
        assert (status, short) == (expected, quick), question
        assert (b'"active":true' in body) is (expected == 200), question


def test_credentials_that_are_wrong_twice_are_counted_once(lone_tool: Tool) -> None:
    header, http = {"Authorization": basic("api", "wrong")}, lone_tool.world.app.test_client()
    fields = {"token": "x", "client_id": "api", "client_secret": "wrong"}
    statuses = [
        http.post("/oauth/introspect", data=fields, headers=header).status_code for _ in range(31)
    ]
    assert statuses == [401] * 30 + [429]


def test_a_failed_authentication_is_counted_once(lone_tool: Tool) -> None:
    header = {"Authorization": basic("api", "wrong")}
    http = lone_tool.world.app.test_client()
    statuses = [
        http.post("/oauth/introspect", data={"token": "x"}, headers=header).status_code
        for _ in range(31)
    ]
    assert statuses == [401] * 30 + [429]


@pytest.mark.parametrize("path", ["/oauth/introspect/", "/oauth//introspect", "/OAUTH/introspect"])
def test_near_misses_are_nothing(lone_tool: Tool, path: str) -> None:
    assert lone_tool.http.post(path, data={"token": "x"}).status_code in (308, 404)
