"""The answer to a pending request."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.credentials.secrets import digest
from app.domain.errors import AlreadyAnswered, Forbidden, NotFound, RedirectUriRefused
from app.domain.lifetimes import Lifetimes
from app.services.consent.authorization_response import answer
from app.services.consent.requests import Approver
from tests.drivers.tool import USUAL, Tool
from tests.drivers.world import World

LIFETIMES = Lifetimes()


@pytest.fixture
def decided(world: World) -> str:
    """The id of a request that ben approved, in the browser with the key `key`."""
    tool = Tool(world, world.native).sign_in()
    address, page = tool.consent_page()
    tool.browser.submit(page, address, decision="approve", **USUAL)
    world.execute(f"UPDATE authorization_requests SET browser_digest = '{digest('key')}'")
    return address.rsplit("/", 1)[1]


def approver(world: World, name: str, key: str | None) -> Approver:
    [[user_id]] = world.execute(f"SELECT id FROM users WHERE username = '{name}'")
    return Approver(str(user_id), key)


@pytest.mark.parametrize(
    ("who", "late", "refusal"),
    [
        (("ada", "key"), 0, Forbidden),
        (("ben", "another key"), 0, Forbidden),
        (("ben", None), 0, Forbidden),
        (("ben", "key"), LIFETIMES.pending_request, NotFound),
    ],
)
def test_nobody_else_is_answered_and_nobody_too_late(
    world: World,
    decided: str,
    who: tuple[str, str | None],
    late: int,
    refusal: type[Exception],
) -> None:
    asking = approver(world, *who)
    world.clock.forward(seconds=late)
    with world.app.app_context(), pytest.raises(refusal):
        answer(decided, asking, lifetimes=LIFETIMES, at=world.at)
    assert world.execute("SELECT count(*) FROM authorization_codes") == [(0,)]


def test_a_repeat_gets_a_fresh_code_in_place_of_the_unspent_one(world: World, decided: str) -> None:
    own = approver(world, "ben", "key")
    with world.app.app_context():
        first = answer(decided, own, lifetimes=LIFETIMES, at=world.at).code
        second = answer(decided, own, lifetimes=LIFETIMES, at=world.at).code
    assert first
    assert first != second
    assert unspent(world) == [(digest(second or ""),)]


def test_a_repeat_after_the_life_of_the_code_gets_none(world: World, decided: str) -> None:
    own = approver(world, "ben", "key")
    with world.app.app_context():
        assert answer(decided, own, lifetimes=LIFETIMES, at=world.at).code
        world.clock.forward(seconds=LIFETIMES.code - 1)
        assert answer(decided, own, lifetimes=LIFETIMES, at=world.at).code
        world.clock.forward(seconds=1)
        with pytest.raises(AlreadyAnswered):
            answer(decided, own, lifetimes=LIFETIMES, at=world.at)


def test_a_redirect_uri_that_was_unregistered_meanwhile_gets_no_answer(
    world: World, decided: str
) -> None:
    own = approver(world, "ben", "key")
    world.execute("UPDATE clients SET redirect_uris = '[\"https://other.example/cb\"]'")
    with world.app.app_context(), pytest.raises(RedirectUriRefused):
        answer(decided, own, lifetimes=LIFETIMES, at=world.at)
    assert world.execute("SELECT count(*) FROM authorization_codes") == [(0,)]


def test_eight_threads_that_ask_at_once_leave_one_code(world: World, decided: str) -> None:
    own, at = approver(world, "ben", "key"), world.at
    barrier = threading.Barrier(8)

    def ask() -> str | None:
        with world.app.app_context():
            barrier.wait()
            return answer(decided, own, lifetimes=LIFETIMES, at=at).code

    with ThreadPoolExecutor(8) as pool:
        codes = [found.result() for found in [pool.submit(ask) for _ in range(8)]]
    assert len({code for code in codes if code}) == 8
    [[left]] = unspent(world)
    assert left in {digest(code or "") for code in codes}


def unspent(world: World) -> list[tuple[object, ...]]:
    return world.execute("SELECT digest FROM authorization_codes WHERE redeemed_at IS NULL")
