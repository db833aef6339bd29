"""Metadata that is only shown never refuses a client (RFC 7591 section 2); what decides still does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drivers.metadata_documents import person
from tests.drivers.registrations import GOOD, KEY, as_client, register, rules
from tests.drivers.sites import Site, answer, document
from tests.drivers.tool import Tool, refusal
from tests.drivers.world import World

URLS = ("client_uri", "logo_uri", "policy_uri", "tos_uri")
SHOWN = (*URLS, "software_id", "software_version", "contacts", "application_type")
TRANSLATED = tuple(f"{name}#fr" for name in ("client_name", *URLS))
WRONG: tuple[Any, ...] = (5, 1.5, True, [], [1], {}, {"a": ["b"]}, "x" * 2_001)
NO_URLS = (
    "data:image/png;base64,AAAA",
    "javascript:alert(1)",
    "/logo.png",
    "foo",
    "//x.example/a",
    "https://u:p@x.example/",
    "https://x.example/ é",
)
DECIDES = ("redirect_uris", "grant_types", "response_types", "token_endpoint_auth_method", "jwks")


@pytest.mark.requirement("RG-08", "RG-12")
@pytest.mark.parametrize("name", [*SHOWN, *TRANSLATED])
def test_a_member_for_show_of_a_wrong_type_is_left_out(lone_world: World, name: str) -> None:
    for value in WRONG:
        found = register(lone_world, {**GOOD, name: value})
        assert found.status_code == 201, (value, found.text)
        assert name not in found.get_json()
        assert found.get_json()["client_name"] == GOOD["client_name"]


@pytest.mark.requirement("RG-08")
@pytest.mark.parametrize("name", URLS)
def test_a_url_that_leads_nowhere_is_left_out(lone_world: World, name: str) -> None:
    for value in NO_URLS:
        found = register(lone_world, {**GOOD, name: value})
        assert found.status_code == 201, (value, found.text)
        assert name not in found.get_json()
    assert register(lone_world, {**GOOD, name: "http://x.example/a"}).get_json()[name]


@pytest.mark.requirement("RG-08", "RG-10")
@pytest.mark.parametrize("name", DECIDES)
def test_a_member_that_decides_is_refused_in_every_wrong_type(lone_world: World, name: str) -> None:
    rules(lone_world, per_hour=1_000)
    for value in (5, 1.5, True, [1], [None], {"a": 1}, "x", "x" * 2_001):
        if name == "jwks" and value == {"a": 1}:
            continue  # a set without a key, see below
        refused = register(lone_world, {**GOOD, name: value})
        error = refusal(refused)
        assert error in ("invalid_client_metadata", "invalid_redirect_uri"), value


def test_a_client_that_needs_no_key_may_send_an_empty_set(lone_world: World) -> None:
    sets: tuple[dict[str, Any], ...] = ({"keys": []}, {})
    for method in ("none", "client_secret_basic"):
        for jwks in sets:
            found = register(lone_world, token_endpoint_auth_method=method, jwks=jwks)
            assert found.status_code == 201
            assert "jwks" not in found.get_json()
    empty = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}}
    assert refusal(register(lone_world, **empty)) == "invalid_client_metadata"
    wrong: tuple[Any, ...] = ([{**KEY, "d": "x"}], [{}], "x")
    for keys in wrong:
        assert refusal(register(lone_world, jwks={"keys": keys})) == "invalid_client_metadata"


@pytest.mark.parametrize("length", [200, 201, 250, 5_000])
def test_a_long_name_is_cut_and_works(lone_world: World, length: int) -> None:
    found = register(lone_world, client_name="ab " * 60 + "é" * (length - 180))
    assert found.status_code == 201
    name = found.get_json()["client_name"]
    assert name == ("ab " * 60 + "é" * 20)
    _, page = Tool(lone_world, as_client(found)).sign_in().consent_page()
    assert name in page.text


def test_a_document_is_not_refused_for_what_it_shows(lone_world: World, stranger: Site) -> None:
    wrong: dict[str, Any] = {
        "client_name": "Claude " + "x" * 300,
        "logo_uri": "data:image/png;base64,AAAA",
        "client_uri": "/about",
        "policy_uri": 5,
        "tos_uri": ["a"],
        "software_id": {"a": 1},
        "software_version": 2,
        "contacts": "a@x.example",
        "application_type": 7,
        "logo_uri#fr": 5,
        "jwks": {"keys": []},
    }
    stranger.handler = answer(document(stranger.url(), **wrong))
    tool = person(lone_world, stranger.url())
    _, page = tool.consent_page(redirect_uri="http://127.0.0.1:50001/callback")
    assert page.status_code == 200
    assert "Claude xxx" in page.text
    kept = lone_world.execute(
        "SELECT name, extra_metadata FROM clients WHERE registered_by = 'document'"
    )
    assert [(len(str(name)), str(extra)) for name, extra in kept] == [(200, "{}")]
