"""Passwords, and names in every spelling."""

from __future__ import annotations

import pytest

from app.domain.credentials.passwords import canonical_name, check_password
from app.domain.errors import Invalid


@pytest.mark.requirement("UI-30")
def test_long_passwords_of_any_kind_are_good() -> None:
    for text in (
        "fifteen letters",
        "é" * 7 + "ß日本 🙂 wörter",
        "x y" * 60,
        "just lower case words",
    ):
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
