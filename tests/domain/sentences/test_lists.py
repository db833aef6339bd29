"""Lists and numbers in sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.sentences.lists import count_text, every, in_short, listed

numbers = st.integers(0, 40).map(lambda count: [str(n) for n in range(count)])


def test_lists_stay_short() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([str(n) for n in range(9)]) == "0, 1, 2 and 6 more"


@pytest.mark.parametrize(
    ("count", "text"), [(4, "0, 1, 2 and 3"), (5, "0, 1, 2 and 2 more"), (6, "0, 1, 2 and 3 more")]
)
def test_a_list_names_four_or_counts_at_least_two(count: int, text: str) -> None:
    assert listed([str(n) for n in range(count)]) == text


@given(numbers)
def test_a_whole_list_names_every_item_once(items: list[str]) -> None:
    assert every(items).replace(" and ", ", ").split(", ") == (items or [""])
    assert every(items).count(" and ") == (len(items) > 1)


@given(numbers, st.integers(1, 30))
def test_sentences_beyond_the_most_are_counted(items: list[str], most: int) -> None:
    found = in_short(items, most)
    if len(items) <= most:
        assert found == tuple(items)
    else:
        assert found == (*items[:most], f"… and {len(items) - most} more.")


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 projects"), (1, "1 project"), (2, "2 projects")]
)
def test_one_is_singular(number: int, text: str) -> None:
    assert count_text(number, "project") == text
