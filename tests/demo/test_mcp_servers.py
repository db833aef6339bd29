"""The MCP servers of the demo, called by the official SDK's client over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import httpx2
import pytest
from anyio import run, to_thread
from flask import Flask
from mcp import ClientSession
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from app.demo.api.mcp_servers import create_mcp_servers
from app.demo.api.mcp_tools import ROLES
from app.demo.api.resource_metadata import document_url
from app.demo.api.site import create_site, serving_site
from app.demo.organisation.company import company
from app.demo.tool.mcp_messages import HEADERS, OPENING
from app.domain.delegation.choice import Choice
from tests.drivers.demo_stage import Stage, free_addresses
from tests.drivers.mcp_client import at, call_tool, said

SERVER = "website-content"
BOTH = ["website-content", "playground"]


def post(url: str, token: str | None = None) -> httpx.Response:
    """Send an MCP server its first message, as any HTTP client may."""
    bearer = {} if token is None else {"Authorization": f"Bearer {token}"}
    headers = {**HEADERS, **bearer}
    return httpx.post(url, json=OPENING[0], headers=headers, trust_env=False, timeout=15)


@pytest.fixture
def url(stage: Stage) -> str:
    return stage.addresses.mcp_server(SERVER)


def test_the_tools_are_listed_with_what_they_do(stage: Stage, url: str) -> None:
    tools = at(url, stage.token(resource=url), ClientSession.list_tools).tools
    described = {tool.name: tool.description for tool in tools}
    assert set(described) == {
        "whoami",
        "what_may_i_do",
        "add_flow",
        "search_pages",
        "draft_page",
        "publish_page",
    }
    assert all(described.values())


def test_whoami_says_who_calls_and_in_which_role(stage: Stage, url: str) -> None:
    answer = call_tool(url, stage.token(resource=url), "whoami")
    assert answer.structured_content == {"username": "jonas@kestrel.example", "role": "editor"}


def test_what_may_i_do_says_what_was_given(stage: Stage, url: str) -> None:
    token = stage.token(resource=url, **{"project-sandbox": "viewer"})
    assert call_tool(url, token, "what_may_i_do").structured_content == {
        "capabilities": ["mcp", "api", "apps:view", "flows:edit"],
        "projects": [
            {"project": "sandbox", "role": "viewer", "actions": ["apps:view"]},
            {"project": "website", "role": "editor", "actions": ["apps:view", "flows:edit"]},
        ],
        "mcp_servers": [{"url": url, "role": "editor"}],
    }


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("viewer", ["viewer"]), ("editor", ["viewer", "editor"]), ("admin", list(ROLES))],
)
def test_a_tool_works_from_its_role_on(
    stage: Stage, url: str, role: str, allowed: list[str]
) -> None:
    stage.set_role("jonas", "website", role)
    token = stage.token(resource=url, **{"project-website": "viewer"})
    server = next(s for s in company().mcp_servers if s.identifier == SERVER)
    for tool in server.tools:
        answer = call_tool(url, token, tool.name, text="News")
        assert bool(answer.is_error) is (tool.role not in allowed)
        if answer.is_error:
            expected = f"for the role {tool.role}; on Website Content you are {role}."
            assert said(answer).endswith(expected)
        else:
            assert "News" in said(answer)


def test_a_tool_that_needs_a_capability_says_why_it_is_refused_and_where_that_changes(
    stage: Stage, url: str
) -> None:
    token = stage.token(resource=url)
    assert said(call_tool(url, token, "add_flow", text="News")) == (
        "The flow News was added to website."
    )
    page = f"{stage.demo['issuer']}/settings/authorizations/aut_"

    stage.edit(Choice(frozenset({"mcp"}), {"website": "editor"}, frozenset({SERVER})))
    refused = call_tool(url, token, "add_flow", text="News")
    assert refused.is_error
    assert f"“Create and modify flows” was not given to this tool. {page}" in said(refused)
    assert said(refused).endswith("?give=flows%3Aedit")

    chosen = frozenset({"mcp", "flows:edit"})
    stage.edit(Choice(chosen, {"website": "editor"}, frozenset({SERVER})))
    stage.set_role("jonas", "website", "viewer")
    refused = call_tool(url, token, "add_flow", text="News")
    assert f"You are viewer in Website; ask for editor there. {page}" in said(refused)


def test_a_role_that_is_lost_is_gone_at_the_next_call_of_the_same_session(
    stage: Stage, url: str
) -> None:
    async def work(session: ClientSession) -> list[bool]:
        before = await session.call_tool("draft_page", {"text": "News"})
        await to_thread.run_sync(stage.set_role, "jonas", "website", "viewer")
        after = await session.call_tool("draft_page", {"text": "News"})
        return [bool(before.is_error), bool(after.is_error)]

    assert at(url, stage.token(resource=url), work) == [False, True]


def test_a_token_that_is_revoked_is_refused_at_the_very_next_call(stage: Stage, url: str) -> None:
    token = stage.token(resource=url)
    assert post(url, token).status_code == 200
    stage.revoke_all()
    assert post(url, token).status_code == 401


def test_the_newest_protocol_is_spoken_too(stage: Stage, url: str) -> None:
    bearer = {"Authorization": f"Bearer {stage.token(resource=url)}"}

    async def whoami() -> Any:
        async with (
            httpx2.AsyncClient(headers=bearer, trust_env=False) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            return client.protocol_version, await client.call_tool("whoami", {})

    version, answer = run(whoami)
    assert version == "2026-07-28"
    assert answer.structured_content["role"] == "editor"


@pytest.mark.parametrize("token", [None, "nonsense", "mdta_" + "0" * 49])
def test_without_a_good_token_a_client_is_shown_the_way(url: str, token: str | None) -> None:
    refused = post(url, token)
    assert refused.status_code == 401
    challenge = refused.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ")
    assert f'resource_metadata="{document_url(url)}"' in challenge


def test_a_token_is_good_at_its_own_server_only(stage: Stage, url: str) -> None:
    other = stage.addresses.mcp_server("playground")
    token = stage.token(resource=url, mcp_servers=BOTH)
    assert [post(u, token).status_code for u in (url, f"{url}/", other)] == [200, 200, 401]
    for_the_api = stage.token(mcp_servers=BOTH)
    for_all = stage.token(resource=stage.addresses.mcp, mcp_servers=BOTH)
    assert post(url, for_the_api).status_code == post(url, for_all).status_code == 401


@pytest.mark.parametrize("choice", [{"mcp_servers": ["playground"]}, {"capabilities": ["api"]}])
def test_a_server_or_a_capability_that_is_not_given_any_more_makes_the_token_worthless_here(
    stage: Stage, url: str, choice: dict[str, Any]
) -> None:
    token = stage.token(resource=url, mcp_servers=BOTH)
    assert post(url, token).status_code == 200
    other = stage.addresses.mcp_server("playground") if "mcp_servers" in choice else stage.api
    stage.token(resource=other, **choice)
    assert post(url, token).status_code == 401


def test_an_api_key_opens_the_servers_that_it_names(stage: Stage, url: str) -> None:
    key = stage.api_key("mcp", servers=frozenset((SERVER,)))
    answer = call_tool(url, key, "whoami")
    assert answer.structured_content == {"username": "jonas@kestrel.example", "role": "editor"}
    assert post(stage.addresses.mcp_server("playground"), key).status_code == 401


def test_an_unknown_server_is_not_found(stage: Stage) -> None:
    assert post(f"{stage.addresses.mcp}/nowhere").status_code == 404


def test_every_server_has_a_tool_for_each_role() -> None:
    for server in company().mcp_servers:
        assert {tool.role for tool in server.tools} == set(ROLES)


class Alone:
    """The MCP servers with an authorization server that answers as a test wants."""

    def __init__(self, stack: ExitStack) -> None:
        self.addresses = free_addresses()
        self.url = self.addresses.mcp_server(SERVER)
        self.answer = httpx.Response(503)
        self.asked: list[httpx.Request] = []
        transport = httpx.MockTransport(self._answer)
        http = httpx.AsyncClient(auth=("mcp", "secret"), transport=transport)
        servers = create_mcp_servers(company(), self.addresses, http)
        site = create_site(Flask("api", static_folder=None), servers, http)
        stack.enter_context(serving_site(site, self.addresses.ports[1]))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answer

    def says(self, **more: Any) -> None:
        """Let it call a token active."""
        told = {
            "active": True,
            "aud": self.url,
            "scope": "mcp",
            "sub": "usr_1",
            "authorization_id": "aut_1",
            "authorization_details": [],
        }
        self.answer = httpx.Response(200, json={**told, **more})


@pytest.fixture
def alone() -> Iterator[Alone]:
    with ExitStack() as stack:
        yield Alone(stack)


def test_mandate_is_asked_with_credentials_about_this_server(alone: Alone) -> None:
    alone.says()
    assert post(alone.url, "mdta_x").status_code == 200
    (request,) = alone.asked
    assert str(request.url) == f"{alone.addresses.issuer}/oauth/introspect"
    assert request.headers["Authorization"].startswith("Basic ")
    assert dict(httpx.QueryParams(request.content.decode())) == {
        "token": "mdta_x",
        "resource": alone.url,
    }


def test_a_token_without_the_mcp_capability_reaches_too_far(alone: Alone) -> None:
    alone.says(scope="api")
    refused = post(alone.url, "mdta_x")
    assert refused.status_code == 403
    assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]


def test_a_token_for_another_audience_is_refused(alone: Alone) -> None:
    alone.says(aud=alone.addresses.mcp)
    assert post(alone.url, "mdta_x").status_code == 401


def test_a_server_that_is_not_among_the_details_answers_nothing(alone: Alone) -> None:
    other = {
        "type": "mcp_server",
        "identifier": "playground",
        "locations": [alone.addresses.mcp_server("playground")],
        "privileges": ["admin"],
    }
    alone.says(username="jonas@kestrel.example", authorization_details=[other])
    for name in ("whoami", "what_may_i_do", "add_flow", "search_pages"):
        answer = call_tool(alone.url, "mdta_x", name)
        assert answer.is_error
        assert said(answer).endswith("Website Content is not among what was given.")


def test_without_a_reason_from_mandate_a_tool_refuses_all_the_same(alone: Alone) -> None:
    own = {
        "type": "mcp_server",
        "identifier": SERVER,
        "locations": [alone.url],
        "privileges": ["admin"],
    }
    alone.says(authorization_details=[own])
    answer = call_tool(alone.url, "mdta_x", "add_flow")
    assert answer.is_error
    assert said(answer).endswith("The token does not reach that far.")


def test_nobody_is_let_in_while_mandate_is_away(alone: Alone) -> None:
    away = post(alone.url, "mdta_x")
    assert (away.status_code, away.headers["Retry-After"]) == (503, "1")
    assert away.json()["error"] == "temporarily_unavailable"
    alone.answer = httpx.Response(200, json={})
    assert post(alone.url, "mdta_x").status_code == 500
