"""Introspection asked in two ways."""

from __future__ import annotations

import base64
import re
from typing import Any

from flask.testing import FlaskClient

from tests.drivers.short_way import long_requests, only_long
from tests.drivers.tool import Tool

REQUEST_ID = re.compile(rb" \[[0-9A-Za-z]{16}\]")


def basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def both_ways(tool: Tool, **asked: Any) -> tuple[tuple[int, bytes, dict[str, str]], bool]:
    """Ask with and without the shortcut; return the common answer and whether the short way gave it."""
    app = tool.world.app
    with long_requests(app) as went_long:
        short = answer(app.test_client(use_cookies=False), asked)
    with only_long(app):
        long = answer(app.test_client(use_cookies=False), asked)
    assert short == long
    return long, not went_long


def answer(http: FlaskClient, asked: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
    response = http.post("/oauth/introspect", **asked)
    kept = (
        "Content-Type",
        "Cache-Control",
        "Pragma",
        "X-Content-Type-Options",
        "WWW-Authenticate",
        "Content-Length",
    )
    body = REQUEST_ID.sub(b"", response.data)
    return (
        response.status_code,
        body,
        {name: response.headers[name] for name in kept if name in response.headers},
    )
