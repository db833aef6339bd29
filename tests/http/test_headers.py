"""Headers of every face."""

from __future__ import annotations

import pytest

from tests.drivers.tool import Tool


@pytest.mark.requirement("UI-13", "UI-14", "UI-17", "MD-12")
def test_every_page_carries_the_headers(lone_tool: Tool) -> None:
    browser = lone_tool.browser
    lone_tool.sign_in()
    address, page = lone_tool.consent_page()
    denied = browser.submit(page, address, decision="deny")
    pages = [
        browser.get("/nothing"),
        browser.get("/oauth/authorize"),
        page,
        browser.get(denied.location),
        browser.get("/settings/authorizations/oauth2"),
        lone_tool.http.get("/login"),
        browser.http.post("/login"),
    ]
    for response in pages:
        policy = response.headers["Content-Security-Policy"]
        for part in (
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
            "form-action 'self'",
        ):
            assert part in policy
        assert "unsafe" not in policy
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert response.headers["Cache-Control"] == "no-store"
        assert "<style" not in response.text
        assert "style=" not in response.text
        assert "onclick" not in response.text


def test_a_page_names_no_address_but_our_own(lone_tool: Tool) -> None:
    page = lone_tool.sign_in().consent_page()[1].text
    assert "http://" not in page.replace("http://127.0.0.1", "")
    assert "https://" not in page
    assert "cdn" not in page
