"""How clients authenticate: Authlib's methods, `none`, and `private_key_jwt` (RFC 7523 section 2.2)."""

from collections.abc import Callable

from authlib.oauth2.rfc6749 import InvalidClientError
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from flask import request as flask_request

from app.domain.clients.auth_methods import AUTH_METHODS as METHODS
from app.domain.clients.auth_methods import PRIVATE_KEY_JWT
from app.oauth.adapters import ClientAdapter
from app.oauth.wire_request import WireRequest
from app.runtime.clock import now
from app.runtime.current import context_of_threads, fetcher, settings
from app.services.clients import assertions
from app.services.clients.client_keys import KeySource

AUTH_METHODS = list(METHODS)
SIGNING_ALGORITHMS = list(assertions.ALGORITHMS)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def without_secret(
    query_client: Callable[[str], ClientAdapter | None], request: WireRequest
) -> ClientAdapter | None:
    """Return the client that a request names without a secret, None when a secret is there.

    Libraries send the empty secret of a public client by HTTP Basic too, and then no client_id in the
    body. Raises InvalidClientError for an unknown client.
    """
    if request.form.get("client_secret"):
        return None
    client_id = request.form.get("client_id")
    if client_id is None:
        client_id, secret = extract_basic_authorization(request.headers)
        if not client_id or secret:
            return None
    client = query_client(client_id)
    if client is None:
        raise InvalidClientError("The client does not exist on this server.", status_code=401)
    return client


def private_key_jwt(
    query_client: Callable[[str], ClientAdapter | None], request: WireRequest
) -> ClientAdapter | None:
    """Return the client whose key signed the request's assertion, None when none did.

    The assertion names the client; a client_id beside it must be the same.
    """
    assertion = request.form.get("client_assertion", "")
    if request.form.get("client_assertion_type") != ASSERTION_TYPE:
        return None
    client = query_client(assertions.claimed_client(assertion))
    if client is None or client.info.auth_method != PRIVATE_KEY_JWT:
        return None
    if request.form.get("client_id", client.info.identifier) != client.info.identifier:
        return None
    issuer = settings().issuer
    own = {issuer, f"{issuer}/oauth/token", f"{issuer}{flask_request.path}"}
    proven = assertions.is_proof(
        assertion,
        client.info,
        audiences=frozenset(own),
        keys=KeySource(fetcher(), context_of_threads()),
        at=now(),
    )
    return client if proven else None
