"""The recent sign-in, and passwords that change while they are being checked."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from app.database.transactions import writing
from app.domain.errors import ConfirmationRequired, SignInRefused, Throttled
from app.domain.lifetimes import Lifetimes
from app.domain.user_agents import Peer
from app.services.accounts.account import change_password
from app.services.accounts.password_check import (
    lock_verified,
    password_subject_in_session,
    verify_password,
)
from app.services.accounts.sign_in import SignedInUser, resume, sign_in, sign_out
from app.services.accounts.step_up import confirm, is_recent, require_recent
from app.services.password_hashes import hash_password
from tests.drivers.world import PASSWORD, World

HERE = Peer("127.0.0.1", "test")
RIGHT = PASSWORD.format("ben")
NEW = "quite another sentence"
SPANS = Lifetimes()


def enter(world: World, password: str = RIGHT) -> SignedInUser:
    with world.app.app_context():
        return sign_in("ben", password, peer=HERE, lifetimes=SPANS, at=world.at)


def again(world: World, person: SignedInUser) -> SignedInUser:
    """Return the person as the next request sees them."""
    with world.app.app_context():
        found = resume(person.session_text, lifetimes=SPANS, at=world.at)
    assert found
    return found


def ask(world: World, person: SignedInUser, password: str = "") -> None:
    with world.app.app_context():
        require_recent(person, password, peer=HERE, at=world.at)


def alter(world: World, person: SignedInUser) -> SignedInUser:
    return change_password(
        person, RIGHT, NEW, end_others=True, peer=HERE, lifetimes=SPANS, at=world.at
    )


def kept_hash(world: World) -> object:
    return world.execute("SELECT password_hash FROM users WHERE username = 'ben'")[0][0]


@pytest.mark.requirement("UI-24")
def test_a_recent_sign_in_passes_without_the_password(lone_world: World) -> None:
    person = enter(lone_world)
    lone_world.clock.forward(minutes=10)
    ask(lone_world, person)
    ask(lone_world, again(lone_world, person), "wrong, and not looked at")
    assert not lone_world.audit("user.sign_in_refused")


@pytest.mark.requirement("UI-24")
def test_an_older_sign_in_does_not_pass_without_the_password(lone_world: World) -> None:
    person = enter(lone_world)
    lone_world.clock.forward(minutes=10, seconds=1)
    for seen in (person, again(lone_world, person)):
        with pytest.raises(ConfirmationRequired, match="older than 10 minutes"):
            ask(lone_world, seen)
    assert not lone_world.audit("user.confirmed")


@pytest.mark.requirement("UI-24")
def test_being_seen_makes_no_sign_in_recent(lone_world: World) -> None:
    person = enter(lone_world)
    for _ in range(11):
        lone_world.clock.forward(minutes=1)
        person = again(lone_world, person)
    assert not is_recent(person, at=lone_world.at)


@pytest.mark.requirement("UI-24")
def test_the_right_password_makes_this_browser_recent_and_no_other(world: World) -> None:
    person, other = enter(world), enter(world)
    world.clock.forward(minutes=11)
    ask(world, person, RIGHT)
    assert is_recent(again(world, person), at=world.at)
    assert not is_recent(again(world, other), at=world.at)
    event = world.audit("user.confirmed")[0]
    assert (event.actor, event.detail) == (person.user_id, {"address": "127.0.0.1"})
    world.clock.forward(minutes=10, seconds=1)
    assert not is_recent(again(world, person), at=world.at)


@pytest.mark.requirement("UI-24")
def test_a_wrong_password_confirms_nothing_and_is_noted(lone_world: World) -> None:
    person = enter(lone_world)
    lone_world.clock.forward(minutes=11)
    for wrong in (PASSWORD.format("cleo"), " "):
        with pytest.raises(SignInRefused, match="not your password"):
            ask(lone_world, person, wrong)
    assert not is_recent(again(lone_world, person), at=lone_world.at)
    assert [e.detail["address"] for e in lone_world.audit("user.sign_in_refused")] == [
        "127.0.0.1",
        "127.0.0.1",
    ]


@pytest.mark.requirement("UI-24", "UI-26")
def test_confirming_and_signing_in_have_a_limit_each(world: World) -> None:
    person = enter(world)
    world.clock.forward(minutes=11)
    for _ in range(10):
        with pytest.raises(SignInRefused):
            enter(world, "wrong")
    for guess in ("wrong", RIGHT):
        with pytest.raises(Throttled):
            enter(world, guess)
    for _ in range(10):
        with pytest.raises(SignInRefused):
            ask(world, person, "wrong")
    for guess in ("wrong", RIGHT):
        with pytest.raises(Throttled):
            ask(world, person, guess)
    assert not is_recent(again(world, person), at=world.at)
    world.clock.forward(minutes=15, seconds=1)
    ask(world, person, RIGHT)


def test_the_right_password_clears_the_counter(lone_world: World) -> None:
    person = enter(lone_world)
    lone_world.clock.forward(minutes=11)
    for _ in range(2):
        for _ in range(9):
            with pytest.raises(SignInRefused):
                ask(lone_world, person, "wrong")
        ask(lone_world, person, RIGHT)


def test_a_session_that_ended_meanwhile_cannot_be_confirmed(world: World) -> None:
    person = enter(world)
    with world.app.app_context():
        sign_out(person, at=world.at)
        with pytest.raises(SignInRefused, match="has ended"):
            confirm(person, RIGHT, peer=HERE, at=world.at)
    assert not world.audit("user.confirmed")


def test_a_disabled_user_confirms_nothing(lone_world: World) -> None:
    person = enter(lone_world)
    lone_world.disable_user("ben")
    with lone_world.app.app_context(), pytest.raises(SignInRefused):
        confirm(person, RIGHT, peer=HERE, at=lone_world.at)
    assert len(lone_world.audit("user.sign_in_refused")) == 1, "a try like any other"


@pytest.mark.requirement("UI-32")
def test_a_session_that_ended_meanwhile_cannot_change_the_password(world: World) -> None:
    person, before = enter(world), kept_hash(world)
    with world.app.app_context():
        sign_out(person, at=world.at)
        with pytest.raises(SignInRefused, match="has ended"):
            alter(world, person)
    assert kept_hash(world) == before
    assert not world.audit("user.password_changed")


@pytest.mark.requirement("UI-32")
def test_a_password_that_was_changed_while_it_was_checked_opens_nothing(world: World) -> None:
    person = enter(world)
    with world.app.app_context():
        account = password_subject_in_session(person.user_id, person.session_text)
        verify_password(account, RIGHT, peer=HERE, at=world.at, refused="refused")
        alter(world, person)
        with pytest.raises(SignInRefused), writing() as session:
            lock_verified(session, account, RIGHT, refused="refused")


@pytest.mark.requirement("UI-32")
def test_a_sign_in_waits_for_a_change_of_the_password_that_is_under_way(world: World) -> None:
    with world.app.app_context():
        person = enter(world)
        account = password_subject_in_session(person.user_id, person.session_text)
    changing = threading.Event()

    def slow_change() -> None:
        with world.app.app_context(), writing() as session:
            lock_verified(session, account, RIGHT, refused="").password_hash = hash_password(NEW)
            session.flush()
            changing.set()
            time.sleep(0.3)

    with ThreadPoolExecutor(1) as pool:
        change = pool.submit(slow_change)
        assert changing.wait(5)
        with world.app.app_context(), pytest.raises(SignInRefused), writing() as session:
            lock_verified(session, account, RIGHT, refused="refused")
        change.result()


def test_a_user_who_was_disabled_meanwhile_gets_nothing(world: World) -> None:
    with world.app.app_context():
        person = enter(world)
        account = password_subject_in_session(person.user_id, person.session_text)
        world.disable_user("ben")
        with pytest.raises(SignInRefused), writing() as session:
            lock_verified(session, account, RIGHT, refused="refused")


def test_a_hash_that_was_renewed_meanwhile_is_the_same_password(world: World) -> None:
    with world.app.app_context():
        person = enter(world)
        account = password_subject_in_session(person.user_id, person.session_text)
        renewed = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(RIGHT)
        world.execute(f"UPDATE users SET password_hash = '{renewed}' WHERE username = 'ben'")
        with writing() as session:
            found = lock_verified(session, account, RIGHT, refused="")
            assert found.id == account.user_id


def test_a_recent_sign_in_may_be_ahead_of_this_clock(lone_world: World) -> None:
    assert is_recent(enter(lone_world), at=lone_world.at - timedelta(seconds=2))
