"""The official SDK's client, with a person for its browser."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from anyio import run, to_thread
from mcp import ClientSession
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from mcp.types import CallToolResult

from app.demo.data_dir import OFFLINE
from app.runtime import current
from app.services.clients.json_fetch import Fetcher
from app.settings import Settings
from app.settings.client_documents import DOCUMENTS_NAME, client_documents_of
from tests.drivers.demo_browser import Browser
from tests.drivers.demo_stage import Stage
from tests.drivers.sites import Site, answer, authority, document, site

CALLBACK = "http://127.0.0.1:49152/callback"
SERVER = "website-content"


class AskedAgain(Exception):
    """The client wants to send the person to the browser a second time."""


class Person:
    """Answers for a client that opens a browser, and keeps what the client is given."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._answer: dict[str, list[str]] = {}
        self.browser = Browser()
        self.page = ""
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
        if self.page:
            raise AskedAgain
        await to_thread.run_sync(self._approve, url)

    def _approve(self, url: str) -> None:
        page = self.browser.sign_in(self.browser.get(url), "jonas", self._stage.password("jonas"))
        self.page = page.text
        self._answer = parse_qs(urlsplit(self.browser.answer(page, capabilities=["mcp"])).query)

    async def come_back(self) -> AuthorizationCodeResult:
        (code,), (state,), (issuer,) = (self._answer[name] for name in ("code", "state", "iss"))
        return AuthorizationCodeResult(code=code, state=state, iss=issuer)

    def edit(self, **choice: Any) -> None:
        """Change in the settings what the tool has."""
        settings = f"{self._stage.demo['issuer']}/settings/authorizations/"
        page = self.browser.get(f"{settings}oauth2")
        address = page.text.split(f'href="{settings.removeprefix(self._stage.demo["issuer"])}aut_')[
            1
        ].split('"')[0]
        page = self.browser.get(f"{settings}aut_{address}")
        version = page.text.split('name="version" value="')[1].split('"')[0]
        saved = self.browser.press(page, str(page.url), version=version, **choice)
        assert saved.status_code == 200, saved.text


Body = Callable[[ClientSession, OAuthClientProvider], Awaitable[None]]


def connected(person: Person, url: str, body: Body, **more: Any) -> None:
    """Run `body` with a session of the SDK that knows nothing but the URL."""
    metadata = {"client_name": "Stock client", "redirect_uris": [CALLBACK]}
    described = OAuthClientMetadata.model_validate({**metadata, **more.pop("metadata", {})})
    auth = OAuthClientProvider(url, described, person, person.open, person.come_back, **more)

    async def talk() -> None:
        async with (
            httpx2.AsyncClient(auth=auth, trust_env=False, timeout=15) as http,
            streamable_http_client(url, http_client=http) as (read, write),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            await body(session, auth)

    run(talk)


async def whoami(session: ClientSession) -> CallToolResult:
    found = await session.call_tool("whoami")
    assert found.structured_content == {"username": "jonas@kestrel.example", "role": "editor"}
    return found


def full_walk(stage: Stage, person: Person, **more: Any) -> None:
    """Discovery, registration, consent, call, refresh, narrowed, refused."""
    first: list[str] = []

    async def work(session: ClientSession, auth: OAuthClientProvider) -> None:
        await whoami(session)
        assert person.tokens
        first.append(person.tokens.access_token)
        auth.context.token_expiry_time = 1.0  # as if the token had run out
        await whoami(session)
        assert person.tokens.access_token != first[0]
        await to_thread.run_sync(
            lambda: person.edit(
                capabilities=["mcp"], mcp_servers=[], **{"project-website": "viewer"}
            )
        )
        await session.call_tool("whoami")

    with pytest.raises(BaseException) as ended:  # noqa: PT011 - anyio wraps it in groups
        connected(person, stage.addresses.mcp_server(SERVER), work, **more)
    assert first, ended.getrepr(style="short")
    assert "AskedAgain" in repr(leaves(ended.value))


def leaves(error: BaseException) -> list[BaseException]:
    """Return the errors that a group of groups holds."""
    inner = getattr(error, "exceptions", None)
    return [leaf for one in inner for leaf in leaves(one)] if inner else [error]


@contextmanager
def published(stage: Stage) -> Iterator[Site]:
    """Publish a metadata document that the demo may fetch."""
    with site() as made:
        url = made.url(host="localhost")
        made.handler = answer(
            document(url, client_name="Stock", redirect_uris=["http://127.0.0.1/callback"])
        )
        before = stage.app.extensions[current.FETCHER]
        stage.app.extensions[current.FETCHER] = Fetcher(loopback=True, trust=authority().trust)
        try:
            yield made
        finally:
            stage.app.extensions[current.FETCHER] = before


@contextmanager
def alone(stage: Stage) -> Iterator[None]:
    """Let the demo's server take documents of this machine only, as a demo without internet does."""
    before: Settings = stage.app.extensions[current.SETTINGS]
    documents = client_documents_of({DOCUMENTS_NAME: OFFLINE})
    stage.app.extensions[current.SETTINGS] = replace(before, documents=documents)
    try:
        yield
    finally:
        stage.app.extensions[current.SETTINGS] = before
