"""Bearer tokens at the example API (RFC 6750): taking one, and refusing."""

from http import HTTPStatus

from flask import Response, jsonify, request

from app.demo.api.introspection import Denied

PROVIDER = "/provider/"
INVALID_TOKEN = "invalid_token"  # noqa: S105 - an error code
INSUFFICIENT_SCOPE = "insufficient_scope"
SENTENCES = {
    "": "Send an access token in the Authorization header.",
    INVALID_TOKEN: "The token is unknown, expired or revoked, or it is for another resource.",
    INSUFFICIENT_SCOPE: "The token does not reach that far.",
}


class Refused(Exception):
    """A call is refused; `error` is a code of RFC 6750 section 3.1, empty when no token was sent.

    `denied` is what Mandate says of it to the person.
    """

    def __init__(self, error: str = "", *, scope: str = "", denied: Denied | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.scope = scope
        self.denied = denied


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

    The challenge is that of RFC 6750 section 3 with the member of RFC 9728 section 5.1. Mandate's words
    stand in the body alone, because a header takes no quotation marks; its link is in both.
    """
    denied = refusal.denied
    parts = [f'error="{refusal.error}"'] if refusal.error else []
    if refusal.scope:
        parts.append(f'scope="{refusal.scope}"')
    if denied is not None:
        parts.append(f'error_uri="{denied.link}"')
    parts.append(f'resource_metadata="{metadata_url}"')
    forbidden = refusal.error == INSUFFICIENT_SCOPE
    status = HTTPStatus.FORBIDDEN if forbidden else HTTPStatus.UNAUTHORIZED
    sentence = denied.message if denied else SENTENCES[refusal.error]
    response = problem(status, refusal.error, sentence, denied)
    response.headers["WWW-Authenticate"] = f"Bearer {', '.join(parts)}"
    return response


def problem(
    status: HTTPStatus, error: str, sentence: str = "", denied: Denied | None = None
) -> Response:
    """Return an answer that is no success, as JSON in the form that the caller reads.

    A provider reads `data` or `error` and shows the latter to people: there it is the sentence, with the
    link behind it.
    """
    link = denied.link if denied else ""
    if request.path.startswith(PROVIDER):
        body = {"error": f"{sentence or error} {link}".strip()}
    else:
        bound = denied.bound if denied else ""
        body = {"error": error, "error_description": sentence, "error_uri": link, "bound": bound}
    response = jsonify({name: value for name, value in body.items() if value})
    response.status_code = status
    return response
