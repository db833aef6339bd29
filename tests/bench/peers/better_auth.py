"""better-auth and its OAuth 2.1 provider, on its own PostgreSQL adapter (Kysely) and schema.

`npm install --prefix DIRECTORY pg better-auth@1.7.5 @better-auth/core@1.7.5
@better-auth/oauth-provider@1.7.5`; the core is named because npm picks one that does not fit.

Served by Node's `http` and `cluster` through `toNodeHandler`, in production mode. As it comes: tokens
and secrets as SHA-256 digests, the JWT plugin beside it, no reuse of rotated refresh tokens. Chosen:

- Opaque access tokens, which are looked up with their session and user. With the JWT plugin they are
  what a client gets that names no resource, and only that client may introspect them, so it asks.
- No `openid`, so that no ID token is signed.
- The client is in `cachedTrustedClients`, the documented way to spare a query.
- No rate limit (20 tokens a minute for an address) and no telemetry; only errors are logged.
- It makes its routes anew for each request, and takes some thousand requests until Node has compiled
  that well, so it is warmed up before it is measured.

Each connection has a person and session of its own, and what is sent once is copied from a row that the
peer has made.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.load import run
from tests.bench.peers.loads import VERIFIER, loads_of
from tests.bench.peers.node import running_program
from tests.bench.seeds import basic
from tests.bench.servers import Maker, Server
from tests.drivers.live_server import free_port
from tests.drivers.postgres import Postgres

PROGRAM = Path(__file__).with_suffix(".mjs")
OPERATIONS = {
    "introspection": ("/api/auth/oauth2/introspect", "access_token"),
    "refresh": ("/api/auth/oauth2/token", "refresh_token"),
    "code_exchange": ("/api/auth/oauth2/token", "code"),
    "revocation": ("/api/auth/oauth2/revoke", "access_token"),
}
CLIENT_SECRET = "app-secret-0123456789"
WARM_UP = 1_500  # requests for each worker


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
        "PGURL": postgres.uri(f"better_auth_{workers}"),
        "WORKERS": str(workers),
        "VERIFIER": VERIFIER,
        "CLIENT_SECRET": CLIENT_SECRET,
    }
    with running_program(PROGRAM, directory, port, settings) as pid:
        own = basic("app", CLIENT_SECRET)
        loads = loads_of(port, OPERATIONS, client=own, resource_server=own)
        _warm_up(loads, port, WARM_UP * workers)
        name = f"better-auth, {workers} workers"
        yield Server(name, port, pid, loads, is_on_postgresql=True)


def _warm_up(loads: Maker, port: int, count: int) -> None:
    asked, refreshing = loads("introspection", 1, 1), loads("refresh", 16, 16)
    assert asked
    assert refreshing
    while count > 0:
        count -= run(asked, port, seconds=2, connections=16).requests
    run(refreshing, port, seconds=6, connections=16)
