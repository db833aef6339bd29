"""Client assertions: `private_key_jwt` (RFC 7523 section 3). The only module that knows PyJWT.

An assertion works once.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from app.domain.clients.metadata import MAX_KEYS as MAX_KEY_COUNT
from app.domain.lifetimes import after
from app.services import leases
from app.services.clients.client_keys import KeySource, keys_of
from app.services.clients.clients import ClientInfo

ALGORITHMS = ("ES256", "RS256", "PS256", "EdDSA")
TYPES = frozenset({"jwt", "client-authentication+jwt", "application/client-authentication+jwt"})
MAX_LENGTH = 8_192
MAX_ID_LENGTH = 255
MAX_LIFETIME = 600
LEEWAY = 30
MIN_RSA_BITS = 2_048

Claims = Mapping[str, Any]


def claimed_client(assertion: str) -> str:
    """Return the client_id that an assertion claims, unverified; empty when it cannot be read."""
    if len(assertion) > MAX_LENGTH or not assertion.isascii():
        return ""
    try:
        subject = jwt.decode_complete(assertion, options={"verify_signature": False})["payload"]
        claimed = subject.get("sub")
    except (jwt.PyJWTError, ValueError, RecursionError, AttributeError):
        return ""
    return claimed if isinstance(claimed, str) else ""


def is_proof(
    assertion: str, client: ClientInfo, *, audiences: frozenset[str], keys: KeySource, at: datetime
) -> bool:
    """Say whether an assertion proves to be from a client, and spend it: a second use is refused.

    `audiences` are the names by which the client may call this server. Raises Unavailable when the
    client's keys are still being fetched.
    """
    claims = _verified(assertion, keys_of(client, keys, at, stale=False))
    if claims is None and "jwks_uri" in client.extra_metadata:
        claims = _verified(assertion, keys_of(client, keys, at, stale=True))
    if claims is None or not _fits(claims, client.identifier, audiences, at):
        return False
    # The lease marks the `jti` as used for longer than the assertion can be good.
    what = f"assertion\0{client.id}\0{claims['jti']}"
    return leases.acquire(what, until=after(at, MAX_LIFETIME + 2 * LEEWAY), at=at)


def _verified(assertion: str, keys: Mapping[str, Any] | None) -> Claims | None:
    """Return the claims if one of the keys signed them."""
    try:
        header = jwt.get_unverified_header(assertion)
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    if header.get("alg") not in ALGORITHMS or str(header.get("typ", "jwt")).lower() not in TYPES:
        return None
    for key in _candidates(keys or {}, header):
        try:
            options: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
            options |= {"verify_aud": False, "verify_iss": False, "verify_sub": False}
            options |= {"verify_jti": False}
            return dict(jwt.decode(assertion, key, algorithms=[header["alg"]], options=options))
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            continue
    return None


def _candidates(keys: Mapping[str, Any], header: Mapping[str, Any]) -> Iterator[Any]:
    kid, found = header.get("kid"), keys.get("keys")
    for entry in found[:MAX_KEY_COUNT] if isinstance(found, list) else []:
        if kid is not None and entry.get("kid", kid) != kid:
            continue
        if entry.get("use", "sig") != "sig" or entry.get("alg", header["alg"]) != header["alg"]:
            continue
        try:
            key = jwt.PyJWK(entry, algorithm=header["alg"]).key
        except (jwt.PyJWTError, ValueError, TypeError, KeyError):
            continue
        if not isinstance(key, RSAPublicKey) or key.key_size >= MIN_RSA_BITS:
            yield key


def _fits(claims: Claims, client_id: str, audiences: frozenset[str], at: datetime) -> bool:
    """RFC 7523 section 3; one audience, a short life, and an id so that it can be spent."""
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    jti, now = claims.get("jti"), at.timestamp()
    instants = [claims.get(name, now) for name in ("exp", "nbf", "iat")]
    if not all(isinstance(i, int | float) and not isinstance(i, bool) for i in instants):
        return False
    exp, nbf, iat = instants
    return (
        claims.get("iss") == claims.get("sub") == client_id
        and isinstance(audience, str)
        and audience in audiences
        and isinstance(jti, str)
        and 0 < len(jti) <= MAX_ID_LENGTH
        and "exp" in claims
        and now - LEEWAY < exp <= now + MAX_LIFETIME + LEEWAY
        and max(nbf, iat) <= now + LEEWAY
    )
