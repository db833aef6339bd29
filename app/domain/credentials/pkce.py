"""PKCE with S256 only (RFC 7636, OAuth 2.1 section 7.5)."""

import base64
import hashlib
import hmac
import re

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def is_s256_challenge(text: str) -> bool:
    """Say whether the text can be an S256 challenge: 43 base64url characters, no padding."""
    return CHALLENGE.fullmatch(text) is not None


def is_verifier(text: str) -> bool:
    """Say whether the text has the form of RFC 7636 section 4.1."""
    return VERIFIER.fullmatch(text) is not None


def challenge_of(verifier: str) -> str:
    """Return BASE64URL(SHA256(verifier)) without padding (RFC 7636 section 4.2)."""
    return (
        base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    )


def proves(verifier: str, challenge: str) -> bool:
    """Say whether the verifier belongs to the challenge."""
    return hmac.compare_digest(challenge_of(verifier), challenge)
