"""PKCE: RFC 7636."""

from __future__ import annotations

from app.domain.credentials import pkce


def test_pkce_follows_the_example_of_rfc_7636() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert pkce.challenge_of(verifier) == challenge
    assert pkce.proves(verifier, challenge)
    assert pkce.is_verifier("a.b~c-d_" * 16)
    assert not pkce.is_verifier("a" * 43 + "\n")
