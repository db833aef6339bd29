"""The steps of the demo tick themselves as a visitor does them."""

from __future__ import annotations

from app.demo.tool.journey import CALL, CHANGE, CONNECT, OVER, REVOKE, STEPS, Journey
from app.demo.tool.reach import SHUT, UNKNOWN, Now, Part, Reach

GIVEN = Now(Reach((Part("api"),), (Part("website", "editor"),)))
LESS = Now(Reach((Part("api"),)))


def next_of(journey: Journey) -> str | None:
    """Return the step that is next, having looked at what the page shows of all."""
    steps = journey.steps
    assert [step.number for step in steps] == [1, 2, 3, 4]
    assert [step.title for step in steps if step.done] == [t for t in STEPS if t in journey.done]
    following = [step.title for step in steps if step.is_next]
    assert len(following) <= 1
    assert journey.hint == (STEPS[following[0]] if following else OVER)
    return following[0] if following else None


def test_each_step_is_ticked_when_it_is_done() -> None:
    journey = Journey()
    assert next_of(journey) == CONNECT
    journey.begin()
    journey.call(GIVEN)
    assert next_of(journey) == CHANGE
    journey.call(GIVEN)
    assert next_of(journey) == CHANGE, "nothing was changed before that call"
    journey.see(LESS)
    assert next_of(journey) == CALL
    journey.call(LESS)
    assert next_of(journey) == REVOKE
    journey.call(SHUT)
    assert next_of(journey) is None
    assert journey.done == set(STEPS)


def test_a_change_that_the_call_itself_shows_ticks_both() -> None:
    journey = Journey()
    journey.begin()
    journey.call(GIVEN)
    journey.call(LESS)
    assert journey.done == {CONNECT, CHANGE, CALL}
    journey.see(GIVEN)
    assert journey.done == {CONNECT, CHANGE, CALL}, "a change that is taken back was one"


def test_who_revokes_at_once_is_at_the_end() -> None:
    journey = Journey()
    journey.begin()
    journey.see(GIVEN)
    journey.end()
    assert journey.done == {CONNECT, REVOKE}
    assert next_of(journey) is None


def test_a_token_that_is_good_again_was_paused_only() -> None:
    journey = Journey()
    journey.begin()
    journey.see(GIVEN)
    journey.call(SHUT)
    assert REVOKE in journey.done
    assert CALL not in journey.done
    journey.see(GIVEN)
    assert journey.done == {CONNECT}


def test_no_answer_ticks_nothing() -> None:
    journey = Journey()
    journey.begin()
    journey.call(UNKNOWN)
    journey.call(GIVEN)
    journey.call(UNKNOWN)
    assert journey.done == {CONNECT}
    assert journey.latest == GIVEN.reach


def test_a_new_connection_starts_over() -> None:
    journey = Journey()
    journey.begin()
    for now in (GIVEN, LESS, SHUT):
        journey.call(now)
    journey.begin()
    assert journey.done == {CONNECT}
    journey.see(LESS)
    assert journey.done == {CONNECT}
