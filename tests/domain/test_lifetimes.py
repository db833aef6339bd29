"""How long things live."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.lifetimes import Lifetimes, after

DEFAULTS = Lifetimes()
FIRST, LAST = datetime(2000, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - hypothesis adds it
instants = st.datetimes(FIRST, LAST, timezones=st.just(UTC))


@given(instants, st.integers(0, 10**8))
def test_a_span_is_counted_in_seconds_and_keeps_the_zone(at: datetime, seconds: int) -> None:
    end = after(at, seconds)
    assert end - at == timedelta(seconds=seconds)
    assert end.tzinfo is UTC


def test_an_access_token_lives_ten_minutes_at_most() -> None:
    assert DEFAULTS.access_token == 600


def test_what_is_shown_or_carried_once_is_over_within_minutes() -> None:
    assert DEFAULTS.code <= 60
    assert 20 <= DEFAULTS.refresh_grace <= 60
    assert DEFAULTS.pending_request <= 3_600
    assert DEFAULTS.device_code <= 900


def test_idleness_ends_before_the_absolute_life() -> None:
    assert DEFAULTS.refresh_idle < DEFAULTS.refresh_absolute
    assert DEFAULTS.browser_idle < DEFAULTS.browser_absolute


def test_every_span_is_whole_and_positive() -> None:
    spans = [getattr(DEFAULTS, field.name) for field in fields(DEFAULTS)]
    assert all(type(span) is int and span > 0 for span in spans)
