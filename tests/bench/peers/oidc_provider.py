"""node-oidc-provider: `npm install --prefix DIRECTORY oidc-provider@9 pg`."""

from __future__ import annotations

import json
import os
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


def is_installed(directory: Path) -> bool:
    return (directory / "node_modules" / "oidc-provider").is_dir()


@contextmanager
def standing(directory: Path, postgres: Postgres, workers: int) -> Iterator[Server]:
    """node-oidc-provider on a database of its own."""
    postgres.create(f"oidc_provider_{workers}")
    port = free_port()
    settings = {
        "PORT": str(port),
        "PGURL": postgres.uri(f"oidc_provider_{workers}"),
        "WORKERS": str(workers),
        "VERIFIER": VERIFIER,
    }
    # A module is looked for beside the program, so the program goes where its modules are.
    program = directory / PROGRAM.name
    program.write_text(PROGRAM.read_text())
    process = subprocess.Popen(["node", program], env={**os.environ, **settings})
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", process.poll)
        name = f"node-oidc-provider, {workers} workers"
        yield Server(name, port, process.pid, _loads(port), is_on_postgresql=True)
    finally:
        process.terminate()
        process.wait(15)


def _loads(port: int) -> Maker:
    own, asking = basic("app", "app-secret-0123456789"), basic("rs", "rs-secret-0123456789")

    def seeded(kind: str, count: int) -> list[str]:
        address = f"http://127.0.0.1:{port}/_seed?kind={kind}&n={count}"
        with urllib.request.urlopen(address, timeout=300) as answer:
            return list(json.loads(answer.read()))

    def load(operation: str, count: int, connections: int) -> Load | None:
        if operation == "introspection":
            # The quickest kind that it has: no grant stands behind it.
            body = urlencode({"token": seeded("ClientCredentials", 1)[0]})
            return Load("/token/introspection", bodies=[body], headers=asking)
        if operation == "refresh":
            chains = seeded("RefreshToken", connections)
            return Load("/token", "chain", bodies=chains, headers=own)
        if operation == "code_exchange":
            forms = [_code_form(code) for code in seeded("AuthorizationCode", count)]
            return Load("/token", "list", bodies=forms, headers=own)
        if operation == "revocation":
            forms = [urlencode({"token": token}) for token in seeded("AccessToken", count)]
            return Load("/token/revocation", "list", bodies=forms, headers=own)
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
