"""The official Python SDK's client: from the URL of an MCP server to an answer, and to a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from anyio import to_thread
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import OAuthToken

from tests.drivers.demo_stage import Stage
from tests.drivers.mcp_sdk import (
    SERVER,
    Person,
    alone,
    connected,
    full_walk,
    leaves,
    published,
    whoami,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def person(stage: Stage) -> Iterator[Person]:
    made = Person(stage)
    with made.browser:
        yield made


@pytest.mark.parametrize("method", [None, "none", "client_secret_post", "client_secret_basic"])
def test_the_sdk_walks_from_a_url_to_a_refusal_by_registration(
    stage: Stage, person: Person, method: str | None
) -> None:
    more = {"token_endpoint_auth_method": method} if method else {}
    full_walk(stage, person, metadata=more)
    assert person.client
    assert person.client.client_id
    assert "<strong>Unverified:</strong> anyone can call themselves" in person.page


def test_the_sdk_walks_from_a_url_to_a_refusal_by_a_metadata_document(
    stage: Stage, person: Person
) -> None:
    with published(stage) as made:
        url = made.url(host="localhost")
        full_walk(stage, person, client_metadata_url=url)
        assert made.connections == 1
        assert person.client
        assert person.client.client_id == url
        assert f"Published by <code>localhost:{made.port}</code>" in person.page


def test_the_sdk_registers_where_documents_are_not_advertised(stage: Stage, person: Person) -> None:
    """It has a document, and the server says that it could not fetch it."""
    with alone(stage):
        full_walk(stage, person, client_metadata_url="https://tool.example/client.json")
    assert "<strong>Unverified:</strong> anyone can call themselves" in person.page


def test_a_revoked_client_of_the_sdk_is_refused_at_its_next_call(
    stage: Stage, person: Person
) -> None:
    async def work(session: ClientSession, auth: OAuthClientProvider) -> None:
        await whoami(session)
        await to_thread.run_sync(lambda: stage.revoke(person.browser))
        await session.call_tool("whoami")

    with pytest.raises(BaseException) as ended:  # noqa: PT011 - anyio wraps it in groups
        connected(person, stage.addresses.mcp_server(SERVER), work)
    assert "AskedAgain" in repr(leaves(ended.value))


def test_two_processes_of_one_tool_refresh_together_and_go_on(stage: Stage, person: Person) -> None:
    """Both hold the same refresh token; the grace serves both, and none is signed out."""
    known: list[Any] = []
    fresh: list[OAuthToken] = []

    async def sign_in(session: ClientSession, auth: OAuthClientProvider) -> None:
        await whoami(session)
        known.append(auth.context.oauth_metadata)

    url = stage.addresses.mcp_server(SERVER)
    connected(person, url, sign_in)
    assert person.tokens
    for _ in range(2):
        twin = Person(stage)
        twin.tokens, twin.client, twin.page = person.tokens.model_copy(), person.client, "signed in"

        async def work(
            session: ClientSession, auth: OAuthClientProvider, one: Person = twin
        ) -> None:
            await whoami(session)
            auth.context.oauth_metadata = known[0]
            auth.context.token_expiry_time = 1.0  # as if the token had run out
            await whoami(session)
            assert one.tokens
            fresh.append(one.tokens)

        with twin.browser:
            connected(twin, url, work)
    assert len({tokens.access_token for tokens in fresh} | {person.tokens.access_token}) == 3
    assert len({tokens.refresh_token for tokens in fresh}) == 1
