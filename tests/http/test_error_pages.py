"""Error answers of every face."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.domain import errors
from app.http.error_pages import PAGES, page_of
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
        ("/api/v1/nothing", 404, "application/problem+json"),
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


ONE_WAY = re.compile(r'<a class="btn[^"]*" href="([^"]+)"')


@pytest.mark.parametrize("kind", PAGES, ids=lambda kind: kind.__name__)
def test_each_error_page_says_whose_move_it_is_and_has_one_way_on(
    lone_world: World, kind: type[errors.DomainError]
) -> None:
    assert PAGES[kind].move.endswith(".")
    more: dict[str, Any] = {"retry_after": 60} if kind is errors.Throttled else {}
    anew = errors.RequestExpired("Over.", parameters={"state": ["x"]})
    for error in (kind("It went wrong.", **more), anew):
        with lone_world.app.test_request_context("/nothing"):
            page = page_of(error).get_data(as_text=True)
        ways = ONE_WAY.findall(page.split("<main")[1])
        begins_anew = isinstance(error, errors.RequestExpired) and error.parameters
        assert len(ways) == 1
        assert ways[0].startswith("/oauth/authorize?" if begins_anew else "/login"), ways
        assert begins_anew or PAGES[kind].move in page
        assert error.public in page


@pytest.mark.parametrize(
    ("path", "words"),
    [("/nothing", "Check the address"), ("/logout", "Go back and change what you sent.")],
)
def test_a_failure_of_http_says_it_too(lone_world: World, path: str, words: str) -> None:
    page = lone_world.app.test_client().get(path).text
    assert words in page
    assert len(ONE_WAY.findall(page.split("<main")[1])) == 1
