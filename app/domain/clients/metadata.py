"""What a client says about itself: RFC 7591 section 2, in a registration or in a metadata document.

Every member is checked for its type before it is used. A value that decides something and is unusable
is refused in a registration, because its author reads the answer. A document is written for many
servers: of its redirect URIs, grant and response types those of others are left out. What is only shown
is left out of both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.authorization_details import MCP_SERVER, PROJECT
from app.domain.clients.asked_metadata import asked
from app.domain.clients.auth_methods import (
    ANY_SECRET,
    AUTH_METHODS,
    AUTHORIZATION_CODE,
    BASIC,
    GRANT_TYPES,
    PRIVATE_KEY_JWT,
    PUBLIC,
    REFRESH_TOKEN,
)
from app.domain.clients.metadata_urls import is_https_url
from app.domain.clients.redirect_uris import check_redirect_uri
from app.domain.clients.shown_metadata import name_of, shown
from app.domain.errors import (
    Invalid,
    MetadataRefused,
    RedirectUriRefused,
    StatementRefused,
)
from app.domain.json_values import Members

REMOVED_GRANTS = frozenset({"password", "implicit"})
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
KEY_TYPES = frozenset({"RSA", "EC", "OKP"})
MAX_REDIRECT_URIS = 20
MAX_KEYS = 10


@dataclass(frozen=True, slots=True)
class MetadataPolicy:
    """What a deployment accepts: schemes without a dot for public clients, and what it knows.

    That is its scopes, and its types of `authorization_details`.
    """

    schemes: frozenset[str]
    scopes: tuple[str, ...]
    details_types: tuple[str, ...] = (PROJECT, MCP_SERVER)


@dataclass(frozen=True, slots=True)
class ClientMetadata:
    """A client as it describes itself; `extra_metadata` are the optional members as the wire has them.

    `auth_method` is ANY_SECRET for a client that named none: it is told RFC 7591's default and may send
    its secret in the other way too.
    """

    name: str
    redirect_uris: tuple[str, ...]
    auth_method: str
    grant_types: tuple[str, ...]
    extra_metadata: Mapping[str, Any]

    @property
    def wire(self) -> dict[str, Any]:
        """Return the members of RFC 7591 section 2; an absent one is left out."""
        response_types = ["code"] if AUTHORIZATION_CODE in self.grant_types else []
        return {
            "client_name": self.name,
            "redirect_uris": list(self.redirect_uris),
            "token_endpoint_auth_method": BASIC
            if self.auth_method == ANY_SECRET
            else self.auth_method,
            "grant_types": list(self.grant_types),
            "response_types": response_types,
            **self.extra_metadata,
        }


def read_registration(value: object, policy: MetadataPolicy) -> ClientMetadata:
    """Return the metadata of a registration request (RFC 7591 section 3.1).

    Raises RedirectUriRefused, MetadataRefused or StatementRefused.
    """
    body = Members.of(value)
    if body.has("software_statement"):
        raise StatementRefused("Nobody's software statements are trusted here.")
    grants = body.texts("grant_types")
    if grants and (removed := REMOVED_GRANTS & set(grants)):
        raise MetadataRefused(f"The grant type {min(removed)} is not supported.")
    if unknown := set(body.texts("response_types") or ()) - {"code"}:
        raise MetadataRefused(f"The response type {min(unknown)[:40]!r} is not supported.")
    kept = _grants(grants)
    method = body.text("token_endpoint_auth_method")
    if method and method not in AUTH_METHODS:
        raise MetadataRefused(f"token_endpoint_auth_method is none of {', '.join(AUTH_METHODS)}.")
    uris = tuple(dict.fromkeys(body.texts("redirect_uris") or ()))
    if len(uris) > MAX_REDIRECT_URIS:
        raise RedirectUriRefused(f"A client may have {MAX_REDIRECT_URIS} redirect URIs.")
    for uri in uris:
        _check_redirect_uri(uri, method, policy)
    requests = asked(body, scopes=policy.scopes, types=policy.details_types, is_document=False)
    return _finished(body, uris, kept, method or ANY_SECRET, requests)


def read_document(value: object, url: str, policy: MetadataPolicy) -> ClientMetadata:
    """Return the metadata of the document at a client_id URL (CIMD draft -02, section 4.1).

    Raises MetadataRefused. Redirect URIs, grant and response types that this server does not accept
    are left out, because the document is written for many servers.
    """
    body = Members.of(value)
    if body.text("client_id") != url:
        raise MetadataRefused("The client_id in the document is not the address of the document.")
    if body.has("client_secret") or body.has("client_secret_expires_at"):
        raise MetadataRefused("The document holds a client secret.")
    method = body.text("token_endpoint_auth_method") or PUBLIC
    if method not in (PUBLIC, PRIVATE_KEY_JWT):
        raise MetadataRefused("The document's token_endpoint_auth_method is not supported.")
    uris = dict.fromkeys(body.texts("redirect_uris") or ())
    taken = tuple(uri for uri in uris if _is_taken(uri, method, policy))[:MAX_REDIRECT_URIS]
    requests = asked(body, scopes=policy.scopes, types=policy.details_types, is_document=True)
    return _finished(body, taken, _grants(body.texts("grant_types")), method, requests)


def _finished(
    body: Members,
    uris: tuple[str, ...],
    grants: tuple[str, ...],
    method: str,
    requests: Mapping[str, Any],
) -> ClientMetadata:
    if AUTHORIZATION_CODE in grants and not uris:
        raise RedirectUriRefused("A client needs at least one redirect URI.")
    extra_metadata = {**shown(body), **requests, **key_members(body, method)}
    return ClientMetadata(name_of(body, uris), uris, method, grants, extra_metadata)


def _grants(asked: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the grant types to register: those of the request that this server has.

    A client that names none gets refresh tokens too: many leave the member out and still refresh.
    """
    if not asked:
        return (AUTHORIZATION_CODE, REFRESH_TOKEN)
    kept = tuple(grant for grant in GRANT_TYPES if grant in asked)
    if kept in ((), (REFRESH_TOKEN,)):
        raise MetadataRefused("None of the grant types can begin an authorization here.")
    return kept


def _check_redirect_uri(uri: str, method: str | None, policy: MetadataPolicy) -> None:
    if method != PUBLIC and uri.partition(":")[0] in policy.schemes:
        raise RedirectUriRefused(
            f"The redirect URI {uri[:200]!r} is for a public client: its token_endpoint_auth_method "
            f"must be {PUBLIC}."
        )
    try:
        check_redirect_uri(uri, policy.schemes)
    except Invalid as refusal:
        raise RedirectUriRefused(refusal.public) from None


def _is_taken(uri: str, method: str, policy: MetadataPolicy) -> bool:
    try:
        _check_redirect_uri(uri, method, policy)
    except RedirectUriRefused:
        return False
    return True


def key_members(body: Members, method: str) -> dict[str, Any]:
    """Return a client's keys, or where they are: `jwks` or `jwks_uri`; raises MetadataRefused.

    A client that authenticates by `private_key_jwt` needs one of the two.
    """
    jwks, uri = body.object("jwks"), body.text("jwks_uri")
    if jwks is not None and uri:
        raise MetadataRefused("jwks and jwks_uri must not both be given.")
    if uri and not is_https_url(uri):
        raise MetadataRefused("jwks_uri is not an https URL that may be fetched.")
    if jwks is not None and method != PRIVATE_KEY_JWT and not jwks.get("keys"):
        jwks = None  # no key, and none is needed
    if jwks is not None:
        check_keys(jwks)
    if method == PRIVATE_KEY_JWT and jwks is None and not uri:
        raise MetadataRefused("private_key_jwt needs jwks or jwks_uri.")
    if jwks is not None:
        return {"jwks": dict(jwks)}
    return {"jwks_uri": uri} if uri else {}


def check_keys(jwks: Mapping[str, Any]) -> None:
    """Raise MetadataRefused unless this is a set of public keys (RFC 7517 section 5)."""
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not 0 < len(keys) <= MAX_KEYS:
        raise MetadataRefused(f"jwks must hold 1 to {MAX_KEYS} keys.")
    for key in keys:
        if not isinstance(key, dict) or str(key.get("kty")) not in KEY_TYPES:
            raise MetadataRefused("jwks holds something that is not a public key.")
        if PRIVATE_MEMBERS & set(key):
            raise MetadataRefused("jwks holds a private or shared key.")
