"""The example resource server's port: the API (WSGI) and the MCP servers (ASGI) behind one address."""

import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import httpx
import uvicorn
from a2wsgi import WSGIMiddleware
from flask import Flask
from mcp.server.mcpserver import MCPServer
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.demo.addresses import HOST

if TYPE_CHECKING:
    from a2wsgi.wsgi_typing import WSGIApp

STOPS_WITHIN = 5.0


class _McpServer:
    """An MCP server at its path, with or without a final slash."""

    def __init__(self, server: MCPServer, path: str) -> None:
        self._path = path
        # Without sessions every call stands alone, with the token that it brings.
        self._app = server.streamable_http_app(
            streamable_http_path=path, stateless_http=True, json_response=True
        )
        self._app.add_exception_handler(Exception, _unanswered)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(httpx.HTTPError):  # told to the caller already
            await self._app({**scope, "path": self._path}, receive, send)


async def _unanswered(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, httpx.HTTPError):
        return JSONResponse({"error": "server_error"}, HTTPStatus.INTERNAL_SERVER_ERROR)
    body = {
        "error": "temporarily_unavailable",
        "error_description": "The authorization server does not answer.",
    }
    return JSONResponse(body, HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "1"})


def create_site(api: Flask, servers: Mapping[str, MCPServer], http: httpx.AsyncClient) -> Starlette:
    """Return the API with the MCP servers by URL; `http`, theirs, is closed when the site stops."""
    pages = WSGIMiddleware(cast("WSGIApp", api))
    paths = {urlsplit(url).path: server for url, server in servers.items()}
    routes = [
        Route(address, endpoint)
        for path, endpoint in ((path, _McpServer(server, path)) for path, server in paths.items())
        for address in (path, f"{path}/")
    ]

    @asynccontextmanager
    async def running(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(http)
            stack.callback(pages.executor.shutdown, wait=False)
            for server in servers.values():
                await stack.enter_async_context(server.session_manager.run())
            yield

    # Tools in a browser ask before they call. A bearer is no cookie, so every origin may.
    readable = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST", "DELETE", "OPTIONS"],
        allow_headers=["*"],
        expose_headers=["WWW-Authenticate", "Retry-After", "Mcp-Session-Id"],
    )
    return Starlette(
        routes=[*routes, Mount("/", cast(ASGIApp, pages))], middleware=[readable], lifespan=running
    )


@contextmanager
def serving_site(site: Starlette, port: int) -> Iterator[None]:
    """Serve the site from a thread of this process."""
    config = uvicorn.Config(
        site,
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    listener = socket.create_server((HOST, port))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(STOPS_WITHIN)
