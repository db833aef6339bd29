"""User codes."""

from __future__ import annotations

from app.domain.credentials.user_codes import LETTERS, new_user_code, tidy


def test_codes_are_of_twenty_letters_and_do_not_repeat() -> None:
    codes = {new_user_code() for _ in range(2_000)}
    assert len(codes) == 2_000
    assert len(LETTERS) == len(set(LETTERS)) == 20
    assert {letter for code in codes for letter in code} == {*LETTERS, "-"}
    assert all(tidy(code) for code in codes)
