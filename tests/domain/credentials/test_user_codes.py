"""User codes, and the pace of polling: RFC 8628 sections 3.5 and 6.1."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.credentials.user_codes import (
    INTERVAL,
    LETTERS,
    SLOWER_BY,
    Pace,
    new_user_code,
    shown,
    tidy,
)
from tests.drivers.clock import START

letters = st.text(LETTERS, min_size=8, max_size=8)


def test_codes_are_of_twenty_letters_and_do_not_repeat() -> None:
    codes = {new_user_code() for _ in range(2_000)}
    assert len(codes) == 2_000
    assert len(LETTERS) == len(set(LETTERS)) == 20
    assert {letter for code in codes for letter in code} == {*LETTERS, "-"}
    assert all(tidy(code) for code in codes)


@pytest.mark.rfc("8628", "6.1")
@given(letters, st.lists(st.tuples(st.integers(0, 8), st.sampled_from(" -._–")), max_size=5))
def test_a_code_is_read_in_any_form_that_it_is_typed(
    code: str, noise: list[tuple[int, str]]
) -> None:
    typed = shown(code).lower()
    for place, character in noise:
        typed = typed[:place] + character + typed[place:]
    assert tidy(typed) == code


@given(st.text(max_size=20))
def test_what_is_read_is_a_code_or_nothing(typed: str) -> None:
    found = tidy(typed)
    assert found is None or (len(found) == 8 and set(found) <= set(LETTERS))


@pytest.mark.parametrize("typed", ["", "BCDFGHJ", "BCDFGHJKL", "ABCDFGHJ", "BCDF1GHJ", "-" * 99])
def test_another_length_or_letter_is_no_code(typed: str) -> None:
    assert tidy(typed) is None


def test_a_clock_that_ticks_a_little_early_is_not_too_fast() -> None:
    pace = Pace(5, START)
    assert not pace.is_too_fast(START + timedelta(seconds=4.6))
    assert pace.is_too_fast(START + timedelta(seconds=4.4))
    assert not Pace(5, None).is_too_fast(START)


@pytest.mark.rfc("8628", "3.5")
def test_a_poll_that_comes_too_fast_slows_the_device_down_for_good() -> None:
    slowed = Pace(INTERVAL, START).after(START + timedelta(seconds=1))
    assert slowed.interval == INTERVAL + SLOWER_BY
    assert slowed.after(START + timedelta(seconds=60)).interval == slowed.interval


def test_a_device_that_keeps_the_interval_from_before_is_not_slowed_further() -> None:
    pace = Pace(INTERVAL + SLOWER_BY, START)
    again = START + timedelta(seconds=INTERVAL)
    assert pace.is_too_fast(again)
    assert pace.after(again).interval == pace.interval


@given(st.lists(st.floats(0, 30), max_size=10))
def test_the_interval_never_falls_and_grows_by_five(waits: list[float]) -> None:
    pace = Pace(INTERVAL, None)
    for wait in waits:
        before, last = pace, pace.polled_at or START
        pace = before.after(last + timedelta(seconds=wait))
        assert pace.interval - before.interval in (0, SLOWER_BY)
        assert pace.polled_at == last + timedelta(seconds=wait)
