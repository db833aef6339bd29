"""Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document-02)."""

from __future__ import annotations

import pytest

from app.runtime.current import FETCHER
from tests.drivers.clock import Clock
from tests.drivers.metadata_documents import REDIRECT, fetcher, person
from tests.drivers.sites import Site, answer, document
from tests.drivers.tool import Tool
from tests.drivers.world import Registered, World


@pytest.mark.requirement("CM-11")
def test_a_document_is_all_the_registration_a_tool_needs(world: World, stranger: Site) -> None:
    tool = person(world, stranger.url())
    tokens = tool.tokens()
    assert tool.is_active(tokens["access_token"])
    assert tool.introspect(tokens["access_token"])["client_id"] == stranger.url()
    assert tool.refresh(tokens["refresh_token"]).status_code == 200
    assert tool.revoke(tokens["access_token"]).status_code == 200
    assert stranger.connections == 1


def test_the_page_names_the_host_of_the_document(lone_world: World, stranger: Site) -> None:
    stranger.handler = answer(
        document(stranger.url(), client_name="Google", logo_uri="https://tool.example/l.png")
    )
    tool = person(lone_world, stranger.url())
    _, page = tool.consent_page()
    assert (
        f"Published by <code>tool.example:{stranger.port}</code>, which chose its name."
        in page.text
    )
    assert "Unverified" not in page.text
    assert ">verified<" not in page.text
    assert "a program on this computer (<code>localhost:43117</code>)" in page.text
    assert "l.png" not in page.text


def test_nothing_is_fetched_before_the_sign_in(lone_world: World, stranger: Site) -> None:
    lone_world.app.extensions[FETCHER] = fetcher()
    tool = Tool(lone_world, Registered(stranger.url(), None, "none", REDIRECT))
    first = tool.authorize()
    assert first.location.startswith("/login?next=/oauth/authorize")
    assert stranger.connections == 0
    page = tool.browser.get(first.location)
    fields = {"username": "ben", "password": "a long sentence for ben"}
    signed_in = tool.browser.submit(page, first.location, **fields)
    assert tool.browser.get(signed_in.location).location.startswith("/consent/")
    assert stranger.connections == 1


def test_the_token_endpoint_fetches_nothing(lone_world: World, stranger: Site) -> None:
    tool = person(lone_world, stranger.url())
    refused = tool.post("/oauth/token", {"grant_type": "refresh_token", "refresh_token": "x"})
    assert (refused.status_code, refused.get_json()["error"]) == (401, "invalid_client")
    assert stranger.connections == 0


@pytest.mark.parametrize(
    "kind", ["application/json;charset=x", "application/oauth-client+json", "Application/JSON"]
)
@pytest.mark.requirement("CM-08")
def test_json_by_any_of_its_names_is_taken(lone_world: World, stranger: Site, kind: str) -> None:
    stranger.handler = answer(document(stranger.url()), kind=kind)
    assert person(lone_world, stranger.url()).authorize().status_code == 303


def test_what_other_servers_are_meant_by_is_left_out(lone_world: World, stranger: Site) -> None:
    """VS Code lists grants and redirects that are not ours: filter, do not reject."""
    changes = {
        "grant_types": [
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:made:up",
        ],
        "redirect_uris": [
            "http://127.0.0.1/",
            "unlisted://callback",
            "https://vscode.dev/redirect",
            "http://127.0.0.1:33418/",
        ],
        "response_types": ["code", "token"],
        "made_up": {"a": 1},
        "token_endpoint_auth_method": None,
    }
    stranger.handler = answer(document(stranger.url(), **changes))
    tool = person(lone_world, stranger.url())
    assert tool.authorize(redirect_uri="http://127.0.0.1:50001/").status_code == 303
    assert tool.authorize(redirect_uri="unlisted://callback").status_code == 400


@pytest.mark.requirement("CM-11")
@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("http://localhost:1/callback", 303),
        ("http://127.0.0.1:65535/callback", 303),
        ("http://localhost/callback", 303),
        ("http://[::1]:5/callback", 400),
        ("http://localhost:1/callback/", 400),
        ("http://localhost:1/other", 400),
        ("https://localhost/callback", 400),
        ("https://evil.example/callback", 400),
    ],
)
def test_the_redirect_uri_is_one_of_the_document_with_any_loopback_port(
    lone_world: World, stranger: Site, uri: str, status: int
) -> None:
    response = person(lone_world, stranger.url()).authorize(redirect_uri=uri)
    assert response.status_code == status
    assert "evil.example" not in response.headers.get("Location", "")


@pytest.mark.requirement("CM-13")
def test_a_document_is_kept_as_long_as_its_headers_say_within_bounds(
    lone_world: World, stranger: Site, clock: Clock
) -> None:
    tool = person(lone_world, stranger.url())

    def fetches(seconds: int) -> int:
        clock.forward(seconds=seconds)
        before = stranger.connections
        assert tool.authorize().status_code == 303
        return stranger.connections - before

    stranger.handler = answer(document(stranger.url()), Cache_Control="public, max-age=60")
    assert [fetches(0), fetches(59), fetches(2), fetches(10)] == [1, 0, 1, 0]
    stranger.handler = answer(document(stranger.url()), Cache_Control="no-store")
    assert [fetches(60), fetches(0), fetches(0)] == [1, 1, 1]


def test_what_changed_in_the_document_holds_after_its_time(
    lone_world: World, stranger: Site, clock: Clock
) -> None:
    tool = person(lone_world, stranger.url())
    tokens = tool.tokens()
    stranger.handler = answer(
        document(stranger.url(), client_name="Renamed", redirect_uris=["https://tool.example/new"])
    )
    clock.forward(seconds=301)
    assert tool.authorize().status_code == 400
    _, page = tool.consent_page(redirect_uri="https://tool.example/new")
    assert "Renamed" in page.text
    assert tool.refresh(tokens["refresh_token"]).status_code == 200
    (event,) = lone_world.audit("client.updated")
    assert set(event.detail["changed"]) == {"name", "redirect_uris"}


def test_a_disabled_document_client_stays_disabled(
    lone_world: World, stranger: Site, clock: Clock
) -> None:
    tool = person(lone_world, stranger.url())
    token = tool.tokens()["access_token"]
    lone_world.disable_client(tool.client)
    assert not tool.is_active(token)
    clock.forward(days=2)
    tool.sign_in()
    assert tool.authorize().status_code == 400
    assert stranger.connections == 1
