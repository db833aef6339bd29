"""Reports of leaked secrets, in the form of GitHub's secret scanning partner programme.

A POST of a JSON list of `{"token", "type", "url"}`, signed with ECDSA on P-256 over SHA-256; the headers
name the key and carry the signature in base64. The answer never says whether a secret was good.
"""

import base64
import binascii
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from app.domain.errors import DomainError, MetadataRefused
from app.domain.json_values import members_once
from app.oauth.errors import json_of_domain_error, json_response
from app.runtime.clock import now
from app.runtime.current import settings
from app.services.tokens.leaks import Leak, report

leak_reports = Blueprint("leak_reports", __name__)
leak_reports.register_error_handler(DomainError, json_of_domain_error)

IDENTIFIER = "Github-Public-Key-Identifier"
SIGNATURE = "Github-Public-Key-Signature"
MAX_LEAKS = 100
MAX_URL = 2_000
UNSIGNED: dict[str, object] = {
    "error": "invalid_signature",
    "error_description": "The signature does not fit.",
}
UNREADABLE: dict[str, object] = {
    "error": "invalid_request",
    "error_description": "The body is no list of leaks.",
}


@leak_reports.post("/oauth/leak-reports")
def report_leaks() -> Response:
    """Stop the secrets of a signed report: 204; 401 without a good signature, 404 where it is off."""
    keys = settings().leak_report_keys
    if not keys:
        raise NotFound
    body = request.get_data()
    pem = keys.get(request.headers.get(IDENTIFIER, ""))
    if pem is None or not _is_signed(pem, request.headers.get(SIGNATURE, ""), body):
        return json_response(401, UNSIGNED)
    found = _read(body)
    if found is None:
        return json_response(400, UNREADABLE)
    report(found, at=now())
    return Response(status=204)


def _is_signed(pem: str, signature: str, body: bytes) -> bool:
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, EllipticCurvePublicKey):
        return False
    try:
        key.verify(base64.b64decode(signature, validate=True), body, ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _read(text: bytes) -> list[Leak] | None:
    try:
        body: Any = json.loads(text, object_pairs_hook=members_once)
    except (ValueError, RecursionError, MetadataRefused):
        return None
    if not isinstance(body, list) or len(body) > MAX_LEAKS:
        return None
    found = []
    for entry in body:
        secret = entry.get("token") if isinstance(entry, dict) else None
        if not isinstance(secret, str):
            return None
        url = entry.get("url")
        shown = url if isinstance(url, str) and url.isprintable() else "an unknown place"
        found.append(Leak(secret, shown[:MAX_URL]))
    return found
