"""The loads on a peer: it makes new tokens and codes itself, at `/_seed?kind=…&n=…&people=…`."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlencode

from tests.bench.load import Load
from tests.bench.servers import Maker

VERIFIER = "a-verifier-of-the-benchmark-that-is-long-enough-0123456789"
REDIRECT_URI = "https://a.example/cb"


def loads_of(
    port: int,
    operations: Mapping[str, tuple[str, str]],
    *,
    client: Mapping[str, str],
    resource_server: Mapping[str, str],
) -> Maker:
    """Return what makes the loads of a peer's operations: each has a path and a kind of seed.

    `client` and `resource_server` are the headers by which these authenticate.
    """

    def load(operation: str, count: int, connections: int) -> Load | None:
        if operation not in operations:
            return None
        path, kind = operations[operation]
        amount = {"introspection": 1, "refresh": connections}.get(operation, count)
        texts = _seeded(port, kind, amount, min(amount, connections))
        if operation == "refresh":
            return Load(path, "chain", bodies=texts, headers=dict(client))
        if operation == "introspection":
            return Load(path, bodies=_forms(operation, texts), headers=dict(resource_server))
        return Load(path, "list", bodies=_forms(operation, texts), headers=dict(client))

    return load


def _seeded(port: int, kind: str, count: int, people: int) -> list[str]:
    query = urlencode({"kind": kind, "n": count, "people": people})
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_seed?{query}", timeout=300) as answer:
        return list(json.loads(answer.read()))


def _forms(operation: str, texts: list[str]) -> list[str]:
    if operation != "code_exchange":
        return [urlencode({"token": text}) for text in texts]
    shared = {
        "grant_type": "authorization_code",
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
    }
    return [urlencode({**shared, "code": text}) for text in texts]
