"""Headers and error answers of every face."""

from __future__ import annotations

import pytest

from tests.drivers.tool import Tool
from tests.drivers.world import World


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


def test_static_files_may_be_cached(lone_world: World) -> None:
    response = lone_world.app.test_client().get("/static/mandate.css")
    response.close()
    assert "max-age=86400" in response.headers["Cache-Control"]


@pytest.mark.requirement("TE-27")
def test_an_unknown_failure_tells_nothing(
    lone_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ValueError("secret detail")

    monkeypatch.setitem(lone_world.app.view_functions, "web.healthz", broken)
    monkeypatch.setitem(lone_world.app.view_functions, "web.login", broken)
    http = lone_world.app.test_client()
    for path, kind in (("/healthz", "application/json"), ("/login", "text/html")):
        response = http.get(path)
        assert response.status_code == 500
        assert response.mimetype == kind
        assert "secret detail" not in response.text
        assert response.headers["X-Request-Id"] in response.text


def test_readiness_follows_the_database(lone_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    http = lone_world.app.test_client()
    assert http.get("/healthz").get_json() == {"status": "ok"}
    assert http.get("/readyz").get_json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/nothing", 404, "text/html"),
        ("/oauth/nothing", 404, "application/json"),
        ("/api/v1/nothing", 404, "application/json"),
        ("/.well-known/nothing", 404, "application/json"),
        ("/oauth/token", 405, "application/json"),
        ("/logout", 405, "text/html"),
    ],
)
def test_an_error_has_the_form_of_its_address(
    lone_world: World, path: str, status: int, kind: str
) -> None:
    response = lone_world.app.test_client().get(path)
    assert response.status_code == status
    assert response.mimetype == kind
