"""Keys of clients that are fetched from where they are published (RFC 7523, RFC 7591)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.runtime.current import FETCHER
from tests.drivers.assertions import (
    BAD,
    EC_KEY,
    GOOD,
    OTHER_KEY,
    REDIRECT,
    Signer,
    public,
    registered,
)
from tests.drivers.clock import Clock
from tests.drivers.metadata_documents import fetcher
from tests.drivers.sites import Site, answer, document, hang, site
from tests.drivers.world import Registered, World


def test_keys_that_were_replaced_prove_nothing_any_more(
    lone_world: World, keys_site: Site, clock: Clock
) -> None:
    signer = with_keys_at(lone_world, keys_site)
    signer.tokens()
    keys_site.handler = answer({"keys": [public(OTHER_KEY)]})
    manage = lone_world.app.test_client()
    body = {
        "client_id": signer.client.client_id,
        "redirect_uris": [REDIRECT],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": keys_site.url("/new"),
    }
    clock.forward(minutes=2)
    bearer = {"Authorization": f"Bearer {signer.manage}"}
    path = f"/oauth/register/{signer.client.client_id}"
    assert manage.put(path, json=body, headers=bearer).status_code == 200
    assert signer.tried(signer.assertion()) == BAD
    signer.key = OTHER_KEY
    clock.forward(minutes=2)
    assert signer.tried(signer.assertion()) == GOOD


@pytest.fixture
def keys_site() -> Iterator[Site]:
    with site() as made:
        made.handler = answer({"keys": [public(EC_KEY, kid="one")]})
        yield made


def with_keys_at(world: World, made: Site) -> Signer:
    world.app.extensions[FETCHER] = fetcher()
    return registered(world, jwks_uri=made.url("/jwks"))


@pytest.mark.requirement("CM-17")
def test_keys_are_fetched_for_a_client_that_a_user_has_approved(
    lone_world: World, keys_site: Site
) -> None:
    signer = with_keys_at(lone_world, keys_site)
    assert signer.tried(signer.assertion()) == BAD
    assert keys_site.connections == 0
    code = signer.code()
    lone_world.clock.forward(seconds=1)
    assert signer.redeem(code).status_code == 200
    assert signer.tried(signer.assertion()) == GOOD
    assert keys_site.connections == 1


def test_a_new_key_is_found_and_strangers_cannot_have_keys_fetched_again_and_again(
    lone_world: World, keys_site: Site, clock: Clock
) -> None:
    signer = with_keys_at(lone_world, keys_site)
    signer.tokens()
    keys_site.handler = answer({"keys": [public(OTHER_KEY, kid="two")]})
    signer.key = OTHER_KEY
    assert [signer.tried(signer.assertion({"kid": "two"})) for _ in range(3)] == [BAD] * 3
    assert keys_site.connections == 1
    clock.forward(seconds=61)
    assert signer.tried(signer.assertion({"kid": "two"})) == GOOD
    assert keys_site.connections == 2
    signer.key = EC_KEY
    assert signer.tried(signer.assertion({"kid": "one"})) == BAD


@pytest.mark.slow
def test_keys_that_cannot_be_fetched_any_more_serve_for_a_day(
    lone_world: World, keys_site: Site, clock: Clock
) -> None:
    signer = with_keys_at(lone_world, keys_site)
    signer.tokens()
    keys_site.handler = answer({}, status="500 X")
    clock.forward(hours=2)
    assert signer.tried(signer.assertion()) == GOOD
    clock.forward(hours=23)
    assert signer.tried(signer.assertion()) == BAD


@pytest.mark.slow
@pytest.mark.requirement("CM-17")
def test_keys_are_fetched_with_the_guards_of_documents(lone_world: World, keys_site: Site) -> None:
    signer = with_keys_at(lone_world, keys_site)
    for bad in (
        answer({}, status="302 X", Location="https://other.example"),
        hang,
        answer(b"x" * 70_000),
        answer({"keys": [public(EC_KEY, d="x")]}),
        answer([]),
    ):
        keys_site.handler = bad
        code = signer.code()
        lone_world.clock.forward(seconds=61 - 10)
        assert signer.redeem(code).status_code == 401
        lone_world.clock.forward(seconds=61)
    lone_world.app.extensions[FETCHER] = fetcher(["10.0.0.1"])
    before = keys_site.connections
    assert signer.tried(signer.assertion()) == BAD
    assert keys_site.connections == before


@pytest.mark.requirement("CM-22")
def test_a_client_of_a_document_may_have_a_key(lone_world: World, keys_site: Site) -> None:
    with site() as made:
        url = made.url()
        changes = {
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [public(EC_KEY)]},
        }
        made.handler = answer(document(url, redirect_uris=[REDIRECT], **changes))
        lone_world.app.extensions[FETCHER] = fetcher()
        signer = Signer(lone_world, Registered(url, None, "private_key_jwt", REDIRECT)).sign_in()
        assert isinstance(signer, Signer)
        assert signer.tokens()
        bare = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": url}
        assert signer.http.post("/oauth/token", data=bare).get_json()["error"] == "invalid_client"


@pytest.mark.parametrize("form", ["jwks", "jwks_uri"])
def test_a_client_of_an_operator_has_keys_as_a_registered_one(
    lone_world: World, keys_site: Site, form: str
) -> None:
    lone_world.app.extensions[FETCHER] = fetcher()
    own = {"jwks": {"keys": [public(EC_KEY)]}, "jwks_uri": keys_site.url("/jwks")}[form]
    client = lone_world.add_client("Signs", REDIRECT, "private_key_jwt", keys={form: own})
    signer = Signer(lone_world, client)
    assert signer.is_active(signer.tokens()["access_token"])
    signer.key = OTHER_KEY
    assert signer.tried(signer.assertion()) == BAD
