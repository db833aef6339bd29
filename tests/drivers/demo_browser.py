"""A browser for the demo's pages over real HTTP: cookies, forms by field name, redirects."""

from __future__ import annotations

import re
from html import unescape
from typing import Any, Self
from urllib.parse import urljoin

import httpx

CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
CONTINUE = re.compile(r'data-continue[^>]*href="([^"]+)"')
NOTICE = re.compile(r'class="notice[^"]*" role="[a-z]+">([^<]*)<')
GENEROUS: dict[str, Any] = {
    "capabilities": ["api", "apps:view", "flows:edit", "mcp"],
    "project-website": "editor",
    "mcp_servers": ["website-content"],
    "expires_in": "3600",
}


class Browser:
    """One browser; it holds on to addresses, names of form fields and marked links only."""

    def __init__(self) -> None:
        self.http = httpx.Client(follow_redirects=True, trust_env=False, timeout=15)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def get(self, url: str, **more: Any) -> httpx.Response:
        return self.http.get(url, **more)

    def press(self, page: httpx.Response, action: str, **fields: Any) -> httpx.Response:
        """Submit the form of a page that leads to `action`, with its CSRF field."""
        found = CSRF.search(page.text)
        assert found, page.text
        data = {"csrf_token": found[1], **fields}
        return self.http.post(urljoin(str(page.url), action), data=data)

    def sign_in(self, page: httpx.Response, name: str, password: str) -> httpx.Response:
        """Fill in the sign-in form that a page is; returns the page that it leads to."""
        assert page.url.path == "/login", page.url
        return self.press(page, str(page.url), username=name, password=password)

    def answer(self, page: httpx.Response, decision: str = "approve", **choice: Any) -> str:
        """Answer the consent page; returns the target that its interstitial leads to."""
        assert page.url.path.startswith("/consent/"), page.text
        between = self.press(page, str(page.url), decision=decision, **{**GENEROUS, **choice})
        found = CONTINUE.search(between.text)
        assert found, between.text
        return unescape(found[1])


def notice_of(page: httpx.Response) -> str:
    """Return the sentence that the tool's page says."""
    found = NOTICE.search(page.text)
    assert found, page.text
    return unescape(found[1])
