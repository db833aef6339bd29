"""The request as Authlib sees it: parameters read once, empty ones left out, one canonical URI."""

from typing import Any
from urllib.parse import unquote_to_bytes

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Payload, OAuth2Request
from flask import request

from app.domain.authorization_details import NO_DETAILS, PARAMETER, AuthorizationDetails
from app.domain.errors import TargetRejected
from app.domain.resources import distinct
from app.runtime.current import settings

MAX_QUERY = 8 * 1_024
MAX_STATE = 4 * 1_024
UNSUPPORTED = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
}
REPEATABLE = frozenset({"resource"})
KEPT = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "resource",
    PARAMETER,
    "prompt",
)


class Payload(OAuth2Payload):
    """Parameters by name; an empty value counts as omitted (RFC 6749 section 3.1)."""

    def __init__(self, lists: dict[str, list[str]]) -> None:
        self._lists = {
            name: kept for name, values in lists.items() if (kept := [v for v in values if v])
        }
        self._data = {name: values[0] for name, values in self._lists.items()}

    @property
    def data(self) -> dict[str, str]:
        """Return the first value of each parameter; `check_repeats` has refused second ones."""
        return self._data

    @property
    def datalist(self) -> dict[str, list[str]]:
        """Return all values of each parameter."""
        return self._lists


class WireRequest(OAuth2Request):
    """An OAuth request whose URI comes from the settings, never from headers."""

    payload: Payload
    details: AuthorizationDetails

    def __init__(self, method: str, lists: dict[str, list[str]]) -> None:
        super().__init__(method=method, uri=settings().issuer, headers=request.headers)
        self.payload = Payload(lists)
        self.details = NO_DETAILS

    @property
    def form(self) -> dict[str, str]:
        """Return the parameters of the body."""
        return self.payload.data if self.method == "POST" else {}

    @property
    def resources(self) -> list[str]:
        """Return the resource parameters (RFC 8707)."""
        return self.payload.datalist.get("resource", [])

    @property
    def details_text(self) -> str | None:
        """Return the authorization_details as sent (RFC 9396)."""
        return self.payload.data.get(PARAMETER)

    @property
    def resource(self) -> str | None:
        """Return the one resource of a token request; raises TargetRejected for different ones."""
        named = distinct(self.resources)
        if len(named) > 1:
            raise TargetRejected("A token is for exactly one resource: name one.")
        return named[0] if named else None


def from_query() -> WireRequest:
    """Return the authorization request of the running HTTP request."""
    return WireRequest("GET", request.args.to_dict(flat=False))


def from_form() -> WireRequest:
    """Return the form request of the running HTTP request."""
    return WireRequest("POST", request.form.to_dict(flat=False))


def kept_parameters(wire: WireRequest) -> dict[str, list[str]]:
    """Return the parameters that are kept with a request."""
    return {name: values for name in KEPT if (values := wire.payload.datalist.get(name))}


def unsupported(lists: dict[str, list[str]]) -> tuple[str, str] | None:
    """Return the error and its description for a parameter that would be ignored without a word.

    OpenID Connect Core 1.0 section 3.1.2.6, OAuth 2.0 Multiple Response Types section 2.1.
    """
    for name, error in UNSUPPORTED.items():
        if lists.get(name):
            return error, f"The parameter {name} is not supported."
    if any(mode != "query" for mode in lists.get("response_mode", [])):
        return "invalid_request", "The only response_mode is query."
    return None


def check_query(raw: bytes) -> None:
    """Raise InvalidRequestError for a query that is too long, or that is not UTF-8.

    `state` must come back as it went.
    """
    if len(raw) > MAX_QUERY:
        raise InvalidRequestError(f"The request is too long: {MAX_QUERY} bytes at most.")
    try:
        unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise InvalidRequestError("The query is not valid UTF-8 text.") from None


def check_text(lists: dict[str, list[str]]) -> None:
    """Raise InvalidRequestError for NUL and for what was not UTF-8."""
    for name, values in lists.items():
        for text in (name, *values):
            if name == "state" and len(text.encode(errors="replace")) > MAX_STATE:
                raise InvalidRequestError(f"The state is too long: {MAX_STATE} bytes at most.")
            if "\x00" in text or "\ufffd" in text or not _is_encodable(text):
                raise InvalidRequestError("A parameter is not valid UTF-8 text.")


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_repeats(lists: dict[str, list[Any]]) -> None:
    """Raise InvalidRequestError when a parameter stands twice (OAuth 2.1 section 3.1)."""
    if any(len(values) > 1 for name, values in lists.items() if name not in REPEATABLE):
        raise InvalidRequestError("A parameter is repeated.")
