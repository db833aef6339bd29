"""A developer's word about the scope: what the tool needs, and why."""

from __future__ import annotations

import json

import pytest

from app.services.clients.clients import ClientInfo, find_client
from tests.drivers.metadata_documents import person
from tests.drivers.registrations import GOOD, Manager, as_client, register
from tests.drivers.sites import Site, answer, document
from tests.drivers.tool import Tool, refusal
from tests.drivers.world import World

WORD = {
    "mandate_required_scope": "api flows:edit",
    "mandate_scope_reasons": {"flows:edit": "To deploy what you built – and nothing else."},
}


def info(world: World, client_id: str) -> ClientInfo:
    with world.app.app_context():
        found = find_client(client_id)
    assert found is not None
    return found


@pytest.mark.requirement("RR-11")
def test_a_registration_says_what_it_needs_and_reads_it_back(world: World) -> None:
    body = register(world, **WORD).get_json()
    assert {name: body[name] for name in WORD} == WORD
    found = info(world, body["client_id"])
    assert found.required == {"api", "flows:edit"}
    assert found.reasons == WORD["mandate_scope_reasons"]
    silent = info(world, world.native.client_id)
    assert (silent.required, silent.reasons) == (frozenset(), {})
    [registered] = world.audit("client.registered")
    assert registered.subject == body["client_id"]


@pytest.mark.requirement("RR-11")
@pytest.mark.parametrize(
    "wrong",
    [
        {"mandate_required_scope": "fly"},
        {"mandate_required_scope": ["api"]},
        {"mandate_scope_reasons": {"api": "two\nlines"}},
        {"mandate_scope_reasons": {"api": "x" * 201}},
        {"mandate_scope_reasons": {"fly": "To fly"}},
        {"mandate_scope_reasons": ["api"]},
    ],
    ids=json.dumps,
)
def test_a_word_that_cannot_be_shown_is_refused(
    lone_world: World, wrong: dict[str, object]
) -> None:
    assert refusal(register(lone_world, **wrong)) == "invalid_client_metadata"
    manager = Manager(lone_world)
    assert refusal(manager.put(**wrong)) == "invalid_client_metadata"
    assert lone_world.execute("SELECT count(*) FROM clients") == [(5,)]


def test_a_word_that_stands_twice_is_refused(lone_world: World) -> None:
    body = json.dumps({**GOOD, **WORD})[:-1] + ',"mandate_required_scope":"api"}'
    answer = lone_world.app.test_client().post(
        "/oauth/register", data=body, content_type="application/json"
    )
    assert refusal(answer) == "invalid_client_metadata"


def test_a_registration_changes_its_word(lone_world: World) -> None:
    manager = Manager(lone_world, **WORD)
    assert manager.call("GET").get_json()["mandate_required_scope"] == "api flows:edit"
    changed = manager.put(mandate_required_scope="api").get_json()
    assert changed["mandate_required_scope"] == "api"
    assert "mandate_scope_reasons" not in changed
    assert info(lone_world, changed["client_id"]).reasons == {}


@pytest.mark.requirement("RR-11")
def test_a_word_binds_nobody(lone_world: World) -> None:
    """What is required is still the user's to leave out."""
    tool = Tool(lone_world, as_client(register(lone_world, **WORD)))
    choice = {"capabilities": ["apps:view"], "project-payments": "viewer", "expires_in": "3600"}
    tokens = tool.tokens(choice, scope="apps:view")
    assert tokens["scope"] == "apps:view"


def test_a_document_says_what_it_needs(lone_world: World, stranger: Site) -> None:
    stranger.handler = answer(document(stranger.url(), **WORD))
    assert person(lone_world, stranger.url()).consent_page()[1].status_code == 200
    found = info(lone_world, stranger.url())
    assert found.required == {"api", "flows:edit"}
    assert found.reasons == WORD["mandate_scope_reasons"]


def test_a_document_with_a_wrong_word_is_refused(lone_world: World, stranger: Site) -> None:
    stranger.handler = answer(document(stranger.url(), mandate_required_scope="fly"))
    page = person(lone_world, stranger.url()).authorize()
    assert page.status_code == 400
    assert "Unknown scope: fly" in page.text
