"""better-auth with its OAuth 2.1 provider, `@better-auth/oauth-provider`.

`npm install --prefix DIRECTORY better-auth@1.7.5 @better-auth/core@1.7.5 @better-auth/oauth-provider@1.7.5 pg`
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.load import Load
from tests.bench.seeds import basic
from tests.bench.servers import Maker, Server
from tests.drivers.live_server import free_port, wait_for
from tests.drivers.postgres import Postgres

PROGRAM = Path(__file__).with_suffix(".mjs")
VERIFIER = "a-verifier-of-the-benchmark-that-is-long-enough-0123456789"
CLIENT_SECRET = "app-secret-0123456789"


def is_installed(directory: Path) -> bool:
    return (directory / "node_modules" / "@better-auth" / "oauth-provider").is_dir()


@contextmanager
def standing(directory: Path, postgres: Postgres, workers: int) -> Iterator[Server]:
    """better-auth on a database of its own."""
    postgres.create(f"better_auth_{workers}")
    port = free_port()
    settings = {
        "NODE_ENV": "production",
        "BETTER_AUTH_SECRET": secrets.token_hex(32),
        "PORT": str(port),
        "PGURL": postgres.uri(f"better_auth_{workers}"),
        "WORKERS": str(workers),
        "VERIFIER": VERIFIER,
        "CLIENT_SECRET": CLIENT_SECRET,
    }
    # A module is looked for beside the program, so the program goes where its modules are.
    program = directory / PROGRAM.name
    program.write_text(PROGRAM.read_text())
    process = subprocess.Popen(["node", program], env={**os.environ, **settings})
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", process.poll)
        name = f"better-auth, {workers} workers"
        yield Server(name, port, process.pid, _loads(port), is_on_postgresql=True)
    finally:
        process.terminate()
        process.wait(15)


def _loads(port: int) -> Maker:
    own = basic("app", CLIENT_SECRET)

    def seeded(kind: str, count: int, people: int) -> list[str]:
        address = f"http://127.0.0.1:{port}/_seed?kind={kind}&n={count}&people={people}"
        with urllib.request.urlopen(address, timeout=300) as answer:
            return list(json.loads(answer.read()))

    def load(operation: str, count: int, connections: int) -> Load | None:
        if operation == "introspection":
            body = urlencode({"token": seeded("access_token", 1, 1)[0]})
            return Load("/api/auth/oauth2/introspect", bodies=[body], headers=own)
        if operation == "refresh":
            chains = seeded("refresh_token", connections, connections)
            return Load("/api/auth/oauth2/token", "chain", bodies=chains, headers=own)
        if operation == "code_exchange":
            forms = [_code_form(code) for code in seeded("code", count, connections)]
            return Load("/api/auth/oauth2/token", "list", bodies=forms, headers=own)
        if operation == "revocation":
            tokens = seeded("access_token", count, connections)
            forms = [urlencode({"token": token}) for token in tokens]
            return Load("/api/auth/oauth2/revoke", "list", bodies=forms, headers=own)
        return None

    return load


def _code_form(code: str) -> str:
    return urlencode(
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": "https://a.example/cb",
            "code_verifier": VERIFIER,
        }
    )
