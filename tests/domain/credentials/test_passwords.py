"""Passwords, and names in every spelling."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.credentials.passwords import (
    MAX_RAW_LENGTH,
    canonical_name,
    canonical_password,
    check_password,
)
from app.domain.errors import Invalid


@pytest.mark.requirement("UI-30")
@pytest.mark.parametrize(
    "text",
    [
        "fifteen letters",
        "é" * 7 + "ß日本 🙂 wörter",
        "x y" * 60,
        "just lower case words",
        "xy" * 512,
    ],
)
def test_long_passwords_of_any_kind_are_good(text: str) -> None:
    check_password(text, username="ben", email="ben@example.org")


@pytest.mark.requirement("UI-30")
@pytest.mark.parametrize(
    "text", ["fourteen chars", "", "a" * 15, "PASSWORDpassword", "someone@example.org", "x" * 1025]
)
def test_short_common_or_own_passwords_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        check_password(text, username="ben", email="someone@example.org")


@pytest.mark.requirement("UI-26")
def test_every_spelling_of_a_name_is_one() -> None:
    spellings = ["Ben", "BEN", " ben ", "ｂｅｎ", "ben\u00a0"]
    assert {canonical_name(s) for s in spellings} == {"ben"}
    assert canonical_name("Straße") == canonical_name("STRASSE")


@given(st.text(max_size=30))
def test_a_name_that_is_compared_already_compares_as_itself(text: str) -> None:
    name = canonical_name(text)
    assert canonical_name(name.upper()) == canonical_name(name)
    assert name == name.strip()


@pytest.mark.requirement("UI-30")
@given(st.text(max_size=30))
def test_a_password_is_one_on_every_keyboard(text: str) -> None:
    assert canonical_password(unicodedata.normalize("NFD", text)) == canonical_password(text)


def test_a_text_of_absurd_length_is_refused_before_it_is_normalised() -> None:
    assert canonical_password("x" * MAX_RAW_LENGTH)
    with pytest.raises(Invalid):
        canonical_password("x" * (MAX_RAW_LENGTH + 1))
