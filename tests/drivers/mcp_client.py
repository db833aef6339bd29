"""The official MCP SDK as a client, with a token that it was handed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import anyio
import httpx2
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult

T = TypeVar("T")
Work = Callable[[ClientSession], Awaitable[T]]


@asynccontextmanager
async def session_at(url: str, token: str) -> AsyncIterator[ClientSession]:
    """Open a session at an MCP server with a token."""
    bearer = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=bearer, trust_env=False, timeout=15) as http,
        streamable_http_client(url, http_client=http) as (read, write),
        ClientSession(read, write) as session,
    ):
        yield session


def at(url: str, token: str, work: Work[T]) -> T:
    """Do some work in an initialized session; returns what comes of it."""

    async def run() -> T:
        async with session_at(url, token) as session:
            await session.initialize()
            return await work(session)

    # In a thread of its own: a test before it may have left a browser's event loop in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(anyio.run, run).result()


def call_tool(url: str, token: str, name: str, **arguments: Any) -> CallToolResult:
    """Call one tool in a session of its own."""
    return at(url, token, lambda session: session.call_tool(name, arguments))


def said(result: CallToolResult) -> str:
    """Return the text of a tool's answer."""
    return "".join(getattr(part, "text", "") for part in result.content)
