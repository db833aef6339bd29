"""Turns: few at once, the others in order, nobody lost."""

from __future__ import annotations

import threading
import time

import pytest

from app.http.turns import Turns


def forever() -> float:
    return 60.0


def test_there_are_as_many_turns_as_were_made() -> None:
    turns = Turns(2)
    assert {turns.take(forever), turns.take(forever)} == {0, 1}
    assert not turns.is_free()
    assert turns.take(lambda: 0.0) is None
    turns.give(1)
    assert turns.take(forever) == 1


def test_who_came_first_is_first() -> None:
    turns, order = Turns(1), []
    assert turns.take(forever) == 0

    def wait(name: int) -> None:
        number = turns.take(forever)
        assert number is not None
        order.append(name)
        turns.give(number)

    threads = []
    for name in range(8):
        threads.append(threading.Thread(target=wait, args=(name,)))
        threads[-1].start()
        while len(turns._waiting) <= name:
            time.sleep(0.001)
    turns.give(0)
    for thread in threads:
        thread.join(10)
    assert order == list(range(8))


def test_no_turn_is_lost_between_many_that_give_up_and_many_that_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.http.turns.STEP", 0.003)
    turns = Turns(3)
    done: list[int] = []
    given_up: list[int] = []
    working: set[int] = set()

    def ask(number: int) -> None:
        for _ in range(20):
            mine = turns.take(lambda: 0.0 if number % 2 else 60.0)
            if mine is None:
                given_up.append(number)
                continue
            assert mine not in working
            working.add(mine)
            time.sleep(0.02)
            working.remove(mine)
            turns.give(mine)
            done.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(done) + len(given_up) == 240
    assert given_up
    assert sorted(turns._free) == [0, 1, 2]


def test_patience_may_end_while_one_waits() -> None:
    turns, patience = Turns(1), [60.0]
    turns.take(forever)
    threading.Timer(0.1, lambda: patience.__setitem__(0, 0.0)).start()
    began = time.monotonic()
    assert turns.take(lambda: patience[0]) is None
    assert time.monotonic() - began < 2


def test_who_is_called_in_vain_again_and_again_gives_up_in_time() -> None:
    turns = Turns(1)
    assert turns.take(forever) == 0
    is_over = threading.Event()

    def call() -> None:
        while not is_over.wait(0.002):
            for waiter in list(turns._waiting):
                if waiter.called.locked():
                    waiter.called.release()

    caller = threading.Thread(target=call)
    caller.start()
    began = time.monotonic()
    assert turns.take(lambda: 0.1 if time.monotonic() - began < 5 else 0.0) is None
    took = time.monotonic() - began
    is_over.set()
    caller.join()
    assert took < 1
