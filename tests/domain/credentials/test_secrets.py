"""The form of secrets, their digests, and what a refresh token names."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.credentials.secrets import (
    Prefix,
    digest,
    is_sealed,
    is_well_formed,
    matches,
    new_refresh_token,
    new_secret,
    prefix_of,
    session_of,
    succeeding_refresh_token,
)

SESSION = "a1B2c3D4e5F"


@pytest.mark.parametrize("prefix", Prefix)
def test_a_secret_has_the_form_of_the_contract(prefix: Prefix) -> None:
    text = new_secret(prefix)
    assert re.fullmatch(rf"{prefix}_[0-9A-Za-z]{{49}}", text)
    assert is_well_formed(text, prefix)
    assert prefix_of(text) is prefix
    assert new_secret(prefix) != text


@given(st.integers(5, 53), st.characters())
def test_a_changed_character_is_noticed(place: int, character: str) -> None:
    text = new_secret(Prefix.API_KEY)
    changed = text[:place] + character + text[place + 1 :]
    assert is_well_formed(changed, Prefix.API_KEY) is (changed == text)


@given(st.text())
def test_no_other_text_is_a_secret(text: str) -> None:
    assert prefix_of(text) is None
    assert session_of(text) is None


def test_only_the_digest_is_compared() -> None:
    text = new_secret(Prefix.CLIENT_SECRET)
    assert matches(text, digest(text))
    assert not matches(text, digest(text + "x"))
    assert not matches(text, None)
    assert not matches("é\ud800", digest(text))


def test_a_refresh_token_names_its_session_and_is_sealed() -> None:
    text = new_refresh_token(SESSION, "key")
    assert re.fullmatch(r"mdtr_[0-9A-Za-z]{49}", text)
    assert session_of(text) == SESSION
    assert is_sealed(text, "key")
    assert not is_sealed(text, "other")


def test_the_successor_needs_both_the_token_and_the_salt() -> None:
    first = new_refresh_token(SESSION, "key")
    successor = succeeding_refresh_token(first, "salt", "key")
    assert successor == succeeding_refresh_token(first, "salt", "key")
    assert successor != succeeding_refresh_token(first, "other salt", "key")
    assert successor != succeeding_refresh_token(new_refresh_token(SESSION, "key"), "salt", "key")
    assert session_of(successor) == SESSION
    assert is_sealed(successor, "key")
