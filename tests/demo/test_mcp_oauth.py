"""From the URL of an MCP server alone to an answer: the official SDK's own OAuth client."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from anyio import run, to_thread
from mcp import ClientSession
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from mcp.types import CallToolResult

from tests.demo.browser import Browser
from tests.demo.conftest import Stage

CALLBACK = "http://127.0.0.1:49152/callback"


class Person:
    """Answers for a client that opens a browser, and keeps what the client is given."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._answer: dict[str, list[str]] = {}
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info

    async def open(self, url: str) -> None:
        await to_thread.run_sync(self._approve, url)

    def _approve(self, url: str) -> None:
        with Browser() as browser:
            page = browser.sign_in(browser.get(url), "jonas", self._stage.password("jonas"))
            target = browser.answer(page, capabilities=["mcp"])
        self._answer = parse_qs(urlsplit(target).query)

    async def come_back(self) -> AuthorizationCodeResult:
        (code,), (state,), (issuer,) = (self._answer[name] for name in ("code", "state", "iss"))
        return AuthorizationCodeResult(code=code, state=state, iss=issuer)


@pytest.mark.slow
def test_a_stock_client_needs_nothing_but_the_url(stage: Stage) -> None:
    url = stage.addresses.mcp_server("website-content")
    person = Person(stage)
    described = OAuthClientMetadata.model_validate(
        {"client_name": "Stock client", "redirect_uris": [CALLBACK]}
    )
    auth = OAuthClientProvider(url, described, person, person.open, person.come_back)

    async def whoami() -> CallToolResult:
        async with (
            httpx2.AsyncClient(auth=auth, trust_env=False, timeout=15) as http,
            streamable_http_client(url, http_client=http) as (read, write),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await session.call_tool("whoami")

    answer = run(whoami)
    assert answer.structured_content == {"username": "jonas@kestrel.example", "role": "editor"}
    assert person.tokens is not None
    assert person.tokens.scope == "mcp"
