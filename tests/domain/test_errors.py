"""Refusals: a sentence that may be shown, a detail that may not, and when to try again."""

from __future__ import annotations

import inspect

import pytest

from app.domain import errors
from app.domain.errors import ChoiceRefused, DomainError, Throttled, Unavailable

CLASSES = [
    one
    for _, one in inspect.getmembers(errors, inspect.isclass)
    if issubclass(one, DomainError) and one is not Throttled
]


@pytest.mark.parametrize("refusal", CLASSES, ids=lambda one: one.__name__)
def test_a_refusal_shows_its_sentence_and_says_what_it_means(refusal: type[DomainError]) -> None:
    made = refusal("You may not.")
    assert str(made) == made.public == "You may not."
    assert made.detail == ""
    assert (refusal.__doc__ or "").rstrip().endswith(".")


def test_the_detail_of_a_refusal_is_not_in_its_text() -> None:
    made = DomainError("You may not.", detail="client 5 of ben")
    assert made.detail == "client 5 of ben"
    assert "ben" not in f"{made} {made!r}"


def test_who_tries_too_often_is_told_when_to_come_back() -> None:
    assert Throttled("Later.", retry_after=7, detail="x").retry_after == 7
    assert Unavailable("Later.").retry_after == 1
    assert DomainError("No.").retry_after is None


def test_a_refused_choice_has_a_sentence_for_each_part() -> None:
    assert ChoiceRefused("No.").problems == ("No.",)
    assert ChoiceRefused("No.").audit_subject == ""
    made = ChoiceRefused("No.", problems=("One.", "Two."), audit_subject="aut_1")
    assert made.problems == ("One.", "Two.")
    assert made.audit_subject == "aut_1"
