"""Public keys of a secret scanner, read from a JSON file in GitHub's form."""

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from app.domain.errors import Misconfigured


def read_public_keys(path: str | None) -> dict[str, str]:
    """Read the keys that sign leak reports: PEM text of P-256 keys by their identifiers."""
    if not path:
        return {}
    try:
        entries = json.loads(Path(path).read_text(encoding="utf-8"))["public_keys"]
        keys = {str(entry["key_identifier"]): str(entry["key"]) for entry in entries}
        curves = [_curve(pem) for pem in keys.values()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Misconfigured(f"MANDATE_LEAK_REPORT_KEYS cannot be used: {error}") from None
    if set(curves) != {"secp256r1"}:
        raise Misconfigured("MANDATE_LEAK_REPORT_KEYS must hold public keys on P-256.")
    return keys


def _curve(pem: str) -> str:
    key = load_pem_public_key(pem.encode())
    return key.curve.name if isinstance(key, EllipticCurvePublicKey) else "none"
