"""What is kept of forms that came too late."""

from __future__ import annotations

from app.services.accounts import kept_forms
from tests.drivers.world import World

FIELDS = [("name", "My own label"), ("capabilities", "api"), ("capabilities", "mcp")]


def keep(world: World, browser: str, page: str, user_id: str | None = None) -> bool:
    with world.app.app_context():
        return kept_forms.keep(
            browser, page, FIELDS, user_id=user_id, address="192.0.2.1", at=world.at
        )


def found(world: World, browser: str, page: str, user_id: str) -> object:
    with world.app.app_context():
        return kept_forms.find(browser, page, user_id=user_id, at=world.at)


def test_the_last_form_of_a_page_comes_back_in_order(world: World) -> None:
    for _ in range(2):
        assert keep(world, "key", "/consent/x")
    assert found(world, "key", "/consent/x", "somebody") == FIELDS
    assert found(world, "key", "/consent/y", "somebody") is None
    assert found(world, "other", "/consent/x", "somebody") is None


def test_it_comes_back_to_its_user(world: World) -> None:
    [[ben]] = world.execute("SELECT id FROM users WHERE username = 'ben'")
    assert keep(world, "key", "/device", str(ben))
    assert found(world, "key", "/device", "another") is None
    assert found(world, "key", "/device", str(ben)) == FIELDS


def test_sweeping_takes_what_is_over_and_nothing_else(world: World) -> None:
    keep(world, "key", "/old")
    world.clock.forward(minutes=40)
    keep(world, "key", "/new")
    world.clock.forward(minutes=30)
    keep(world, "other", "/new")
    assert found(world, "key", "/old", "somebody") is None
    assert found(world, "key", "/new", "somebody") == FIELDS
    assert world.execute("SELECT count(*) FROM kept_forms") == [(2,)]
