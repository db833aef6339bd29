"""The first start: a link that the server prints makes the first administrator, once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from app.domain.credentials.secrets import Prefix, new_secret
from app.services.accounts import first_administrator
from tests.drivers.tool import Browser
from tests.drivers.world import World

LINKS = (Prefix.SET_UP_LINK, Prefix.PASSWORD_LINK)
TYPED = {
    "username": "Root",
    "email": "root@example.org",
    "new_password": "a sentence that nobody has used",
}


@pytest.fixture
def empty(world: World) -> World:
    """The world without its people."""
    world.execute("DELETE FROM users")
    return world


def offered(world: World) -> str | None:
    with world.app.app_context():
        text = first_administrator.offer(at=world.at)
    return None if text is None else f"/set-up/{text}"


def link_of(world: World) -> str:
    link = offered(world)
    assert link is not None
    return link


def is_gone(world: World, link: str) -> bool:
    return Browser(world).get(link).status_code == 404


def test_the_link_makes_one_administrator_who_may_sign_in(empty: World) -> None:
    link, browser = link_of(empty), Browser(empty)
    answer = browser.submit(browser.get(link), link, **TYPED)
    assert (answer.status_code, answer.location) == (303, "/login")
    assert "Root is the first administrator." in browser.get("/login").text
    assert browser.sign_in("root", TYPED["new_password"]).status_code == 303
    assert empty.execute("SELECT username, is_admin FROM users") in (
        [("Root", 1)],
        [("Root", True)],
    )
    [event] = empty.audit("user.added")[-1:]
    assert event.actor == "set-up"
    assert is_gone(empty, link)
    assert offered(empty) is None


def test_with_a_user_there_is_no_link(world: World) -> None:
    assert offered(world) is None


def test_the_link_ends(empty: World) -> None:
    link = link_of(empty)
    empty.clock.forward(seconds=899)
    assert Browser(empty).get(link).status_code == 200
    empty.clock.forward(seconds=1)
    assert is_gone(empty, link)


def test_a_user_from_elsewhere_ends_the_link(empty: World) -> None:
    link, browser = link_of(empty), Browser(empty)
    page = browser.get(link)
    with empty.app.app_context():
        empty.add_user("ada")
    assert is_gone(empty, link)
    assert browser.submit(page, link, **TYPED).status_code == 404
    assert empty.execute("SELECT count(*) FROM users") == [(1,)]


@pytest.mark.parametrize(
    "text", [lambda: "x", lambda: "%00", *(partial(new_secret, kind) for kind in LINKS)]
)
def test_another_text_opens_nothing(empty: World, text: Callable[[], str]) -> None:
    link_of(empty)
    assert is_gone(empty, f"/set-up/{text()}")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"new_password": "short"}, "15 characters"),
        ({"new_password": "root@example.org"}, ""),
        ({"username": "a@b"}, "no @"),
        ({"username": ""}, "user name"),
        ({"email": "nowhere"}, "is not an e-mail address"),
    ],
)
def test_what_cannot_be_taken_leaves_the_link_and_what_was_typed(
    empty: World, wrong: dict[str, str], sentence: str
) -> None:
    link, browser = link_of(empty), Browser(empty)
    answer = browser.submit(browser.get(link), link, **{**TYPED, **wrong})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert TYPED["new_password"] not in answer.text
    kept = {**TYPED, **wrong}["email"]
    assert f'value="{kept}"' in answer.text
    assert browser.submit(answer, link, **TYPED).status_code == 303


def test_of_many_links_and_senders_one_makes_an_administrator(empty: World) -> None:
    links = [link_of(empty) for _ in range(3)] * 2
    browsers = [Browser(empty) for _ in links]
    pages = [browser.get(link) for browser, link in zip(browsers, links, strict=True)]

    def send(number: int) -> int:
        own = {"username": f"root{number}", "email": f"root{number}@example.org"}
        return browsers[number].submit(pages[number], links[number], **{**TYPED, **own}).status_code

    with ThreadPoolExecutor(len(links)) as threads:
        found = sorted(threads.map(send, range(len(links))))
    assert found == [303] + [404] * 5
    assert empty.execute("SELECT count(*) FROM users") == [(1,)]


def test_without_the_form_of_the_page_nothing_is_made(empty: World) -> None:
    link = link_of(empty)
    assert Browser(empty).http.post(link, data=TYPED).status_code in (400, 403)
    assert empty.execute("SELECT count(*) FROM users") == [(0,)]
