"""The form of secrets, their digests, and what a refresh token names."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.credentials.secrets import (
    ALPHABET,
    Prefix,
    base62,
    derived_id,
    digest,
    is_sealed,
    is_well_formed,
    matches,
    new_id,
    new_refresh_token,
    new_secret,
    prefix_of,
    session_of,
    succeeding_refresh_token,
    without_secrets,
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


@given(st.integers(0, 62**8 - 1))
def test_a_number_is_read_back_from_its_digits(number: int) -> None:
    value = 0
    for digit in base62(number, 8):
        value = 62 * value + ALPHABET.index(digit)
    assert value == number
    assert len(base62(number, 8)) == 8


def test_an_id_has_its_kind_and_does_not_repeat() -> None:
    ids = {new_id("usr") for _ in range(1_000)}
    assert len(ids) == 1_000
    assert all(re.fullmatch(r"usr_[0-9A-Za-z]{22}", one) for one in ids)


parts = st.lists(st.text(st.characters(exclude_characters="\x00")), min_size=1, max_size=3)


@given(parts, parts)
def test_the_same_parts_give_the_same_id_and_no_others_do(one: list[str], other: list[str]) -> None:
    assert re.fullmatch(r"cli_[0-9A-Za-z]{22}", derived_id("cli", *one))
    assert (derived_id("cli", *one) == derived_id("cli", *other)) is (one == other)


def test_parts_do_not_run_together() -> None:
    assert derived_id("cli", "a", "b") != derived_id("cli", "ab")
    assert derived_id("cli", "a", "b") != derived_id("cli", "b", "a")


@pytest.mark.parametrize("prefix", Prefix)
def test_a_secret_is_cut_wherever_it_stands_in_a_value(prefix: Prefix) -> None:
    text = new_secret(prefix)
    value = {"a": [f"see {text}.", {text: ("x", text[:-5])}], "n": 1, "none": None}
    cut = f"{prefix}_…"
    assert without_secrets(value) == {
        "a": [f"see {cut}.", {cut: ["x", cut]}],
        "n": 1,
        "none": None,
    }


@pytest.mark.parametrize("text", ["mdta_short", "mdt", "usr_0123456789abcdefghijkl", "middle"])
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert without_secrets([text]) == [text]
