"""`MANDATE_CLIENT_DOCUMENTS`: off, or from a few hosts, and the metadata that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlencode

import pytest

from app.runtime.current import FETCHER
from tests.drivers.assertions import EC_KEY, GOOD, public, registered
from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, running_world
from tests.drivers.device import Device
from tests.drivers.metadata_documents import REDIRECT, Resolver, fetcher, person
from tests.drivers.sites import Site, answer, document
from tests.drivers.tool import Tool
from tests.drivers.world import Registered, World

METADATA = "/.well-known/oauth-authorization-server"
SUPPORTED = "client_id_metadata_document_supported"
Switched = Callable[[str], World]


@pytest.fixture
def switched(lone_database: Prepared, clock: Clock) -> Iterator[Switched]:
    """Make a deployment whose switch says so; all of them have one database."""
    with ExitStack() as stack:
        yield lambda said: stack.enter_context(
            running_world(lone_database, clock, MANDATE_CLIENT_DOCUMENTS=said)
        )


@pytest.mark.parametrize(
    ("said", "advertised"),
    [
        ("on", True),
        ("off", False),
        ("claude.ai,vscode.dev", True),
        ("localhost,127.0.0.1", False),
        ("localhost,claude.ai", True),
    ],
)
def test_the_metadata_says_whether_tools_should_come_with_a_document(
    switched: Switched, said: str, advertised: bool
) -> None:
    body = switched(said).app.test_client().get(METADATA).get_json()
    assert body[SUPPORTED] is advertised
    assert "registration_endpoint" in body


@pytest.mark.parametrize("signed_in", [True, False])
def test_where_documents_are_off_a_page_says_so_and_nothing_is_fetched(
    switched: Switched, stranger: Site, signed_in: bool
) -> None:
    world, fetch = switched("off"), fetcher()
    world.app.extensions[FETCHER] = fetch
    tool = Tool(world, Registered(stranger.url(), None, "none", REDIRECT))
    if signed_in:
        tool.sign_in()
    response = tool.authorize()
    assert response.status_code == 400
    assert "this server takes no such documents" in response.text
    assert "register itself" in response.text
    assert "Location" not in response.headers
    assert stranger.connections == 0
    assert isinstance(fetch.resolver, Resolver)
    assert fetch.resolver.asked == []


def test_programs_are_told_in_json(switched: Switched, stranger: Site) -> None:
    http = switched("off").app.test_client()
    query = urlencode({"response_type": "code", "client_id": stranger.url()})
    refused = http.get(f"/oauth/authorize?{query}", headers={"Accept": "application/json"})
    assert refused.status_code == 400
    assert refused.get_json()["error"] == "invalid_client"
    assert "no such documents" in refused.get_json()["error_description"]


def test_a_document_that_was_taken_before_asks_for_nothing_new_and_keeps_what_it_has(
    switched: Switched, stranger: Site
) -> None:
    before = person(switched("on"), stranger.url())
    tokens = before.tokens()
    after = Tool(switched("off"), before.client).sign_in()
    assert after.authorize().status_code == 400
    assert after.is_active(tokens["access_token"])
    assert after.refresh(tokens["refresh_token"]).status_code == 200


def test_a_device_of_a_document_is_refused_where_documents_are_off(
    switched: Switched, stranger: Site
) -> None:
    grants = ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"]
    stranger.handler = answer(document(stranger.url(), grant_types=grants))
    known = person(switched("on"), stranger.url())
    assert known.authorize().status_code == 303
    device = Device(switched("off"), known.client)
    device.sign_in()
    assert device.ask().status_code == 200
    refused = device.type()
    assert refused.status_code == 400
    assert "no such documents" in refused.text


def test_where_some_hosts_are_named_the_others_are_refused_by_name(
    switched: Switched, stranger: Site
) -> None:
    world = switched("other.example, Localhost")
    refused = person(world, stranger.url()).authorize()
    assert refused.status_code == 400
    assert "a few hosts only, and tool.example is none of them" in refused.text
    assert stranger.connections == 0
    for host in ("other.example", "localhost"):
        url = stranger.url(host=host)
        stranger.handler = answer(document(url))
        assert person(world, url).authorize().status_code == 303


def test_keys_at_an_address_of_their_own_are_no_documents(
    switched: Switched, stranger: Site
) -> None:
    world = switched("off")
    stranger.handler = answer({"keys": [public(EC_KEY)]})
    world.app.extensions[FETCHER] = fetcher()
    signer = registered(world, jwks_uri=stranger.url("/jwks"))
    code = signer.code()
    world.clock.forward(seconds=1)
    assert signer.redeem(code).status_code == 200
    assert signer.tried(signer.assertion()) == GOOD
