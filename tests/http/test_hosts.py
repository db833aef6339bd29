"""A Host header that is no host: a page with a reason, never an empty failure."""

from __future__ import annotations

from io import BytesIO

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import run_wsgi_app

from tests.drivers.world import World

HOSTS = [
    "a" * 64 + ".test",
    "a..b",
    ".a",
    "xn--a",
    "xn--a.test",
    "[::",
    "a:99999",
    "a b",
    "x" * 300,
    "é",
    "",
    "a:",
    "%00",
]
ADDRESSES = ["/login", "/", "/nope", "/settings/account", "/consent/x", "/oauth/authorize"]


def ask(world: World, address: str, host: str) -> tuple[str, Headers, bytes]:
    """Ask beside the test client, which refuses some hosts itself."""
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": address,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": host.encode().decode("latin-1"),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "REMOTE_ADDR": "127.0.0.1",
    }
    chunks, status, headers = run_wsgi_app(world.app.wsgi_app, environ)
    return status, headers, b"".join(chunks)


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host[:12] or "none")
def test_an_odd_host_gets_a_page(lone_world: World, host: str) -> None:
    for address in ADDRESSES:
        status, headers, body = ask(lone_world, address, host)
        assert not status.startswith("5"), (address, host)
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Content-Security-Policy"]
        assert body or headers.get("Location")
    assert lone_world.app.test_client().get("/login").status_code == 200


def test_an_error_within_the_error_page_does_not_escape(
    lone_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.http.error_pages.render_template", lambda *_, **__: 1 / 0)
    answer = lone_world.app.test_client().get("/nope")
    assert answer.status_code == 404
    assert "<h1>That did not work</h1>" in answer.text
    assert "Reference " in answer.text
