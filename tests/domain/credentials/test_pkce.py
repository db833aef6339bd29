"""PKCE: RFC 7636."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.credentials import pkce

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
UNRESERVED = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
verifiers = st.text(UNRESERVED, min_size=43, max_size=128)


@pytest.mark.rfc("7636", "4.2")
def test_pkce_follows_the_example_of_rfc_7636() -> None:
    assert pkce.challenge_of(VERIFIER) == CHALLENGE
    assert pkce.proves(VERIFIER, CHALLENGE)
    assert pkce.is_verifier("a.b~c-d_" * 16)
    assert not pkce.is_verifier("a" * 43 + "\n")


@pytest.mark.rfc("7636", "4.6")
@given(verifiers, verifiers)
def test_a_verifier_proves_its_own_challenge_only(one: str, other: str) -> None:
    assert pkce.is_verifier(one)
    assert pkce.is_s256_challenge(pkce.challenge_of(one))
    assert pkce.proves(one, pkce.challenge_of(other)) is (one == other)


@given(verifiers)
def test_a_verifier_does_not_prove_itself(verifier: str) -> None:
    assert not pkce.proves(verifier, verifier), "that would be the method `plain`"


@pytest.mark.rfc("7636", "4.1")
@pytest.mark.parametrize(
    "text",
    ["", "a" * 42, "a" * 129, "a" * 42 + " ", "a" * 42 + "+", "a" * 42 + "é", "\n" + VERIFIER],
)
def test_what_has_not_the_form_is_no_verifier(text: str) -> None:
    assert not pkce.is_verifier(text)


@pytest.mark.rfc("7636", "4.2")
@pytest.mark.parametrize(
    "text",
    ["", CHALLENGE[:-1], CHALLENGE + "=", CHALLENGE + "w", CHALLENGE[:-1] + "~", CHALLENGE + "\n"],
)
def test_what_is_no_sha256_in_base64url_is_no_challenge(text: str) -> None:
    assert not pkce.is_s256_challenge(text)
