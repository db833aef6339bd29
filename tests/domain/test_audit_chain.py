"""Digests of events and segments: the same for the same, another for anything else."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.audit_chain import (
    NOTHING,
    Event,
    Segment,
    audit_keys,
    event_digest,
    has_true_entries,
    is_whole,
    packed,
    sealed,
    unpacked,
    unreadable,
    unreadable_segment,
    without,
)

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
KEYS = audit_keys(["one-secret-key", "another-secret-key"])
KEY = KEYS[0]
BY_NAME = {key.identifier: key for key in KEYS}
EVENT = Event(7, AT, "user.added", "ada", "usr_1", "usr_1", {"address": "x", "n": [1, {"b": 2}]})
FIRST = sealed([EVENT, replace(EVENT, number=9)], None, KEY, AT)
SECOND = sealed([replace(EVENT, number=12)], FIRST, KEY, AT)


def test_a_key_follows_from_its_secret_and_does_not_show_it() -> None:
    assert audit_keys(["one-secret-key"]) == KEYS[:1]
    assert len({key.secret for key in KEYS} | {key.identifier for key in KEYS}) == 4
    assert KEY.secret.hex() not in repr(KEY)
    assert repr(KEY.secret) not in repr(KEY)


@pytest.mark.parametrize("name", [each.name for each in fields(Event)])
def test_each_column_of_an_event_counts(name: str) -> None:
    other: dict[str, Any] = {"number": 8, "at": AT + timedelta(microseconds=1), "detail": {}}
    changed = replace(EVENT, **{name: other.get(name, "else")})
    assert event_digest(changed, KEY) != event_digest(EVENT, KEY)


def test_an_event_has_one_digest_however_it_is_read() -> None:
    turned = dict(reversed([*EVENT.detail.items()]))
    there = AT.astimezone(timezone(timedelta(hours=5)))
    assert event_digest(replace(EVENT, detail=turned, at=there), KEY) == event_digest(EVENT, KEY)
    assert event_digest(EVENT, KEYS[1]) != event_digest(EVENT, KEY)
    moved = replace(EVENT, number=4)
    assert event_digest(moved, KEY, number=7) == event_digest(EVENT, KEY)


def test_what_cannot_be_read_has_no_digest() -> None:
    assert event_digest(unreadable(7), KEY) == b""
    assert event_digest(replace(EVENT, subject=b"x"), KEY) == b""  # type: ignore[arg-type]
    assert is_whole(unreadable_segment(3), BY_NAME) is False


@given(st.dictionaries(st.integers(-(2**63), 2**63 - 1), st.binary(min_size=16, max_size=16)))
def test_entries_are_read_as_they_were_written(entries: dict[int, bytes]) -> None:
    assert unpacked(packed(entries)) == entries


def test_entries_that_are_cut_are_none() -> None:
    assert unpacked(FIRST.entries[:-1]) == {}


def test_segments_follow_each_other_without_a_gap() -> None:
    assert (FIRST.number, FIRST.first, FIRST.last, FIRST.count) == (1, 1, 9, 2)
    assert (SECOND.number, SECOND.first, SECOND.last) == (2, 10, 12)
    assert (FIRST.previous, SECOND.previous) == (NOTHING, FIRST.digest)
    assert is_whole(FIRST, BY_NAME)
    assert has_true_entries(FIRST, BY_NAME)


@pytest.mark.parametrize(
    "name", sorted({each.name for each in fields(Segment)} - {"entries", "mark_key", "mark"})
)
def test_each_column_of_a_segment_counts(name: str) -> None:
    other: dict[str, Any] = {"sealed_at": AT + timedelta(seconds=1), "key": KEYS[1].identifier}
    value = other.get(name, 99 if isinstance(getattr(FIRST, name), int) else "0" * 64)
    if name == "previous":
        value = FIRST.digest
    assert is_whole(replace(FIRST, **{name: value}), BY_NAME) is False


def test_entries_count_by_their_digest_or_by_a_mark() -> None:
    assert has_true_entries(replace(FIRST, entries=b""), BY_NAME) is False
    less = without(FIRST, {7}, KEYS[1])
    assert set(unpacked(less.entries)) == {9}
    assert is_whole(less, BY_NAME)
    assert has_true_entries(less, BY_NAME)
    for changed in (
        replace(less, entries=b""),
        replace(less, begins=True),
        replace(less, first=2),
        replace(less, mark_key=KEY.identifier),
        replace(less, mark=None),
    ):
        assert has_true_entries(changed, BY_NAME) is False


def test_a_missing_key_leaves_it_open() -> None:
    assert is_whole(FIRST, {}) is None
    assert has_true_entries(without(FIRST, {7}, KEYS[1]), {}) is None


def test_a_segment_that_begins_the_log_needs_its_mark_alone() -> None:
    alone = {KEYS[1].identifier: KEYS[1]}
    begins = without(FIRST, {7, 9}, KEYS[1], begins=True)
    assert is_whole(begins, alone)
    assert is_whole(replace(begins, digest=NOTHING), alone) is False
    assert is_whole(replace(FIRST, begins=True), BY_NAME) is False, "without a mark"
    assert without(begins, set(), KEY).begins
