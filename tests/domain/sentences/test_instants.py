"""Instants and spans as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.sentences.instants import (
    MONTHS,
    UNITS,
    day_text,
    instant_text,
    span_text,
    until_text,
)

AT = datetime(2026, 5, 3, 14, 0, 9, tzinfo=UTC)
FIRST, LAST = datetime(1000, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 - hypothesis adds it
instants = st.datetimes(FIRST, LAST, timezones=st.just(UTC))


def test_an_instant_has_one_form() -> None:
    assert day_text(AT) == "3 May 2026"
    assert instant_text(AT) == "3 May 2026, 14:00 UTC"
    assert instant_text(AT, with_seconds=True) == "3 May 2026, 14:00:09 UTC"


def test_an_end_says_what_comes_after_it() -> None:
    assert until_text(AT) == "until 3 May 2026, 14:00 UTC"
    assert until_text(AT, "viewer") == "until 3 May 2026, 14:00 UTC, then viewer"


def test_an_instant_of_another_zone_is_told_in_utc() -> None:
    tokyo = datetime(2026, 5, 4, 0, 30, tzinfo=timezone(timedelta(hours=9)))
    assert day_text(tokyo) == "3 May 2026"
    assert instant_text(tokyo) == "3 May 2026, 15:30 UTC"


@given(instants, st.integers(-14 * 60, 14 * 60))
def test_the_zone_of_an_instant_changes_nothing(at: datetime, minutes: int) -> None:
    elsewhere = at.astimezone(timezone(timedelta(minutes=minutes)))
    assert instant_text(elsewhere, with_seconds=True) == instant_text(at, with_seconds=True)


@given(instants)
def test_an_instant_can_be_read_back(at: datetime) -> None:
    day, month, year, clock, zone = instant_text(at, with_seconds=True).replace(",", "").split()
    read = datetime(int(year), MONTHS.index(month) + 1, int(day), tzinfo=UTC)
    hours, minutes, seconds = map(int, clock.split(":"))
    assert read + timedelta(hours=hours, minutes=minutes, seconds=seconds) == at.replace(
        microsecond=0
    )
    assert zone == "UTC"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (90, "90 seconds"),
        (600, "10 minutes"),
        (3_600, "1 hour"),
        (5_400, "90 minutes"),
        (7_200, "2 hours"),
        (86_400, "1 day"),
        (90 * 86_400, "90 days"),
        (365 * 86_400, "1 year"),
        (730 * 86_400, "2 years"),
    ],
)
def test_a_span_is_told_in_the_largest_unit_that_measures_it(seconds: int, text: str) -> None:
    assert span_text(seconds) == text


@given(st.integers(0, 10**10))
def test_a_span_is_told_exactly(seconds: int) -> None:
    number, unit = span_text(seconds).split()
    assert int(number) * {name: size for size, name in UNITS}[unit.removesuffix("s")] == seconds
    assert (int(number) == 1) is not unit.endswith("s")
