"""One policy for scopes at every place that takes them: RFC 6749 section 3.3."""

from __future__ import annotations

import re

import pytest

from tests.drivers.device import Device
from tests.drivers.metadata_documents import person
from tests.drivers.registrations import Manager, as_client, register
from tests.drivers.sites import Site, answer, document
from tests.drivers.tool import Tool, answer_of, open_boxes, refusal, target_of
from tests.drivers.world import World

MEANINGLESS = ["openid", "profile", "email", "address", "phone", "offline_access"]
ALL_OF_THEM = " ".join(MEANINGLESS)
ALLOWED = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")


@pytest.mark.rfc("6749", "3.3")
@pytest.mark.parametrize("name", MEANINGLESS)
def test_what_means_nothing_here_is_ignored_wherever_it_stands(
    lone_world: World, name: str
) -> None:
    found = register(lone_world, scope=f"{name} api")
    assert (found.status_code, found.get_json()["scope"]) == (201, "api")
    tool = Tool(lone_world, as_client(found))
    tokens = tool.tokens(scope=f"api {name} flows:edit")
    assert tokens["scope"] == "api flows:edit"
    tokens = tool.refresh(tokens["refresh_token"], scope=f"{name} api").get_json()
    assert tokens["scope"] == "api"


def test_a_device_may_ask_for_what_means_nothing_here(lone_box: Device) -> None:
    asked = lone_box.ask(scope=f"api {ALL_OF_THEM} flows:edit")
    assert asked.status_code == 200


@pytest.mark.rfc("6749", "3.3")
def test_a_scope_of_ignored_names_alone_is_no_scope(lone_world: World, lone_box: Device) -> None:
    found = register(lone_world, scope=ALL_OF_THEM)
    assert "scope" not in found.get_json()
    tool = Tool(lone_world, as_client(found)).sign_in()
    pages = [open_boxes(tool.consent_page(scope=scope)[1]) for scope in (ALL_OF_THEM, None)]
    assert pages[0] == pages[1]
    assert len(pages[0]) > 3
    tokens = tool.tokens()
    again = tool.refresh(tokens["refresh_token"], scope=ALL_OF_THEM).get_json()
    assert again["scope"] == tokens["scope"] == "api flows:edit"
    assert lone_box.ask(scope=ALL_OF_THEM).status_code == 200


@pytest.mark.rfc("6749", "3.3")
@pytest.mark.parametrize("scope", ["api everything", "everything", "openid everything"])
def test_an_unknown_scope_is_refused_by_name_wherever_it_stands(
    lone_world: World, lone_box: Device, scope: str
) -> None:
    sentence = "Unknown scope: everything."
    registered = register(lone_world, scope=scope)
    assert refusal(registered) == "invalid_client_metadata"
    assert registered.get_json()["error_description"] == sentence
    replaced = Manager(lone_world).put(scope=scope)
    assert replaced.get_json()["error_description"] == sentence
    tool = Tool(lone_world, lone_world.spa).sign_in()
    told = answer_of(tool.authorize(scope=scope).location)
    assert (told["error"], told["error_description"]) == ("invalid_scope", sentence)
    asked = lone_box.ask(scope=scope)
    assert refusal(asked) == "invalid_scope"
    assert asked.get_json()["error_description"] == sentence
    tokens = tool.tokens()
    refreshed = tool.refresh(tokens["refresh_token"], scope=scope)
    assert refusal(refreshed) == "invalid_scope"
    assert "everything" in refreshed.get_json()["error_description"]


def test_an_unknown_scope_in_a_document_is_a_page_that_names_it(
    lone_world: World, stranger: Site
) -> None:
    tool = person(lone_world, stranger.url())
    stranger.handler = answer(document(stranger.url(), scope="mcp everything openid"))
    page = tool.authorize()
    assert page.status_code == 400
    assert "Unknown scope: everything." in page.text
    stranger.handler = answer(document(stranger.url(), scope="mcp openid"))
    assert tool.authorize().status_code == 303


@pytest.mark.rfc("6749", "5.2")
@pytest.mark.parametrize(
    "name", ["<b>", 'a"b', "a\\b", "é", "\u202e", "x" * 5_000, "%0d%0aX:y", "😀"]
)
def test_an_unknown_name_is_told_in_characters_that_are_allowed(
    lone_world: World, lone_box: Device, name: str
) -> None:
    scope = " ".join([name, *(f"n{number}" for number in range(20))])
    tool = Tool(lone_world, lone_world.spa).sign_in()
    stranger = Tool(lone_world, as_client(register(lone_world))).sign_in()
    page = stranger.browser.follow(stranger.authorize(scope=scope).location)
    answers = [
        answer_of(tool.authorize(scope=scope).location)["error_description"],
        answer_of(target_of(page))["error_description"],
        lone_box.ask(scope=scope).get_json()["error_description"],
        tool.refresh(tool.tokens()["refresh_token"], scope=scope).get_json()["error_description"],
    ]
    for sentence in answers:
        assert ALLOWED.fullmatch(sentence), sentence
        assert len(sentence) < 500
