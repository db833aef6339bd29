"""Bearer tokens at the example API (RFC 6750): taking one, and refusing."""

from http import HTTPStatus

from flask import Response, jsonify, request

PROVIDER = "/provider/"
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


def response_of(refusal: Refused, *, metadata_url: str) -> Response:
    """Return the answer that tells a client why it was refused, and where to read on.

    The challenge is that of RFC 6750 section 3 with the member of RFC 9728 section 5.1.
    """
    parts = [f'error="{refusal.error}"'] if refusal.error else []
    if refusal.scope:
        parts.append(f'scope="{refusal.scope}"')
    parts.append(f'resource_metadata="{metadata_url}"')
    forbidden = refusal.error == INSUFFICIENT_SCOPE
    status = HTTPStatus.FORBIDDEN if forbidden else HTTPStatus.UNAUTHORIZED
    response = problem(status, refusal.error, SENTENCES[refusal.error])
    response.headers["WWW-Authenticate"] = f"Bearer {', '.join(parts)}"
    return response


def problem(status: HTTPStatus, error: str, sentence: str = "") -> Response:
    """Return an answer that is no success, as JSON in the form that the caller reads.

    A provider reads `data` or `error` and shows the latter to people: there it is the sentence.
    """
    if request.path.startswith(PROVIDER):
        body = {"error": sentence or error}
    else:
        body = {"error": error, "error_description": sentence}
    response = jsonify({name: value for name, value in body.items() if value})
    response.status_code = status
    return response
