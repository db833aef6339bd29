"""How a client says who it is, and where."""

from __future__ import annotations

import base64

ENDPOINTS = ["/oauth/token", "/oauth/introspect", "/oauth/revoke"]


def basic(name: str | bytes, secret: str | bytes) -> dict[str, str]:
    parts = [p.encode() if isinstance(p, str) else p for p in (name, secret)]
    return {"Authorization": "Basic " + base64.b64encode(b":".join(parts)).decode()}
