"""Error answers of every face."""

from __future__ import annotations

import pytest

from tests.drivers.world import World


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
