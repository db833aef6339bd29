"""Bearer tokens at the example resource server (RFC 6750): taking one, and refusing."""

from http import HTTPStatus

from flask import Response, jsonify, request

INVALID_TOKEN = "invalid_token"  # noqa: S105 - an error code
INSUFFICIENT_SCOPE = "insufficient_scope"
SENTENCES = {
    "": "Send an access token in the Authorization header.",
    INVALID_TOKEN: "The token is unknown, expired or revoked, or it is for another resource.",
    INSUFFICIENT_SCOPE: "The token does not reach that far.",
}


class Refused(Exception):
    """A call is refused; `error` is a code of RFC 6750 section 3.1, empty when no token was sent."""

    def __init__(self, error: str = "", *, scope: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.scope = scope


def presented_token() -> str:
    """Return the token of the Authorization header; the query and the body are never looked at.

    Raises Refused when there is none.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused
    return token.strip()


def response_of(refusal: Refused) -> Response:
    """Return the answer that tells a client why it was refused (RFC 6750 section 3)."""
    parts = [f'error="{refusal.error}"'] if refusal.error else []
    if refusal.scope:
        parts.append(f'scope="{refusal.scope}"')
    forbidden = refusal.error == INSUFFICIENT_SCOPE
    body = {"error": refusal.error} if refusal.error else {}
    response = jsonify({**body, "error_description": SENTENCES[refusal.error]})
    response.status_code = HTTPStatus.FORBIDDEN if forbidden else HTTPStatus.UNAUTHORIZED
    response.headers["WWW-Authenticate"] = " ".join(["Bearer", ", ".join(parts)]).strip()
    return response
