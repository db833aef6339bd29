"""Checks of form requests that come before Authlib.

Content type, credentials in the query, repeats, two client authentications, bytes that are no text.
"""

import base64
import binascii
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError
from flask import request

from app.oauth.wire_request import check_repeats, check_text

FORM = "application/x-www-form-urlencoded"
TWO_WAYS = "The client authenticates in two ways at once."
NEVER_IN_QUERY = frozenset(
    {
        "authorization_details",
        "client_id",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
        "code",
        "code_verifier",
        "device_code",
        "grant_type",
        "redirect_uri",
        "refresh_token",
        "resource",
        "scope",
        "token",
        "token_type_hint",
    }
)


def check_form_request() -> None:
    """Raise InvalidRequestError or InvalidClientError unless the request has the form of RFC 6749."""
    if request.mimetype != FORM:
        raise InvalidRequestError(f"The body must be {FORM}.")
    if NEVER_IN_QUERY & set(request.args):
        raise InvalidRequestError("Parameters belong in the body, not in the query.")
    lists = request.form.to_dict(flat=False)
    check_text(lists)
    check_repeats(lists)
    _check_client_authentication()


def _check_client_authentication() -> None:
    """OAuth 2.1 section 2.4: one authentication method; a client_id beside Basic must be the same.

    A resource server may say the same credentials twice: some modules do so at each introspection. A
    bearer at the revocation endpoint is no authentication of a client, and is not read.
    """
    header = request.headers.get("Authorization")
    secret, assertion = request.form.get("client_secret"), request.form.get("client_assertion")
    client_id = request.form.get("client_id", "")
    if header is None:
        if secret and assertion:
            raise InvalidRequestError(TWO_WAYS)
        return
    if assertion or (secret and request.endpoint != "oauth.introspect"):
        raise InvalidRequestError(TWO_WAYS)
    if request.endpoint == "oauth.revoke" and is_bearer(header):
        return
    authenticated = basic_pair(header)
    if secret and (client_id, secret) != authenticated:
        raise InvalidRequestError(TWO_WAYS)
    if client_id not in ("", authenticated[0]):
        raise InvalidRequestError("The client_id differs from the one that authenticates.")


def is_bearer(header: str) -> bool:
    """Say whether an Authorization header carries a bearer token (RFC 6750 section 2.1)."""
    return header.partition(" ")[0].lower() == "bearer"


def basic_pair(header: str) -> tuple[str, str]:
    """Return name and secret of an Authorization header; raises InvalidClientError."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClientError("Only HTTP Basic is understood here.", status_code=401)
    try:
        decoded = base64.b64decode(token.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise InvalidClientError("The Basic credentials cannot be read.", status_code=401) from None
    name, _, secret = decoded.partition(":")
    return unquote_plus(name), unquote_plus(secret)
