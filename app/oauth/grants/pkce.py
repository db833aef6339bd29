"""PKCE for every client, S256 only (RFC 7636, OAuth 2.1 section 4.1.1)."""

from authlib.oauth2.rfc6749 import (
    InvalidGrantError,
    InvalidRequestError,
)
from authlib.oauth2.rfc7636 import CodeChallenge

from app.domain.credentials import pkce
from app.oauth.adapters import CodeAdapter
from app.oauth.grants.authorization_code import CodeGrant
from app.runtime.clock import now
from app.services.tokens import code_redemption


class S256(CodeChallenge):
    """PKCE for every client, S256 only; Authlib alone accepts `plain` and no challenge at all."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012 - Authlib's class attribute

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        """Require both parameters at the authorization endpoint (OAuth 2.1 section 4.1.1)."""
        del redirect_uri
        sent = grant.request.payload.data
        if sent.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE with code_challenge_method S256 is required.")
        if not pkce.is_s256_challenge(sent.get("code_challenge", "")):
            raise InvalidRequestError("The code_challenge must be 43 base64url characters.")

    def validate_code_verifier(self, grant: CodeGrant, result: object) -> None:
        """Check the verifier of every client; a wrong one counts against the code."""
        del result
        code: CodeAdapter = grant.request.authorization_code
        verifier = grant.request.form.get("code_verifier")
        if verifier is None:
            raise InvalidRequestError("The code_verifier is missing.")
        if not pkce.is_verifier(verifier) or not pkce.proves(verifier, code.code_challenge):
            code_redemption.note_wrong_verifier(code.stored, at=now())
            raise InvalidGrantError("The code_verifier does not fit.")
